/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alarms with their states and thresholds: what is told, when, and in which words. */
#include "alarm/instance_alarms.c"

#include "test.h"

#define INTERVAL_MS 30000

static const struct config_threshold thresholds[] = { { "warning", 80, 70 },
						      { "critical", 95, 90 } };

static struct config_watch watches[] = {
	{ .index = 3, .name = "ssh", .rising = 1000, .falling = 800 }, { .index = 9, .name = "dns" }
};

/* A configuration with those thresholds, the first `watch_count` watches and a source alarm. */
static struct config config_of(const struct config_threshold *some, size_t count,
			       size_t watch_count)
{
	struct config config = { .threshold_count = count,
				 .watch_count = watch_count,
				 .watches = watches,
				 .source_rising = 50,
				 .source_falling = 40,
				 .top_prefix_ipv4 = 32,
				 .top_prefix_ipv6 = 64,
				 .notification_interval = INTERVAL_MS / 1000 };

	memcpy(config.thresholds, some, count * sizeof(*some));
	return config;
}

struct scene {
	struct instance_alarms alarms;
	struct snapshot_sample sample;
	struct snapshot_threshold rows[2];
	uint64_t now_ms;
	struct event event;
};

static void apply(struct scene *scene, const struct config *config)
{
	assert_int_equal(
		instance_alarms_configure(&scene->alarms, config, &scene->sample, scene->now_ms),
		0);
}

static void configure(struct scene *scene, const struct config_threshold *some, size_t count)
{
	struct config config = config_of(some, count, 2);

	apply(scene, &config);
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->now_ms = 1000000;
	configure(scene, thresholds, 2);
	scene->sample.instance = 1;
	scene->sample.thresholds = scene->rows;
	scene->sample.threshold_count = 2;
	scene->sample.status = STATUS_OK;
	scene->sample.has_values = true;
	scene->sample.max_entries = 1000;
	strcpy(scene->sample.name, "default");
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	instance_alarms_clear(&scene->alarms);
	free(scene);
	return 0;
}

/* A sample `after_ms` later. */
static void take(struct scene *scene, uint64_t after_ms, uint32_t entries)
{
	scene->now_ms += after_ms;
	scene->sample.entries = entries;
	instance_alarms_sample(&scene->alarms, &scene->sample, scene->now_ms, scene->now_ms);
}

/* The kind of the event that goes out now, 0 if none is due. */
static int hand_out(struct scene *scene)
{
	return instance_alarms_next(&scene->alarms, scene->now_ms, scene->now_ms, &scene->event)
		       ? (int)scene->event.kind
		       : 0;
}

static void settle(struct scene *scene, enum alarm_fate fate)
{
	instance_alarms_settle(&scene->alarms, fate, scene->now_ms);
}

/* The kind of the next event, 0 if none is due; there is a master, which takes it at once. */
static int next(struct scene *scene)
{
	int kind = hand_out(scene);

	settle(scene, ALARM_TAKEN);
	return kind;
}

/* The kind of the next transition that is logged, 0 if there is none. */
static int news(struct scene *scene)
{
	return instance_alarms_news(&scene->alarms, &scene->event) ? (int)scene->event.kind : 0;
}

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

