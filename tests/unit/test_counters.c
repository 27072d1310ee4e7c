/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/counters.c"

#include "test.h"

static struct counters_raw drops(uint32_t value)
{
	struct counters_raw reading = { .present = 1U << COUNTER_DROPS };

	reading.value[COUNTER_DROPS] = value;
	return reading;
}

static void the_first_reading_is_the_first_value(void **state)
{
	struct counters_table table = { 0 };
	struct counters_raw reading = drops(4000000000U);
	struct counters total;

	(void)state;
	assert_int_equal(counters_update(&table, 0, &reading), 0);
	counters_total(&table, &total);
	assert_int_equal(total.value[COUNTER_DROPS], 4000000000U);
	counters_clear(&table);
}

static void a_wrap_goes_on_in_64_bits(void **state)
{
	struct counters_table table = { 0 };
	struct counters_raw before = drops(0xfffffff0U), after = drops(0x10);
	struct counters total;

	(void)state;
	assert_int_equal(counters_update(&table, 0, &before), 0);
	assert_int_equal(counters_update(&table, 0, &after), 0);
	counters_total(&table, &total);
	assert_int_equal(total.value[COUNTER_DROPS], 0x100000010ULL);
	counters_clear(&table);
}

/* A sample of two CPUs, `after_ms` after the last: whether it begins anew. */
static bool sample(struct counters_table *table, uint64_t after_ms, uint32_t first, uint32_t second)
{
	struct counters_raw one = drops(first), other = drops(second);

	counters_begin(table, after_ms);
	assert_int_equal(counters_update(table, 0, &one), 0);
	assert_int_equal(counters_update(table, 1, &other), 0);
	return counters_settle(table);
}

static uint64_t sum_of_drops(const struct counters_table *table)
{
	struct counters total;

	counters_total(table, &total);
	return total.value[COUNTER_DROPS];
}

static void a_counter_that_was_reset_is_no_wrap(void **state)
{
	struct counters_table table = { 0 };

	(void)state;
	assert_false(sample(&table, 0, 12, 0));
	assert_true(sample(&table, 1000, 0, 0));
	assert_int_equal(sum_of_drops(&table), 0);
	assert_false(sample(&table, 1000, 3, 0)); /* and goes on from there */
	assert_int_equal(sum_of_drops(&table), 3);
	/* a high one too, which a second cannot lead over 2^32 */
	assert_false(sample(&table, 120000, 3000000000U, 0));
	assert_true(sample(&table, 1000, 7, 0));
	assert_int_equal(sum_of_drops(&table), 7);
	counters_clear(&table);
}

/* One that has passed its old value already does not show it; its neighbour does. */
static void what_sets_one_counter_back_sets_all_back(void **state)
{
	struct counters_table table = { 0 };

	(void)state;
	assert_false(sample(&table, 0, 12, 1000));
	assert_true(sample(&table, 1000, 40, 999));
	assert_int_equal(sum_of_drops(&table), 40 + 999);
	counters_clear(&table);
}

static void how_long_ago_tells_a_wrap(void **state)
{
	struct counters_table table = { 0 };

	(void)state;
	assert_false(sample(&table, 0, 0xffffff00U, 0));
	assert_false(sample(&table, 1000, 0x100, 0));
	assert_int_equal(sum_of_drops(&table), 0x100000100ULL);
	/* 60 seconds can lead from here over 2^32, but one cannot */
	assert_false(sample(&table, 60000, 0xc0000000U, 0));
	assert_false(sample(&table, 60000, 0, 0));
	assert_int_equal(sum_of_drops(&table), 0x200000000ULL);
	assert_false(sample(&table, 60000, 0xc0000000U, 0));
	assert_true(sample(&table, 1000, 0, 0));
	/* no time makes up for half the range */
	assert_false(sample(&table, UINT64_MAX, 0x7fffffffU, 0));
	assert_true(sample(&table, UINT64_MAX, 0, 0));
	counters_clear(&table);
}

/* A reading may fail on its way, and be made again at once. */
static void what_was_seen_before_a_failure_is_not_forgotten(void **state)
{
	struct counters_table table = { 0 };
	struct counters_raw none = drops(0);

	(void)state;
	assert_false(sample(&table, 0, 12, 12));
	counters_begin(&table, 1000);
	assert_int_equal(counters_update(&table, 0, &none), 0);
	assert_true(sample(&table, 1001, 0, 12));
	assert_int_equal(sum_of_drops(&table), 12);
	counters_clear(&table);
}

static void what_the_kernel_does_not_give_stays_absent(void **state)
{
	struct counters_table table = { 0 };
	struct counters_raw reading = drops(1);
	struct counters total;

	(void)state;
	assert_int_equal(counters_update(&table, 1, &reading), 0);
	counters_total(&table, &total);
	assert_int_equal(total.present, 1U << COUNTER_DROPS);
	assert_int_equal(table.cpu_count, 2);
	assert_int_equal(table.cpus[0].sum.present, 0);
	counters_clear(&table);
}

static void a_cpu_number_beyond_reason_is_refused(void **state)
{
	struct counters_table table = { 0 };
	struct counters_raw reading = drops(1);

	(void)state;
	assert_int_equal(counters_update(&table, COUNTERS_CPU_MAX, &reading), -1);
	assert_int_equal(table.cpu_count, 0);
	counters_clear(&table);
}

/* What the kernel has created less what it has deleted, also over a wrap. */
static void expectations_are_those_created_and_not_deleted(void **state)
{
	struct counters total = { .present = 1U << COUNTER_EXPECT_CREATES };
	uint32_t count;

	(void)state;
	assert_false(counters_expectations(&total, &count));
	total.present |= 1U << COUNTER_EXPECT_DELETES;
	assert_true(counters_expectations(&total, &count));
	assert_int_equal(count, 0);
	total.value[COUNTER_EXPECT_CREATES] = 107;
	total.value[COUNTER_EXPECT_DELETES] = 100;
	assert_true(counters_expectations(&total, &count));
	assert_int_equal(count, 7);
	/* the one had wrapped before the agent started, the other had not */
	total.value[COUNTER_EXPECT_CREATES] = 3;
	total.value[COUNTER_EXPECT_DELETES] = 0xfffffffe;
	assert_true(counters_expectations(&total, &count));
	assert_int_equal(count, 5);
	/* read between the CPU that created it and the one that deleted it */
	total.value[COUNTER_EXPECT_CREATES] = 100;
	total.value[COUNTER_EXPECT_DELETES] = 101;
	assert_true(counters_expectations(&total, &count));
	assert_int_equal(count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_reading_is_the_first_value),
		cmocka_unit_test(a_wrap_goes_on_in_64_bits),
		cmocka_unit_test(a_counter_that_was_reset_is_no_wrap),
		cmocka_unit_test(what_sets_one_counter_back_sets_all_back),
		cmocka_unit_test(how_long_ago_tells_a_wrap),
		cmocka_unit_test(what_was_seen_before_a_failure_is_not_forgotten),
		cmocka_unit_test(what_the_kernel_does_not_give_stays_absent),
		cmocka_unit_test(expectations_are_those_created_and_not_deleted),
		cmocka_unit_test(a_cpu_number_beyond_reason_is_refused),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
