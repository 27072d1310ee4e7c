/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is octets elsewhere, on machines of either byte order. The octets are written down: htonl()
 * in a test hides that the other side lacks it. test_ctnl.c has the kernel's counters,
 * test_namespaces.c the hash of a name. */
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/ct_names.h"
#include "kernel/ct_parse.h"
#include "scan/nat_ports.h"
#include "scan/top_talkers.h"
#include "test.h"

static void the_octets_of_an_entry_are_read_alike_on_every_machine(void **state)
{
	static const uint8_t status[] = { 0x00, 0x00, 0x00, 0x1e }; /* with IPS_SRC_NAT */
	static const uint8_t id[] = { 0x01, 0x02, 0x03, 0x04 }, mark[] = { 0x12, 0x34, 0x56, 0x78 };
	static const uint8_t zone[] = { 0x01, 0x02 }, port[] = { 0x9c, 0x40 },
			     https[] = { 0x01, 0xbb };
	static const uint8_t source[] = { 192, 0, 2, 7 }, target[] = { 198, 51, 100, 1 };
	static const uint8_t count[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08 };
	_Alignas(struct nlmsghdr) char buffer[512] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	struct ct_entry entry;
	struct nlattr *nest;

	(void)state;
	header->nfgen_family = AF_INET;
	for (uint16_t type = CTA_TUPLE_ORIG; type <= CTA_TUPLE_REPLY; type++) {
		bool reply = type == CTA_TUPLE_REPLY;
		struct nlattr *tuple = mnl_attr_nest_start(message, type);

		nest = mnl_attr_nest_start(message, CTA_TUPLE_IP);
		mnl_attr_put(message, CTA_IP_V4_SRC, 4, reply ? target : source);
		mnl_attr_put(message, CTA_IP_V4_DST, 4, reply ? source : target);
		mnl_attr_nest_end(message, nest);
		nest = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
		mnl_attr_put_u8(message, CTA_PROTO_NUM, IPPROTO_TCP);
		mnl_attr_put(message, CTA_PROTO_SRC_PORT, 2, reply ? https : port);
		mnl_attr_put(message, CTA_PROTO_DST_PORT, 2, reply ? port : https);
		mnl_attr_nest_end(message, nest);
		mnl_attr_nest_end(message, tuple);
	}
	mnl_attr_put(message, CTA_STATUS, sizeof(status), status);
	mnl_attr_put(message, CTA_ID, sizeof(id), id);
	mnl_attr_put(message, CTA_MARK, sizeof(mark), mark);
	mnl_attr_put(message, CTA_ZONE, sizeof(zone), zone);
	nest = mnl_attr_nest_start(message, CTA_COUNTERS_ORIG);
	mnl_attr_put(message, CTA_COUNTERS_BYTES, sizeof(count), count);
	mnl_attr_nest_end(message, nest);

	assert_true(ct_parse_entry(message, &entry));
	assert_int_equal(entry.status, IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED | IPS_SRC_NAT);
	assert_int_equal(entry.id, 0x01020304);
	assert_int_equal(entry.mark, 0x12345678);
	assert_int_equal(entry.zone, 0x0102);
	assert_int_equal(entry.octets, 0x0102030405060708);
	assert_memory_equal(entry.source.octet, source, 4);
	assert_memory_equal(entry.destination.octet, target, 4);
	assert_int_equal(entry.source_port, 40000);
	assert_int_equal(entry.destination_port, 443);
	assert_int_equal(entry.nat_source_port, 40000);
}

static struct ct_entry entry_from(uint8_t first, uint8_t last)
{
	return (struct ct_entry){ .family = AF_INET,
				  .protocol = CT_PROTOCOL_TCP,
				  .source.octet = { first, 0, 0, last },
				  .destination.octet = { 198, 51, 100, 1 },
				  .status = CT_STATUS_SEEN_REPLY };
}

/* Rows with equal entries are ordered by address, which is a number in the sketch and octets
 * outside. */
static void addresses_come_out_of_the_top_in_order_and_as_they_went_in(void **state)
{
	const struct top_talkers_settings settings = { UINT32_MAX, 32, 64 };
	const uint64_t seeds[SKETCH_SEEDS] = { 1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29 };
	const uint8_t first[] = { 1, 0, 0, 3 }, second[] = { 2, 0, 0, 2 }, third[] = { 3, 0, 0, 1 };
	struct top_talkers *top = top_talkers_new(&settings, seeds);
	static struct top_list list;
	struct snapshot_top rows[10];
	struct ct_entry entry;

	(void)state;
	assert_non_null(top);
	for (uint8_t i = 3; i > 0; i--) {
		entry = entry_from(i, (uint8_t)(4 - i));
		top_talkers_add(top, &entry, 1);
	}
	top_talkers_take(top, TOP_SOURCE, NULL, &list);
	assert_int_equal(top_talkers_fill(top, TOP_SOURCE, &list, 3, 10, rows), 3);
	assert_memory_equal(rows[0].address.octet, first, 4);
	assert_memory_equal(rows[1].address.octet, second, 4);
	assert_memory_equal(rows[2].address.octet, third, 4);
	assert_string_equal(rows[0].text, "1.0.0.3");
	top_talkers_free(top);
}

static void so_do_translated_addresses(void **state)
{
	const struct top_talkers_settings settings = { UINT32_MAX, 32, 64 };
	const uint64_t seeds[SKETCH_SEEDS] = { 1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29 };
	struct top_talkers *top = top_talkers_new(&settings, seeds);
	static struct top_list list;
	struct snapshot_nat rows[10];
	struct ct_entry entry;

	(void)state;
	assert_non_null(top);
	for (uint8_t i = 3; i > 0; i--) {
		entry = entry_from(i, (uint8_t)(4 - i));
		entry.has_nat = entry.has_nat_ports = true;
		entry.nat_source = entry.source;
		entry.nat_source_port = 1024;
		entry.nat_destination = entry.destination;
		entry.nat_destination_port = 443;
		top_talkers_add(top, &entry, 1);
	}
	top_talkers_take(top, TOP_NAT, NULL, &list);
	assert_int_equal(nat_ports_fill(&list, 10, rows), 3);
	assert_string_equal(rows[0].text, "1.0.0.3 to 198.51.100.1 tcp/443");
	assert_string_equal(rows[1].text, "2.0.0.2 to 198.51.100.1 tcp/443");
	assert_string_equal(rows[2].text, "3.0.0.1 to 198.51.100.1 tcp/443");
	top_talkers_free(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_octets_of_an_entry_are_read_alike_on_every_machine),
		cmocka_unit_test(addresses_come_out_of_the_top_in_order_and_as_they_went_in),
		cmocka_unit_test(so_do_translated_addresses),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