static void dropping_ends_after_a_quiet_minute(void **state)
{
	struct scene *scene = *state;

	scene->sample.total.value[COUNTER_DROPS] = 5000; /* from before the agent started */
	take(scene, 0, 10);
	assert_int_equal(next(scene), 0);
	scene->sample.total.value[COUNTER_EARLY_DROPS] = 1;
	take(scene, 1000, 10);
	assert_true(scene->sample.dropping);
	assert_int_equal(next(scene), EVENT_DROPPING_STARTED);
	take(scene, 59000, 10);
	assert_true(scene->sample.dropping);
	assert_int_equal(next(scene), 0);
	take(scene, 1000, 10);
	assert_false(scene->sample.dropping);
	assert_int_equal(next(scene), EVENT_DROPPING_STOPPED);
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

static void a_reload_keeps_the_state_of_what_kept_its_name(void **state)
{
	static const struct config_threshold changed[] = { { "full", 99, 98 },
							   { "warning", 50, 40 } };
	struct scene *scene = *state;

	take(scene, 0, 900);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	configure(scene, changed, 2);
	take(scene, 1000, 600);
	assert_int_equal(next(scene), 0);
	assert_true(scene->sample.thresholds[1].raised);
	assert_string_equal(scene->sample.thresholds[1].name, "warning");
	configure(scene, changed, 1);
	configure(scene, changed, 2);
	take(scene, 1000, 45);
	assert_false(scene->sample.thresholds[1].raised); /* it was gone in between */
}

/* A scan whose leading source holds `entries`, of which `error` may be too many. */
static void take_source(struct scene *scene, const char *text, uint32_t entries, uint32_t error)
{
	struct snapshot_top source = { .kind = TOP_SOURCE,
				       .rank = 1,
				       .entries = entries,
				       .error = error,
				       .share = entries / 10,
				       .address_type = 1,
				       .prefix_length = 32 };

	/* the text stands for the address */
	source.address.half[0] = (uint64_t)text[strlen(text) - 1];
	strcpy(source.text, text);
	instance_alarms_source(&scene->alarms, &source, &scene->sample, scene->now_ms);
}

static void a_source_that_fills_the_table_is_named(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 600);
	take_source(scene, "192.0.2.7", 499, 0);
	assert_int_equal(next(scene), 0);
	assert_null(instance_alarms_culprit(&scene->alarms));
	/* certain is only what is left of it without the sketch's error */
	take_source(scene, "192.0.2.7", 520, 21);
	assert_int_equal(next(scene), 0);
	take_source(scene, "192.0.2.7", 520, 20);
	assert_int_equal(next(scene), EVENT_SOURCE_RISING);
	assert_string_equal(
		scene->event.text,
		"conntrack table default is filled by one source: 192.0.2.7 holds 52% of "
		"the limit (520 of 1000 entries), above source-rising (50%)");
	assert_string_equal(scene->event.subject.source.text, "192.0.2.7");
	assert_int_equal(scene->event.subject.source.entries, 520);
	assert_int_equal(scene->event.subject.source.share, 52);
	assert_string_equal(instance_alarms_culprit(&scene->alarms)->text, "192.0.2.7");
	take_source(scene, "192.0.2.7", 450, 0);
	assert_int_equal(next(scene), 0);
	take_source(scene, "192.0.2.7", 400, 0);
	assert_int_equal(next(scene), EVENT_SOURCE_FALLING);
	assert_string_equal(
		scene->event.text,
		"conntrack table default is no longer filled by one source: 192.0.2.7 holds "
		"40% of the limit (400 of 1000 entries; cleared at source-falling, 40%)");
	assert_null(instance_alarms_culprit(&scene->alarms));
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

static void a_source_alarm_ends_when_its_prefix_length_is_changed(void **state)
{
	struct config config = config_of(thresholds, 2, 2);
	struct scene *scene = *state;

	take(scene, 0, 600);
	take_source(scene, "192.0.2.7", 600, 0);
	assert_int_equal(next(scene), EVENT_SOURCE_RISING);
	config.top_prefix_ipv6 = 56; /* of the other family: nothing changes */
	apply(scene, &config);
	assert_int_equal(next(scene), 0);
	assert_string_equal(instance_alarms_culprit(&scene->alarms)->text, "192.0.2.7");
	config.top_prefix_ipv4 = 24;
	apply(scene, &config);
	assert_null(instance_alarms_culprit(&scene->alarms));
	assert_int_equal(next(scene), EVENT_SOURCE_FALLING);
	assert_string_equal(scene->event.text, "conntrack table default is no longer checked for "
					       "the source 192.0.2.7: top-prefix-ipv4 was changed");
	assert_int_equal(next(scene), 0);
}

/* The end of the first source waits for its interval; meanwhile another one fills the table. */
static void the_falling_names_the_source_that_the_rising_named(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 600);
	take_source(scene, "192.0.2.7", 600, 0);
	assert_int_equal(next(scene), EVENT_SOURCE_RISING);
	take_source(scene, "192.0.2.7", 100, 0);
	assert_int_equal(next(scene), EVENT_SOURCE_FALLING);
	take(scene, INTERVAL_MS - 1000, 600);
	take_source(scene, "192.0.2.7", 600, 0);
	take(scene, 1000, 600);
	assert_int_equal(next(scene), EVENT_SOURCE_RISING);
	take_source(scene, "192.0.2.7", 100, 0);
	take_source(scene, "192.0.2.8", 700, 0);
	assert_int_equal(next(scene), EVENT_SOURCE_FALLING);
	assert_string_equal(scene->event.subject.source.text, "192.0.2.7");
	assert_non_null(strstr(scene->event.text, "192.0.2.7 holds 10%"));
	assert_int_equal(next(scene), 0); /* the second one's rising is too soon */
	take(scene, INTERVAL_MS, 600);
	assert_int_equal(next(scene), EVENT_SOURCE_RISING);
	assert_string_equal(scene->event.subject.source.text, "192.0.2.8");
	take_source(scene, "192.0.2.8", 100, 0);
	assert_int_equal(next(scene), EVENT_SOURCE_FALLING);
	assert_string_equal(scene->event.subject.source.text, "192.0.2.8");
}

