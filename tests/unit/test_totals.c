/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/totals.c"

#include "test.h"

struct fixture {
	struct totals totals;
	struct totals_rows rows;
	struct snapshot_scan scan;
	struct snapshot_protocol protocols[2 * SNAPSHOT_PROTOCOLS_MAX];
	struct snapshot_state states[SNAPSHOT_STATES_MAX];
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
		  .has_state = true,
		  .state = 3,
		  .status = 1U << 1 | 1U << 2,
		  .packets = 10,
		  .octets = 1000 },
		{ .family = AF_INET,
		  .protocol = 6,
		  .has_state = true,
		  .state = 1,
		  .status = 1U << 4 },
		{ .family = AF_INET6, .protocol = 17, .status = 1U << 1 | 1U << 5, .helped = true },
		{ .family = AF_INET6,
		  .protocol = 132,
		  .has_state = true,
		  .state = 4,
		  .status = 1U << 14 },
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

/* Silent for a day: of 432,000 seconds at most 345,600 are left. */
static void an_established_connection_whose_timeout_has_run_for_a_day_is_idle(void **state)
{
	static const struct ct_entry idle = {
		.family = AF_INET,
		.protocol = 6,
		.has_state = true,
		.state = 3,
		.status = 1U << 1 | 1U << 2,
		.has_timeout = true,
		.timeout = 345600,
	};
	struct fixture *fixture = *state;
	struct ct_entry other[7] = { idle, idle, idle, idle, idle, idle, idle };

	other[0].timeout = 345601;
	other[1].timeout = 3599; /* unacknowledged data, or about to end */
	other[2].state = 4;
	other[3].has_state = false;
	other[4].status = 1U << 1;
	other[5].has_timeout = false;
	other[6].protocol = 132; /* its state 3 is another one */
	fixture->totals.established_timeout = 432000;
	totals_add(&fixture->totals, &idle);
	for (size_t i = 0; i < 7; i++)
		totals_add(&fixture->totals, &other[i]);
	finish(fixture);
	assert_int_equal(fixture->scan.idle, 1);
	assert_int_equal(fixture->scan.established_timeout, 432000);
	assert_true(totals_is_idle(&(struct ct_entry){ .family = AF_INET,
						       .protocol = 6,
						       .has_state = true,
						       .state = 3,
						       .status = 1U << 2,
						       .has_timeout = true,
						       .timeout = 3600 },
				   90000));
	assert_false(totals_is_idle(&idle, 0));     /* not known */
	assert_false(totals_is_idle(&idle, 86400)); /* none can be */
	assert_true(totals_is_idle(&idle, UINT32_MAX));
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

static uint32_t state_entries(const struct fixture *fixture, uint8_t protocol, uint8_t number)
{
	for (size_t i = 0; i < fixture->scan.state_count; i++) {
		const struct snapshot_state *row = &fixture->scan.states[i];

		if (row->protocol == protocol && row->number == number)
			return row->entries;
	}
	fail_msg("protocol %u has no row %u", protocol, number);
	return 0;
}

/* Without a state, and what a flowtable forwards is OFFLOADED: number 255, in its place. */
static void an_offloaded_entry_is_not_one_without_a_state(void **state)
{
	const struct ct_entry tcp = { .family = AF_INET,
				      .protocol = 6,
				      .status = CT_STATUS_OFFLOAD };
	const struct ct_entry sctp = { .family = AF_INET,
				       .protocol = 132,
				       .status = CT_STATUS_HARDWARE_OFFLOAD };
	const struct ct_entry untold = { .family = AF_INET, .protocol = 6 };
	struct fixture *fixture = *state;

	totals_add(&fixture->totals, &tcp);
	totals_add(&fixture->totals, &sctp);
	totals_add(&fixture->totals, &untold);
	finish(fixture);
	assert_int_equal(fixture->scan.state_count, SNAPSHOT_STATES_MAX);
	assert_int_equal(state_entries(fixture, 6, 255), 1);
	assert_int_equal(state_entries(fixture, 132, 255), 1);
	assert_int_equal(state_entries(fixture, 6, 1), 0); /* NONE */
	for (size_t i = 1; i < fixture->scan.state_count; i++) {
		const struct snapshot_state *rows = fixture->scan.states;

		assert_true(rows[i - 1].protocol * 256 + rows[i - 1].number <
			    rows[i].protocol * 256 + rows[i].number);
	}
	/* once seen it stays */
	memset(&fixture->totals, 0, sizeof(fixture->totals));
	finish(fixture);
	assert_int_equal(state_entries(fixture, 6, 255), 0);
	assert_string_equal(ct_state_name(6, 254), "OFFLOADED");
	assert_string_equal(ct_state_name(132, 254), "OFFLOADED");
	assert_null(ct_state_name(17, 254));
	assert_int_equal(ct_state_number(6, "OFFLOADED"), -1); /* for a watch: its status */
}

/* In a table that is 95 percent full the kernel evicts what is closing, assured or not. */
static void what_is_closing_is_not_firm(void **state)
{
	struct ct_entry entry = { .family = AF_INET,
				  .protocol = 6,
				  .has_state = true,
				  .status = CT_STATUS_SEEN_REPLY | CT_STATUS_ASSURED };
	struct fixture *fixture = *state;

	for (int i = 0; i < 100; i++) {
		entry.state = i < 60 ? 7 : 3; /* TIME_WAIT, ESTABLISHED */
		totals_add(&fixture->totals, &entry);
	}
	finish(fixture);
	assert_int_equal(fixture->scan.assured, 100);
	assert_int_equal(fixture->scan.closing, 60);
	assert_int_equal(fixture->scan.evictable, 60);
	assert_int_equal(snapshot_firm(&fixture->scan), 40);
	/* one that is not assured is evictable anyway, and counts once */
	entry.status = 0;
	entry.state = 7;
	totals_add(&fixture->totals, &entry);
	finish(fixture);
	assert_int_equal(fixture->scan.closing, 60);
	assert_int_equal(fixture->scan.evictable, 61);
}

static void the_closing_states_are_those_of_the_kernel(void **state)
{
	static const char *const names[] = { "FIN_WAIT",      "CLOSE_WAIT",
					     "LAST_ACK",      "TIME_WAIT",
					     "CLOSE",         "SHUTDOWN_SENT",
					     "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT" };
	static const uint8_t protocols[] = { 6, 132 };
	size_t closing = 0;

	(void)state;
	for (size_t p = 0; p < 2; p++) {
		for (uint8_t number = 0; ct_state_name(protocols[p], number); number++) {
			bool expected = false;

			for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
				expected |=
					strcmp(ct_state_name(protocols[p], number), names[i]) == 0;
			assert_int_equal(ct_state_is_closing(protocols[p], number), expected);
			closing += expected;
		}
	}
	assert_int_equal(closing, sizeof(names) / sizeof(names[0]));
	assert_false(ct_state_is_closing(6, CT_STATE_OFFLOADED));
	assert_false(ct_state_is_closing(17, 7));
}

static void a_state_that_the_kernel_does_not_have_is_not_counted(void **state)
{
	struct fixture *fixture = *state;

	totals_add(&fixture->totals,
		   &(struct ct_entry){
			   .family = AF_INET, .protocol = 6, .has_state = true, .state = 200 });
	finish(fixture);
	assert_int_equal(fixture->scan.scanned, 1);
	for (size_t i = 0; i < fixture->scan.state_count; i++)
		assert_int_equal(fixture->scan.states[i].entries, 0);
}

/* Each count is estimated by itself, and rounded: they must still make sense beside each other. */
static void estimated_totals_agree_with_each_other(void **state)
{
	struct fixture *fixture = *state;
	struct totals *totals = &fixture->totals;
	struct totals_protocol *tcp = &totals->protocols[0][6];

	*totals =
		(struct totals){ .scanned = 99, .assured = 120, .closing = 130, .unreplied = 140 };
	totals->family[0] = 70;
	totals->family[1] = 40;
	totals->source_nat = totals->destination_nat = 111;
	totals->offloaded = totals->helped = 112;
	*tcp = (struct totals_protocol){ .entries = 71, .assured = 75, .unreplied = 76 };
	totals_reconcile(totals);
	assert_int_equal(totals->scanned, 110);
	assert_int_equal(totals->assured, 110);
	assert_int_equal(totals->closing, 110);
	assert_int_equal(totals->unreplied, 110);
	assert_int_equal(totals->source_nat, 110);
	assert_int_equal(totals->destination_nat, 110);
	assert_int_equal(totals->offloaded, 110);
	assert_int_equal(totals->helped, 110);
	assert_int_equal(tcp->entries, 70);
	assert_int_equal(tcp->assured, 70);
	assert_int_equal(tcp->unreplied, 70);
	finish(fixture);
	assert_int_equal(fixture->scan.evictable, 110); /* all are closing */
}

/* Numbers that no table has come by no way to be small ones. */
static void totals_do_not_wrap_around(void **state)
{
	struct fixture *fixture = *state;
	struct totals *totals = &fixture->totals;

	totals->family[0] = UINT32_MAX;
	totals->family[1] = 5;
	totals->assured = 1000;
	totals_reconcile(totals);
	assert_int_equal(totals->scanned, UINT32_MAX);
	assert_int_equal(totals->assured, 1000);
}

/* What agrees already stays as it is. */
static void totals_that_were_counted_are_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct totals before;

	for (unsigned int i = 0; i < 100; i++)
		totals_add(&fixture->totals,
			   &(struct ct_entry){ .family = i % 3 ? AF_INET : AF_INET6,
					       .protocol = (uint8_t)(i % 5),
					       .status = i * 6U });
	before = fixture->totals;
	totals_reconcile(&fixture->totals);
	assert_memory_equal(&before, &fixture->totals, sizeof(before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_empty_table_has_the_standing_rows, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(each_entry_counts_where_it_belongs, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			an_established_connection_whose_timeout_has_run_for_a_day_is_idle, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(a_row_once_seen_stays_with_its_peak, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			protocols_past_the_cap_share_one_row_and_none_is_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_state_that_the_kernel_does_not_have_is_not_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_offloaded_entry_is_not_one_without_a_state,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_closing_is_not_firm, set_up, tear_down),
		cmocka_unit_test(the_closing_states_are_those_of_the_kernel),
		cmocka_unit_test_setup_teardown(estimated_totals_agree_with_each_other, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(totals_do_not_wrap_around, set_up, tear_down),
		cmocka_unit_test_setup_teardown(totals_that_were_counted_are_left_alone, set_up,
						tear_down),
	};

	return cmocka_run_group_tests_name("totals", tests, NULL, NULL);
}
