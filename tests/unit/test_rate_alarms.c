/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alarms on rates: what raises and clears them, in which words, and what a reload does. */
#include "alarm_scene.h"

#define NONE (-1)

static const struct config_rate blocks[] = {
	{ .index = 4,
	  .name = "setup",
	  .counter_name = "created",
	  .rising = 5000,
	  .falling = 3000,
	  .window = 60 },
	{ .index = 9, .name = "lost", .counter_name = "drops", .window = 10 },
};

static struct snapshot_rate rows[2];

/* Reads a configuration with these rates. */
static void take_blocks(struct scene *scene, const struct config_rate *some, size_t count)
{
	struct config config = config_of(thresholds, 2, 2);

	config.rates = (struct config_rate *)(uintptr_t)some;
	config.rate_count = count;
	apply(scene, &config);
	for (size_t i = 0; i < count; i++) {
		rows[i] = (struct snapshot_rate){ .index = some[i].index,
						  .seconds = some[i].window,
						  .rising = some[i].rising,
						  .falling = some[i].falling };
		strcpy(rows[i].name, some[i].name);
		strcpy(rows[i].counter, some[i].counter_name);
	}
	scene->sample.rate_count = count;
	scene->sample.rates = rows;
}

/* A sample with these rates. Whether the first one's alarm is raised. */
static bool take_rates(struct scene *scene, int64_t setup, int64_t lost)
{
	rows[0].has_value = setup != NONE;
	rows[0].value = setup == NONE ? 0 : (uint32_t)setup;
	rows[1].has_value = lost != NONE;
	rows[1].value = lost == NONE ? 0 : (uint32_t)lost;
	take(scene, 1000, 10);
	assert_false(rows[1].raised); /* it has no alarm */
	return rows[0].raised;
}

static void a_rate_has_an_alarm_with_hysteresis(void **state)
{
	struct scene *scene = *state;

	take_blocks(scene, blocks, 2);
	assert_false(take_rates(scene, 4999, UINT32_MAX));
	assert_int_equal(next(scene), 0);
	assert_true(take_rates(scene, 5000, 0));
	assert_int_equal(next(scene), EVENT_RATE_RISING);
	assert_string_equal(
		scene->event.text,
		"conntrack table default: setup is 5000 per second (created, over 60 s), "
		"at or above rising (5000)");
	assert_int_equal(scene->event.subject.rate.index, 4);
	assert_true(take_rates(scene, 3001, 0));
	assert_int_equal(next(scene), 0);
	assert_false(take_rates(scene, 3000, 0));
	assert_int_equal(next(scene), EVENT_RATE_FALLING);
	assert_string_equal(
		scene->event.text,
		"conntrack table default: setup is 3000 per second (created, over 60 s), "
		"no longer above rising (5000; cleared at 3000)");
	assert_int_equal(scene->event.subject.rate.falling, 3000);
}

static void without_a_value_the_state_stays(void **state)
{
	struct scene *scene = *state;

	take_blocks(scene, blocks, 2);
	assert_false(take_rates(scene, NONE, NONE));
	assert_true(take_rates(scene, 6000, 0));
	assert_int_equal(next(scene), EVENT_RATE_RISING);
	assert_true(take_rates(scene, NONE, NONE));
	scene->sample.has_values = false;
	scene->sample.status = STATUS_UNAVAILABLE;
	assert_true(take_rates(scene, 0, 0)); /* of a table that cannot be read */
	assert_int_equal(next(scene), EVENT_INSTANCE_DEGRADED);
	assert_int_equal(next(scene), 0);
}

static void a_reload_keeps_the_alarm_of_the_same_block(void **state)
{
	struct scene *scene = *state;

	take_blocks(scene, blocks, 2);
	take_rates(scene, 6000, 0);
	assert_int_equal(next(scene), EVENT_RATE_RISING);
	take_blocks(scene, blocks, 2);
	assert_true(take_rates(scene, NONE, NONE));
	assert_true(take_rates(scene, 4000, 0)); /* between falling and rising: as it was */
	assert_int_equal(next(scene), 0);
	assert_false(take_rates(scene, 3000, 0));
	assert_int_equal(next(scene), EVENT_RATE_FALLING);
}

/* What is changed in the block, and the reason that the end gives. */
static void an_alarm_that_cannot_go_on_ends_with_the_reason(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		struct config_rate block;
	} cases[] = {
		{ "the rate was removed from the configuration", 0, { .index = 0 } },
		{ "the rate was removed from the configuration",
		  1,
		  { .index = 4, .name = "other", .counter_name = "created", .rising = 5000 } },
		{ "its index was changed",
		  1,
		  { .index = 5, .name = "setup", .counter_name = "created", .rising = 5000 } },
		{ "its counter was changed",
		  1,
		  { .index = 4, .name = "setup", .counter_name = "destroyed", .rising = 5000 } },
		{ "rising was set to 0",
		  1,
		  { .index = 4, .name = "setup", .counter_name = "created" } },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scene->now_ms += INTERVAL_MS;
		take_blocks(scene, blocks, 2);
		take_rates(scene, 6000, 0);
		assert_int_equal(next(scene), EVENT_RATE_RISING);
		take_blocks(scene, blocks, 2);
		take_rates(scene, NONE, NONE); /* the end tells the last value all the same */
		take_blocks(scene, &cases[i].block, cases[i].count);
		assert_int_equal(next(scene), EVENT_RATE_FALLING);
		if (!strstr(scene->event.text, "table default: setup is no longer checked: ") ||
		    !strstr(scene->event.text, cases[i].text))
			fail_msg("expected \"%s\", got \"%s\"", cases[i].text, scene->event.text);
		assert_true(scene->event.subject.rate.has_value);
		assert_int_equal(scene->event.subject.rate.value, 6000);
		assert_int_equal(next(scene), 0);
	}
}

static void the_end_of_a_table_ends_it(void **state)
{
	struct scene *scene = *state;

	take_blocks(scene, blocks, 2);
	take_rates(scene, 6000, 0);
	assert_int_equal(next(scene), EVENT_RATE_RISING);
	instance_alarms_end(&scene->alarms, &scene->sample, scene->now_ms, "it was deleted");
	assert_int_equal(next(scene), EVENT_RATE_FALLING);
	assert_string_equal(scene->event.text, "conntrack table default: setup is no longer "
					       "checked: it was deleted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_rate_has_an_alarm_with_hysteresis),
		TEST(without_a_value_the_state_stays),
		TEST(a_reload_keeps_the_alarm_of_the_same_block),
		TEST(an_alarm_that_cannot_go_on_ends_with_the_reason),
		TEST(the_end_of_a_table_ends_it),
	};

	return cmocka_run_group_tests_name("rate_alarms", tests, NULL, NULL);
}
