/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which entries each kind of top talkers counts, and the rows of NAT ports. */
#include "scan/top_talkers.c"

#include <arpa/inet.h>

#include "test.h"

static const uint64_t seeds[SKETCH_SEEDS] = {
	0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0x2545f4914f6cdd1d,
	0xd6e8feb86659fd93, 0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3,
	0x589965cc75374cc3, 0x1d8e4e27c47d124f, 0xeb44accab455d165
};

static struct top_talkers *talkers(uint32_t kinds)
{
	const struct top_talkers_settings settings = { kinds, 32, 64 };
	struct top_talkers *top = top_talkers_new(&settings, seeds);

	assert_non_null(top);
	return top;
}

#define ALL_KINDS UINT32_MAX

static struct address address_of(uint8_t family, const char *text)
{
	struct address address = { .half = { 0, 0 } };

	assert_int_equal(inet_pton(family, text, address.octet), 1);
	return address;
}

static struct ct_entry entry_of(uint32_t source, uint32_t destination, bool replied)
{
	struct ct_entry entry = { .family = AF_INET,
				  .protocol = CT_PROTOCOL_TCP,
				  .has_ports = true,
				  .destination_port = 80,
				  .status = replied ? CT_STATUS_SEEN_REPLY : 0 };

	source = htonl(source);
	destination = htonl(destination);
	memcpy(entry.source.octet, &source, 4);
	memcpy(entry.destination.octet, &destination, 4);
	return entry;
}

/* The rows of a kind, of so many entries in all. */
static size_t rows_of(struct top_talkers *top, enum top_kind kind, uint32_t entries,
		      struct snapshot_top rows[10])
{
	static struct top_list list;

	top_talkers_take(top, kind, NULL, &list);
	return top_talkers_fill(top, kind, &list, entries, 10, rows);
}

/* 300 probes among 2,000 hosts with 500 answered connections each. */
static void a_scanner_is_the_first_unreplied_source_among_busy_hosts(void **state)
{
	struct top_talkers *top = talkers(ALL_KINDS);
	struct snapshot_top rows[10];
	struct ct_entry entry;

	(void)state;
	for (uint32_t i = 0; i < 500 * 2000; i++) {
		entry = entry_of(0x0a000000 + i % 2000, 0xc6336400 + i % 7, true);
		top_talkers_add(top, &entry, 1);
		if (i % 3000 == 0 && i / 3000 < 300) {
			entry = entry_of(0xc0000242, 0xc6336400 + i / 3000, false);
			top_talkers_add(top, &entry, 1);
		}
	}
	assert_int_equal(rows_of(top, TOP_UNREPLIED_SOURCE, 1000300, rows), 1);
	assert_int_equal(rows[0].kind, TOP_UNREPLIED_SOURCE);
	assert_int_equal(rows[0].rank, 1);
	assert_string_equal(rows[0].text, "192.0.2.66");
	assert_int_equal(rows[0].entries, 300);
	assert_int_equal(rows[0].unreplied, 300);
	assert_int_equal(rows[0].error, 0);
	assert_int_equal(rows[0].prefix_length, 32);
	assert_int_equal(rows_of(top, TOP_SOURCE, 1000300, rows), 10);
	assert_string_not_equal(rows[0].text, "192.0.2.66");
	top_talkers_free(top);
}

static void the_victim_of_spoofed_sources_is_the_first_unreplied_destination(void **state)
{
	struct top_talkers *top = talkers(ALL_KINDS);
	struct snapshot_top rows[10];
	struct ct_entry entry;

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		entry = entry_of(0x0a000000 + i % 50, 0xc6336401, true);
		top_talkers_add(top, &entry, 1);
		if (i % 4 == 0) {
			entry = entry_of(i * 2654435761U, 0xc6336450, false);
			top_talkers_add(top, &entry, 1);
		}
	}
	assert_int_equal(rows_of(top, TOP_UNREPLIED_DESTINATION, 125000, rows), 1);
	assert_string_equal(rows[0].text, "198.51.100.80");
	assert_int_equal(rows[0].entries, 25000);
	assert_int_equal(rows[0].unreplied, 25000);
	assert_int_equal(rows[0].share, 20);
	/* the sources of the flood are many, but each row is unreplied as a whole */
	assert_int_equal(rows_of(top, TOP_UNREPLIED_SOURCE, 125000, rows), 10);
	assert_int_equal(rows[0].unreplied, rows[0].entries);
	assert_true(rows[0].entries - rows[0].error <= 1);
	top_talkers_free(top);
}

static void a_kind_that_is_not_asked_for_is_empty(void **state)
{
	struct top_talkers *top = talkers(1U << TOP_NAT);
	struct ct_entry entry = entry_of(1, 2, false);
	struct snapshot_top rows[10];

	(void)state;
	top_talkers_add(top, &entry, 1);
	for (int kind = TOP_SOURCE; kind <= TOP_KINDS; kind++)
		assert_int_equal(rows_of(top, (enum top_kind)kind, 1, rows), 0);
	top_talkers_free(top);
}

static struct ct_entry translated(uint8_t family, const char *address, uint16_t port,
				  const char *destination, uint16_t destination_port)
{
	return (struct ct_entry){ .family = family,
				  .protocol = CT_PROTOCOL_UDP,
				  .has_ports = true,
				  .has_nat = true,
				  .has_nat_ports = true,
				  .status = CT_STATUS_SOURCE_NAT,
				  .nat_source = address_of(family, address),
				  .nat_source_port = port,
				  .nat_destination = address_of(family, destination),
				  .nat_destination_port = destination_port };
}

