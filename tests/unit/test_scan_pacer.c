/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pacer in a simulated world: looks, rounds and alarm looks in one budget. */
#include "scan_world.h"

/* What was counted is forgotten; what runs goes on. */
static void count_again(void)
{
	for (size_t i = 0; i < world.count; i++) {
		for (size_t use = 0; use < 3; use++) {
			struct record *record = &world.list[i]->records[use];

			*record = (struct record){ .began_ns = record->began_ns,
						   .begun = record->begun > 0 };
		}
	}
}

static void check_minutes(size_t large, size_t small, uint32_t budget, uint64_t percent)
{
	struct scan_pacer *pacer = world_of(large, small, budget, percent);
	const struct config config = config_of(budget);

	world_configure(pacer, &config);
	for (int minute = 0; minute < 4; minute++) {
		uint64_t before_ns = world_cost(SCAN_LOOK, SCAN_ROUND), cpu_ns;

		world_run(pacer, MINUTE_MS);
		cpu_ns = world_cost(SCAN_LOOK, SCAN_ROUND) - before_ns;
		assert_true(cpu_ns <= 6 * interval_budget(budget) * 110 / 100);
		if (large) /* a round that ends waits for the next look */
			assert_true(cpu_ns >= 6 * interval_budget(budget) * 85 / 100);
	}
	for (size_t i = 0; i < world.count; i++)
		assert_in_range(world.tables[i].records[SCAN_LOOK].ended, 20, 26);
	scan_pacer_free(pacer);
}

static void over_a_minute_all_readings_keep_the_budget(void **state)
{
	const uint32_t budgets[] = { 1, 5, 20, 100 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		check_minutes(1, 0, budgets[i], 0);
		check_minutes(1, 10, budgets[i], 30);
		check_minutes(0, 64, budgets[i], 60);
		check_minutes(64, 0, budgets[i], 0);
	}
}

static void a_large_table_has_a_quick_look_every_interval(void **state)
{
	struct scan_pacer *pacer = world_of(1, 0, 5, 0);
	const struct config config = config_of(5);
	const struct record *looks = &world.tables[0].records[SCAN_LOOK];

	(void)state;
	world_configure(pacer, &config);
	world_run(pacer, MINUTE_MS);
	assert_in_range(looks->ended, 6, 7);
	assert_in_range(looks->longest_gap_ns, 9990 * MS, 10010 * MS);
	assert_in_range(looks->longest_ns, 1000 * MS, 2000 * MS);
	assert_int_equal(world.ended, looks->ended);
	scan_pacer_free(pacer);
}

static void rounds_get_what_looks_leave(void **state)
{
	const uint32_t budgets[] = { 1, 5, 20, 100 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct scan_pacer *pacer = world_of(1, 0, budgets[i], 0);
		const struct config config = config_of(budgets[i]);

		world_configure(pacer, &config);
		world_run(pacer, 3 * MINUTE_MS);
		assert_true(world_cost(SCAN_ROUND, SCAN_ROUND) >=
			    18 * interval_budget(budgets[i]) * 60 / 100);
		assert_true(world.tables[0].records[SCAN_ROUND].ended >= 1);
		scan_pacer_free(pacer);
	}
}

/* The hash that all tables share costs 10 ms to walk, in one step: 64 empty tables need more than
 * there is. */
static void where_looks_need_more_than_the_budget_the_round_still_ends(void **state)
{
	struct scan_pacer *pacer = world_begin(65);
	const struct config config = config_of(5);
	uint64_t cpu_ns;

	(void)state;
	world.tables[0].cost_ns = 1000 * MS;
	for (size_t i = 1; i < 65; i++) {
		world.tables[i].cost_ns = 10 * MS;
		world.tables[i].step_ns = 10 * MS;
	}
	world_configure(pacer, &config);
	world_run(pacer, MINUTE_MS);
	count_again();
	world_run(pacer, 4 * MINUTE_MS);
	cpu_ns = world_cost(SCAN_LOOK, SCAN_ROUND);
	assert_in_range(cpu_ns, 240 * 45 * MS, 240 * 55 * MS);
	assert_true(world_cost(SCAN_ROUND, SCAN_ROUND) >= cpu_ns / 4);
	for (size_t i = 0; i < 65; i++)
		assert_true(world.tables[i].records[SCAN_LOOK].ended >= 8);
	scan_pacer_free(pacer);
}

