/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns: everybody gets one, and they spread over the interval. */
#include "collector/turns.c"

#include "test.h"

#define COUNT       64
#define INTERVAL_MS 10000

static const struct turns_ready at_once = { 0 };

/* Runs turns that take `cost_ms` each until `until_ms`; counts them, and the most that began within
 * any hundredth of an interval. */
static void run(struct turn *turns, uint64_t *now_ms, uint64_t until_ms, uint64_t cost_ms,
		uint32_t counts[COUNT], uint32_t *crowd)
{
	uint32_t slots[4096] = { 0 };

	*crowd = 0;
	memset(counts, 0, COUNT * sizeof(*counts));
	while (*now_ms < until_ms) {
		uint64_t at_ms;
		size_t position = turns_next(turns, COUNT, at_once, *now_ms, &at_ms);

		*now_ms = at_ms;
		turns_begin(turns, COUNT, position, *now_ms, INTERVAL_MS);
		counts[position]++;
		if (++slots[*now_ms / (INTERVAL_MS / 100)] > *crowd)
			*crowd = slots[*now_ms / (INTERVAL_MS / 100)];
		*now_ms += cost_ms;
	}
}

static void the_first_looks_come_at_once_and_later_ones_spread(void **state)
{
	struct turn turns[COUNT] = { 0 };
	uint32_t counts[COUNT], crowd;
	uint64_t now_ms = 5000;

	(void)state;
	run(turns, &now_ms, 5001, 0, counts, &crowd);
	for (size_t i = 0; i < COUNT; i++)
		assert_true(turns[i].has_run); /* before the clock moved on */
	run(turns, &now_ms, 5000 + 3 * INTERVAL_MS, 0, counts, &crowd);
	for (size_t i = 0; i < COUNT; i++)
		assert_in_range(counts[i], 2, 4);
	/* 64 in 10 s: one in 156 ms */
	assert_true(crowd <= 1);
}

static void when_the_time_is_short_each_still_gets_its_turn(void **state)
{
	struct turn turns[COUNT] = { 0 };
	uint32_t counts[COUNT], crowd;
	uint64_t now_ms = 1;

	(void)state;
	run(turns, &now_ms, COUNT * 1000 * 3, 1000, counts, &crowd);
	for (size_t i = 0; i < COUNT; i++)
		assert_in_range(counts[i], 2, 4);
}

static void one_alone_runs_every_interval(void **state)
{
	struct turn turn = { 0 };

	(void)state;
	turns_begin(&turn, 1, 0, 700, INTERVAL_MS);
	assert_int_equal(turn.due_ms, 700 + INTERVAL_MS);
	turns_begin(&turn, 1, 0, turn.due_ms, INTERVAL_MS);
	assert_int_equal(turn.due_ms, 700 + 2 * INTERVAL_MS);
}

/* A reload that changes what is gathered makes all due, and stops the turn that runs. */
static void however_often_all_are_due_at_once_each_gets_its_turn(void **state)
{
	struct turn turns[COUNT] = { 0 };
	uint32_t begun[COUNT] = { 0 }, ended[COUNT] = { 0 };
	uint64_t now_ms = 5000;

	(void)state;
	/* the first one takes longer than there is time, the others a tenth of it */
	for (unsigned int reload = 0; reload < 100; reload++) {
		uint64_t until_ms = now_ms + 1000;

		turns_hurry(turns, COUNT);
		while (now_ms < until_ms) {
			uint64_t at_ms;
			size_t position = turns_next(turns, COUNT, at_once, now_ms, &at_ms);

			assert_int_equal(at_ms, now_ms);
			turns_begin(turns, COUNT, position, now_ms, INTERVAL_MS);
			begun[position]++;
			now_ms += position == 0 ? 2000 : 100;
			ended[position] += now_ms <= until_ms;
			if (now_ms > until_ms)
				now_ms = until_ms;
		}
	}
	for (size_t i = 0; i < COUNT; i++) {
		assert_in_range(begun[i], 10, 20);
		if (i > 0)
			assert_in_range(ended[i], 5, 20);
	}
}

