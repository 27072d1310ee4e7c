/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../agent/aggregate.c"

#include "test.h"

struct totals {
	struct aggregate aggregate;
	struct aggregate_rows rows;
	struct snapshot_scan scan;
};

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct totals));
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	struct totals *totals = *state;

	snapshot_scan_clear(&totals->scan);
	free(totals);
	return 0;
}

static void finish(struct totals *totals)
{
	snapshot_scan_clear(&totals->scan);
	assert_int_equal(aggregate_finish(&totals->aggregate, &totals->rows, &totals->scan), 0);
}

static const struct snapshot_protocol *row(const struct totals *totals, uint8_t type,
					   uint8_t number)
{
	for (size_t i = 0; i < totals->scan.protocol_count; i++) {
		const struct snapshot_protocol *protocol = &totals->scan.protocols[i];

		if (protocol->address_type == type && protocol->number == number)
			return protocol;
	}
	return NULL;
}

static void an_empty_table_has_the_standing_rows(void **state)
{
	static const uint8_t expected[][2] = { { 1, 1 }, { 1, 6 },  { 1, 17 },
					       { 2, 6 }, { 2, 17 }, { 2, 58 } };
	struct totals *totals = *state;

	finish(totals);
	assert_int_equal(totals->scan.protocol_count, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(totals->scan.protocols[i].address_type, expected[i][0]);
		assert_int_equal(totals->scan.protocols[i].number, expected[i][1]);
		assert_int_equal(totals->scan.protocols[i].entries, 0);
	}
	assert_int_equal(totals->scan.state_count, CT_TCP_STATES);
}

static void each_entry_counts_where_it_belongs(void **state)
{
	struct totals *totals = *state;
	const struct ct_entry entries[] = {
		{ .family = AF_INET,
		  .protocol = 6,
		  .tcp_state = 3,
		  .status = 1U << 1 | 1U << 2,
		  .packets = 10,
		  .octets = 1000 },
		{ .family = AF_INET, .protocol = 6, .tcp_state = 1, .status = 1U << 4 },
		{ .family = AF_INET6, .protocol = 17, .status = 1U << 1 | 1U << 5, .helped = true },
		{ .family = AF_INET6, .protocol = 132, .sctp_state = 4, .status = 1U << 14 },
	};

	for (size_t i = 0; i < 4; i++)
		aggregate_add(&totals->aggregate, &entries[i]);
	finish(totals);
	assert_int_equal(totals->scan.scanned, 4);
	assert_int_equal(totals->scan.assured, 1);
	assert_int_equal(totals->scan.evictable, 3);
	assert_int_equal(totals->scan.unreplied, 2);
	assert_int_equal(totals->scan.source_nat, 1);
	assert_int_equal(totals->scan.destination_nat, 1);
	assert_int_equal(totals->scan.offloaded, 1);
	assert_int_equal(totals->scan.helped, 1);
	assert_int_equal(totals->scan.ipv4, 2);
	assert_int_equal(totals->scan.ipv6, 2);
	assert_int_equal(row(totals, 1, 6)->entries, 2);
	assert_int_equal(row(totals, 1, 6)->assured, 1);
	assert_int_equal(row(totals, 1, 6)->unreplied, 1);
	assert_int_equal(row(totals, 1, 6)->packets, 10);
	assert_int_equal(row(totals, 1, 6)->octets, 1000);
	assert_int_equal(row(totals, 2, 17)->entries, 1);
	assert_int_equal(row(totals, 2, 132)->entries, 1);
	assert_null(row(totals, 1, 132));
	assert_int_equal(totals->scan.state_count, CT_TCP_STATES + CT_SCTP_STATES);
	assert_int_equal(totals->scan.states[3].entries, 1);
	assert_int_equal(totals->scan.states[3].number, 4);
	assert_int_equal(totals->scan.states[1].entries, 1);
	assert_int_equal(totals->scan.states[CT_TCP_STATES + 4].entries, 1);
}

static void a_row_once_seen_stays_with_its_peak(void **state)
{
	struct totals *totals = *state;

	for (int i = 0; i < 3; i++)
		aggregate_add(&totals->aggregate,
			      &(struct ct_entry){ .family = AF_INET, .protocol = 47 });
	finish(totals);
	assert_int_equal(row(totals, 1, 47)->entries, 3);
	memset(&totals->aggregate, 0, sizeof(totals->aggregate));
	finish(totals);
	assert_non_null(row(totals, 1, 47));
	assert_int_equal(row(totals, 1, 47)->entries, 0);
	assert_int_equal(row(totals, 1, 47)->peak_entries, 3);
}

static void protocols_past_the_cap_share_one_row_and_none_is_lost(void **state)
{
	struct totals *totals = *state;
	uint32_t sum = 0, rows = 0;

	for (unsigned int protocol = 0; protocol < 256; protocol++)
		aggregate_add(
			&totals->aggregate,
			&(struct ct_entry){ .family = AF_INET, .protocol = (uint8_t)protocol });
	finish(totals);
	for (size_t i = 0; i < totals->scan.protocol_count; i++) {
		if (totals->scan.protocols[i].address_type != 1)
			continue;
		rows++;
		sum += totals->scan.protocols[i].entries;
	}
	assert_int_equal(rows, AGGREGATE_PROTOCOLS_MAX);
	assert_int_equal(sum, 256);
	assert_int_equal(row(totals, 1, 255)->entries, 256 - (AGGREGATE_PROTOCOLS_MAX - 1));
}

static void a_state_that_the_kernel_does_not_have_is_not_counted(void **state)
{
	struct totals *totals = *state;

	aggregate_add(&totals->aggregate,
		      &(struct ct_entry){ .family = AF_INET, .protocol = 6, .tcp_state = 200 });
	finish(totals);
	assert_int_equal(totals->scan.scanned, 1);
	for (size_t i = 0; i < totals->scan.state_count; i++)
		assert_int_equal(totals->scan.states[i].entries, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_empty_table_has_the_standing_rows, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(each_entry_counts_where_it_belongs, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_row_once_seen_stays_with_its_peak, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			protocols_past_the_cap_share_one_row_and_none_is_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_state_that_the_kernel_does_not_have_is_not_counted, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("aggregate", tests, NULL, NULL);
}
