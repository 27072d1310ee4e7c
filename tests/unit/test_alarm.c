/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An alarm until it is told: with and without a master, held back, in doubt, and at its end. */
#include "alarm/alarm.c"

#include "alarm_scene.h"

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
	assert_string_equal(instance_alarms_culprits(&scene->alarms).source->text, "192.0.2.7");
	config.top_prefix_ipv4 = 24;
	apply(scene, &config);
	assert_null(instance_alarms_culprits(&scene->alarms).source);
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

/* Whoever knows alarms by their index would keep the old row raised for ever. */
static void an_alarm_whose_row_moves_is_cleared_there_and_rises_here(void **state)
{
	struct config config = config_of(&thresholds[1], 1, 2);
	struct config_watch moved[] = { watches[0], watches[1] };
	struct scene *scene = *state;

	take(scene, 0, 1000);
	take_watches(scene, 1200, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(next(scene) % 2, 1);
	moved[0].index = 10;
	config.watches = moved;
	apply(scene, &config); /* "warning" goes, "critical" moves up, "ssh" gets another index */
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	assert_string_equal(scene->event.subject.threshold.name, "warning");
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	assert_string_equal(scene->event.text,
			    "conntrack table default is no longer checked against "
			    "the threshold critical: its index was changed");
	assert_int_equal(scene->event.subject.threshold.index, 2);
	assert_int_equal(next(scene), EVENT_WATCH_FALLING);
	assert_int_equal(scene->event.subject.watch.index, 3);
	take(scene, INTERVAL_MS, 1000);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	assert_int_equal(scene->event.subject.threshold.index, 1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
		TEST(an_alarm_whose_row_moves_is_cleared_there_and_rises_here),
		TEST(an_instance_that_is_removed_clears_everything),
		TEST(in_the_end_the_receiver_knows_what_is),
	};

	return cmocka_run_group_tests_name("alarm", tests, NULL, NULL);
}
