/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters: what is taken, how it reads back, what it meets; and all of them at once. */
#include "config/filter.c"

#include <arpa/inet.h>

#include "test.h"
#include "scan/watches.h"

/* A filter from "key value, key value"; fails the test if it is refused. */
static struct filter filter_of(const char *text)
{
	struct filter filter = { 0 };
	char copy[256], *rest = copy, *part;
	const char *remedy, *key;

	strcpy(copy, text);
	while ((part = strsep(&rest, ","))) {
		char *name = part + strspn(part, " "), *value = strchr(name, ' ');

		*value++ = '\0';
		remedy = filter_find_key(name)->parse(&filter, value);
		if (remedy)
			fail_msg("%s %s: %s", name, value, remedy);
	}
	assert_null(filter_check(&filter, &key));
	return filter;
}

static void a_filter_reads_back_as_it_was_meant(void **state)
{
	static const char *const cases[][2] = {
		{ "protocol tcp,destination-port 22", "protocol tcp destination-port 22" },
		{ "protocol icmpv6", "protocol ipv6-icmp" },
		{ "protocol 253", "protocol 253" },
		{ "source 192.0.2.0/24,destination 198.51.100.80",
		  "source 192.0.2.0/24 destination 198.51.100.80" },
		{ "destination 2001:db8::/32,source ::1", "source ::1 destination 2001:db8::/32" },
		{ "source 0.0.0.0/0", "source 0.0.0.0/0" },
		{ "source-port 7,nat-source 192.0.2.0/28",
		  "nat-source 192.0.2.0/28 source-port 7" },
		{ "source-port 1024-65535,destination-port 53-53",
		  "source-port 1024-65535 destination-port 53" },
		{ "protocol sctp,state ESTABLISHED", "protocol sctp state ESTABLISHED" },
		{ "zone 65535,mark 16", "zone 65535 mark 0x10" },
		{ "mark 0x10/0xf0", "mark 0x10/0xf0" },
		{ "status unreplied,status nat", "status unreplied status nat" },
	};
	struct filter empty = { 0 };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter filter = filter_of(cases[i][0]);

		filter_text(&filter, text, sizeof(text));
		assert_string_equal(text, cases[i][1]);
	}
	filter_text(&empty, text, sizeof(text));
	assert_string_equal(text, "every entry");
	/* and it never writes behind its room */
	for (size_t size = 1; size < 40; size++) {
		struct filter filter = filter_of(cases[3][0]);

		memset(text, 'x', sizeof(text));
		filter_text(&filter, text, size);
		assert_true(strlen(text) < size);
		assert_int_equal(text[size], 'x');
	}
}

static void what_means_nothing_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "protocol", "tpc" },
		{ "protocol", "256" },
		{ "protocol", "6x" },
		{ "protocol", "other" },
		{ "protocol", "" },
		{ "source", "192.0.2.1/24" },
		{ "source", "192.0.2.0/33" },
		{ "source", "192.0.2.0/" },
		{ "source", "192.0.2" },
		{ "source", "2001:db8::1/32" },
		{ "source", "" },
		{ "destination", "example.com" },
		{ "nat-source", "192.0.2.1-192.0.2.2" },
		{ "destination",
		  "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee" },
		{ "source-port", "65536" },
		{ "source-port", "ssh" },
		{ "destination-port", "20-10" },
		{ "destination-port", "20-" },
		{ "destination-port", "-20" },
		{ "destination-port", "1-2-3" },
		{ "state", "ESTABLISHED" },
		{ "zone", "65536" },
		{ "zone", "x" },
		{ "mark", "0x100000000" },
		{ "mark", "1/" },
		{ "mark", "0x11/0x10" },
		{ "status", "seen" },
	};
	struct filter filter;
	const char *key;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&filter, 0, sizeof(filter));
		if (!filter_find_key(cases[i][0])->parse(&filter, cases[i][1]))
			fail_msg("%s %s was taken", cases[i][0], cases[i][1]);
	}
	filter = filter_of("protocol tcp");
	assert_non_null(filter_find_key("state")->parse(&filter, "established"));
	filter = (struct filter){ .conditions = FILTER_SOURCE | FILTER_DESTINATION,
				  .source.family = AF_INET,
				  .destination.family = AF_INET6 };
	assert_non_null(filter_check(&filter, &key));
	assert_string_equal(key, "destination");
	filter = (struct filter){ .conditions = FILTER_DESTINATION | FILTER_NAT_SOURCE,
				  .destination.family = AF_INET,
				  .nat_source.family = AF_INET6 };
	assert_non_null(filter_check(&filter, &key));
	assert_string_equal(key, "nat-source");
	filter = (struct filter){ .conditions = FILTER_PROTOCOL | FILTER_DESTINATION_PORT,
				  .protocol = 1 };
	assert_non_null(filter_check(&filter, &key));
	assert_string_equal(key, "destination-port");
	assert_null(filter_find_key("port"));
}

