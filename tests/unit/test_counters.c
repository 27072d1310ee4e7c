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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_reading_is_the_first_value),
		cmocka_unit_test(a_wrap_goes_on_in_64_bits),
		cmocka_unit_test(what_the_kernel_does_not_give_stays_absent),
		cmocka_unit_test(a_cpu_number_beyond_reason_is_refused),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
