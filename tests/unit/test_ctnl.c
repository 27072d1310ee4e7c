/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kernels of different age answer to IPCTNL_MSG_CT_GET_STATS_CPU. That a value which is not
 * present is no object, and not 0, test_mib_table.c shows. */
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

static void an_older_kernel_lacks_the_last_figures(void **state)
{
	uint32_t linux_6_18 = present_in(10), linux_5_10 = present_in(9), older = present_in(8);

	(void)state;
	assert_true(linux_6_18 & 1U << COUNTER_CHAIN_TOO_LONG);
	assert_int_equal(linux_6_18 & ~linux_5_10, 1U << COUNTER_CHAIN_TOO_LONG);
	assert_int_equal(linux_5_10 & ~older, 1U << COUNTER_CLASH_RESOLVES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_older_kernel_lacks_the_last_figures),
	};

	return cmocka_run_group_tests_name("ctnl", tests, NULL, NULL);
}
