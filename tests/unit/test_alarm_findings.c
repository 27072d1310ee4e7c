/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An alarm that waits for its look: how long, what ends the wait, and which alarms share a look. */
#include "alarm_scene.h"

static const struct findings one_flooder = {
	.is_known = true,
	.entries = 900,
	.unreplied = 792,
	.unreplied_share = 88,
	.service = { .kind = TOP_SERVICE,
		     .rank = 1,
		     .entries = 783,
		     .share = 87,
		     .text = "tcp/80" },
	.source = { .kind = TOP_SOURCE,
		    .rank = 1,
		    .entries = 369,
		    .share = 41,
		    .text = "10.200.0.1" },
};

#define FOUND ": 88% unreplied; 87% to tcp/80; 41% from 10.200.0.1"

static void found(struct scene *scene, const struct findings *findings)
{
	instance_alarms_found(&scene->alarms, findings, scene->now_ms);
}

static bool wants(const struct scene *scene)
{
	return instance_alarms_want_findings(&scene->alarms, scene->now_ms);
}

/* Neither the log nor a receiver gets anything. */
static void assert_silent(struct scene *scene)
{
	assert_int_equal(news(scene), 0);
	assert_false(instance_alarms_are_due(&scene->alarms, scene->now_ms));
	assert_int_equal(next(scene), 0);
}

/* Log and receiver get this text. */
static void assert_told(struct scene *scene, enum event_kind kind, const char *text)
{
	assert_int_equal(news(scene), kind);
	assert_string_equal(scene->event.text, text);
	assert_int_equal(next(scene), kind);
	assert_string_equal(scene->event.text, text);
}

static void a_rising_waits_for_what_a_look_finds(void **state)
{
	struct scene *scene = *state;

	assert_false(wants(scene));
	sample(scene, 0, 900);
	assert_true(scene->sample.thresholds[0].raised); /* the state does not wait */
	assert_true(wants(scene));
	assert_silent(scene);
	sample(scene, 1000, 940);
	assert_true(wants(scene));
	assert_silent(scene);
	scene->now_ms += 100;
	found(scene, &one_flooder);
	assert_false(wants(scene));
	/* the values are those of the crossing */
	assert_told(
		scene, EVENT_UTILIZATION_RISING,
		"conntrack table default is 90% full (900 of 1000 entries), above the threshold "
		"warning (80%)" FOUND);
	assert_int_equal(scene->event.sample.entries, 900);
	assert_true(scene->event.findings.is_known);
	assert_silent(scene);
	assert_true(instance_alarms_are_settled(&scene->alarms));
}

static void the_wait_ends_after_its_time(void **state)
{
	static const char text[] = "conntrack table default is 90% full (900 of 1000 entries), "
				   "above the threshold warning (80%)";
	struct scene *scene = *state;

	sample(scene, 0, 900);
	scene->now_ms += FINDINGS_WAIT_MS - 1;
	assert_true(wants(scene));
	assert_silent(scene);
	scene->now_ms += 1;
	assert_false(wants(scene));
	assert_int_equal(news(scene), EVENT_UTILIZATION_RISING);
	found(scene, &one_flooder); /* too late: the log has it already */
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	assert_string_equal(scene->event.text, text);
	assert_false(scene->event.findings.is_known);
}

static void a_look_that_finds_nothing_ends_the_wait(void **state)
{
	struct scene *scene = *state;

	sample(scene, 0, 900);
	found(scene, &(struct findings){ .is_known = false });
	assert_false(wants(scene));
	assert_told(
		scene, EVENT_UTILIZATION_RISING,
		"conntrack table default is 90% full (900 of 1000 entries), above the threshold "
		"warning (80%)");
	sample(scene, 1000, 960); /* and nothing was found that could be shared */
	assert_true(wants(scene));
	assert_silent(scene);
}

