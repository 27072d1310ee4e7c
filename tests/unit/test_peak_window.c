/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/peak_window.c"

#include "test.h"

/* The window against the plain definition: the highest of all samples not older than its length. */
static void it_is_the_highest_of_the_window(void **state)
{
	struct peak_window window;
	uint64_t times[2000], now = 5000;
	uint32_t values[2000];

	(void)state;
	assert_int_equal(peak_window_init(&window, 60, 1), 0);
	srand(1);
	for (size_t i = 0; i < 2000; i++) {
		uint32_t highest = 0, got;

		now += 1000 + (uint64_t)(rand() % 3000);
		times[i] = now;
		values[i] = (uint32_t)(rand() % 100);
		for (size_t j = 0; j <= i; j++) {
			if (times[j] + 60000 >= now && values[j] > highest)
				highest = values[j];
		}
		got = peak_window_add(&window, now, values[i]);
		assert_int_equal(got, highest);
	}
	peak_window_clear(&window);
}

static void samples_faster_than_announced_stay_in_bounds(void **state)
{
	struct peak_window window;

	(void)state;
	assert_int_equal(peak_window_init(&window, 10, 1), 0);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(peak_window_add(&window, 1000 + i, 5000 - i), 5000);
	peak_window_clear(&window);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_the_highest_of_the_window),
		cmocka_unit_test(samples_faster_than_announced_stay_in_bounds),
	};

	return cmocka_run_group_tests_name("peak", tests, NULL, NULL);
}