static struct ct_entry entry_of(const char *source, const char *destination)
{
	struct ct_entry entry = { .protocol = 6,
				  .family = strchr(source, ':') ? AF_INET6 : AF_INET,
				  .source_port = 40000,
				  .destination_port = 22,
				  .has_ports = true,
				  .has_state = true,
				  .state = 3,
				  .zone = 5,
				  .mark = 0x1f,
				  .has_nat = true,
				  .nat_source.octet = { 203, 0, 113, 1 },
				  .status = CT_STATUS_ASSURED | CT_STATUS_SEEN_REPLY |
					    CT_STATUS_SOURCE_NAT };

	assert_int_equal(inet_pton(entry.family, source, entry.source.octet), 1);
	assert_int_equal(inet_pton(entry.family, destination, entry.destination.octet), 1);
	return entry;
}

static void each_condition_decides(void **state)
{
	static const struct {
		const char *filter;
		bool meets;
	} cases[] = {
		{ "protocol tcp", true },
		{ "protocol udp", false },
		{ "source 192.0.2.0/24", true },
		{ "source 192.0.2.7", true },
		{ "source 192.0.3.0/24", false },
		{ "source 192.0.2.8", false },
		{ "source 0.0.0.0/0", true },
		{ "source ::/0", false },
		{ "destination 198.51.100.0/25", true },
		{ "destination 198.51.100.128/25", false },
		{ "nat-source 203.0.113.1", true },
		{ "nat-source 203.0.113.0/30", true },
		{ "nat-source 203.0.113.2", false },
		{ "nat-source 192.0.2.7", false },
		{ "nat-source 0.0.0.0/0", true },
		{ "nat-source ::/0", false },
		{ "destination-port 22", true },
		{ "destination-port 23", false },
		{ "destination-port 20-22", true },
		{ "destination-port 23-65535", false },
		{ "source-port 40000-40000", true },
		{ "source-port 0-39999", false },
		{ "protocol tcp,state ESTABLISHED", true },
		{ "protocol tcp,state SYN_SENT", false },
		{ "zone 5", true },
		{ "zone 0", false },
		{ "mark 31", true },
		{ "mark 15", false },
		{ "mark 0x10/0x10", true },
		{ "mark 0/0x20", true },
		{ "mark 0x20/0x20", false },
		{ "status assured", true },
		{ "status unreplied", false },
		{ "status nat", true },
		{ "status assured,status nat", true },
		{ "status assured,status dying", false },
		{ "status offloaded", false },
		{ "protocol tcp,source 192.0.2.0/24,destination-port 22,zone 5", true },
		{ "protocol tcp,source 192.0.2.0/24,destination-port 22,zone 6", false },
	};
	struct ct_entry entry = entry_of("192.0.2.7", "198.51.100.80");
	struct ct_entry entry6 = entry_of("2001:db8:1::7", "2001:db8:ffff:ffff::1");
	struct filter filter;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		filter = filter_of(cases[i].filter);
		if (filter_matches(&filter, &entry) != cases[i].meets)
			fail_msg("%s: expected %s", cases[i].filter,
				 cases[i].meets ? "a match" : "none");
	}
	filter = filter_of("source 2001:db8:1::/48,destination 2001:db8:ffff:fffe::/63");
	assert_true(filter_matches(&filter, &entry6));
	filter = filter_of("destination 2001:db8:ffff:fffe::/64");
	assert_false(filter_matches(&filter, &entry6));
	/* GRE's keys and an ICMP identifier are no ports */
	filter = filter_of("destination-port 22");
	entry.protocol = 47;
	entry.has_ports = false;
	assert_false(filter_matches(&filter, &entry));
	/* unreplied is the absence of a flag */
	filter = filter_of("status unreplied");
	entry.status = 0;
	assert_true(filter_matches(&filter, &entry));
	filter = filter_of("status dying,status offloaded");
	entry.status = CT_STATUS_DYING | CT_STATUS_HARDWARE_OFFLOAD;
	assert_true(filter_matches(&filter, &entry));
}