static void ports_are_counted_by_address_protocol_and_destination(void **state)
{
	struct top_talkers *top = talkers(ALL_KINDS);
	static struct top_list list;
	struct snapshot_nat rows[10];
	struct ct_entry entry;

	(void)state;
	for (uint16_t port = 1024; port < 1024 + 52255; port++) {
		entry = translated(AF_INET, "192.0.2.1", port, "198.51.100.7", 443);
		entry.protocol = CT_PROTOCOL_TCP;
		top_talkers_add(top, &entry, 1);
		entry = translated(AF_INET6, "2001:db8::1", port, "2001:db8:ffff::2", 53);
		if (port % 2)
			top_talkers_add(top, &entry, 1);
	}
	/* each differs from the last in one thing */
	entry = translated(AF_INET, "192.0.2.1", 5000, "198.51.100.7", 443);
	top_talkers_add(top, &entry, 1);
	entry = translated(AF_INET, "192.0.2.1", 5000, "198.51.100.7", 444);
	top_talkers_add(top, &entry, 1);
	entry = translated(AF_INET, "192.0.2.1", 5000, "198.51.100.8", 444);
	top_talkers_add(top, &entry, 1);
	entry = translated(AF_INET, "192.0.2.2", 5000, "198.51.100.8", 444);
	top_talkers_add(top, &entry, 1);
	entry.nat_zone = 65535;
	top_talkers_add(top, &entry, 1);
	/* a translated address without a port */
	entry = translated(AF_INET, "192.0.2.9", 0, "198.51.100.8", 0);
	entry.has_nat_ports = false;
	top_talkers_add(top, &entry, 1);
	entry.has_nat = false;
	top_talkers_add(top, &entry, 1);

	top_talkers_take(top, TOP_NAT, NULL, &list);
	assert_int_equal(nat_ports_fill(&list, 10, rows), 7);
	assert_string_equal(rows[0].text, "192.0.2.1 to 198.51.100.7 tcp/443");
	assert_int_equal(rows[0].rank, 1);
	assert_int_equal(rows[0].entries, 52255);
	assert_int_equal(rows[0].error, 0);
	assert_int_equal(rows[0].utilization, 81);
	assert_int_equal(rows[0].address_type, 1);
	assert_int_equal(rows[0].protocol, CT_PROTOCOL_TCP);
	assert_int_equal(rows[0].port, 443);
	entry = translated(AF_INET6, "2001:db8::1", 1, "2001:db8:ffff::2", 53);
	assert_string_equal(rows[1].text, "2001:db8::1 to 2001:db8:ffff::2 udp/53");
	assert_int_equal(rows[1].address_type, 2);
	assert_memory_equal(&rows[1].address, &entry.nat_source, 16);
	assert_memory_equal(&rows[1].destination, &entry.nat_destination, 16);
	for (size_t i = 2; i < 7; i++)
		assert_int_equal(rows[i].entries, 1);
	assert_string_equal(rows[5].text, "192.0.2.2 to 198.51.100.8 udp/444");
	assert_string_equal(rows[6].text, "192.0.2.2 to 198.51.100.8 udp/444 in zone 65535");
	assert_memory_equal(nat_ports_row_key(&rows[6]).word, list.items[6].key.word,
			    sizeof(list.items[6].key.word));
	top_talkers_free(top);
}

/* While its alarm is raised a row is judged even if it is not among the first. */
static void what_an_alarm_is_about_is_found_far_below(void **state)
{
	struct top_talkers *top = talkers(ALL_KINDS);
	static struct top_list list;
	struct snapshot_nat first, culprit, now;
	struct sketch_key key;
	struct ct_entry entry;
	char address[16];

	(void)state;
	entry = translated(AF_INET, "192.0.2.1", 7, "198.51.100.7", 443);
	top_talkers_add(top, &entry, 1);
	top_talkers_take(top, TOP_NAT, NULL, &list);
	nat_ports_find(&list, NULL, &culprit);
	assert_int_equal(culprit.rank, 1);
	for (int i = 0; i < 2 * 2 * TOP_LIST_MAX; i++) {
		snprintf(address, sizeof(address), "10.0.%d.%d", i / 2 / 256, i / 2 % 256);
		entry = translated(AF_INET, address, 7, "198.51.100.7", 443);
		top_talkers_add(top, &entry, 1);
	}
	key = nat_ports_row_key(&culprit);
	top_talkers_take(top, TOP_NAT, NULL, &list);
	assert_null(top_list_find(&list, &key));
	top_talkers_take(top, TOP_NAT, &key, &list);
	nat_ports_find(&list, &culprit, &now);
	assert_int_equal(now.entries, 1);
	nat_ports_find(&list, NULL, &first);
	assert_string_equal(first.text, "10.0.0.0 to 198.51.100.7 udp/443");
	assert_int_equal(first.entries, 2);
	top_talkers_clear(top);
	top_talkers_take(top, TOP_NAT, &key, &list);
	nat_ports_find(&list, &culprit, &now);
	assert_int_equal(now.entries, 0);
	assert_int_equal(now.utilization, 0);
	assert_string_equal(now.text, "192.0.2.1 to 198.51.100.7 udp/443");
	nat_ports_find(&list, NULL, &first);
	assert_int_equal(first.rank, 0);
	top_talkers_free(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scanner_is_the_first_unreplied_source_among_busy_hosts),
		cmocka_unit_test(the_victim_of_spoofed_sources_is_the_first_unreplied_destination),
		cmocka_unit_test(a_kind_that_is_not_asked_for_is_empty),
		cmocka_unit_test(ports_are_counted_by_address_protocol_and_destination),
		cmocka_unit_test(what_an_alarm_is_about_is_found_far_below),
	};

	return cmocka_run_group_tests_name("top_talkers", tests, NULL, NULL);
}
