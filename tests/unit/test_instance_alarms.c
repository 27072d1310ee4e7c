/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alarms with their states and thresholds: what raises and clears them, and in which words. */
#include "alarm/instance_alarms.c"

#include "alarm_scene.h"

static void the_first_sample_counts(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 910);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	assert_string_equal(scene->event.text, "conntrack table default is 91% full (910 of 1000 "
					       "entries), above the threshold warning (80%)");
	assert_int_equal(scene->event.subject.threshold.index, 1);
	assert_int_equal(next(scene), 0);
	assert_true(scene->sample.thresholds[0].raised);
	assert_false(scene->sample.thresholds[1].raised);
}

static void hysteresis_holds_between_rising_and_falling(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 799);
	assert_int_equal(next(scene), 0);
	take(scene, 1000, 800);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	take(scene, 1000, 701);
	assert_int_equal(next(scene), 0);
	assert_true(scene->sample.thresholds[0].raised);
	take(scene, 1000, 700);
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	assert_string_equal(scene->event.text,
			    "conntrack table default is 70% full (700 of 1000 entries), no longer "
			    "above the threshold warning (cleared at 70%)");
	assert_int_equal(scene->sample.thresholds[0].transitions, 2);
}

static void one_sample_may_cross_both(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 1000);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	assert_string_equal(scene->event.subject.threshold.name, "warning");
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	assert_string_equal(scene->event.subject.threshold.name, "critical");
	assert_int_equal(next(scene), 0);
}

static void a_repeat_is_delayed_and_the_final_state_is_told(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 900);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	take(scene, 1000, 500);
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	take(scene, 1000, 900);
	assert_int_equal(next(scene), 0); /* too soon after the first rising */
	assert_int_equal(scene->alarms.suppressed, 1);
	take(scene, 1000, 900);
	assert_int_equal(next(scene), 0);
	assert_int_equal(scene->alarms.suppressed, 1); /* one transition, counted once */
	take(scene, INTERVAL_MS, 900);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	assert_int_equal(next(scene), 0);
}

static void rising_and_falling_always_alternate(void **state)
{
	struct scene *scene = *state;
	int last = EVENT_UTILIZATION_FALLING;

	configure(scene, thresholds, 1);
	srand(6696);
	for (int i = 0; i < 20000; i++) {
		int kind;

		take(scene, (uint64_t)(rand() % 20000), (uint32_t)(rand() % 1200));
		kind = next(scene);
		if (kind == 0)
			continue;
		assert_int_not_equal(kind, last);
		assert_int_equal(kind == EVENT_UTILIZATION_RISING,
				 scene->sample.thresholds[0].raised);
		last = kind;
	}
	/* when it rests, what was told last is what is */
	take(scene, INTERVAL_MS, scene->sample.entries);
	next(scene);
	assert_int_equal(scene->alarms.alarms[0].state.told, scene->alarms.alarms[0].state.raised);
}

static void no_limit_is_no_threshold(void **state)
{
	struct scene *scene = *state;

	scene->sample.max_entries = 0;
	take(scene, 0, 4000000000U);
	assert_int_equal(next(scene), 0);
	scene->sample.max_entries = 1000;
	take(scene, 1000, 900);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	scene->sample.max_entries = 0;
	take(scene, 1000, 900);
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	assert_string_equal(scene->event.text,
			    "conntrack table default has no limit (900 entries), "
			    "no longer above the threshold warning (cleared at 70%)");
}

static void a_limit_lowered_under_the_count_is_over_100_percent(void **state)
{
	struct scene *scene = *state;

	scene->sample.max_entries = 100;
	take(scene, 0, 250);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	assert_int_equal(scene->event.sample.entries, 250);
	/* and no product overflows */
	scene->sample.max_entries = 4294967295U;
	take(scene, 1000, 4294967295U);
	assert_true(scene->sample.thresholds[1].raised);
}