static void large_tables_have_their_rounds_in_turn(void **state)
{
	struct scan_pacer *pacer = world_of(3, 0, 5, 0);
	const struct config config = config_of(5);

	(void)state;
	world_configure(pacer, &config);
	world_run(pacer, 20 * MINUTE_MS);
	for (size_t i = 0; i < 3; i++)
		assert_in_range(world.tables[i].records[SCAN_ROUND].ended, 4, 7);
	scan_pacer_free(pacer);
}

/* A round that ends within the interval waits for the next look. */
static void a_round_begins_only_after_a_look(void **state)
{
	struct scan_pacer *pacer = world_begin(1);
	const struct config config = config_of(5);

	(void)state;
	world.tables[0].cost_ns = 510 * MS;
	world_configure(pacer, &config);
	world_run(pacer, 3 * MINUTE_MS);
	world.tables[0].cost_ns = 300 * MS;
	world.tables[0].step_ns = 300 * MS; /* the round is short */
	world.tables[0].is_large = true;
	world_run(pacer, MINUTE_MS);
	assert_true(world.tables[0].records[SCAN_ROUND].ended <=
		    world.tables[0].records[SCAN_LOOK].ended);
	scan_pacer_free(pacer);
}

static void a_table_that_has_changed_is_looked_at_early(void **state)
{
	struct scan_pacer *pacer = world_of(1, 3, 5, 30);
	const struct config config = config_of(5);

	(void)state;
	world_configure(pacer, &config);
	world_run(pacer, 2 * MINUTE_MS);
	for (size_t i = 0; i < world.count; i++) {
		struct instance *table = &world.tables[i];
		uint32_t begun = table->records[SCAN_LOOK].begun;

		/* five seconds after its last look */
		while (table->records[SCAN_LOOK].begun == begun)
			world_turn(pacer);
		world_run(pacer, 5000);
		begun = table->records[SCAN_LOOK].begun;
		table->has_changed = true;
		world_run(pacer, 3600);
		assert_int_equal(table->records[SCAN_LOOK].begun, begun + 1);
		world_run(pacer, 5000);
		assert_int_equal(table->records[SCAN_LOOK].begun, begun + 1);
	}
	scan_pacer_free(pacer);
}

static void tables_that_change_all_the_time_starve_nobody(void **state)
{
	struct scan_pacer *pacer = world_of(2, 8, 5, 40);
	const struct config config = config_of(5);
	uint64_t cpu_ns;

	(void)state;
	for (size_t i = 0; i < world.count; i++)
		world.tables[i].changes = i != 1 && i != 9;
	world_configure(pacer, &config);
	world_run(pacer, MINUTE_MS);
	count_again();
	world_run(pacer, 4 * MINUTE_MS);
	cpu_ns = world_cost(SCAN_LOOK, SCAN_ROUND);
	assert_true(cpu_ns <= 240 * 55 * MS);
	assert_true(world_cost(SCAN_ROUND, SCAN_ROUND) >= cpu_ns / 4);
	for (size_t i = 0; i < world.count; i++) {
		const struct record *looks = &world.tables[i].records[SCAN_LOOK];

		assert_true(looks->longest_gap_ns <= 13000 * MS);
		assert_true(looks->shortest_gap_ns >= 2999 * MS);
	}
	scan_pacer_free(pacer);
}

/* One of them is due while the other's look is not paid for yet. */
static void a_look_at_a_large_table_waits_for_no_debt(void **state)
{
	struct scan_pacer *pacer = world_of(2, 0, 5, 0);
	const struct config config = config_of(5);

	(void)state;
	world_configure(pacer, &config);
	world_run(pacer, 40000);
	while (!world_runs(0, SCAN_LOOK))
		world_turn(pacer);
	pacer->plan.turns[1].due_ms = world_monotonic_ms() + 1000;
	pacer->plan.turns[1].began_ms = pacer->plan.turns[1].due_ms - 10000;
	world_run(pacer, 1100);
	assert_false(world_runs(0, SCAN_LOOK));
	assert_true(world_runs(1, SCAN_LOOK));
	scan_pacer_free(pacer);
}

