/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long it rests after a step. */
#include "collector/pace.c"

#include "test.h"

#define MS     1000000ULL
#define SECOND (1000 * MS)

static struct pace begin(uint32_t budget)
{
	struct pace pace = { 0 };

	pace_set_budget(&pace, budget, 10 * SECOND, 0);
	return pace;
}

static void a_step_and_its_rest_take_what_the_budget_allows(void **state)
{
	struct pace pace = begin(5);

	(void)state;
	pace_pay(&pace, PACE_ROUND, 2 * MS, 1000 * MS);
	assert_int_equal(pace_ready(&pace, PACE_ROUND), 1038 * MS);
	assert_int_equal(pace_ready(&pace, PACE_WHOLE), 1038 * MS);
	pace_pay(&pace, PACE_WHOLE, 2 * MS, 1040 * MS);
	assert_int_equal(pace_ready(&pace, PACE_WHOLE), 1078 * MS);
	/* an alarm's look does not wait for that */
	assert_true(pace_ready(&pace, PACE_ALARM) <= 1040 * MS);
}

static void at_the_whole_budget_nobody_rests(void **state)
{
	struct pace pace = begin(100);

	(void)state;
	for (uint64_t now_ns = 1002 * MS; now_ns < 2 * SECOND; now_ns += 2 * MS) {
		pace_pay(&pace, now_ns % (4 * MS) ? PACE_PART : PACE_ROUND, 2 * MS, now_ns);
		assert_true(pace_ready(&pace, PACE_PART) <= now_ns);
		assert_true(pace_ready(&pace, PACE_ROUND) <= now_ns);
	}
}

/* 150 ms of CPU time: at 10 % in 1.5 s. At 5 % that is 3 s. */
static void a_look_at_a_part_is_quicker_and_the_others_wait_for_it(void **state)
{
	struct pace pace = begin(5);
	uint64_t now_ns = 100 * SECOND;

	(void)state;
	for (int i = 0; i < 150; i++) {
		now_ns += MS;
		pace_pay(&pace, PACE_PART, MS, now_ns);
		assert_int_equal(pace_ready(&pace, PACE_PART), now_ns + 9 * MS);
		now_ns = pace_ready(&pace, PACE_PART);
	}
	assert_int_equal(now_ns, 101500 * MS);
	assert_int_equal(pace_ready(&pace, PACE_ROUND), 103 * SECOND);
	assert_int_equal(pace_ready(&pace, PACE_WHOLE), 103 * SECOND);
	/* the next look at another large table does not */
	assert_int_equal(pace_ready_to_begin_part(&pace), now_ns);
}

/* Each step wakes up 5 ms late: a look of 150 ms still ends in 1.5 s, but a step never begins at
 * once after the one before. */
static void a_look_makes_up_for_steps_that_come_late(void **state)
{
	struct pace pace = begin(5);
	uint64_t now_ns = 100 * SECOND;

	(void)state;
	for (int i = 0; i < 150; i++) {
		now_ns += MS;
		pace_pay(&pace, PACE_PART, MS, now_ns);
		assert_true(pace_ready(&pace, PACE_PART) >= now_ns + 2 * MS);
		now_ns = pace_ready(&pace, PACE_PART) + 5 * MS;
	}
	assert_in_range(now_ns, 101500 * MS, 101510 * MS);
	/* after a pause there is nothing to make up for */
	now_ns += SECOND;
	pace_pay(&pace, PACE_PART, MS, now_ns);
	assert_int_equal(pace_ready(&pace, PACE_PART), now_ns + 9 * MS);
}

static void a_larger_budget_makes_no_debt(void **state)
{
	struct pace pace = begin(20);

	(void)state;
	pace_pay(&pace, PACE_PART, MS, SECOND);
	assert_int_equal(pace_ready(&pace, PACE_PART), SECOND + 4 * MS);
	assert_int_equal(pace_ready(&pace, PACE_ROUND), SECOND + 4 * MS);
}