/* What the event says of the table. */
static const char *told(const struct scene *scene)
{
	static const char head[] = "conntrack table default ";

	assert_memory_equal(scene->event.text, head, sizeof(head) - 1);
	return scene->event.text + sizeof(head) - 1;
}

static void dropping_ends_after_a_quiet_minute(void **state)
{
	struct scene *scene = *state;

	scene->sample.dropping = true; /* not compared yet: unknown */
	take(scene, 0, 10);
	assert_int_equal(next(scene), 0);
	scene->sample.has_loss = true;
	scene->sample.loss_cause = LOSS_EVICTING;
	scene->sample.lost = 12;
	take(scene, 1000, 10);
	assert_int_equal(next(scene), EVENT_DROPPING_STARTED);
	assert_string_equal(told(scene),
			    "is dropping: the table is full, and entries are evicted for new "
			    "connections (12 lost in the last minute; 10 of 1000 entries)");
	take(scene, 59000, 10);
	assert_int_equal(next(scene), 0);
	scene->sample.dropping = false;
	scene->sample.loss_cause = LOSS_NONE;
	take(scene, 1000, 10);
	assert_int_equal(next(scene), EVENT_DROPPING_STOPPED);
	assert_string_equal(told(scene), "has dropped nothing for a minute (10 of 1000 entries)");
}

/* Each cause of loss in words, and none of them with quotation marks. */
static void the_text_says_why_it_is_dropping(void **state)
{
	static const char *const texts[] = {
		[LOSS_EVICTING] = "is dropping: the table is full, and entries are evicted for new "
				  "connections (0 lost in the last minute; 5 entries, no limit)",
		[LOSS_TABLE_FULL] =
			"is dropping: the table is full, and new connections are refused "
			"(0 lost in the last minute; 5 entries, no limit)",
		[LOSS_CHAIN_TOO_LONG] =
			"is dropping: hash chains are too long, and new connections are refused "
			"(0 lost in the last minute; 5 entries, no limit)",
		[LOSS_REFUSED] = "is dropping: packets are refused, although the table is not full "
				 "(0 lost in the last minute; 5 entries, no limit)",
	};
	struct scene *scene = *state;

	scene->sample.has_loss = true;
	scene->sample.max_entries = 0;
	for (enum loss_cause cause = LOSS_EVICTING; cause <= LOSS_REFUSED; cause++) {
		scene->sample.dropping = true;
		scene->sample.loss_cause = (uint8_t)cause;
		take(scene, INTERVAL_MS, 5);
		assert_int_equal(next(scene), EVENT_DROPPING_STARTED);
		assert_string_equal(told(scene), texts[cause]);
		scene->sample.dropping = false;
		take(scene, INTERVAL_MS, 5);
		assert_int_equal(next(scene), EVENT_DROPPING_STOPPED);
	}
}

static void an_unreadable_table_keeps_its_alarms(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 900);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	scene->sample.status = STATUS_UNAVAILABLE;
	scene->sample.has_values = false;
	strcpy(scene->sample.status_text, "ctnetlink: no");
	take(scene, 1000, 0);
	assert_int_equal(next(scene), EVENT_INSTANCE_DEGRADED);
	assert_string_equal(scene->event.text,
			    "conntrack table default cannot be read: ctnetlink: no");
	assert_int_equal(next(scene), 0);
	assert_true(scene->sample.thresholds[0].raised);
	scene->sample.status = STATUS_OK;
	scene->sample.has_values = true;
	take(scene, 1000, 900);
	assert_int_equal(next(scene), EVENT_INSTANCE_RECOVERED);
	assert_int_equal(next(scene), 0);
}