/* What the kernel leaves out is no 0: neither the state NONE nor port 0. */
static void what_an_entry_does_not_tell_meets_no_condition(void **state)
{
	struct filter none = filter_of("protocol tcp,state NONE");
	struct filter port = filter_of("destination-port 0");
	struct filter nat = filter_of("nat-source 0.0.0.0/0");
	struct ct_entry entry = entry_of("192.0.2.7", "198.51.100.80");

	(void)state;
	entry.state = 0;
	entry.destination_port = 0;
	assert_true(filter_matches(&none, &entry));
	assert_true(filter_matches(&port, &entry));
	assert_true(filter_matches(&nat, &entry));
	entry.has_state = entry.has_ports = entry.has_nat = false;
	assert_false(filter_matches(&nat, &entry));
	assert_false(filter_matches(&none, &entry));
	assert_false(filter_matches(&port, &entry));
}

static void filters_are_equal_if_each_condition_is(void **state)
{
	static const char *const filters[] = {
		"protocol tcp",
		"protocol udp",
		"protocol tcp,state NONE",
		"protocol tcp,state CLOSE",
		"source 192.0.2.0/24",
		"source 192.0.2.0/25",
		"source 192.0.3.0/24",
		"source ::/0",
		"destination 192.0.2.0/24",
		"nat-source 192.0.2.0/24",
		"nat-source 192.0.2.0/25",
		"source-port 22",
		"destination-port 22",
		"destination-port 22-23",
		"zone 0",
		"zone 1",
		"mark 0",
		"mark 1",
		"mark 1/3",
		"status assured",
		"status unreplied",
	};
	const size_t count = sizeof(filters) / sizeof(filters[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < count; k++) {
			struct filter one = filter_of(filters[i]), other = filter_of(filters[k]);

			if (filter_equal(&one, &other) != (i == k))
				fail_msg("%s and %s", filters[i], filters[k]);
		}
	}
}

static uint32_t random_of(uint32_t below)
{
	return (uint32_t)rand() % below;
}

/* Few values, so that many filters meet. */
static struct filter random_filter(void)
{
	static const char *const prefixes[] = { "10.0.0.0/30", "10.0.0.0/8", "10.0.0.1",
						"2001:db8::/32", "2001:db8::1" };
	struct filter filter = { 0 };
	char text[64];

	if (random_of(2))
		filter_find_key("protocol")->parse(&filter, random_of(2) ? "tcp" : "udp");
	if (random_of(3) == 0)
		filter_find_key("source")->parse(&filter, prefixes[random_of(5)]);
	if (random_of(3) == 0)
		filter_find_key("destination")->parse(&filter, prefixes[random_of(5)]);
	if (random_of(4) == 0)
		filter_find_key("nat-source")->parse(&filter, prefixes[random_of(5)]);
	snprintf(text, sizeof(text), "%u-%u", random_of(4), 4 + random_of(4));
	if (random_of(2))
		filter_find_key("destination-port")->parse(&filter, random_of(2) ? text : "65535");
	if (random_of(3) == 0)
		filter_find_key("source-port")->parse(&filter, text);
	if (random_of(3) == 0)
		filter_find_key("state")->parse(&filter, "ESTABLISHED");
	if (random_of(4) == 0)
		filter_find_key("zone")->parse(&filter, "1");
	if (random_of(4) == 0)
		filter_find_key("mark")->parse(&filter, "1/3");
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if (random_of(5) == 0)
			filter_find_key("status")->parse(&filter, flags[i].name);
	}
	return filter;
}

static struct ct_entry random_entry(void)
{
	static const uint8_t protocols[] = { 6, 17, 1, 132 };
	bool v6 = random_of(2);
	struct ct_entry entry =
		v6 ? entry_of("2001:db8::", "2001:db8::") : entry_of("10.0.0.0", "10.0.0.0");
	size_t last = v6 ? 15 : 3;

