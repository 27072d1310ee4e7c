/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a part to the whole: exact where it can be, and with a margin that holds and is no wider
 * than it must be. */
#include "scan/sampling.c"

#include <math.h>

#include "test.h"

static void all_that_was_read_is_as_it_was_read(void **state)
{
	const struct sampling all = { 4294967295U, 4294967295U }, none = { 0, 0 };

	(void)state;
	assert_int_equal(sampling_scale(&all, 4294967295U), 4294967295U);
	assert_int_equal(sampling_coverage(&all), 100);
	assert_int_equal(sampling_margin(&all), 0);
	assert_int_equal(sampling_scale(&none, 0), 0);
	assert_int_equal(sampling_coverage(&none), 100);
	assert_int_equal(sampling_margin(&none), 0);
}

static void a_part_is_scaled_and_rounded(void **state)
{
	const struct sampling third = { 1000, 3000 }, most = { 999999, 1000000 };
	const struct sampling large = { 1000000, 10000000 };

	(void)state;
	assert_int_equal(sampling_scale(&third, 7), 21);
	assert_int_equal(sampling_scale(&third, 1000), 3000);
	assert_int_equal(sampling_coverage(&third), 33);
	assert_int_equal(sampling_coverage(&most), 99); /* 100 is said of all alone */
	assert_int_equal(sampling_scale64(&large, 1ULL << 60), 10ULL << 60);
	assert_int_equal(sampling_scale(&large, 4294967295U), 4294967295U);
	/* 9800 / sqrt(2500) = 196, less what the finite population takes off */
	assert_int_equal(sampling_margin(&(struct sampling){ 2500, 1000000 }), 196);
	assert_int_equal(sampling_margin(&(struct sampling){ 2500, 5000 }), 139);
	assert_int_equal(sampling_margin(&(struct sampling){ 1, 4294967295U }), 9800);
	assert_int_equal(sampling_margin(&(struct sampling){ 0, 10 }), 10000);
}

/* Samples without replacement of a table of which one half has a property. */
static void the_margin_holds_95_times_in_100(void **state)
{
	enum { ENTRIES = 20000, READ = 2000, TRIALS = 4000 };
	const struct sampling sampling = { READ, ENTRIES };
	double margin = sampling_margin(&sampling) / 10000.0;
	int within = 0;

	(void)state;
	srand(6696);
	for (int trial = 0; trial < TRIALS; trial++) {
		int left = ENTRIES / 2, found = 0;

		for (int i = 0; i < READ; i++) {
			if (rand() % (ENTRIES - i) < left) {
				left--;
				found++;
			}
		}
		within += fabs((double)found / READ - 0.5) <= margin;
	}
	assert_in_range(within, TRIALS * 94 / 100, TRIALS * 96 / 100 + TRIALS / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_was_read_is_as_it_was_read),
		cmocka_unit_test(a_part_is_scaled_and_rounded),
		cmocka_unit_test(the_margin_holds_95_times_in_100),
	};

	return cmocka_run_group_tests_name("estimate", tests, NULL, NULL);
}