static void a_deleted_namespace_of_a_pattern_is_no_trouble(void **state)
{
	struct scene *scene = *state;

	scene->sample.status = STATUS_UNAVAILABLE;
	scene->sample.has_values = false;
	strcpy(scene->sample.status_text, "ctnetlink: no");
	take(scene, 1000, 0);
	assert_int_equal(next(scene), EVENT_INSTANCE_DEGRADED);
	/* what could not be read before is deleted now */
	scene->sample.is_deleted = true;
	instance_alarms_end_degraded(&scene->alarms, scene->now_ms, "it was deleted");
	instance_alarms_end(&scene->alarms, &scene->sample, scene->now_ms, "it was deleted");
	take(scene, 1000, 0);
	assert_int_equal(next(scene), EVENT_INSTANCE_RECOVERED);
	assert_string_equal(scene->event.text,
			    "conntrack table default is no longer read: it was deleted");
	take(scene, 100000, 0);
	assert_int_equal(next(scene), 0);
	/* and another one of the name may be in trouble */
	scene->sample.is_deleted = false;
	take(scene, 100000, 0);
	assert_int_equal(next(scene), EVENT_INSTANCE_DEGRADED);
}

static void a_reload_keeps_the_state_of_what_kept_its_name_and_row(void **state)
{
	static const struct config_threshold changed[] = { { "warning", 50, 40 },
							   { "full", 99, 98 } };
	struct scene *scene = *state;

	take(scene, 0, 900);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	configure(scene, changed, 2);
	take(scene, 1000, 600);
	assert_int_equal(next(scene), 0);
	assert_true(scene->sample.thresholds[0].raised);
	assert_string_equal(scene->sample.thresholds[0].name, "warning");
	configure(scene, changed, 0);
	configure(scene, changed, 2);
	take(scene, 1000, 45);
	assert_false(scene->sample.thresholds[0].raised); /* it was gone in between */
}

static void a_source_that_fills_the_table_is_named(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 600);
	take_source(scene, "192.0.2.7", 499, 0);
	assert_int_equal(next(scene), 0);
	assert_null(instance_alarms_culprits(&scene->alarms).source);
	/* certain is only what is left of it without the sketch's error */
	take_source(scene, "192.0.2.7", 520, 21);
	assert_int_equal(next(scene), 0);
	take_source(scene, "192.0.2.7", 520, 20);
	assert_int_equal(next(scene), EVENT_SOURCE_RISING);
	assert_string_equal(
		scene->event.text,
		"conntrack table default is filled by one source: 192.0.2.7 holds 52% of "
		"the limit (520 of 1000 entries), above source-rising (50%): 25% unreplied");
	assert_string_equal(scene->event.subject.source.text, "192.0.2.7");
	assert_int_equal(scene->event.subject.source.entries, 520);
	assert_int_equal(scene->event.subject.source.share, 52);
	assert_string_equal(instance_alarms_culprits(&scene->alarms).source->text, "192.0.2.7");
	take_source(scene, "192.0.2.7", 450, 0);
	assert_int_equal(next(scene), 0);
	take_source(scene, "192.0.2.7", 400, 0);
	assert_int_equal(next(scene), EVENT_SOURCE_FALLING);
	assert_string_equal(
		scene->event.text,
		"conntrack table default is no longer filled by one source: 192.0.2.7 holds "
		"40% of the limit (400 of 1000 entries; cleared at source-falling, 40%)");
	assert_null(instance_alarms_culprits(&scene->alarms).source);
	/* there may be no source at all, and no limit */
	instance_alarms_source(&scene->alarms, &(struct snapshot_top){ .rank = 0 }, &scene->sample,
			       scene->now_ms);
	assert_int_equal(next(scene), 0);
	scene->sample.max_entries = 0;
	take_source(scene, "192.0.2.7", 5000, 0);
	assert_int_equal(next(scene), 0);
}

static void a_source_alarm_that_is_turned_off_ends(void **state)
{
	struct config config = config_of(thresholds, 2, 2);
	struct scene *scene = *state;

	take(scene, 0, 600);
	take_source(scene, "192.0.2.7", 600, 0);
	assert_int_equal(next(scene), EVENT_SOURCE_RISING);
	config.source_rising = 0;
	apply(scene, &config);
	assert_int_equal(next(scene), EVENT_SOURCE_FALLING);
	assert_string_equal(scene->event.text, "conntrack table default is no longer checked for "
					       "the source 192.0.2.7: source-rising was set to 0");
	assert_int_equal(scene->event.subject.source.entries, 600); /* no invented value */
	take_source(scene, "192.0.2.7", 900, 0);
	assert_int_equal(next(scene), 0);
}