static bool take_watches(struct scene *scene, uint32_t ssh, uint32_t dns)
{
	struct snapshot_watch rows[] = {
		{ .index = 3, .name = "ssh", .entries = ssh, .rising = 1000, .falling = 800 },
		{ .index = 9, .name = "dns", .entries = dns },
	};

	instance_alarms_watches(&scene->alarms, rows, scene->alarms.watch_count, &scene->sample,
				scene->now_ms);
	assert_false(rows[1].raised);
	return rows[0].raised;
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

/* Without a master nothing is handed out. What it is told in the end is the state that stands. */
static void what_waits_for_a_master_is_the_state_that_stands(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 900);
	take(scene, 1000, 500);
	assert_int_equal(next(scene), 0);
	assert_int_equal(scene->alarms.untold, 1); /* the rising, which nobody heard of */
	take(scene, 1000, 900);
	take(scene, 1000, 500);
	take(scene, 1000, 850);
	assert_int_equal(scene->alarms.untold, 2);
	take(scene, 3600000, 860);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	assert_int_equal(next(scene), 0);
	assert_int_equal(scene->alarms.suppressed, 0);
}

static void a_transition_is_logged_at_once_and_once(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 900);
	assert_int_equal(news(scene), EVENT_UTILIZATION_RISING);
	assert_string_equal(scene->event.text,
			    "conntrack table default is 90% full (900 of 1000 entries), above the "
			    "threshold warning (80%)");
	assert_int_equal(news(scene), 0);
	take(scene, 1000, 500); /* neither waits for a master nor for the interval */
	assert_int_equal(news(scene), EVENT_UTILIZATION_FALLING);
	take(scene, 1000, 910);
	assert_int_equal(news(scene), EVENT_UTILIZATION_RISING);
	take(scene, 1000, 910);
	assert_int_equal(news(scene), 0);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	assert_int_equal(news(scene), 0);
}

/* The rising is on its way when the alarm is cleared: the falling follows it. */
static void an_alarm_that_changes_under_way_is_told_again(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 900);
	assert_int_equal(hand_out(scene), EVENT_UTILIZATION_RISING);
	assert_int_equal(hand_out(scene), 0); /* one at a time */
	take(scene, 1000, 500);
	assert_int_equal(hand_out(scene), 0);
	settle(scene, ALARM_TAKEN);
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	assert_int_equal(next(scene), 0);
	assert_int_equal(scene->alarms.untold, 0);
}

/* Who had the rising died: perhaps it was told, perhaps not. */
static void a_state_in_doubt_is_told_again_whichever_it_is(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 900);
	assert_int_equal(hand_out(scene), EVENT_UTILIZATION_RISING);
	settle(scene, ALARM_IN_DOUBT);
	assert_int_equal(hand_out(scene), EVENT_UTILIZATION_RISING);
	take(scene, 1000, 500);
	settle(scene, ALARM_IN_DOUBT);
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	assert_int_equal(next(scene), 0);
	/* what was not sent at all is in no doubt */
	take(scene, INTERVAL_MS, 900);
	assert_int_equal(hand_out(scene), EVENT_UTILIZATION_RISING);
	settle(scene, ALARM_UNSENT);
	take(scene, 1000, 500);
	assert_int_equal(next(scene), 0);
}

static void the_interval_counts_from_when_a_notification_was_taken(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 900);
	assert_int_equal(hand_out(scene), EVENT_UTILIZATION_RISING);
	scene->now_ms += 20000; /* the master was slow */
	settle(scene, ALARM_TAKEN);
	take(scene, 1000, 500);
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	take(scene, INTERVAL_MS - 2000, 900);
	assert_int_equal(next(scene), 0);
	take(scene, 1000, 900);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
}

/* The fill has changed since; the notification is about the crossing, in words and in values. */
static void a_rising_that_waited_tells_the_crossing_and_its_time(void **state)
{
	struct scene *scene = *state;

	scene->now_ms = 1792886400000; /* 2026-10-25 00:00:00 UTC */
	take(scene, 0, 850);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	take(scene, 1000, 600);
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	take(scene, 1000, 810);
	assert_int_equal(next(scene), 0);
	take(scene, INTERVAL_MS, 750);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	assert_string_equal(scene->event.text,
			    "conntrack table default was 81% full (810 of 1000 entries), above the "
			    "threshold warning (80%) (at 2026-10-25 00:00:02 UTC)");
	assert_int_equal(scene->event.sample.entries, 810);
}

