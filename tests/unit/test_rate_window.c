/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rate of a counter over a window: right whenever its readings come. */
#include "collector/rate_window.c"

#include "test.h"

#define NONE         (-1)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct rate_window window;
static uint64_t now_ms, value, random_state;

static void begin(uint32_t length_s)
{
	rate_window_init(&window, length_s);
	now_ms = 1000000;
	value = 1ULL << 40;
	random_state = 6696;
	rate_window_add(&window, value, now_ms);
}

/* A reading `after_ms` later, since when the counter has grown by `rate` a second. The rate now. */
static int64_t grow(uint64_t after_ms, uint64_t rate)
{
	uint32_t is, seconds;

	now_ms += after_ms;
	value += rate * after_ms / 1000;
	rate_window_add(&window, value, now_ms);
	return rate_window_get(&window, &is, &seconds) ? (int64_t)is : NONE;
}

/* The same for each second of some. */
static int64_t grow_for(unsigned int seconds, uint64_t rate)
{
	int64_t is = NONE;

	for (unsigned int i = 0; i < seconds; i++)
		is = grow(1000, rate);
	return is;
}

static uint32_t seconds_of(void)
{
	uint32_t rate, seconds = 0;

	rate_window_get(&window, &rate, &seconds);
	return seconds;
}

static void assert_within_5_percent(int64_t is, int64_t expected)
{
	if (is < expected - expected / 20 || is > expected + expected / 20)
		fail_msg("expected about %lld per second, got %lld", (long long)expected,
			 (long long)is);
}

static void a_constant_rate_is_exact(void **state)
{
	(void)state;
	begin(60);
	for (int i = 1; i < 300; i++) {
		int64_t is = grow(1000, 7350);

		assert_int_equal(is, i < 15 ? NONE : 7350);
	}
	assert_int_equal(seconds_of(), 60);
	begin(60);
	assert_int_equal(grow_for(100, 0), 0);
}

static void a_value_comes_after_a_quarter_of_the_window_and_two_seconds(void **state)
{
	static const struct {
		uint32_t length_s;
		unsigned int first_s;
	} cases[] = {
		{ 1, 2 }, { 2, 2 }, { 5, 2 }, { 8, 2 }, { 12, 3 }, { 60, 15 }, { 3600, 900 }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		begin(cases[i].length_s);
		for (unsigned int second = 1; second < 4000; second++) {
			int64_t is = grow(1000, 100);

			if ((is == 100) != has_reached(second, cases[i].first_s))
				fail_msg("window %u: %lld per second after %u s", cases[i].length_s,
					 (long long)is, second);
			if (second == cases[i].first_s)
				assert_int_equal(seconds_of(), second);
		}
	}
}

static void a_burst_counts_for_one_window_and_no_longer(void **state)
{
	(void)state;
	begin(10);
	grow_for(20, 100);
	assert_int_equal(grow(1000, 10100), 1100);
	for (int i = 0; i < 9; i++)
		assert_int_equal(grow(1000, 100), 1100);
	assert_int_equal(grow(1000, 100), 100);
}

static void a_rising_rate_is_seen_within_the_window(void **state)
{
	int seconds = 0;

	(void)state;
	begin(60);
	grow_for(100, 0);
	while (grow(1000, 5000) < 5000)
		seconds++;
	assert_in_range(seconds, 50, 60);
}

/* Timers are early or late, and a loaded machine samples when it can. */
static void the_rate_does_not_depend_on_when_readings_come(void **state)
{
	static const uint32_t lengths[] = { 1, 5, 10, 60, 600, 3600 };

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		begin(lengths[i]);
		for (int reading = 0; reading < 5000; reading++) {
			int64_t is;

			random_state =
				random_state * 6364136223846793005ULL + 1442695040888963407ULL;
			is = grow(random_state >> 33 & 1 ? 990 + (random_state >> 40) % 21
							 : 1 + (random_state >> 40) % 9000,
				  1000);
			if (is != NONE)
				assert_within_5_percent(is, 1000);
		}
		assert_in_range(window.count, 2, RATE_WINDOW_POINTS);
	}
}

static void a_late_reading_divides_by_the_real_time(void **state)
{
	(void)state;
	begin(5);
	grow_for(10, 200);
	assert_int_equal(grow(100000, 200), 200);
	assert_int_equal(seconds_of(), 100);
	assert_int_equal(grow_for(6, 200), 200);
	assert_int_equal(seconds_of(), 5);
}

/* A reading a minute, and a window of a second: from reading to reading. */
static void a_window_has_at_least_two_readings(void **state)
{
	(void)state;
	begin(1);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(grow(60000, 10 * (uint64_t)i), 10 * i);
		assert_int_equal(seconds_of(), 60);
	}
}

/* 64 readings are kept: of an hour of seconds, one a minute. */
static void a_long_window_is_coarser_and_as_right(void **state)
{
	(void)state;
	begin(3600);
	grow_for(10000, 50);
	assert_int_equal(seconds_of(), 3600);
	assert_true(window.count <= RATE_WINDOW_POINTS);
	/* ten minutes of a hundred times as much: ... of the hour */
	assert_within_5_percent(grow_for(600, 5000), 50 + 600 * 4950 / 3600);
	assert_within_5_percent(grow_for(2900, 50), 50 + 600 * 4950 / 3600);
	assert_int_equal(grow_for(900, 50), 50);
}

static void a_counter_that_is_set_back_begins_anew(void **state)
{
	(void)state;
	begin(8);
	grow_for(20, 300);
	value = 5; /* far below */
	assert_int_equal(grow(1000, 0), NONE);
	assert_int_equal(grow(1000, 300), NONE);
	assert_int_equal(grow(1000, 300), 300);
	assert_int_equal(seconds_of(), 2);
}

static void what_cannot_be_compared_is_not(void **state)
{
	(void)state;
	begin(8);
	grow_for(20, 300);
	rate_window_forget(&window);
	value += 1000000;
	assert_int_equal(grow(1000, 0), NONE);
	assert_int_equal(grow(1000, 300), NONE);
	assert_int_equal(grow(1000, 300), 300);
}

static void no_value_is_absurd(void **state)
{
	(void)state;
	begin(2);
	value = UINT64_MAX - 1;
	assert_int_equal(grow(3000, 0), UINT32_MAX);
	begin(2);
	assert_int_equal(grow(0, 0), NONE); /* twice at the same time */
	assert_int_equal(grow(2000, 4000000000), 4000000000);
	now_ms -= 5000; /* a clock that goes back is not this one's, and harms nothing */
	assert_int_equal(grow(0, 0), NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_constant_rate_is_exact),
		cmocka_unit_test(a_value_comes_after_a_quarter_of_the_window_and_two_seconds),
		cmocka_unit_test(a_burst_counts_for_one_window_and_no_longer),
		cmocka_unit_test(a_rising_rate_is_seen_within_the_window),
		cmocka_unit_test(the_rate_does_not_depend_on_when_readings_come),
		cmocka_unit_test(a_late_reading_divides_by_the_real_time),
		cmocka_unit_test(a_window_has_at_least_two_readings),
		cmocka_unit_test(a_long_window_is_coarser_and_as_right),
		cmocka_unit_test(a_counter_that_is_set_back_begins_anew),
		cmocka_unit_test(what_cannot_be_compared_is_not),
		cmocka_unit_test(no_value_is_absurd),
	};

	return cmocka_run_group_tests_name("rate_window", tests, NULL, NULL);
}