static void the_first_looks_wait_for_no_round(void **state)
{
	struct scan_pacer *pacer = world_of(1, 3, 5, 30);
	const struct config config = config_of(5);

	(void)state;
	world_configure(pacer, &config);
	while (world.tables[3].records[SCAN_LOOK].ended == 0)
		world_turn(pacer);
	assert_int_equal(world.tables[0].records[SCAN_LOOK].ended, 1);
	assert_int_equal(world.tables[0].records[SCAN_ROUND].begun, 0);
	scan_pacer_free(pacer);
}

/* Looks of hours ago owe nothing to its rounds. */
static void a_table_that_becomes_large_is_looked_at_every_interval(void **state)
{
	struct scan_pacer *pacer = world_begin(2);
	const struct config config = config_of(5);

	(void)state;
	world.tables[0].cost_ns = world.tables[1].cost_ns = 150 * MS;
	world_configure(pacer, &config);
	world_run(pacer, 10 * MINUTE_MS);
	world.tables[0].cost_ns = 2000 * MS;
	world_run(pacer, 2 * MINUTE_MS);
	for (size_t i = 0; i < 2; i++)
		assert_true(world.tables[i].records[SCAN_LOOK].longest_gap_ns <= 13000 * MS);
	scan_pacer_free(pacer);
}

/* A whole reading of another table takes two minutes. */
static void a_round_that_waits_for_long_keeps_its_scan(void **state)
{
	struct scan_pacer *pacer = world_begin(2);
	struct config config = config_of(1);

	(void)state;
	config.refresh_interval = 600;
	world.tables[0].cost_ns = 60000 * MS;
	world.tables[1].cost_ns = 1200 * MS;
	world_configure(pacer, &config);
	world_run(pacer, 20 * MINUTE_MS);
	while (!world_runs(0, SCAN_ROUND) || !world_runs(1, SCAN_LOOK))
		world_turn(pacer);
	world_run(pacer, 110000);
	assert_true(world_runs(1, SCAN_LOOK));
	assert_int_equal(world.scans[SCAN_ROUND], 1);
	scan_pacer_free(pacer);
}

/* An alarm in the midst of this; returns to it. */
static void alarm_amid(struct scan_pacer *pacer, enum scan_use use)
{
	struct instance *table = &world.tables[0];
	uint64_t wanted_ns, left_ns = table->readings[use].left_ns, at_ns;
	struct record before = table->records[use];
	uint64_t cpu_ns = table->records[SCAN_ALARM].cpu_ns;
	uint32_t found = world.found;

	table->wants_alarm = true;
	world.sample_ns = wanted_ns = world.now_ns;
	world_turn(pacer); /* the sample */
	at_ns = world.now_ns;
	while (!table->readings[SCAN_ALARM].runs)
		world_turn(pacer);
	assert_true(table->readings[SCAN_ALARM].began_ns - at_ns <= MS);
	assert_int_equal(world.scans[SCAN_ALARM], 1);
	while (table->wants_alarm)
		world_turn(pacer);
	assert_true(world.now_ns - wanted_ns <= 1100 * MS);
	assert_int_equal(world.found, found + 1);
	assert_in_range(table->records[SCAN_ALARM].cpu_ns - cpu_ns, 90 * MS, 100 * MS);
	/* nobody else has worked, and what waits is where it was */
	assert_int_equal(table->records[use].cpu_ns, before.cpu_ns);
	assert_int_equal(table->readings[use].left_ns, left_ns);
	world_run(pacer, 1000);
	if (left_ns && before.begun > before.ended)
		assert_true(table->records[use].begun == before.begun);
}

