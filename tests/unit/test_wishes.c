/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alarms that wait for a look share their second. */
#include "collector/wishes.c"

#include "test.h"

#define COUNT 64

static void one_alone_has_the_whole_second(void **state)
{
	struct wish wish = { 0 };

	(void)state;
	assert_int_equal(wishes_next(&wish, 1), 1);
	assert_true(wish_note(&wish, true, 5000));
	assert_false(wish_note(&wish, true, 5500));
	assert_int_equal(wishes_next(&wish, 1), 0);
	assert_int_equal(wishes_until(&wish, 1, 0, 5000), 6000);
	assert_int_equal(wishes_until(&wish, 1, 0, 5800), 6000);
	wish_note(&wish, false, 5900);
	assert_int_equal(wishes_next(&wish, 1), 1);
}

static void many_end_within_the_second_of_the_first(void **state)
{
	struct wish wishes[COUNT] = { 0 };
	uint64_t now_ms = 5000, longest_ms = 0, shortest_ms = UINT64_MAX;
	size_t position;

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		wish_note(&wishes[i], true, now_ms);
	while ((position = wishes_next(wishes, COUNT)) < COUNT) {
		uint64_t until_ms = wishes_until(wishes, COUNT, position, now_ms);

		if (until_ms - now_ms > longest_ms)
			longest_ms = until_ms - now_ms;
		if (until_ms - now_ms < shortest_ms)
			shortest_ms = until_ms - now_ms;
		now_ms = until_ms;
		wish_note(&wishes[position], false, now_ms);
	}
	assert_int_equal(now_ms, 6000);
	assert_true(longest_ms <= shortest_ms + 2);
}

static void who_waited_too_long_has_no_time_left(void **state)
{
	struct wish wishes[2] = { { 5000 }, { 6900 } };

	(void)state;
	assert_int_equal(wishes_until(wishes, 2, 0, 7000), 7000);
	assert_int_equal(wishes_until(wishes, 2, 1, 7000), 7450);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_alone_has_the_whole_second),
		cmocka_unit_test(many_end_within_the_second_of_the_first),
		cmocka_unit_test(who_waited_too_long_has_no_time_left),
	};

	return cmocka_run_group_tests_name("wishes", tests, NULL, NULL);
}