	entry.source.octet[last] = (uint8_t)random_of(6);
	entry.destination.octet[last] = (uint8_t)random_of(6);
	entry.has_nat = random_of(2);
	entry.nat_source = entry.destination;
	entry.nat_source.octet[last] = (uint8_t)random_of(6);
	entry.protocol = protocols[random_of(4)];
	entry.source_port = (uint16_t)random_of(10);
	entry.destination_port = random_of(8) ? (uint16_t)random_of(10) : 65535;
	entry.has_ports = ct_protocol_has_ports(entry.protocol);
	entry.has_state = random_of(4) > 0;
	entry.state = (uint8_t)random_of(4);
	entry.zone = (uint16_t)random_of(2);
	entry.mark = random_of(4);
	entry.status = (uint32_t)rand();
	entry.id = (uint32_t)rand();
	return entry;
}

/* The tables of watches.c exclude nothing that a filter meets, and let nothing through. */
static void all_watches_at_once_are_each_alone(void **state)
{
	struct filter filters[SNAPSHOT_WATCHES_MAX];
	const struct filter *pointers[SNAPSHOT_WATCHES_MAX];
	uint64_t hits = 0;

	(void)state;
	srand(6696);
	for (int round = 0; round < 40; round++) {
		size_t count =
			round == 0 ? SNAPSHOT_WATCHES_MAX : 1 + random_of(SNAPSHOT_WATCHES_MAX);
		uint32_t expected[SNAPSHOT_WATCHES_MAX] = { 0 };
		struct watches *watches;

		for (size_t i = 0; i < count; i++) {
			filters[i] = random_filter();
			pointers[i] = &filters[i];
		}
		watches = watches_new(pointers, count);
		assert_non_null(watches);
		for (int i = 0; i < 5000; i++) {
			struct ct_entry entry = random_entry();

			watches_add(watches, &entry, CHURN_UNKNOWN);
			for (size_t w = 0; w < count; w++)
				expected[w] += filter_matches(&filters[w], &entry);
		}
		for (size_t w = 0; w < count; w++) {
			assert_int_equal(watches_entries(watches, w), expected[w]);
			assert_int_equal(watches_created(watches, w, 0, true), 0);
			hits += expected[w];
		}
		watches_clear(watches);
		assert_int_equal(watches_entries(watches, 0), 0);
		watches_free(watches);
	}
	assert_true(hits > 100000); /* else the test tested little */
}

/* What is new by its identity is counted for the watch, scaled by what was compared at the end. */
static void new_entries_are_counted_for_their_watch(void **state)
{
	struct filter ssh = filter_of("destination-port 22"),
		      dns = filter_of("destination-port 53");
	const struct filter *filters[] = { &ssh, &dns };
	struct watches *watches = watches_new(filters, 2);
	struct ct_entry entry = entry_of("192.0.2.7", "198.51.100.80");

	(void)state;
	for (uint32_t id = 0; id < 32; id++) {
		entry.id = id;
		watches_add(watches, &entry, id % 8 ? CHURN_NEW : CHURN_MET);
	}
	assert_int_equal(watches_entries(watches, 0), 32);
	assert_int_equal(watches_created(watches, 0, 0, true), 28);
	/* the subset was halved three times on the way: of 0, 8, 16 and 24 none is new */
	assert_int_equal(watches_created(watches, 0, 3, true), 0);
	assert_int_equal(watches_created(watches, 0, 2, true), 4 * 4); /* 4, 12, 20, 28 */
	assert_int_equal(watches_created(watches, 1, 0, true), 0);
	/* 24 was the last that was met again: the scan before may not have come further */
	assert_int_equal(watches_created(watches, 0, 0, false), 21);
	assert_int_equal(watches_created(watches, 0, 2, false), 3 * 4);
	watches_clear(watches);
	assert_int_equal(watches_created(watches, 0, 0, true), 0);
	watches_free(watches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filter_reads_back_as_it_was_meant),
		cmocka_unit_test(what_means_nothing_is_refused),
		cmocka_unit_test(each_condition_decides),
		cmocka_unit_test(what_an_entry_does_not_tell_meets_no_condition),
		cmocka_unit_test(filters_are_equal_if_each_condition_is),
		cmocka_unit_test(all_watches_at_once_are_each_alone),
		cmocka_unit_test(new_entries_are_counted_for_their_watch),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
