/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/totals.c"

#include "test.h"

struct fixture {
	struct totals totals;
	struct totals_rows rows;
	struct snapshot_scan scan;
	struct snapshot_protocol protocols[2 * SNAPSHOT_PROTOCOLS_MAX];
	struct snapshot_state states[CT_TCP_STATES + CT_SCTP_STATES];
};

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static void finish(struct fixture *fixture)
{
	memset(fixture->protocols, 0, sizeof(fixture->protocols));
	fixture->scan.protocols = fixture->protocols;
	fixture->scan.states = fixture->states;
	totals_count_rows(&fixture->totals, &fixture->rows, &fixture->scan);
	totals_fill(&fixture->totals, &fixture->rows, &fixture->scan);
}

static const struct snapshot_protocol *row(const struct fixture *fixture, uint8_t type,
					   uint8_t number)
{
	for (size_t i = 0; i < fixture->scan.protocol_count; i++) {
		const struct snapshot_protocol *protocol = &fixture->scan.protocols[i];

		if (protocol->address_type == type && protocol->number == number)
			return protocol;
	}
	return NULL;
}

static void an_empty_table_has_the_standing_rows(void **state)
{
	static const uint8_t expected[][2] = { { 1, 1 }, { 1, 6 },  { 1, 17 },
					       { 2, 6 }, { 2, 17 }, { 2, 58 } };
	struct fixture *fixture = *state;

	finish(fixture);
	assert_int_equal(fixture->scan.protocol_count, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(fixture->scan.protocols[i].address_type, expected[i][0]);
		assert_int_equal(fixture->scan.protocols[i].number, expected[i][1]);
		assert_int_equal(fixture->scan.protocols[i].entries, 0);
	}
	assert_int_equal(fixture->scan.state_count, CT_TCP_STATES);
}

static void each_entry_counts_where_it_belongs(void **state)
{
	struct fixture *fixture = *state;
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
		totals_add(&fixture->totals, &entries[i]);
	finish(fixture);
	assert_int_equal(fixture->scan.scanned, 4);
	assert_int_equal(fixture->scan.assured, 1);
	assert_int_equal(fixture->scan.evictable, 3);
	assert_int_equal(fixture->scan.unreplied, 2);
	assert_int_equal(fixture->scan.source_nat, 1);
	assert_int_equal(fixture->scan.destination_nat, 1);
	assert_int_equal(fixture->scan.offloaded, 1);
	assert_int_equal(fixture->scan.helped, 1);
	assert_int_equal(fixture->scan.ipv4, 2);
	assert_int_equal(fixture->scan.ipv6, 2);
	assert_int_equal(row(fixture, 1, 6)->entries, 2);
	assert_int_equal(row(fixture, 1, 6)->assured, 1);
	assert_int_equal(row(fixture, 1, 6)->unreplied, 1);
	assert_int_equal(row(fixture, 1, 6)->packets, 10);
	assert_int_equal(row(fixture, 1, 6)->octets, 1000);
	assert_int_equal(row(fixture, 2, 17)->entries, 1);
	assert_int_equal(row(fixture, 2, 132)->entries, 1);
	assert_null(row(fixture, 1, 132));
	assert_int_equal(fixture->scan.state_count, CT_TCP_STATES + CT_SCTP_STATES);
	assert_int_equal(fixture->scan.states[3].entries, 1);
	assert_int_equal(fixture->scan.states[3].number, 4);
	assert_int_equal(fixture->scan.states[1].entries, 1);
	assert_int_equal(fixture->scan.states[CT_TCP_STATES + 4].entries, 1);
}

static void a_row_once_seen_stays_with_its_peak(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 3; i++)
		totals_add(&fixture->totals,
			   &(struct ct_entry){ .family = AF_INET, .protocol = 47 });
	finish(fixture);
	assert_int_equal(row(fixture, 1, 47)->entries, 3);
	memset(&fixture->totals, 0, sizeof(fixture->totals));
	finish(fixture);
	assert_non_null(row(fixture, 1, 47));
	assert_int_equal(row(fixture, 1, 47)->entries, 0);
	assert_int_equal(row(fixture, 1, 47)->peak_entries, 3);
}

static void protocols_past_the_cap_share_one_row_and_none_is_lost(void **state)
{
	struct fixture *fixture = *state;
	uint32_t sum = 0, rows = 0;

	for (unsigned int protocol = 0; protocol < 256; protocol++)
		totals_add(&fixture->totals,
			   &(struct ct_entry){ .family = AF_INET, .protocol = (uint8_t)protocol });
	finish(fixture);
	for (size_t i = 0; i < fixture->scan.protocol_count; i++) {
		if (fixture->scan.protocols[i].address_type != 1)
			continue;
		rows++;
		sum += fixture->scan.protocols[i].entries;
	}
	assert_int_equal(rows, SNAPSHOT_PROTOCOLS_MAX);
	assert_int_equal(sum, 256);
	assert_int_equal(row(fixture, 1, 255)->entries, 256 - (SNAPSHOT_PROTOCOLS_MAX - 1));
}

static void a_state_that_the_kernel_does_not_have_is_not_counted(void **state)
{
	struct fixture *fixture = *state;

	totals_add(&fixture->totals,
		   &(struct ct_entry){ .family = AF_INET, .protocol = 6, .tcp_state = 200 });
	finish(fixture);
	assert_int_equal(fixture->scan.scanned, 1);
	for (size_t i = 0; i < fixture->scan.state_count; i++)
		assert_int_equal(fixture->scan.states[i].entries, 0);
}

/* Word for word, so that a total that is not scaled is found although nobody has named it. */
static void every_total_of_a_part_is_scaled(void **state)
{
	const struct sampling third = { .read = 8, .entries = 24 };
	const struct ct_entry entries[] = {
		{ .family = AF_INET,
		  .protocol = 6,
		  .tcp_state = 3,
		  .status = 0xffffffff,
		  .helped = true,
		  .packets = 5,
		  .octets = 7 },
		{ .family = AF_INET6,
		  .protocol = 132,
		  .sctp_state = 2,
		  .packets = 11,
		  .octets = 13 },
	};
	struct fixture *fixture = *state;
	uint32_t before[sizeof(struct totals) / sizeof(uint32_t)], after;

	for (size_t i = 0; i < third.read; i++)
		totals_add(&fixture->totals, &entries[i % 2]);
	memcpy(before, &fixture->totals, sizeof(before));
	totals_scale(&fixture->totals, &third);
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		memcpy(&after, (char *)&fixture->totals + i * sizeof(after), sizeof(after));
		if (after != 3 * before[i])
			fail_msg("octet %zu of struct totals: expected 3 x %u, got %u",
				 i * sizeof(after), before[i], after);
	}
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
		cmocka_unit_test_setup_teardown(every_total_of_a_part_is_scaled, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("totals", tests, NULL, NULL);
}
