/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a dump came in a table that changes under it. */
#include "scan/part.h"

#include <math.h>

#include "test.h"

static void assert_close(double value, double expected)
{
	if (fabs(value - expected) > 1e-9)
		fail_msg("expected %.12f, got %.12f", expected, value);
}

static void it_is_what_was_read_of_all_entries(void **state)
{
	struct part part;

	(void)state;
	part_begin(&part, 200);
	assert_close(part_value(&part), 0);
	assert_int_equal(part_left(&part, 0.25), 50);
	part.read = 30;
	assert_close(part_value(&part), 0.15);
	assert_int_equal(part_left(&part, 0.25), 20);
	part.read = 50;
	assert_int_equal(part_left(&part, 0.25), 0);
	part.read = 60;
	assert_int_equal(part_left(&part, 0.25), 0);
	part_begin(&part, 100);
	assert_close(part_value(&part), 0);
}

/* In the order of the hash, half of what is left stays half of it, whatever comes and goes. */
static void a_table_that_grows_or_shrinks_is_as_far_read_as_before(void **state)
{
	struct part part;

	(void)state;
	part_begin(&part, 1000);
	part.read = 250;
	part_resize(&part, 4000);
	assert_close(part_value(&part), 0.25);
	part.read += 1000;
	assert_close(part_value(&part), 0.5);
	part_resize(&part, 10);
	assert_close(part_value(&part), 0.5);
	assert_int_equal(part_left(&part, 1), 5);
	part.read += 5;
	assert_close(part_value(&part), 1);
	part_resize(&part, UINT32_MAX);
	assert_close(part_value(&part), 1);
	assert_int_equal(part_left(&part, 1), 0);
}

/* However often its size was asked for, and however many entries each step reads. */
static void a_table_at_rest_is_read_to_the_same_entry(void **state)
{
	static const double targets[] = { 0.0213, 0.07, 0.1, 0.29, 1.0 / 3, 0.7, 0.9 };
	static const uint32_t sizes[] = { 1, 7, 100, 12345, 999999, 10000019, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		for (size_t n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
			uint32_t at_once, left, read = 0;
			struct part part;

			part_begin(&part, sizes[n]);
			at_once = part_left(&part, targets[i]);
			assert_true(at_once >= sizes[n] * targets[i] - 1e-6);
			assert_true(at_once <= sizes[n] * targets[i] + 1);
			for (uint32_t step = 1; (left = part_left(&part, targets[i])) > 0;
			     step *= 3) {
				part.read += left < step ? left : step;
				read = part.read;
				part_resize(&part, sizes[n]);
				part_resize(&part, 0);
			}
			assert_int_equal(read, at_once);
		}
	}
}

static void a_table_that_becomes_empty_keeps_what_was_read(void **state)
{
	struct part part;

	(void)state;
	part_begin(&part, 100);
	part.read = 40;
	part_resize(&part, 0);
	assert_close(part_value(&part), 0.4);
	assert_int_equal(part_left(&part, 0.5), 10);
}

/* Nothing tells when a part of it was read: it is read to its end. */
static void of_a_table_of_unknown_size_all_is_left(void **state)
{
	struct part part;

	(void)state;
	part_begin(&part, 0);
	assert_close(part_value(&part), 0);
	assert_int_equal(part_left(&part, 0.01), UINT32_MAX);
	part.read = 1000;
	assert_int_equal(part_left(&part, 0.01), UINT32_MAX);
}

/* What was read until then counts as a part of a table of that size. */
static void the_size_may_be_told_later(void **state)
{
	struct part part;

	(void)state;
	part_begin(&part, 0);
	part.read = 10;
	part_resize(&part, 100);
	assert_int_equal(part_left(&part, 0.5), 40);
	part.read += 20;
	assert_close(part_value(&part), 0.3);
}

static void the_largest_table_does_not_overflow(void **state)
{
	struct part part;

	(void)state;
	part_begin(&part, UINT32_MAX);
	assert_int_equal(part_left(&part, 1), UINT32_MAX);
	assert_int_equal(part_left(&part, 2), UINT32_MAX);
	part.read = UINT32_MAX;
	assert_close(part_value(&part), 1);
	assert_int_equal(part_left(&part, 1), 0);
	assert_int_equal(part_left(&part, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_what_was_read_of_all_entries),
		cmocka_unit_test(a_table_that_grows_or_shrinks_is_as_far_read_as_before),
		cmocka_unit_test(a_table_at_rest_is_read_to_the_same_entry),
		cmocka_unit_test(a_table_that_becomes_empty_keeps_what_was_read),
		cmocka_unit_test(of_a_table_of_unknown_size_all_is_left),
		cmocka_unit_test(the_size_may_be_told_later),
		cmocka_unit_test(the_largest_table_does_not_overflow),
	};

	return cmocka_run_group_tests_name("part", tests, NULL, NULL);
}