static void an_alarm_look_begins_at_once_whatever_is_under_way(void **state)
{
	struct scan_pacer *pacer = world_begin(1);
	const struct config config = config_of(5);
	struct instance *table = &world.tables[0];

	(void)state;
	table->cost_ns = 200 * MS;
	world_configure(pacer, &config);
	world_run(pacer, 1000);
	assert_true(world_runs(0, SCAN_LOOK) && !table->readings[SCAN_LOOK].is_part);
	alarm_amid(pacer, SCAN_LOOK);
	while (world_runs(0, SCAN_LOOK))
		world_turn(pacer);
	world_run(pacer, 500);
	alarm_amid(pacer, SCAN_LOOK); /* nothing is */
	table->cost_ns = 6000 * MS;
	while (!world_runs(0, SCAN_LOOK))
		world_turn(pacer);
	world_run(pacer, 500);
	assert_true(world_runs(0, SCAN_LOOK) && table->readings[SCAN_LOOK].is_part);
	alarm_amid(pacer, SCAN_LOOK);
	while (!world_runs(0, SCAN_ROUND))
		world_turn(pacer);
	world_run(pacer, 500);
	alarm_amid(pacer, SCAN_ROUND);
	scan_pacer_free(pacer);
}

static void alarms_of_many_tables_share_the_second(void **state)
{
	const size_t counts[] = { 3, 64, 257 };

	(void)state;
	for (size_t c = 0; c < 3; c++) {
		struct scan_pacer *pacer = world_of(0, counts[c], 5, 60);
		const struct config config = config_of(5);
		uint64_t wanted_ns;

		world_configure(pacer, &config);
		world_run(pacer, 20300);
		for (size_t i = 0; i < counts[c]; i++)
			world.tables[i].wants_alarm = true;
		wanted_ns = world.sample_ns = world.now_ns;
		while (world.found < counts[c])
			world_turn(pacer);
		assert_true(world.now_ns - wanted_ns <= 1100 * MS);
		for (size_t i = 0; i < counts[c]; i++)
			assert_true(world.tables[i].records[SCAN_ALARM].cpu_ns > 0);
		/* together they do no more harm than one */
		assert_true(world_cost(SCAN_ALARM, SCAN_ALARM) <= 115 * MS);
		scan_pacer_free(pacer);
	}
}

static void an_alarm_that_waits_no_more_gets_no_look(void **state)
{
	struct scan_pacer *pacer = world_of(0, 3, 5, 60);
	const struct config config = config_of(5);

	(void)state;
	world_configure(pacer, &config);
	world_run(pacer, 20300);
	for (size_t i = 0; i < 3; i++)
		world.tables[i].wants_alarm = true;
	world.sample_ns = world.now_ns;
	world_run(pacer, 200);
	world.tables[1].wants_alarm = false;
	world_run(pacer, 600);
	assert_int_equal(world.tables[0].records[SCAN_ALARM].ended, 1);
	assert_int_equal(world.tables[2].records[SCAN_ALARM].begun, 1);
	assert_int_equal(world.tables[1].records[SCAN_ALARM].begun, 0);
	scan_pacer_free(pacer);
}

static void a_scan_that_nobody_wants_is_freed_after_a_minute(void **state)
{
	struct scan_pacer *pacer = world_of(1, 0, 5, 0);
	const struct config config = config_of(5);

	(void)state;
	world_configure(pacer, &config);
	world_run(pacer, 10000);
	assert_int_equal(world.scans[SCAN_ROUND], 1);
	assert_int_equal(world.scans[SCAN_ALARM], 0);
	world.tables[0].wants_alarm = true;
	world_run(pacer, 3 * MINUTE_MS);
	assert_int_equal(world.scans[SCAN_ROUND], 1);
	assert_int_equal(world.scans[SCAN_ALARM], 0);
	world.tables[0].cost_ns = 10 * MS; /* the round under way finds out */
	world_run(pacer, 55000);
	assert_int_equal(world.scans[SCAN_ROUND], 1);
	world_run(pacer, MINUTE_MS);
	assert_int_equal(world.scans[SCAN_ROUND], 0);
	assert_int_equal(world.scans[SCAN_LOOK], 1);
	/* and made again */
	world.tables[0].cost_ns = 6000 * MS;
	world_run(pacer, 15000);
	assert_int_equal(world.scans[SCAN_ROUND], 1);
	scan_pacer_free(pacer);
	assert_int_equal(world.scans[SCAN_LOOK] + world.scans[SCAN_ROUND], 0);
}

static void a_round_ends_when_its_table_is_no_longer_large(void **state)
{
	struct scan_pacer *pacer = world_of(1, 0, 5, 0);
	const struct config config = config_of(5);

	(void)state;
	world_configure(pacer, &config);
	world_run(pacer, 15000);
	assert_true(world_runs(0, SCAN_ROUND));
	world.tables[0].cost_ns = 10 * MS;
	world_run(pacer, 10000);
	assert_false(world_runs(0, SCAN_ROUND));
	assert_int_equal(world.tables[0].records[SCAN_ROUND].ended, 0);
	scan_pacer_free(pacer);
}

