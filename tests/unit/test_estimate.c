/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The margin of what was estimated from a part of a table. */
#include "scan/estimate.c"

#include "test.h"

/* Of a look at a twentieth of a million entries. */
static struct estimate look(void)
{
	return (struct estimate){ .part = 0.05, .entries = 1000000, .read = 50000 };
}

static struct estimate compared(double changes)
{
	struct estimate estimate = look();

	estimate.is_compared = true;
	estimate.changes = changes;
	return estimate;
}

static void what_was_read_whole_is_exact(void **state)
{
	struct estimate whole = { .part = 1, .entries = 1000, .read = 1000 };

	(void)state;
	assert_int_equal(estimate_margin(&whole), 0);
	assert_int_equal(estimate_value_margin(&whole, 1000, 0), 0);
	assert_int_equal(estimate_coverage(&whole), 100);
	/* an empty table too */
	whole = (struct estimate){ .part = 1 };
	assert_int_equal(estimate_margin(&whole), 0);
	assert_int_equal(estimate_value_margin(&whole, 0, 0), 0);
	assert_int_equal(estimate_coverage(&whole), 100);
}

static void where_nothing_changed_all_is_exact(void **state)
{
	struct estimate rest = compared(0);

	(void)state;
	assert_int_equal(estimate_margin(&rest), 0);
	assert_int_equal(estimate_value_margin(&rest, 3000, 3000), 0);
	/* unless something else is uncertain */
	rest.variance = 1000.0 * 1000;
	assert_in_range(estimate_margin(&rest), 20, 30); /* 0.2 to 0.3 % */
	assert_in_range(estimate_value_margin(&rest, 3000, 3000), 2000, 3000);
}

/* As every book says: half of the table is the most uncertain share. */
static void a_look_by_itself_has_the_margin_of_a_sample(void **state)
{
	struct estimate alone = look();
	double half = sqrt(0.25 / 50000 * 0.95); /* the deviation of a half, without replacement */

	(void)state;
	assert_true(estimate_margin(&alone) >= 1.96 * half * 10000);
	assert_true(estimate_margin(&alone) <= 2.5 * half * 10000 + 1);
	/* a value: that of a share at most, and less if it is small */
	assert_true(estimate_value_margin(&alone, 25000, 0) <= 2.5 * half * 1000000 + 1);
	assert_true(estimate_value_margin(&alone, 100, 0) < estimate_value_margin(&alone, 1000, 0));
	assert_true(estimate_value_margin(&alone, 1000, 0) <
		    estimate_value_margin(&alone, 10000, 0));
	/* of which nothing was met there may be some */
	assert_true(estimate_value_margin(&alone, 0, 0) > 0);
	assert_in_range(estimate_value_margin(&alone, 0, 0), 1, 100);
}

static void the_margin_grows_with_what_changed(void **state)
{
	uint32_t before = 0;

	(void)state;
	for (double changes = 1; changes < 50000; changes *= 2) {
		struct estimate estimate = compared(changes);
		uint32_t margin = estimate_margin(&estimate);

		assert_true(margin >= before && margin > 0);
		before = margin;
	}
}

/* What came is a part of the share that errs most, so that one errs less. */
static void arrivals_err_less_than_what_went(void **state)
{
	struct estimate came = compared(10000), went = compared(10000), all = compared(50000);

	(void)state;
	came.arrivals = 10000;
	assert_true(estimate_margin(&came) < estimate_margin(&went));
	all.arrivals = 50000;
	assert_true(estimate_margin(&all) > 0);
	all.arrivals = 80000; /* what was followed is scaled up, and may be too much */
	assert_true(estimate_margin(&all) > 0);
}

/* What changed elsewhere makes the share uncertain, but not this value more than its own changes.
 */
static void a_value_errs_by_its_own_changes(void **state)
{
	struct estimate estimate = compared(10000);
	struct estimate alone = look();

	(void)state;
	assert_true(estimate_value_margin(&estimate, 10, 0) <
		    estimate_value_margin(&estimate, 100, 0));
	assert_true(estimate_value_margin(&estimate, 100, 0) <
		    estimate_value_margin(&estimate, 100, 900));
	assert_int_equal(estimate_value_margin(&alone, 100, 0),
			 estimate_value_margin(&alone, 100, 900)); /* compares with nothing */
}

