/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The alarm on ports of source NAT: when it is raised, whom it is about, what it says. That on
 * sources, which is of the same make, is in test_instance_alarms.c and test_alarm.c. */
#include "alarm/culprit.c"

#include "alarm_scene.h"

static void an_address_that_runs_out_of_ports_is_named(void **state)
{
	struct scene *scene = *state;

	take(scene, 0, 600);
	take_nat(scene, 7, 51609, 0, 0); /* of 51609.6 */
	assert_int_equal(next(scene), 0);
	assert_null(instance_alarms_culprits(&scene->alarms).nat);
	take_nat(scene, 7, 52255, 0, 0);
	assert_int_equal(next(scene), EVENT_NAT_RISING);
	assert_string_equal(scene->event.text,
			    "conntrack table default: 192.0.2.1 has used 81% of its ports towards "
			    "198.51.100.7 tcp/443 (52255 of 64512)");
	assert_string_equal(instance_alarms_culprits(&scene->alarms).nat->text,
			    "192.0.2.1 to 198.51.100.7 tcp/443");
	take_nat(scene, 7, 45159, 0, 0); /* of 45158.4 */
	assert_int_equal(next(scene), 0);
	take_nat(scene, 7, 45158, 0, 0);
	assert_int_equal(next(scene), EVENT_NAT_FALLING);
	assert_string_equal(scene->event.text,
			    "conntrack table default: 192.0.2.1 has used 69% of its ports towards "
			    "198.51.100.7 tcp/443 (45158 of 64512; cleared at nat-falling, 70%)");
	assert_null(instance_alarms_culprits(&scene->alarms).nat);
	/* the limit of the table is of no matter, and there may be no NAT at all */
	scene->sample.max_entries = 0;
	instance_alarms_nat(&scene->alarms, &(struct snapshot_nat){ .rank = 0 }, &scene->sample,
			    scene->now_ms);
	assert_int_equal(next(scene), 0);
}

static void only_what_is_certain_raises_and_clears(void **state)
{
	struct scene *scene = *state;

	take_nat(scene, 7, 52000, 200, 200);
	assert_int_equal(next(scene), 0);
	take_nat(scene, 7, 52000, 200, 190);
	assert_int_equal(next(scene), EVENT_NAT_RISING);
	scene->now_ms += INTERVAL_MS;
	take_nat(scene, 7, 45000, 100, 100);
	assert_int_equal(next(scene), 0);
	take_nat(scene, 7, 45000, 0, 100);
	assert_int_equal(next(scene), EVENT_NAT_FALLING);
}

/* The end of the first one and the beginning of the second both have to be told. */
static void another_destination_is_another_alarm(void **state)
{
	struct scene *scene = *state;

	take_nat(scene, 7, 60000, 0, 0);
	assert_int_equal(next(scene), EVENT_NAT_RISING);
	take_nat(scene, 7, 0, 0, 0);
	take_nat(scene, 8, 60000, 0, 0);
	assert_int_equal(next(scene), EVENT_NAT_FALLING);
	assert_non_null(strstr(scene->event.text, "towards 198.51.100.7 tcp/443 (0 of 64512"));
	scene->now_ms += INTERVAL_MS;
	assert_int_equal(next(scene), EVENT_NAT_RISING);
	assert_non_null(strstr(scene->event.text, "towards 198.51.100.8 tcp/443 (60000"));
}

/* It is still raised, as was told. */
static void the_same_destination_is_the_same_alarm(void **state)
{
	struct scene *scene = *state;

	take_nat(scene, 7, 60000, 0, 0);
	assert_int_equal(next(scene), EVENT_NAT_RISING);
	take_nat(scene, 7, 0, 0, 0);
	take_nat(scene, 7, 60000, 0, 0);
	assert_int_equal(next(scene), 0);
	scene->now_ms += INTERVAL_MS;
	assert_int_equal(next(scene), 0);
}

static void an_alarm_that_is_turned_off_ends(void **state)
{
	struct config config = config_of(thresholds, 2, 2);
	struct scene *scene = *state;

	take_nat(scene, 7, 60000, 0, 0);
	assert_int_equal(next(scene), EVENT_NAT_RISING);
	config.nat_rising = 90;
	apply(scene, &config); /* it goes on */
	assert_int_equal(next(scene), 0);
	assert_non_null(instance_alarms_culprits(&scene->alarms).nat);
	config.nat_rising = 0;
	apply(scene, &config);
	assert_int_equal(next(scene), EVENT_NAT_FALLING);
	assert_string_equal(scene->event.text,
			    "conntrack table default: 192.0.2.1 is no longer checked for its ports "
			    "towards 198.51.100.7 tcp/443: nat-rising was set to 0");
	assert_int_equal(scene->event.subject.nat.entries, 60000); /* no invented value */
	take_nat(scene, 7, 60000, 0, 0);
	assert_int_equal(next(scene), 0);
}

static void what_is_told_late_is_in_the_past(void **state)
{
	struct scene *scene = *state;

	scene->now_ms = 1792886400000;
	take_nat(scene, 7, 60000, 0, 0);
	scene->now_ms += 4000;
	assert_int_equal(next(scene), EVENT_NAT_RISING);
	assert_string_equal(scene->event.text,
			    "conntrack table default: 192.0.2.1 had used 93% of its ports towards "
			    "198.51.100.7 tcp/443 (60000 of 64512) (at 2026-10-25 00:00:00 UTC)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_address_that_runs_out_of_ports_is_named),
		TEST(only_what_is_certain_raises_and_clears),
		TEST(another_destination_is_another_alarm),
		TEST(the_same_destination_is_the_same_alarm),
		TEST(an_alarm_that_is_turned_off_ends),
		TEST(what_is_told_late_is_in_the_past),
	};

	return cmocka_run_group_tests_name("culprit", tests, NULL, NULL);
}