static void without_memory_it_says_so_once_and_tries_again(void **state)
{
	struct scan_pacer *pacer = world_of(1, 1, 5, 10);
	const struct config config = config_of(5);

	(void)state;
	world_configure(pacer, &config);
	world.is_short = true;
	world_run(pacer, MINUTE_MS);
	assert_int_equal(world.warnings, 1);
	assert_int_equal(world.tables[0].records[SCAN_ROUND].begun, 0);
	assert_in_range(world.tables[0].records[SCAN_LOOK].ended, 5, 8);
	world.tables[0].wants_alarm = true;
	world_run(pacer, 3000);
	assert_int_equal(world.warnings, 2);
	assert_int_equal(world.found, 0);
	world.is_short = false;
	world_run(pacer, 15000);
	assert_int_equal(world.found, 1);
	assert_true(world_runs(0, SCAN_ROUND));
	/* the next time it is told again */
	assert_false(pacer->is_short[SCAN_ROUND] || pacer->is_short[SCAN_ALARM]);
	scan_pacer_free(pacer);
}

static void the_patience_goes_by_what_looks_take_and_not_rounds(void **state)
{
	struct scan_pacer *pacer = world_begin(2);
	const struct config config = config_of(5);

	(void)state;
	world.tables[0].cost_ns = 600000 * MS; /* a round takes 4 hours at 5 % */
	world.tables[1].cost_ns = 100 * MS;
	world_configure(pacer, &config);
	world_run(pacer, MINUTE_MS);
	/* 10 s, 2.4 s for the look, 2 s for the other table; and half of these for rounds */
	assert_int_equal(world.tables[0].patience_ms, 3 * 16600 + 10000);
	assert_int_equal(world.tables[1].patience_ms, 3 * 16600 + 10000);
	/* on a busy machine a look takes longer than it should */
	world.tables[1].last_scan.duration = 5000;
	scan_pacer_expect(pacer);
	assert_int_equal(world.tables[0].patience_ms, 3 * 18600 + 10000);
	/* or has a larger cost than its share: 400 ms of CPU time */
	world.tables[0].last_scan.cpu_time = 400000;
	scan_pacer_expect(pacer);
	assert_int_equal(world.tables[0].patience_ms, 3 * 27000 + 10000);
	scan_pacer_free(pacer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_a_minute_all_readings_keep_the_budget),
		cmocka_unit_test(a_large_table_has_a_quick_look_every_interval),
		cmocka_unit_test(rounds_get_what_looks_leave),
		cmocka_unit_test(where_looks_need_more_than_the_budget_the_round_still_ends),
		cmocka_unit_test(large_tables_have_their_rounds_in_turn),
		cmocka_unit_test(a_round_begins_only_after_a_look),
		cmocka_unit_test(a_table_that_has_changed_is_looked_at_early),
		cmocka_unit_test(tables_that_change_all_the_time_starve_nobody),
		cmocka_unit_test(a_look_at_a_large_table_waits_for_no_debt),
		cmocka_unit_test(the_first_looks_wait_for_no_round),
		cmocka_unit_test(a_table_that_becomes_large_is_looked_at_every_interval),
		cmocka_unit_test(a_round_that_waits_for_long_keeps_its_scan),
		cmocka_unit_test(an_alarm_look_begins_at_once_whatever_is_under_way),
		cmocka_unit_test(alarms_of_many_tables_share_the_second),
		cmocka_unit_test(an_alarm_that_waits_no_more_gets_no_look),
		cmocka_unit_test(a_scan_that_nobody_wants_is_freed_after_a_minute),
		cmocka_unit_test(a_round_ends_when_its_table_is_no_longer_large),
		cmocka_unit_test(without_memory_it_says_so_once_and_tries_again),
		cmocka_unit_test(the_patience_goes_by_what_looks_take_and_not_rounds),
	};

	return cmocka_run_group_tests_name("scan_pacer", tests, NULL, NULL);
}