static void one_look_is_for_all_that_wait(void **state)
{
	struct scene *scene = *state;

	scene->sample.has_loss = scene->sample.dropping = true;
	scene->sample.loss_cause = LOSS_TABLE_FULL;
	scene->sample.lost = 12;
	sample(scene, 0, 1000);
	assert_silent(scene);
	found(scene, &one_flooder);
	for (int i = 0; i < 3; i++) {
		assert_int_not_equal(next(scene), 0);
		assert_non_null(strstr(scene->event.text, FOUND));
	}
	assert_int_equal(scene->event.kind, EVENT_DROPPING_STARTED);
	assert_string_equal(scene->event.text,
			    "conntrack table default is dropping: the table is full, and new "
			    "connections are refused (12 lost in the last minute; 1000 of 1000 "
			    "entries)" FOUND);
	assert_int_equal(next(scene), 0);
}

static void alarms_within_a_minute_share_a_look(void **state)
{
	struct scene *scene = *state;

	sample(scene, 0, 850);
	scene->now_ms += 500;
	found(scene, &one_flooder);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	found(scene, &(struct findings){ .is_known = false }); /* changes nothing */
	sample(scene, FINDINGS_KEPT_MS - 1, 960);
	assert_false(wants(scene));
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	assert_string_equal(scene->event.text,
			    "conntrack table default is 96% full (960 of 1000 entries), above the "
			    "threshold critical (95%)" FOUND);
	scene->sample.has_loss = scene->sample.dropping = true;
	sample(scene, 1, 1000);
	while (news(scene))
		assert_int_equal(scene->event.kind, EVENT_UTILIZATION_RISING);
	assert_true(wants(scene));
	assert_silent(scene);
}

/* The log has both, and in their order; to a master it is as a state that ended untold. */
static void a_fall_ends_the_wait_of_its_rising(void **state)
{
	struct scene *scene = *state;

	sample(scene, 0, 900);
	assert_silent(scene);
	sample(scene, 1000, 500);
	assert_false(wants(scene));
	assert_int_equal(scene->alarms.untold, 1);
	assert_int_equal(news(scene), EVENT_UTILIZATION_RISING);
	assert_non_null(strstr(scene->event.text, "is 90% full"));
	assert_int_equal(news(scene), EVENT_UTILIZATION_FALLING);
	assert_silent(scene);
	found(scene, &one_flooder);
	assert_silent(scene);
	assert_true(instance_alarms_are_settled(&scene->alarms));
}

static void a_fall_does_not_wait(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 900);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	sample(scene, 1000, 500);
	assert_false(wants(scene));
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	assert_non_null(strstr(scene->event.text, "(cleared at 70%)"));
}

static void only_the_fill_and_dropping_wait(void **state)
{
	struct scene *scene = *state;

	sample(scene, 0, 600);
	take_source(scene, "192.0.2.7", 600, 0);
	take_watches(scene, 1000, 0);
	scene->sample.status = STATUS_STALE;
	sample(scene, 0, 600);
	assert_false(wants(scene));
	assert_int_equal(next(scene), EVENT_SOURCE_RISING);
	assert_int_equal(next(scene), EVENT_WATCH_RISING);
	assert_int_equal(next(scene), EVENT_INSTANCE_DEGRADED);
}

/* What the interval holds back is counted as suppressed, also if it falls while it waits. */
static void a_rising_within_its_interval_is_held_back_while_it_waits(void **state)
{
	struct scene *scene = *state;

	scene->now_ms = 1792886400000; /* 2026-10-25 00:00:00 UTC */
	take(scene, 0, 900);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	take(scene, 1000, 500);
	assert_int_equal(next(scene), EVENT_UTILIZATION_FALLING);
	while (news(scene))
		continue;
	sample(scene, 1000, 900);
	assert_silent(scene);
	assert_int_equal(scene->alarms.suppressed, 1);
	sample(scene, 1000, 500);
	assert_int_equal(scene->alarms.untold, 0);
	sample(scene, 1000, 810);
	found(scene, &one_flooder);
	while (news(scene))
		continue;
	scene->now_ms += INTERVAL_MS;
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	assert_string_equal(scene->event.text,
			    "conntrack table default was 81% full (810 of 1000 entries), above the "
			    "threshold warning (80%)" FOUND " (at 2026-10-25 00:00:04 UTC)");
}