/* By looks that reloads ask for, again and again. */
static void a_debt_has_a_limit(void **state)
{
	struct pace pace = begin(5);
	uint64_t now_ns = 100 * SECOND, cpu_ns = 0;

	(void)state;
	while (now_ns < 160 * SECOND) {
		if (pace_ready_to_begin_part(&pace) > now_ns)
			now_ns = pace_ready_to_begin_part(&pace);
		now_ns += MS;
		cpu_ns += MS;
		pace_pay(&pace, PACE_PART, MS, now_ns);
	}
	/* 3 s a minute, and half an interval ahead */
	assert_in_range(cpu_ns, 3000 * MS, 3260 * MS);
}

static void an_alarm_look_is_no_debt(void **state)
{
	struct pace pace = begin(5);

	(void)state;
	pace_pay(&pace, PACE_ALARM, MS, SECOND);
	assert_int_equal(pace_ready(&pace, PACE_ALARM), SECOND + 9 * MS);
	assert_true(pace_ready(&pace, PACE_ROUND) <= SECOND);
	pace_skip_rest(&pace);
	assert_true(pace_ready(&pace, PACE_ALARM) <= SECOND);
}

static void looks_owe_the_rounds_half_of_what_they_take(void **state)
{
	struct pace pace = begin(5);

	(void)state;
	pace_pay(&pace, PACE_PART, 100 * MS, SECOND);
	pace_pay(&pace, PACE_WHOLE, 20 * MS, 2 * SECOND);
	pace_pay(&pace, PACE_ALARM, 100 * MS, 3 * SECOND);
	assert_int_equal(pace.owed_ns, 60 * MS);
	assert_int_equal(pace_ready_after_round(&pace), pace_ready(&pace, PACE_WHOLE) + 1200 * MS);
	pace_pay(&pace, PACE_ROUND, 50 * MS, 4 * SECOND);
	assert_int_equal(pace.owed_ns, 10 * MS);
	pace_pay(&pace, PACE_ROUND, 50 * MS, 5 * SECOND);
	assert_int_equal(pace.owed_ns, 0);
}

/* Of 40 ms a second, as ten reloads take, with a budget of 10 ms a second. */
static void other_work_does_not_stop_the_scan(void **state)
{
	struct pace pace = begin(1);
	uint64_t own_ns = 200000, rest_ns = 20 * MS;

	(void)state;
	for (int step = 0; step < 100; step++) {
		pace_pay(&pace, PACE_ROUND, pace_cost(own_ns, rest_ns / 25), SECOND);
		rest_ns = pace_ready(&pace, PACE_ROUND) - SECOND;
		pace.even_ns = 0;
	}
	assert_true(rest_ns <= pace_time(1, own_ns) * 5 / 4);
	/* waking up counts */
	assert_int_equal(pace_cost(own_ns, 20000), 220000);
}

static void with_another_budget_a_debt_is_paid_at_its_pace(void **state)
{
	struct pace pace = begin(5);

	(void)state;
	pace_pay(&pace, PACE_WHOLE, 100 * MS, 100 * SECOND); /* 1.9 s to rest */
	pace_set_budget(&pace, 50, SECOND, 101 * SECOND);
	assert_int_equal(pace_ready(&pace, PACE_WHOLE), 101 * SECOND + 90 * MS);
	pace_set_budget(&pace, 1, SECOND, 101 * SECOND);
	assert_int_equal(pace_ready(&pace, PACE_WHOLE), 105500 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_and_its_rest_take_what_the_budget_allows),
		cmocka_unit_test(at_the_whole_budget_nobody_rests),
		cmocka_unit_test(a_look_at_a_part_is_quicker_and_the_others_wait_for_it),
		cmocka_unit_test(a_look_makes_up_for_steps_that_come_late),
		cmocka_unit_test(a_larger_budget_makes_no_debt),
		cmocka_unit_test(a_debt_has_a_limit),
		cmocka_unit_test(an_alarm_look_is_no_debt),
		cmocka_unit_test(looks_owe_the_rounds_half_of_what_they_take),
		cmocka_unit_test(other_work_does_not_stop_the_scan),
		cmocka_unit_test(with_another_budget_a_debt_is_paid_at_its_pace),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