static void a_watch_has_an_alarm_of_its_own(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 0);
	assert_false(take_watches(scene, 999, 1000000)); /* no rising, no alarm */
	assert_int_equal(next(scene), 0);
	assert_true(take_watches(scene, 1000, 0));
	assert_int_equal(next(scene), EVENT_WATCH_RISING);
	assert_string_equal(
		scene->event.text,
		"conntrack table default has 1000 entries that match the watch ssh, at or "
		"above rising (1000)");
	assert_int_equal(scene->event.subject.watch.index, 3);
	assert_int_equal(scene->event.subject.watch.entries, 1000);
	assert_true(take_watches(scene, 801, 0));
	assert_int_equal(next(scene), 0);
	assert_false(take_watches(scene, 800, 0));
	assert_int_equal(next(scene), EVENT_WATCH_FALLING);
	assert_string_equal(scene->event.text,
			    "conntrack table default has 800 entries that match the watch ssh, no "
			    "longer above rising (1000; cleared at 800)");
	assert_int_equal(scene->event.subject.watch.falling, 800);
}

static void a_reload_keeps_the_state_of_a_watch_that_kept_its_name(void **state)
{
	struct config without = config_of(thresholds, 2, 0), with = config_of(thresholds, 2, 2);
	struct scene *scene = *state;

	take(scene, 0, 0);
	take_watches(scene, 1000, 0);
	assert_int_equal(next(scene), EVENT_WATCH_RISING);
	apply(scene, &with);
	assert_true(take_watches(scene, 900, 0)); /* between falling and rising: as it was */
	assert_int_equal(next(scene), 0);
	apply(scene, &without);
	apply(scene, &with);
	assert_false(take_watches(scene, 900, 0)); /* it was gone in between */
}

static void another_source_below_the_threshold_does_not_end_the_wait(void **state)
{
	struct scene *scene = *state;

	take_source(scene, "10.0.0.1", 600, 0);
	assert_int_equal(next(scene), EVENT_SOURCE_RISING);
	scene->now_ms += INTERVAL_MS - 5000;
	take_source(scene, "10.0.0.1", 100, 0);
	assert_int_equal(next(scene), EVENT_SOURCE_FALLING);
	scene->now_ms += 5000;
	take_source(scene, "10.0.0.1", 600, 0);
	assert_int_equal(next(scene), EVENT_SOURCE_RISING);
	scene->now_ms += 1000;
	take_source(scene, "10.0.0.1", 100, 0);
	assert_int_equal(next(scene), 0);
	take_source(scene, "10.0.0.2", 100, 0);
	assert_int_equal(next(scene), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_sample_counts),
		TEST(hysteresis_holds_between_rising_and_falling),
		TEST(one_sample_may_cross_both),
		TEST(a_repeat_is_delayed_and_the_final_state_is_told),
		TEST(rising_and_falling_always_alternate),
		TEST(no_limit_is_no_threshold),
		TEST(a_limit_lowered_under_the_count_is_over_100_percent),
		TEST(the_text_says_why_it_is_dropping),
		TEST(dropping_ends_after_a_quiet_minute),
		TEST(an_unreadable_table_keeps_its_alarms),
		TEST(a_deleted_namespace_of_a_pattern_is_no_trouble),
		TEST(a_reload_keeps_the_state_of_what_kept_its_name_and_row),
		TEST(a_source_that_fills_the_table_is_named),
		TEST(a_source_alarm_that_is_turned_off_ends),
		TEST(another_source_below_the_threshold_does_not_end_the_wait),
		TEST(a_watch_has_an_alarm_of_its_own),
		TEST(a_reload_keeps_the_state_of_a_watch_that_kept_its_name),
	};

	return cmocka_run_group_tests_name("alarms", tests, NULL, NULL);
}