static void a_value_never_errs_more_than_a_share(void **state)
{
	(void)state;
	for (double changes = 0; changes < 50000; changes = changes * 3 + 1) {
		struct estimate estimates[] = { compared(changes), look() };

		for (size_t i = 0; i < 2; i++) {
			double share = estimate_margin(&estimates[i]) / 10000.0 * 1000000;

			for (double now = 0; now <= 50000; now += 10000)
				assert_true(estimate_value_margin(&estimates[i], now, now) <=
					    share + 1);
		}
	}
}

/* A part of nearly 1 has a margin of nearly 0; coverage does not say that all was read. */
static void a_part_of_nearly_all_is_not_all(void **state)
{
	struct estimate estimate = { .part = 0.999999, .entries = 1000000, .read = 999999 };

	(void)state;
	assert_int_equal(estimate_coverage(&estimate), 99);
	assert_in_range(estimate_margin(&estimate), 1, 1);
	estimate.part = 0.99;
	assert_int_equal(estimate_coverage(&estimate), 99);
	estimate.part = 0.98;
	assert_int_equal(estimate_coverage(&estimate), 98);
	estimate.part = 0.0001;
	assert_int_equal(estimate_coverage(&estimate), 0);
	estimate.part = 0;
	assert_int_equal(estimate_coverage(&estimate), 0);
}

static void a_look_that_met_nothing_knows_nothing(void **state)
{
	struct estimate nothing = { .part = 0.05 }, no_part = look(),
			compared_nothing = compared(9);

	(void)state;
	assert_int_equal(estimate_margin(&nothing), 10000);
	assert_true(estimate_value_margin(&nothing, 0, 0) > 0);
	no_part.part = 0;
	assert_int_equal(estimate_margin(&no_part), 10000);
	assert_int_equal(estimate_value_margin(&no_part, 1, 1), UINT32_MAX);
	/* all has gone: the size of the table is not known to be 0 */
	compared_nothing.read = compared_nothing.entries = 0;
	assert_int_equal(estimate_margin(&compared_nothing), 10000);
	assert_true(estimate_value_margin(&compared_nothing, 0, 9) > 0);
}

static void no_margin_is_over_100_percent(void **state)
{
	struct estimate few = { .part = 0.001, .entries = 1000, .read = 1 }, large = look();

	(void)state;
	assert_int_equal(estimate_margin(&few), 10000);
	large.variance = 1e30;
	large.is_compared = true;
	assert_int_equal(estimate_margin(&large), 10000);
	assert_int_equal(estimate_value_margin(&large, 1, 1), UINT32_MAX);
}

static void four_billion_entries_are_not_too_many(void **state)
{
	struct estimate estimate = { .part = 0.001, .entries = 4294967296.0, .read = 4294967 };

	(void)state;
	assert_in_range(estimate_margin(&estimate), 5, 6);
	assert_in_range(estimate_value_margin(&estimate, 2000000, 0), 2000000, 2600000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_read_whole_is_exact),
		cmocka_unit_test(where_nothing_changed_all_is_exact),
		cmocka_unit_test(a_look_by_itself_has_the_margin_of_a_sample),
		cmocka_unit_test(the_margin_grows_with_what_changed),
		cmocka_unit_test(arrivals_err_less_than_what_went),
		cmocka_unit_test(a_value_errs_by_its_own_changes),
		cmocka_unit_test(a_value_never_errs_more_than_a_share),
		cmocka_unit_test(a_part_of_nearly_all_is_not_all),
		cmocka_unit_test(a_look_that_met_nothing_knows_nothing),
		cmocka_unit_test(no_margin_is_over_100_percent),
		cmocka_unit_test(four_billion_entries_are_not_too_many),
	};

	return cmocka_run_group_tests_name("estimate", tests, NULL, NULL);
}
