/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the status of a table says of its scans. */
#include "collector/instance_scan.c"

#include "test.h"

#define PATIENCE_MS 40000

struct scene {
	struct instance instance;
	struct snapshot_sample sample;
	struct snapshot_scan last_scan;
};

static struct scene begin(uint64_t last_ended_ms)
{
	return (struct scene){ .last_scan = { .end_monotonic = last_ended_ms },
			       .sample = { .status_text = "of before" } };
}

static void judge(struct scene *scene, uint64_t now_ms)
{
	scene->instance.sample = &scene->sample;
	scene->instance.last_scan = &scene->last_scan;
	instance_scan_judge(&scene->instance, now_ms);
}

static void a_scan_that_ended_in_time_is_no_matter(void **state)
{
	struct scene scene = begin(100000);

	(void)state;
	instance_scan_expect(&scene.instance, PATIENCE_MS);
	judge(&scene, 101000);
	assert_int_equal(scene.sample.status, STATUS_OK);
	assert_string_equal(scene.sample.status_text, "");
	judge(&scene, 100000 + PATIENCE_MS);
	assert_int_equal(scene.sample.status, STATUS_OK);
}

static void a_scan_that_ended_too_long_ago_is_told_with_its_age(void **state)
{
	struct scene scene = begin(100000);

	(void)state;
	instance_scan_expect(&scene.instance, PATIENCE_MS);
	judge(&scene, 101000);
	judge(&scene, 230900);
	assert_int_equal(scene.sample.status, STATUS_STALE);
	assert_string_equal(scene.sample.status_text, "the last scan ended 130 s ago");
	scene.last_scan.end_monotonic = 231000;
	judge(&scene, 232000);
	assert_int_equal(scene.sample.status, STATUS_OK);
	assert_string_equal(scene.sample.status_text, "");
}

static void a_table_that_was_never_scanned_is_told_too(void **state)
{
	struct scene scene = begin(0);

	(void)state;
	instance_scan_expect(&scene.instance, PATIENCE_MS);
	judge(&scene, 5000);
	assert_int_equal(scene.sample.status, STATUS_OK);
	judge(&scene, 5000 + PATIENCE_MS);
	assert_int_equal(scene.sample.status, STATUS_OK);
	judge(&scene, 66000);
	assert_int_equal(scene.sample.status, STATUS_STALE);
	assert_string_equal(scene.sample.status_text, "no scan has ended in 61 s");
}

/* A namespace that comes back after a day gets the time that its first scan takes. */
static void the_time_counts_while_the_table_can_be_read(void **state)
{
	struct scene scene = begin(100000);

	(void)state;
	instance_scan_expect(&scene.instance, PATIENCE_MS);
	judge(&scene, 86400000);
	assert_int_equal(scene.sample.status, STATUS_OK);
	judge(&scene, 86400000 + PATIENCE_MS + 1);
	assert_int_equal(scene.sample.status, STATUS_STALE);
}

/* By a reload from one hour to one second, or by a table that empties. */
static void a_shorter_patience_begins_when_it_is_given(void **state)
{
	struct scene scene = begin(100000);

	(void)state;
	instance_scan_expect(&scene.instance, 3600000);
	judge(&scene, 900000);
	instance_scan_expect(&scene.instance, PATIENCE_MS);
	judge(&scene, 901000);
	assert_int_equal(scene.sample.status, STATUS_OK);
	judge(&scene, 901000 + PATIENCE_MS);
	assert_int_equal(scene.sample.status, STATUS_OK);
	judge(&scene, 901000 + PATIENCE_MS + 1);
	assert_int_equal(scene.sample.status, STATUS_STALE);
	assert_string_equal(scene.sample.status_text, "the last scan ended 841 s ago");
}

/* A table that drains makes it shorter with each sample. */
static void a_patience_that_shrinks_again_and_again_still_ends(void **state)
{
	struct scene scene = begin(101000);

	(void)state;
	for (uint64_t now_ms = 101000; now_ms < 139000; now_ms += 1000) {
		instance_scan_expect(&scene.instance, PATIENCE_MS - (now_ms - 101000) / 10);
		judge(&scene, now_ms);
		assert_int_equal(scene.sample.status, STATUS_OK);
	}
	judge(&scene, 101000 + PATIENCE_MS + 1);
	assert_int_equal(scene.sample.status, STATUS_STALE);
	/* and does not make stale values good again */
	instance_scan_expect(&scene.instance, 1000);
	judge(&scene, 101000 + PATIENCE_MS + 2);
	assert_int_equal(scene.sample.status, STATUS_STALE);
}

static void without_an_expectation_nothing_is_too_old(void **state)
{
	struct scene scene = begin(1);

	(void)state;
	judge(&scene, 1);
	judge(&scene, UINT64_MAX / 2);
	assert_int_equal(scene.sample.status, STATUS_OK);
}

static void a_failure_is_told_before_the_age(void **state)
{
	struct scene scene = begin(1000);

	(void)state;
	instance_scan_expect(&scene.instance, PATIENCE_MS);
	judge(&scene, 1000);
	strcpy(scene.instance.scan_reason, "out of memory");
	judge(&scene, 999000);
	assert_int_equal(scene.sample.status, STATUS_STALE);
	assert_string_equal(scene.sample.status_text, "the last scan failed: out of memory");
}

/* 0: it could not be read, for want of a descriptor. */
static void an_unknown_number_of_buckets_is_no_other_one(void **state)
{
	struct scene scene = begin(0);

	(void)state;
	scene.instance.scan_buckets = 65536;
	assert_true(instance_is_resized(&scene.instance, 1024));
	assert_false(instance_is_resized(&scene.instance, 65536));
	assert_false(instance_is_resized(&scene.instance, 0));
	scene.instance.scan_buckets = 0;
	assert_false(instance_is_resized(&scene.instance, 1024));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scan_that_ended_in_time_is_no_matter),
		cmocka_unit_test(a_scan_that_ended_too_long_ago_is_told_with_its_age),
		cmocka_unit_test(a_table_that_was_never_scanned_is_told_too),
		cmocka_unit_test(the_time_counts_while_the_table_can_be_read),
		cmocka_unit_test(a_shorter_patience_begins_when_it_is_given),
		cmocka_unit_test(a_patience_that_shrinks_again_and_again_still_ends),
		cmocka_unit_test(without_an_expectation_nothing_is_too_old),
		cmocka_unit_test(a_failure_is_told_before_the_age),
		cmocka_unit_test(an_unknown_number_of_buckets_is_no_other_one),
	};

	return cmocka_run_group_tests_name("instance_scan", tests, NULL, NULL);
}
