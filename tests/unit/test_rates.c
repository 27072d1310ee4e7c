/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rates of an instance: what its samples and looks say, and what they do not. */
#include "collector/rates.c"

#include "test.h"

#define NONE (-1)
#define LOOK 10

static struct config_rate blocks[] = {
	{ .index = 1,
	  .name = "setup",
	  .counter_name = "created",
	  .counter = RATE_OF_CREATED,
	  .rising = 5000,
	  .falling = 3000,
	  .window = 60 },
	{ .index = 2,
	  .name = "ends",
	  .counter_name = "destroyed",
	  .counter = RATE_OF_DESTROYED,
	  .window = 20 },
	{ .index = 5,
	  .name = "lost",
	  .counter_name = "drops",
	  .counter = COUNTER_DROPS,
	  .window = 10 },
	{ .index = 9,
	  .name = "bad",
	  .counter_name = "invalid",
	  .counter = COUNTER_INVALID,
	  .window = 10 },
};
enum { SETUP, ENDS, LOST, BAD, BLOCKS };

struct scene {
	struct rates rates;
	struct snapshot_sample sample;
	struct snapshot_scan look;
	struct snapshot_rate rows[BLOCKS];
	uint64_t now_ms, created, destroyed; /* the last two so far, seen or not */
	uint32_t entries;
};

static void configure(struct scene *scene, const struct config_rate *some, size_t count)
{
	struct config config = { .rate_count = count,
				 .rates = (struct config_rate *)(uintptr_t)some };
	struct rates next;

	assert_int_equal(rates_prepare(&next, &scene->rates, &config), 0);
	rates_clear(&scene->rates);
	scene->rates = next;
	rates_show(&scene->rates, scene->rows);
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->now_ms = 5000000;
	scene->created = 1U << 30;
	scene->destroyed = scene->created - 10000;
	scene->sample.total.present = (1U << COUNTER_COUNT) - 1;
	scene->look.has_churn = true;
	scene->look.churn_began = 4000000;
	configure(scene, blocks, BLOCKS);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	rates_clear(&scene->rates);
	free(scene);
	return 0;
}

/* A look that took half a second ends now. */
static void look(struct scene *scene)
{
	scene->look.end_monotonic = scene->now_ms;
	scene->look.duration = 500;
	scene->look.created = scene->created;
	scene->look.destroyed = scene->destroyed;
	scene->look.ipv4 = scene->entries / 2;
	scene->look.ipv6 = scene->entries - scene->look.ipv4;
}

/* A second passes, with so many entries created and destroyed; at its end comes a sample. */
static void second(struct scene *scene, uint32_t created, uint32_t destroyed)
{
	scene->now_ms += 1000;
	scene->created += created;
	scene->destroyed += destroyed;
	scene->entries = (uint32_t)(scene->created - scene->destroyed);
	if (scene->now_ms / 1000 % LOOK == 0)
		look(scene);
	scene->sample.entries = scene->entries;
	rates_add(&scene->rates, &scene->sample, &scene->look, scene->now_ms);
	rates_show(&scene->rates, scene->rows);
}

static void pass(struct scene *scene, unsigned int seconds, uint32_t rate)
{
	while (seconds--)
		second(scene, rate, rate);
}

static int64_t rate_of(const struct scene *scene, size_t row)
{
	return scene->rows[row].has_value ? (int64_t)scene->rows[row].value : NONE;
}

static void a_row_shows_its_block(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(scene->rows[SETUP].index, 1);
	assert_string_equal(scene->rows[SETUP].name, "setup");
	assert_string_equal(scene->rows[SETUP].counter, "created");
	assert_int_equal(scene->rows[SETUP].rising, 5000);
	assert_int_equal(scene->rows[SETUP].falling, 3000);
	for (size_t i = 0; i < BLOCKS; i++)
		assert_int_equal(rate_of(scene, i), NONE);
}

