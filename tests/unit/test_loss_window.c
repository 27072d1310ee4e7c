/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loss and its cause from the kernel's counters: what each combination of them means. */
#include "collector/loss_window.c"

#include "test.h"

struct scene {
	struct loss_window window;
	struct snapshot_sample sample;
	uint64_t now_ms;
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->now_ms = 1000000;
	scene->sample.max_entries = 1000;
	scene->sample.entries = 10; /* 1 percent */
	scene->sample.total.present = (1U << COUNTER_COUNT) - 1;
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static void grow(struct scene *scene, enum counter counter, uint64_t by)
{
	scene->sample.total.value[counter] += by;
}

/* A sample `after_ms` later. Returns its cause. */
static int take(struct scene *scene, uint64_t after_ms)
{
	scene->now_ms += after_ms;
	loss_window_add(&scene->window, &scene->sample, scene->now_ms);
	assert_int_equal(scene->sample.dropping, scene->sample.loss_cause != LOSS_NONE);
	assert_int_equal(scene->sample.dropping, scene->sample.lost > 0);
	assert_int_equal(scene->sample.dropping, scene->sample.loss_rate > 0);
	return scene->sample.loss_cause;
}

/* Busy resolvers do that at any fill: two packets of a new connection at once, and one goes
 * through. */
static void an_insertion_race_is_no_loss(void **state)
{
	struct scene *scene = *state;

	take(scene, 0);
	for (int i = 0; i < 100; i++) {
		grow(scene, COUNTER_DROPS, 1);
		grow(scene, COUNTER_INSERT_FAILED, 1);
		assert_int_equal(take(scene, 1000), LOSS_NONE);
	}
	/* a sample may come between the two steps of a race */
	grow(scene, COUNTER_DROPS, 1);
	assert_int_equal(take(scene, 1000), LOSS_NONE);
	grow(scene, COUNTER_INSERT_FAILED, 1);
	assert_int_equal(take(scene, 1000), LOSS_NONE);
	/* other inserts that fail explain no later drop */
	grow(scene, COUNTER_INSERT_FAILED, 50);
	assert_int_equal(take(scene, 1000), LOSS_NONE);
	grow(scene, COUNTER_DROPS, 2);
	assert_int_equal(take(scene, 1000), LOSS_REFUSED);
	assert_int_equal(scene->sample.lost, 2);
}

/* They raise insert_failed, but not drop. */
static void chains_that_are_too_long_are_a_loss(void **state)
{
	struct scene *scene = *state;

	take(scene, 0);
	grow(scene, COUNTER_CHAIN_TOO_LONG, 5);
	grow(scene, COUNTER_INSERT_FAILED, 5);
	assert_int_equal(take(scene, 1000), LOSS_CHAIN_TOO_LONG);
	assert_int_equal(scene->sample.lost, 5);
	assert_int_equal(scene->sample.loss_rate, 5);
	/* a race beside them is told from them */
	grow(scene, COUNTER_CHAIN_TOO_LONG, 1);
	grow(scene, COUNTER_INSERT_FAILED, 3);
	grow(scene, COUNTER_DROPS, 2);
	take(scene, 1000);
	assert_int_equal(scene->sample.lost, 6);
	/* and they explain no drop */
	grow(scene, COUNTER_CHAIN_TOO_LONG, 5);
	grow(scene, COUNTER_INSERT_FAILED, 5);
	grow(scene, COUNTER_DROPS, 2);
	take(scene, 1000);
	assert_int_equal(scene->sample.lost, 6 + 5 + 2);
}

static void drops_of_a_full_table_are_laid_to_the_table(void **state)
{
	struct scene *scene = *state;

	take(scene, 0);
	scene->sample.entries = 1000;
	grow(scene, COUNTER_DROPS, 1);
	assert_int_equal(take(scene, 1000), LOSS_TABLE_FULL); /* at once, though it is one */
	/* it drains, and the drops were before that */
	scene->sample.entries = 5;
	grow(scene, COUNTER_DROPS, 3);
	assert_int_equal(take(scene, 1000), LOSS_TABLE_FULL);
	assert_int_equal(take(scene, 59000), LOSS_TABLE_FULL);
	assert_int_equal(take(scene, 1000), LOSS_NONE);
	/* without a limit no table is full */
	scene->sample.max_entries = 0;
	scene->sample.entries = 5000;
	grow(scene, COUNTER_DROPS, 3);
	assert_int_equal(take(scene, 1000), LOSS_REFUSED);
}

static void one_refused_packet_is_told_by_the_next_sample(void **state)
{
	struct scene *scene = *state;

	take(scene, 0);
	grow(scene, COUNTER_DROPS, 1);
	assert_int_equal(take(scene, 1000), LOSS_NONE);
	assert_int_equal(take(scene, 1000), LOSS_REFUSED);
	assert_int_equal(scene->sample.lost, 1);
	assert_int_equal(take(scene, 1000), LOSS_REFUSED);
	assert_int_equal(scene->sample.lost, 1);
}

static void the_worst_cause_of_the_minute_is_told(void **state)
{
	struct scene *scene = *state;

	take(scene, 0);
	grow(scene, COUNTER_DROPS, 2);
	assert_int_equal(take(scene, 1000), LOSS_REFUSED);
	grow(scene, COUNTER_EARLY_DROPS, 1);
	assert_int_equal(take(scene, 1000), LOSS_EVICTING);
	grow(scene, COUNTER_CHAIN_TOO_LONG, 1);
	grow(scene, COUNTER_INSERT_FAILED, 1);
	assert_int_equal(take(scene, 1000), LOSS_CHAIN_TOO_LONG);
	scene->sample.entries = 990;
	grow(scene, COUNTER_DROPS, 1);
	assert_int_equal(take(scene, 1000), LOSS_TABLE_FULL);
	grow(scene, COUNTER_EARLY_DROPS, 1);
	assert_int_equal(take(scene, 1000), LOSS_TABLE_FULL);
	assert_int_equal(take(scene, 59000), LOSS_EVICTING);
	assert_int_equal(take(scene, 1000), LOSS_NONE);
}

/* Ten a second, and then none: the rate is that of the last minute, however often samples come. */
static void the_rate_is_that_of_the_last_minute(void **state)
{
	static const uint32_t intervals_s[] = { 1, 7, 30, 45, 60 };

	(void)state;
	for (size_t i = 0; i < sizeof(intervals_s) / sizeof(intervals_s[0]); i++) {
		uint32_t interval_s = intervals_s[i], quiet_s = 0;
		void *fresh = NULL;
		struct scene *scene;

		set_up(&fresh);
		scene = fresh;
		take(scene, 0);
		for (uint32_t at = 0; at < 300; at += interval_s) {
			grow(scene, COUNTER_EARLY_DROPS, 10ULL * interval_s);
			assert_int_equal(take(scene, 1000ULL * interval_s), LOSS_EVICTING);
			assert_int_equal(scene->sample.loss_rate, 10);
		}
		while (quiet_s + interval_s < 60) {
			quiet_s += interval_s;
			assert_int_equal(take(scene, 1000ULL * interval_s), LOSS_EVICTING);
			assert_in_range(scene->sample.loss_rate, 1, 10);
		}
		assert_int_equal(take(scene, 1000ULL * interval_s), LOSS_NONE);
		free(fresh);
	}
}

/* A reload samples once more at once. */
static void samples_that_come_faster_lose_nothing(void **state)
{
	struct scene *scene = *state;

	take(scene, 0);
	for (int i = 0; i < 500; i++) {
		grow(scene, COUNTER_EARLY_DROPS, 1);
		take(scene, 100);
	}
	assert_int_equal(scene->sample.lost, 500);
	assert_int_equal(scene->sample.loss_rate, 10);
}

static void before_two_samples_nothing_is_known(void **state)
{
	struct scene *scene = *state;

	scene->sample.total.value[COUNTER_DROPS] = 5000; /* from before the agent started */
	scene->sample.total.value[COUNTER_CHAIN_TOO_LONG] = 70;
	assert_int_equal(take(scene, 0), LOSS_NONE);
	assert_false(scene->sample.has_loss);
	assert_int_equal(take(scene, 1000), LOSS_NONE);
	assert_true(scene->sample.has_loss);
	/* a kernel that does not count drops does not tell whether there are any */
	scene->sample.total.present = 0;
	take(scene, 1000);
	assert_false(scene->sample.has_loss);
}

static void counters_that_start_again_are_no_loss(void **state)
{
	struct scene *scene = *state;

	scene->sample.total.value[COUNTER_DROPS] = 5000;
	take(scene, 0);
	grow(scene, COUNTER_EARLY_DROPS, 3);
	assert_int_equal(take(scene, 1000), LOSS_EVICTING);
	memset(scene->sample.total.value, 0, sizeof(scene->sample.total.value));
	loss_window_restart(&scene->window);
	assert_int_equal(take(scene, 1000), LOSS_EVICTING); /* still the same minute */
	assert_int_equal(scene->sample.lost, 3);
	assert_int_equal(take(scene, 59000), LOSS_NONE);
	grow(scene, COUNTER_DROPS, 2);
	assert_int_equal(take(scene, 1000), LOSS_REFUSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_insertion_race_is_no_loss),
		TEST(chains_that_are_too_long_are_a_loss),
		TEST(drops_of_a_full_table_are_laid_to_the_table),
		TEST(one_refused_packet_is_told_by_the_next_sample),
		TEST(the_worst_cause_of_the_minute_is_told),
		cmocka_unit_test(the_rate_is_that_of_the_last_minute),
		TEST(samples_that_come_faster_lose_nothing),
		TEST(before_two_samples_nothing_is_known),
		TEST(counters_that_start_again_are_no_loss),
	};

	return cmocka_run_group_tests_name("loss_window", tests, NULL, NULL);
}