/* Alarms speak in turn: one that changes all the time does not silence another. */
static void no_alarm_starves_another(void **state)
{
	struct config config = config_of(thresholds, 2, 2);
	struct scene *scene = *state;
	bool raised = false;

	config.notification_interval = 0;
	apply(scene, &config);
	take(scene, 0, 1000);
	take_watches(scene, 1000, 0);
	for (int i = 0; i < 3; i++) {
		assert_int_not_equal(next(scene), 0);
		raised |= scene->event.kind == EVENT_WATCH_RISING;
		take(scene, 1000, i % 2 ? 1000 : 0);
	}
	assert_true(raised);
}

static void a_threshold_that_is_removed_is_cleared_once(void **state)
{
	static const struct config_threshold renamed[] = { { "full", 80, 70 },
							   { "critical", 95, 90 } };
	struct scene *scene = *state;

	take(scene, 0, 900);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	news(scene);
	configure(scene, renamed, 2);
	assert_int_equal(news(scene), EVENT_UTILIZATION_FALLING);
	take(scene, 1000, 900); /* the new one rises, and is told after the end of the old one */
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	assert_string_equal(scene->event.text,
			    "conntrack table default is no longer checked against the threshold "
			    "warning: the threshold was removed from the configuration");
	assert_string_equal(scene->event.subject.threshold.name, "warning");
	assert_int_equal(scene->event.sample.entries, 900);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	assert_string_equal(scene->event.subject.threshold.name, "full");
	assert_int_equal(next(scene), 0);
	take(scene, 3600000, 0);
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	assert_int_equal(next(scene), 0);
}

static void what_was_not_told_is_not_cleared(void **state)
{
	struct config without = config_of(thresholds, 0, 0);
	struct scene *scene = *state;

	take(scene, 0, 900);
	take_watches(scene, 1000, 0);
	while (news(scene))
		continue;
	apply(scene, &without);
	/* the log has the rising, so it has the end too */
	assert_int_equal(news(scene), EVENT_UTILIZATION_FALLING);
	assert_int_equal(news(scene), EVENT_WATCH_FALLING);
	assert_int_equal(next(scene), 0);
	assert_true(instance_alarms_are_settled(&scene->alarms));
}

/* It was under way when the reload removed it. */
static void an_alarm_that_is_removed_under_way_is_cleared(void **state)
{
	struct config without = config_of(thresholds, 0, 0);
	struct scene *scene = *state;

	take(scene, 0, 900);
	assert_int_equal(hand_out(scene), EVENT_UTILIZATION_RISING);
	apply(scene, &without);
	settle(scene, ALARM_TAKEN);
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	assert_int_equal(next(scene), 0);
}

static void a_watch_whose_alarm_is_switched_off_is_cleared(void **state)
{
	struct config config = config_of(thresholds, 2, 2);
	struct config_watch off[] = { watches[0], watches[1] };
	struct scene *scene = *state;

	take(scene, 0, 0);
	take_watches(scene, 1200, 0);
	assert_int_equal(next(scene), EVENT_WATCH_RISING);
	off[0].rising = off[0].falling = 0;
	config.watches = off;
	apply(scene, &config);
	assert_int_equal(next(scene), EVENT_WATCH_FALLING);
	assert_string_equal(scene->event.text, "conntrack table default is no longer checked "
					       "against the watch ssh: rising was set to 0");
	assert_int_equal(scene->event.subject.watch.entries, 1200);
	assert_false(take_watches(scene, 1200, 0));
	assert_int_equal(next(scene), 0);
}

static void the_alarms_of_a_table_that_is_gone_are_cleared(void **state)
{
	struct scene *scene = *state;

	scene->sample.total.value[COUNTER_DROPS] = 0;
	take(scene, 0, 900);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	scene->sample.taken = 1;
	scene->sample.status = STATUS_UNAVAILABLE;
	scene->sample.has_values = false;
	instance_alarms_end(&scene->alarms, &scene->sample, scene->now_ms,
			    "its network namespace was deleted");
	take(scene, 1000, 900);
	assert_int_equal(next(scene), EVENT_INSTANCE_DEGRADED);
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	assert_string_equal(scene->event.text,
			    "conntrack table default is no longer checked against the threshold "
			    "warning: its network namespace was deleted");
	assert_true(scene->event.sample.has_values); /* the last ones */
	assert_int_equal(scene->event.sample.entries, 900);
	assert_false(scene->sample.thresholds[0].raised);
	assert_int_equal(next(scene), 0);
}

