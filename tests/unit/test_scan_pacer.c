/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns: everybody gets one, and they spread over the interval. */
#include "collector/scan_pacer.c"

#include "test.h"

#define COUNT       64
#define INTERVAL_MS 10000

/* Runs turns that take `cost_ms` each until `until_ms`; counts them, and the most that began within
 * any hundredth of an interval. */
static void run(struct place *places, uint64_t *now_ms, uint64_t until_ms, uint64_t cost_ms,
		uint32_t turns[COUNT], uint32_t *crowd)
{
	uint32_t slots[4096] = { 0 };

	*crowd = 0;
	memset(turns, 0, COUNT * sizeof(*turns));
	while (*now_ms < until_ms) {
		size_t position = place_next(places, COUNT);

		if (places[position].due_ms > *now_ms)
			*now_ms = places[position].due_ms;
		place_begin(places, COUNT, position, *now_ms, INTERVAL_MS);
		turns[position]++;
		if (++slots[*now_ms / (INTERVAL_MS / 100)] > *crowd)
			*crowd = slots[*now_ms / (INTERVAL_MS / 100)];
		*now_ms += cost_ms;
	}
}

static void the_first_round_is_made_at_once_and_later_ones_spread(void **state)
{
	struct place places[COUNT] = { 0 };
	uint32_t turns[COUNT], crowd;
	uint64_t now_ms = 5000;

	(void)state;
	run(places, &now_ms, 5001, 0, turns, &crowd);
	for (size_t i = 0; i < COUNT; i++)
		assert_true(places[i].has_run); /* before the clock moved on */
	run(places, &now_ms, 5000 + 3 * INTERVAL_MS, 0, turns, &crowd);
	for (size_t i = 0; i < COUNT; i++)
		assert_in_range(turns[i], 2, 4);
	/* 64 in 10 s: one in 156 ms */
	assert_true(crowd <= 1);
}

static void when_the_time_is_short_each_still_gets_its_turn(void **state)
{
	struct place places[COUNT] = { 0 };
	uint32_t turns[COUNT], crowd;
	uint64_t now_ms = 1;

	(void)state;
	run(places, &now_ms, COUNT * 1000 * 3, 1000, turns, &crowd);
	for (size_t i = 0; i < COUNT; i++)
		assert_in_range(turns[i], 2, 4);
}

static void one_alone_runs_every_interval(void **state)
{
	struct place place = { 0 };

	(void)state;
	place_begin(&place, 1, 0, 700, INTERVAL_MS);
	assert_int_equal(place.due_ms, 700 + INTERVAL_MS);
	place_begin(&place, 1, 0, place.due_ms, INTERVAL_MS);
	assert_int_equal(place.due_ms, 700 + 2 * INTERVAL_MS);
}

/* A reload that changes what is gathered makes all due, and stops the turn that runs. */
static void however_often_all_are_due_at_once_each_gets_its_turn(void **state)
{
	struct place places[COUNT] = { 0 };
	uint32_t turns[COUNT] = { 0 }, ended[COUNT] = { 0 };
	uint64_t now_ms = 5000;

	(void)state;
	/* the first one takes longer than there is time, the others a tenth of it */
	for (unsigned int reload = 0; reload < 100; reload++) {
		uint64_t until_ms = now_ms + 1000;

		places_hurry(places, COUNT);
		while (now_ms < until_ms) {
			size_t position = place_next(places, COUNT);

			assert_true(places[position].due_ms <= now_ms);
			place_begin(places, COUNT, position, now_ms, INTERVAL_MS);
			turns[position]++;
			now_ms += position == 0 ? 2000 : 100;
			ended[position] += now_ms <= until_ms;
			if (now_ms > until_ms)
				now_ms = until_ms;
		}
	}
	for (size_t i = 0; i < COUNT; i++) {
		assert_in_range(turns[i], 10, 20);
		if (i > 0)
			assert_in_range(ended[i], 5, 20);
	}
}

/* Of 40 ms a second, as ten reloads take, with a budget of 10 ms a second. */
static void other_work_does_not_stop_the_scan(void **state)
{
	const struct config config = { .cpu_budget = 1 };
	uint64_t own_ns = 200000, pause_ns = pause_after(&config, own_ns);

	(void)state;
	for (int step = 0; step < 100; step++)
		pause_ns = pause_after(&config, step_cost(own_ns, pause_ns / 25));
	assert_true(pause_ns <= pause_after(&config, own_ns) * 5 / 4);
	/* waking up counts */
	assert_int_equal(step_cost(own_ns, 20000), 220000);
}

static void a_shorter_interval_is_not_slept_through(void **state)
{
	struct place places[2] = { { 4000, true }, { 9000, true } };

	(void)state;
	places_limit(places, 2, 3000, 2000);
	assert_int_equal(places[0].due_ms, 4000);
	assert_int_equal(places[1].due_ms, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_round_is_made_at_once_and_later_ones_spread),
		cmocka_unit_test(when_the_time_is_short_each_still_gets_its_turn),
		cmocka_unit_test(one_alone_runs_every_interval),
		cmocka_unit_test(however_often_all_are_due_at_once_each_gets_its_turn),
		cmocka_unit_test(a_shorter_interval_is_not_slept_through),
		cmocka_unit_test(other_work_does_not_stop_the_scan),
	};

	return cmocka_run_group_tests_name("scan_pacer", tests, NULL, NULL);
}
