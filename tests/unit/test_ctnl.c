/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kernels of different age answer to IPCTNL_MSG_CT_GET_STATS_CPU, and what errors mean. That a
 * value which is not present is no object, and not 0, test_mib_table.c shows. */
#include "kernel/ctnl.c"

#include <arpa/inet.h>
#include <string.h>

#include "test.h"

/* The attributes of a CPU's message, as recorded from Linux 6.18; 5.10 ends before
 * CTA_STATS_CHAIN_TOOLONG, and kernels before it before CTA_STATS_CLASH_RESOLVE. */
static const uint16_t recorded[] = { 2, 4, 8, 9, 10, 11, 12, 13, 14, 15 };

/* The message for CPU 1 with the first `count` of them, each with 256 more than its number. */
static uint32_t present_in(size_t count)
{
	_Alignas(struct nlmsghdr) unsigned char buffer[256] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header;
	struct counters_table table = { 0 };
	struct cpu_reader reader = { &table, cpu_attributes, sizeof(cpu_attributes) };
	uint32_t present;

	message->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET_STATS_CPU;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->res_id = htons(1);
	for (size_t i = 0; i < count; i++)
		mnl_attr_put_u32(message, recorded[i], htonl(256U + recorded[i]));
	assert_int_equal(message->nlmsg_len, 20 + 8 * count);
	assert_int_equal(handle_cpu(NULL, message, &reader), 1);
	assert_int_equal(table.cpu_count, 2); /* by the CPU's number */
	present = table.cpus[1].sum.present;
	assert_int_equal(table.cpus[1].sum.value[COUNTER_DROPS], 256 + 10);
	assert_int_equal(table.cpus[1].sum.value[COUNTER_CHAIN_TOO_LONG],
			 present & 1U << COUNTER_CHAIN_TOO_LONG ? 256 + 15 : 0);
	counters_clear(&table);
	return present;
}

static void an_older_kernel_lacks_the_last_values(void **state)
{
	uint32_t linux_6_18 = present_in(10), linux_5_10 = present_in(9), older = present_in(8);

	(void)state;
	assert_true(linux_6_18 & 1U << COUNTER_CHAIN_TOO_LONG);
	assert_int_equal(linux_6_18 & ~linux_5_10, 1U << COUNTER_CHAIN_TOO_LONG);
	assert_int_equal(linux_5_10 & ~older, 1U << COUNTER_CLASH_RESOLVES);
}

/* The octets as they are on the wire: of CPU 258, of which 0x01020304 packets were dropped. */
static void the_octets_of_a_cpu_are_read_alike_on_every_machine(void **state)
{
	static const uint8_t drops[] = { 0x01, 0x02, 0x03, 0x04 }, cpu[] = { 0x01, 0x02 };
	_Alignas(struct nlmsghdr) unsigned char buffer[256] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	struct counters_table table = { 0 };
	struct cpu_reader reader = { &table, cpu_attributes, sizeof(cpu_attributes) };

	(void)state;
	memcpy(&header->res_id, cpu, sizeof(cpu));
	mnl_attr_put(message, CTA_STATS_DROP, sizeof(drops), drops);
	assert_int_equal(handle_cpu(NULL, message, &reader), 1);
	assert_int_equal(table.cpu_count, 259);
	assert_int_equal(table.cpus[258].sum.value[COUNTER_DROPS], 0x01020304);
	counters_clear(&table);
}

/* The answer to IPCTNL_MSG_CT_GET_STATS with the first `count` of its attributes. */
static int read_stats(size_t count, struct ctnl_stats *stats)
{
	_Alignas(struct nlmsghdr) unsigned char buffer[256] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET_STATS;
	mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
	if (count > 0)
		mnl_attr_put_u32(message, CTA_STATS_GLOBAL_ENTRIES, htonl(91));
	if (count > 1)
		mnl_attr_put_u32(message, CTA_STATS_GLOBAL_MAX_ENTRIES, htonl(0));
	return handle_stats(NULL, message, stats);
}

/* Where the kernel does not tell the limit, it has not said that there is none. */
static void a_limit_that_is_not_told_is_not_0(void **state)
{
	struct ctnl_stats stats;

	(void)state;
	assert_int_equal(read_stats(2, &stats), 0);
	assert_int_equal(stats.entries, 91);
	assert_true(stats.has_max_entries);
	assert_int_equal(stats.max_entries, 0);
	assert_int_equal(read_stats(1, &stats), 0);
	assert_false(stats.has_max_entries);
	assert_int_equal(read_stats(0, &stats), -1);
}

/* The message of a hook, as Linux 6.12 composes it. */
static bool is_hook_of_conntrack(int32_t priority)
{
	_Alignas(struct nlmsghdr) unsigned char buffer[256] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	bool is_hooked = false;

	message->nlmsg_type = SUBSYSTEM_HOOK << 8 | HOOK_GET;
	mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
	mnl_attr_put_strz(message, 5, "nf_conntrack");
	mnl_attr_put_strz(message, 4, "ipv4_conntrack_in");
	mnl_attr_put_u32(message, HOOK_NUMBER, htonl(HOOK_PREROUTING));
	mnl_attr_put_u32(message, HOOK_PRIORITY, htonl((uint32_t)priority));
	assert_int_equal(handle_hook(NULL, message, &is_hooked), 1);
	return is_hooked;
}

static void a_hook_is_conntracks_by_its_priority(void **state)
{
	bool is_hooked = true;
	struct nlmsghdr empty = { .nlmsg_len = sizeof(empty) };

	(void)state;
	assert_true(is_hook_of_conntrack(-200));
	assert_false(is_hook_of_conntrack(-400)); /* nf_defrag_ipv4 */
	assert_false(is_hook_of_conntrack(200));
	/* one that was found stays found */
	assert_int_equal(handle_hook(NULL, &empty, &is_hooked), 1);
	assert_true(is_hooked);
}

static void an_error_says_what_is_missing(void **state)
{
	char text[192];

	(void)state;
	ctnl_explain(EPERM, text, sizeof(text));
	assert_string_equal(text, "ctnetlink: Operation not permitted (CAP_NET_ADMIN is needed)");
	ctnl_explain(ENOBUFS, text, sizeof(text));
	assert_string_equal(text, "ctnetlink: No buffer space available");
	ctnl_explain(EPROTONOSUPPORT, text, sizeof(text));
	assert_ptr_equal(strstr(text, "nfnetlink is not loaded"), text);
	ctnl_explain(EINVAL, text, sizeof(text));
	assert_ptr_equal(strstr(text, "nf_conntrack_netlink is not loaded"), text);
	assert_non_null(strstr(text, "modprobe nf_conntrack_netlink"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_older_kernel_lacks_the_last_values),
		cmocka_unit_test(the_octets_of_a_cpu_are_read_alike_on_every_machine),
		cmocka_unit_test(a_limit_that_is_not_told_is_not_0),
		cmocka_unit_test(a_hook_is_conntracks_by_its_priority),
		cmocka_unit_test(an_error_says_what_is_missing),
	};

	return cmocka_run_group_tests_name("ctnl", tests, NULL, NULL);
}
