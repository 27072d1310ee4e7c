/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reload does to looks, rounds and alarm looks that are under way. */
/* the real one is linked, too */
#define scan_pacer_new     world_pacer_new
#define scan_pacer_free    world_pacer_free
#define scan_pacer_prepare world_pacer_prepare
#define scan_pacer_start   world_pacer_start
#define scan_pacer_hurry   world_pacer_hurry
#define scan_pacer_expect  world_pacer_expect
#include "scan_world.h"

/* A look and a round are under way, and the alarm's look. */
static struct scan_pacer *world_in_full_swing(const struct config *config)
{
	struct scan_pacer *pacer = world_of(1, 1, 5, 10);

	world_configure(pacer, config);
	world_run(pacer, 9000);
	while (!world_runs(0, SCAN_LOOK))
		world_turn(pacer);
	world.tables[0].wants_alarm = true;
	world.sample_ns = world.now_ns;
	world_run(pacer, 100);
	for (size_t use = 0; use < 3; use++)
		assert_true(world_runs(0, use));
	return pacer;
}

static void a_reload_stops_nothing_that_can_go_on(void **state)
{
	const struct config config = config_of(5), other = config_of(20);
	struct scan_pacer *pacer = world_in_full_swing(&config);
	struct record before[3];

	(void)state;
	memcpy(before, world.tables[0].records, sizeof(before));
	/* another order, and one more */
	world.tables[2].cost_ns = 10 * MS;
	world.next[0] = &world.tables[2];
	world.next[2] = &world.tables[0];
	world.count = 3;
	world_configure(pacer, &other);
	for (size_t use = 0; use < 3; use++)
		assert_true(world_runs(2, use));
	world_run(pacer, 4000);
	assert_int_equal(world.found, 1);
	assert_int_equal(world.tables[0].records[SCAN_LOOK].begun, before[SCAN_LOOK].begun);
	assert_int_equal(world.tables[0].records[SCAN_LOOK].ended, before[SCAN_LOOK].ended + 1);
	assert_true(world_runs(2, SCAN_ROUND));
	assert_int_equal(world.tables[0].records[SCAN_ROUND].begun, before[SCAN_ROUND].begun);
	/* the new one has had its first look */
	assert_true(world.tables[2].records[SCAN_LOOK].ended >= 1);
	scan_pacer_free(pacer);
}

static void a_reload_that_gathers_something_else_begins_again(void **state)
{
	const struct config config = config_of(5);
	struct config other = config_of(5);
	struct scan_pacer *pacer = world_in_full_swing(&config);
	uint32_t begun = world.tables[0].records[SCAN_LOOK].begun;

	(void)state;
	other.top = 20;
	world_configure(pacer, &other);
	for (size_t use = 0; use < 3; use++)
		assert_false(world_runs(0, use));
	assert_int_equal(world.scans[SCAN_ROUND] + world.scans[SCAN_ALARM], 0);
	world_run(pacer, 900);
	assert_int_equal(world.found, 1); /* the alarm still waited */
	world_run(pacer, 6000);
	assert_int_equal(world.tables[0].records[SCAN_LOOK].begun, begun + 1);
	assert_true(world_runs(0, SCAN_ROUND));
	scan_pacer_free(pacer);
	assert_int_equal(world.scans[SCAN_LOOK], 0);
}

static void what_runs_for_a_table_that_is_gone_stops(void **state)
{
	const struct config config = config_of(5), other = config_of(5);
	struct scan_pacer *pacer = world_in_full_swing(&config);

	(void)state;
	world.next[0] = &world.tables[1];
	world.count = 1;
	world_configure(pacer, &other);
	for (size_t use = 0; use < 3; use++)
		assert_false(world.tables[0].readings[use].runs);
	world_run(pacer, MINUTE_MS);
	assert_int_equal(world.found, 0);
	assert_in_range(world.tables[1].records[SCAN_LOOK].ended, 6, 9);
	scan_pacer_free(pacer);
}

/* Each half second another one, for a minute. */
static void reloads_without_end_keep_the_budget(void **state)
{
	struct config configs[2] = { config_of(5), config_of(5) };
	struct scan_pacer *pacer = world_of(2, 4, 5, 30);

	(void)state;
	configs[1].source_rising = 7; /* shows something else */
	for (int i = 0; i < 120; i++) {
		world_configure(pacer, &configs[i % 2]);
		world_run(pacer, 500);
	}
	assert_true(world_cost(SCAN_LOOK, SCAN_ROUND) <= (60 + 5) * 50 * MS * 110 / 100);
	for (size_t i = 0; i < world.count; i++)
		assert_true(world.tables[i].records[SCAN_LOOK].ended >= 4);
	scan_pacer_free(pacer);
}

/* Each half second two others, which cost more than the budget has. */
static void come_and_go(struct scan_pacer *pacer, const struct config *config, size_t seconds)
{
	size_t last = world.count - 1;

	for (size_t i = 0; i < 2 * seconds; i++) {
		for (size_t j = 0; j < 2; j++) {
			struct instance *new = &world.tables[1 + (last + 2 * i + j) % 200];

			*new = (struct instance){ .cost_ns = interval_budget(5) / 10 };
			world.next[1 + (2 * i + j) % last] = new;
		}
		world_configure(pacer, config);
		world_run(pacer, 500);
	}
}

static void tables_that_come_and_go_make_no_other_wait_for_ever(void **state)
{
	const struct config config = config_of(5);

	(void)state;
	for (size_t large = 0; large < 2; large++) {
		struct scan_pacer *pacer = world_of(large, 7 - large, 5, 10);
		struct instance *table = &world.tables[0];

		world_configure(pacer, &config);
		world_run(pacer, MINUTE_MS);
		come_and_go(pacer, &config, 120);
		/* a look of each of the others may come between two of this one */
		if (table->records[SCAN_LOOK].ended < 8 ||
		    table->records[SCAN_LOOK].longest_gap_ns > 60000 * MS)
			fail_msg("%s table: %u looks in 3 minutes, the longest gap %u ms",
				 large ? "a large" : "a small", table->records[SCAN_LOOK].ended,
				 (unsigned int)(table->records[SCAN_LOOK].longest_gap_ns / MS));
		scan_pacer_free(pacer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reload_stops_nothing_that_can_go_on),
		cmocka_unit_test(a_reload_that_gathers_something_else_begins_again),
		cmocka_unit_test(what_runs_for_a_table_that_is_gone_stops),
		cmocka_unit_test(reloads_without_end_keep_the_budget),
		cmocka_unit_test(tables_that_come_and_go_make_no_other_wait_for_ever),
	};

	return cmocka_run_group_tests_name("scan_reload", tests, NULL, NULL);
}