static void a_shorter_interval_is_not_slept_through(void **state)
{
	struct turn turns[2] = { { .due_ms = 4000 }, { .due_ms = 9000 } };

	(void)state;
	turns_limit(turns, 2, 3000, 2000);
	assert_int_equal(turns[0].due_ms, 4000);
	assert_int_equal(turns[1].due_ms, 5000);
}

static uint64_t when(const struct turn *turn, uint64_t now_ms)
{
	uint64_t at_ms;

	assert_int_equal(turns_next(turn, 1, at_once, now_ms, &at_ms), 0);
	return at_ms;
}

static void a_table_that_has_changed_comes_early_but_not_within_3_s(void **state)
{
	struct turn turn = { 0 };

	(void)state;
	turns_begin(&turn, 1, 0, 20000, INTERVAL_MS);
	turns_change(&turn, true, 21000);
	assert_int_equal(when(&turn, 21000), 23000);
	turns_change(&turn, true, 22000); /* it still waits for the same look */
	assert_int_equal(when(&turn, 22000), 23000);
	/* the interval begins there */
	turns_begin(&turn, 1, 0, 23000, INTERVAL_MS);
	assert_int_equal(when(&turn, 23000), 33000);
	turns_change(&turn, true, 28000);
	assert_int_equal(when(&turn, 28000), 28000);
	/* it is again as it was at the last look */
	turns_change(&turn, false, 28500);
	assert_int_equal(when(&turn, 28500), 33000);
	/* a change makes nobody later */
	turns_change(&turn, true, 36000);
	assert_int_equal(when(&turn, 36000), 36000);
}

static void early_looks_come_after_those_that_are_due(void **state)
{
	struct turn turns[2] = { { .due_ms = 9000, .early_ms = 1000 }, { .due_ms = 4000 } };
	uint64_t at_ms;

	(void)state;
	assert_int_equal(turns_next(turns, 2, at_once, 3999, &at_ms), 0);
	assert_int_equal(turns_next(turns, 2, at_once, 4000, &at_ms), 1);
	assert_int_equal(at_ms, 4000);
}

/* A whole reading waits until a debt is paid, and the rounds have had their part. The look at a
 * large table does not, and passes it: once an interval. */
static void who_may_begin_goes_before_who_must_wait(void **state)
{
	struct turn turns[3] = {
		{ .due_ms = 21000, .has_run = true },
		{ .due_ms = 22000, .has_run = true, .is_large = true, .began_ms = 12000 },
		{ .due_ms = 21500, .has_run = true },
	};
	struct turns_ready ready = { 23500, 500, 24000, INTERVAL_MS };
	uint64_t at_ms;

	(void)state;
	assert_int_equal(turns_next(turns, 3, ready, 23000, &at_ms), 1);
	assert_int_equal(at_ms, 23000);
	turns[1].began_ms = 23000; /* it was looked at, and is due again, by a reload */
	assert_int_equal(turns_next(turns, 3, ready, 23000, &at_ms), 0);
	assert_int_equal(at_ms, 24000);
	/* of two that may begin, the one that is due first */
	assert_int_equal(turns_next(turns, 3, ready, 24000, &at_ms), 0);
	turns[0].due_ms = 29000;
	assert_int_equal(turns_next(turns, 3, ready, 24000, &at_ms), 2);
	/* the first look of a table waits for a debt alone */
	turns[0] = (struct turn){ 0 };
	assert_int_equal(turns_next(turns, 3, ready, 23000, &at_ms), 0);
	assert_int_equal(at_ms, 23500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_looks_come_at_once_and_later_ones_spread),
		cmocka_unit_test(when_the_time_is_short_each_still_gets_its_turn),
		cmocka_unit_test(one_alone_runs_every_interval),
		cmocka_unit_test(however_often_all_are_due_at_once_each_gets_its_turn),
		cmocka_unit_test(a_shorter_interval_is_not_slept_through),
		cmocka_unit_test(a_table_that_has_changed_comes_early_but_not_within_3_s),
		cmocka_unit_test(early_looks_come_after_those_that_are_due),
		cmocka_unit_test(who_may_begin_goes_before_who_must_wait),
	};

	return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