static void each_rate_is_of_its_own_counter(void **state)
{
	struct scene *scene = *state;

	for (int i = 0; i < 100; i++) {
		scene->sample.total.value[COUNTER_DROPS] += 7;
		scene->sample.total.value[COUNTER_INVALID] += 30;
		second(scene, 400, 390);
	}
	assert_int_equal(rate_of(scene, SETUP), 400);
	assert_int_equal(rate_of(scene, ENDS), 390);
	assert_int_equal(rate_of(scene, LOST), 7);
	assert_int_equal(rate_of(scene, BAD), 30);
	assert_int_equal(scene->rows[SETUP].seconds, 60);
	assert_int_equal(scene->rows[LOST].seconds, 10);
}

/* Within the window and 12 seconds, which are for the look. */
static void a_rise_is_seen_in_time(void **state)
{
	struct scene *scene = *state;
	int seconds = 0;

	pass(scene, 103, 100);
	for (; rate_of(scene, SETUP) < 5000; seconds++)
		second(scene, 5000, 100);
	assert_in_range(seconds, 50, 72);
}

static void a_counter_that_the_kernel_does_not_have_is_absent(void **state)
{
	struct scene *scene = *state;

	scene->sample.total.present &= ~(1U << COUNTER_INVALID);
	pass(scene, 30, 0);
	assert_int_equal(rate_of(scene, BAD), NONE);
	assert_int_equal(rate_of(scene, LOST), 0);
}

static void looks_that_cannot_be_compared_begin_anew(void **state)
{
	struct scene *scene = *state;

	pass(scene, 100, 200);
	/* a gap: the counters begin again, here even with higher values */
	scene->created += 1000000;
	scene->destroyed += 1000000;
	scene->look.churn_began = scene->now_ms;
	pass(scene, LOOK, 200);
	assert_int_equal(rate_of(scene, SETUP), NONE);
	assert_int_equal(rate_of(scene, ENDS), NONE);
	assert_int_equal(rate_of(scene, LOST), 0); /* not of looks */
	pass(scene, 2 * LOOK, 200);
	assert_int_equal(rate_of(scene, SETUP), 200);
	scene->look.has_churn = false;
	pass(scene, LOOK, 200);
	assert_int_equal(rate_of(scene, SETUP), NONE);
}

static void counters_that_the_kernel_has_reset_begin_anew(void **state)
{
	struct scene *scene = *state;

	pass(scene, 30, 200);
	rates_forget(&scene->rates);
	scene->sample.total.value[COUNTER_DROPS] = 1000000; /* the sum of another run */
	pass(scene, 1, 200);
	assert_int_equal(rate_of(scene, LOST), NONE);
	pass(scene, 5, 200);
	assert_int_equal(rate_of(scene, LOST), 0);
}

/* No rate of a look rises by it, whatever comes back and whenever the look reads. */
static void a_flush_is_neither_created_nor_destroyed(void **state)
{
	struct scene *scene = *state;

	for (int at = 0; at < 3 * LOOK; at++) {
		pass(scene, 50 + (unsigned int)at, 20);
		second(scene, 20, scene->entries);
		for (int back = 0; back < 5; back++) {
			assert_true(rate_of(scene, SETUP) <= 20);
			assert_true(rate_of(scene, ENDS) <= 20);
			second(scene, 2000, 20);
		}
		for (int i = 0; i < 90; i++) {
			second(scene, 20, 20);
			assert_true(rate_of(scene, SETUP) <= 20);
			assert_true(rate_of(scene, ENDS) <= 20);
		}
		assert_int_equal(rate_of(scene, SETUP), 20);
		assert_int_equal(rate_of(scene, ENDS), 20);
	}
}

/* The look had read half of the table when it was flushed: the next one misses the other half. */
static void a_flush_within_a_look_is_seen_by_the_sample(void **state)
{
	struct scene *scene = *state;

	pass(scene, 103, 20);
	scene->destroyed += 5000;
	scene->now_ms += 100;
	look(scene);
	scene->now_ms += 900;
	second(scene, 0, 4980);
	for (int i = 0; i < 50; i++) {
		second(scene, 20, 20);
		assert_true(rate_of(scene, SETUP) <= 20);
		assert_true(rate_of(scene, ENDS) <= 20);
	}
	assert_int_equal(rate_of(scene, ENDS), 20);
}

