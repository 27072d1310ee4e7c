/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the CPU time of an interval is divided. */
#include "collector/shares.c"

#include "test.h"

#define MS         1000000ULL
#define BUDGET     (500 * MS) /* of 10 s at 5 % */
#define COUNT_MOST 257

/* What all use: those that do not fit read until they have used their share. */
static uint64_t sum(const uint64_t *costs, size_t count, uint64_t level_ns)
{
	uint64_t all_ns = 0;

	for (size_t i = 0; i < count; i++)
		all_ns += costs[i] < level_ns ? costs[i] : level_ns;
	return all_ns;
}

static void one_table_has_the_whole_budget(void **state)
{
	uint64_t small[] = { 20 * MS }, large[] = { 6000 * MS };

	(void)state;
	assert_int_equal(shares_level(small, 1, BUDGET), BUDGET);
	assert_int_equal(shares_level(large, 1, BUDGET), BUDGET);
}

static void a_small_table_leaves_to_the_large_what_it_does_not_need(void **state)
{
	uint64_t costs[] = { 9000 * MS, 100 * MS, 700 * MS };

	(void)state;
	assert_int_equal(shares_level(costs, 3, BUDGET), 200 * MS);
	assert_int_equal(sum(costs, 3, 200 * MS), BUDGET);
}

static void if_all_fit_the_largest_may_grow_by_what_is_left(void **state)
{
	uint64_t costs[] = { 200 * MS, 100 * MS, 50 * MS };

	(void)state;
	assert_int_equal(shares_level(costs, 3, BUDGET), 350 * MS);
	costs[0] = costs[1] = costs[2] = 0; /* nothing is known of them */
	assert_int_equal(shares_level(costs, 3, BUDGET), BUDGET);
}

static void the_shares_of_257_tables_are_the_budget(void **state)
{
	uint64_t costs[COUNT_MOST], level_ns;

	(void)state;
	for (size_t i = 0; i < COUNT_MOST; i++)
		costs[i] = i * 37 % COUNT_MOST * 100000;
	level_ns = shares_level(costs, COUNT_MOST, BUDGET);
	/* but for the remainder of a division */
	assert_in_range(sum(costs, COUNT_MOST, level_ns), BUDGET - COUNT_MOST, BUDGET);
	for (size_t i = 0; i < COUNT_MOST; i++)
		costs[i] = 20 * MS;
	assert_int_equal(shares_level(costs, COUNT_MOST, BUDGET), BUDGET / COUNT_MOST);
}

/* The cost is estimated: what fits must not fall out again by the next estimate. */
static void who_fits_has_room(void **state)
{
	struct share share = shares_cut(195 * MS, 200 * MS);

	(void)state;
	assert_int_equal(share.interval_ns, 195 * MS * 11 / 10);
	share = shares_cut(50 * MS, 200 * MS);
	assert_int_equal(share.interval_ns, 200 * MS);
}

static void who_does_not_fit_gets_the_level_and_looks_with_a_part_of_it(void **state)
{
	struct share share = shares_cut(201 * MS, 200 * MS);

	(void)state;
	assert_int_equal(share.interval_ns, 200 * MS);
	assert_int_equal(share.look_ns, 60 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_table_has_the_whole_budget),
		cmocka_unit_test(a_small_table_leaves_to_the_large_what_it_does_not_need),
		cmocka_unit_test(if_all_fit_the_largest_may_grow_by_what_is_left),
		cmocka_unit_test(the_shares_of_257_tables_are_the_budget),
		cmocka_unit_test(who_fits_has_room),
		cmocka_unit_test(who_does_not_fit_gets_the_level_and_looks_with_a_part_of_it),
	};

	return cmocka_run_group_tests_name("shares", tests, NULL, NULL);
}