/* At once, whatever the interval; degraded too. */
static void an_instance_that_is_removed_clears_everything(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 900);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	take(scene, 1000, 0);
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	take(scene, INTERVAL_MS - 1000, 900);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	scene->sample.status = STATUS_UNAVAILABLE;
	take(scene, 100, 900);
	assert_int_equal(next(scene), EVENT_INSTANCE_DEGRADED);
	instance_alarms_part(&scene->alarms, &scene->sample, scene->now_ms,
			     "the namespace was removed from the configuration");
	while (news(scene))
		continue;
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	assert_int_equal(next(scene), EVENT_INSTANCE_RECOVERED);
	assert_string_equal(scene->event.text, "conntrack table default is no longer read: the "
					       "namespace was removed from the configuration");
	assert_int_equal(next(scene), 0);
	assert_true(instance_alarms_are_settled(&scene->alarms));
}

/* What a receiver has heard last of each alarm is what the agent says, whatever happens between. */
static void in_the_end_the_receiver_knows_what_is(void **state)
{
	struct scene *scene = *state;
	int heard[2] = { EVENT_UTILIZATION_FALLING, EVENT_UTILIZATION_FALLING };

	srand(6696);
	for (int i = 0; i < 20000; i++) {
		static const enum alarm_fate fates[] = { ALARM_TAKEN, ALARM_TAKEN, ALARM_UNSENT,
							 ALARM_IN_DOUBT };
		enum alarm_fate fate = fates[rand() % 4];

		take(scene, (uint64_t)(rand() % 20000), (uint32_t)(rand() % 1200));
		while (news(scene))
			continue;
		if (rand() % 3 == 0 || !hand_out(scene))
			continue; /* no master, or nothing to say */
		/* in doubt, it has arrived or not */
		if (fate == ALARM_TAKEN || (fate == ALARM_IN_DOUBT && rand() % 2))
			heard[scene->event.subject.threshold.index - 1] = (int)scene->event.kind;
		if (rand() % 2)
			take(scene, 1000, (uint32_t)(rand() % 1200));
		settle(scene, fate);
	}
	take(scene, INTERVAL_MS, scene->sample.entries);
	while (next(scene))
		heard[scene->event.subject.threshold.index - 1] = (int)scene->event.kind;
	for (int i = 0; i < 2; i++)
		assert_int_equal(heard[i] == EVENT_UTILIZATION_RISING,
				 scene->sample.thresholds[i].raised);
	while (news(scene))
		continue;
	assert_true(instance_alarms_are_settled(&scene->alarms));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
		TEST(dropping_ends_after_a_quiet_minute),
		TEST(an_unreadable_table_keeps_its_alarms),
		TEST(a_reload_keeps_the_state_of_what_kept_its_name),
		TEST(a_source_that_fills_the_table_is_named),
		TEST(a_source_alarm_that_is_turned_off_ends),
		TEST(a_watch_has_an_alarm_of_its_own),
		TEST(a_reload_keeps_the_state_of_a_watch_that_kept_its_name),
		TEST(a_source_alarm_ends_when_its_prefix_length_is_changed),
		TEST(the_falling_names_the_source_that_the_rising_named),
		TEST(what_waits_for_a_master_is_the_state_that_stands),
		TEST(a_transition_is_logged_at_once_and_once),
		TEST(an_alarm_that_changes_under_way_is_told_again),
		TEST(a_state_in_doubt_is_told_again_whichever_it_is),
		TEST(the_interval_counts_from_when_a_notification_was_taken),
		TEST(a_rising_that_waited_tells_the_crossing_and_its_time),
		TEST(no_alarm_starves_another),
		TEST(a_threshold_that_is_removed_is_cleared_once),
		TEST(what_was_not_told_is_not_cleared),
		TEST(an_alarm_that_is_removed_under_way_is_cleared),
		TEST(a_watch_whose_alarm_is_switched_off_is_cleared),
		TEST(the_alarms_of_a_table_that_is_gone_are_cleared),
		TEST(an_instance_that_is_removed_clears_everything),
		TEST(in_the_end_the_receiver_knows_what_is),
	};

	return cmocka_run_group_tests_name("alarms", tests, NULL, NULL);
}