/* Between two samples everything is gone and back. */
static void a_flush_that_no_sample_shows_is_seen_by_the_look(void **state)
{
	struct scene *scene = *state;

	pass(scene, 103, 20);
	second(scene, 10020, 10020);
	for (int i = 0; i < 50; i++) {
		second(scene, 20, 20);
		assert_true(rate_of(scene, SETUP) <= 20);
		assert_true(rate_of(scene, ENDS) <= 20);
	}
	assert_int_equal(rate_of(scene, SETUP), 20);
}

/* Short connections alone: from look to look the table is another one. */
static void a_table_that_always_turns_over_has_its_rate(void **state)
{
	struct scene *scene = *state;

	pass(scene, 60, 2000);
	for (int i = 0; i < 100; i++) {
		second(scene, 2000, 2000);
		assert_int_equal(rate_of(scene, SETUP), 2000);
	}
}

static void an_attack_that_ends_is_no_flush(void **state)
{
	struct scene *scene = *state;

	pass(scene, 100, 20);
	for (int i = 0; i < 30; i++)
		second(scene, 3020, 20);
	for (int i = 0; i < 30; i++)
		second(scene, 20, 3020);
	assert_in_range(rate_of(scene, ENDS), 2000, 3020);
}

/* As an attack in pulses does, or a job that asks much once in a while. */
static void bursts_that_expire_together_again_and_again_have_their_rate(void **state)
{
	struct scene *scene = *state;
	unsigned int known = 0;

	pass(scene, 100, 20);
	for (int at = 0; at < 15; at++) {
		second(scene, 60020, 20);
		pass(scene, 14, 20);
		second(scene, 20, 60020);
		pass(scene, 4, 20);
		known += scene->rows[SETUP].has_value;
		if (scene->rows[SETUP].has_value && at > 6)
			assert_in_range(scene->rows[SETUP].value, 2700, 4100);
	}
	assert_true(known >= 9);
}

static void a_reload_keeps_the_window_of_what_has_not_changed(void **state)
{
	struct scene *scene = *state;
	struct config_rate others[BLOCKS];

	for (int i = 0; i < 100; i++) {
		scene->sample.total.value[COUNTER_DROPS] += 7;
		second(scene, 400, 390);
	}
	memcpy(others, blocks, sizeof(others));
	others[SETUP].rising = 100; /* of the alarm alone */
	others[ENDS].window = 30;
	strcpy(others[LOST].name, "other");
	configure(scene, others, BLOCKS - 1);
	assert_int_equal(rate_of(scene, SETUP), 400);
	assert_int_equal(scene->rows[SETUP].rising, 100);
	assert_int_equal(rate_of(scene, ENDS), NONE);
	assert_int_equal(rate_of(scene, LOST), NONE);
	for (int i = 0; i < 40; i++) {
		scene->sample.total.value[COUNTER_DROPS] += 7;
		second(scene, 400, 390);
		assert_int_equal(rate_of(scene, SETUP), 400);
		assert_true(rate_of(scene, ENDS) <= 390 && rate_of(scene, LOST) <= 7);
	}
	assert_int_equal(rate_of(scene, ENDS), 390);
	configure(scene, blocks, 0);
	pass(scene, 20, 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_row_shows_its_block),
		TEST(each_rate_is_of_its_own_counter),
		TEST(a_rise_is_seen_in_time),
		TEST(a_counter_that_the_kernel_does_not_have_is_absent),
		TEST(looks_that_cannot_be_compared_begin_anew),
		TEST(counters_that_the_kernel_has_reset_begin_anew),
		TEST(a_flush_is_neither_created_nor_destroyed),
		TEST(a_flush_within_a_look_is_seen_by_the_sample),
		TEST(a_flush_that_no_sample_shows_is_seen_by_the_look),
		TEST(a_table_that_always_turns_over_has_its_rate),
		TEST(an_attack_that_ends_is_no_flush),
		TEST(bursts_that_expire_together_again_and_again_have_their_rate),
		TEST(a_reload_keeps_the_window_of_what_has_not_changed),
	};

	return cmocka_run_group_tests_name("rates", tests, NULL, NULL);
}