static void a_reload_keeps_the_wait_and_the_findings(void **state)
{
	struct scene *scene = *state;

	sample(scene, 0, 850);
	configure(scene, thresholds, 2);
	assert_true(wants(scene));
	assert_silent(scene);
	sample(scene, 1000, 850);
	assert_silent(scene);
	found(scene, &one_flooder);
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	assert_non_null(strstr(scene->event.text, FOUND));
	configure(scene, thresholds, 2);
	sample(scene, 1000, 960);
	assert_false(wants(scene));
	assert_int_equal(next(scene), EVENT_UTILIZATION_RISING);
	assert_string_equal(scene->event.subject.threshold.name, "critical");
	assert_non_null(strstr(scene->event.text, FOUND));
}

static void a_reload_that_removes_what_waits_ends_it(void **state)
{
	struct scene *scene = *state;

	sample(scene, 0, 900);
	configure(scene, thresholds, 0);
	assert_false(wants(scene));
	assert_int_equal(news(scene), EVENT_UTILIZATION_RISING);
	assert_int_equal(news(scene), EVENT_UTILIZATION_FALLING);
	assert_silent(scene);
	assert_true(instance_alarms_are_settled(&scene->alarms));
}

/* What was found of one table says nothing of the next one of its name. */
static void another_table_has_its_own_look(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 500);
	found(scene, &one_flooder);
	instance_alarms_end(&scene->alarms, &scene->sample, scene->now_ms,
			    "its network namespace was deleted");
	sample(scene, 1000, 900);
	assert_true(wants(scene));
	assert_silent(scene);
	instance_alarms_part(&scene->alarms, &scene->sample, scene->now_ms,
			     "the namespace was removed from the configuration");
	assert_false(wants(scene));
	assert_int_equal(news(scene), EVENT_UTILIZATION_RISING);
	assert_int_equal(news(scene), EVENT_UTILIZATION_FALLING);
	assert_silent(scene);
}

/* Whatever happens, the log has each transition once, in turn, and nothing waits too long. */
static void the_log_has_each_transition_whether_it_waited_or_not(void **state)
{
	struct scene *scene = *state;
	uint64_t logged[2] = { 0, 0 }, raised_ms[2] = { 0, 0 };

	srand(6696);
	for (int i = 0; i < 20000; i++) {
		sample(scene, (uint64_t)(rand() % 2000), (uint32_t)(rand() % 1200));
		if (rand() % 8 == 0)
			found(scene, rand() % 2 ? &one_flooder : &(struct findings){ 0 });
		if (rand() % 64 == 0)
			configure(scene, thresholds, 2);
		while (news(scene)) {
			uint32_t row = scene->event.subject.threshold.index - 1;

			assert_int_equal(event_is_alarm(&scene->event), ++logged[row] % 2);
			raised_ms[row] = scene->event.wall_ms;
		}
		for (size_t row = 0; row < 2; row++) {
			const struct snapshot_threshold *is = &scene->sample.thresholds[row];

			if (logged[row] != is->transitions)
				assert_true(scene->now_ms < is->since + FINDINGS_WAIT_MS);
			assert_true(raised_ms[row] <= is->since);
		}
		next(scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_rising_waits_for_what_a_look_finds),
		TEST(the_wait_ends_after_its_time),
		TEST(a_look_that_finds_nothing_ends_the_wait),
		TEST(one_look_is_for_all_that_wait),
		TEST(alarms_within_a_minute_share_a_look),
		TEST(a_fall_ends_the_wait_of_its_rising),
		TEST(a_fall_does_not_wait),
		TEST(only_the_fill_and_dropping_wait),
		TEST(a_rising_within_its_interval_is_held_back_while_it_waits),
		TEST(a_reload_keeps_the_wait_and_the_findings),
		TEST(a_reload_that_removes_what_waits_ends_it),
		TEST(another_table_has_its_own_look),
		TEST(the_log_has_each_transition_whether_it_waited_or_not),
	};

	return cmocka_run_group_tests_name("alarm_findings", tests, NULL, NULL);
}
