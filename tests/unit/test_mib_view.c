/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What arrives is shown only from the next commit on, the newest of each kind. */
#include "subagent/mib_view.c"

#include "test.h"

static struct snapshot *sample_of(uint32_t instance, uint32_t entries)
{
	struct snapshot_sample head = { .base.kind = SNAPSHOT_SAMPLE,
					.instance = instance,
					.entries = entries,
					.cpu_count = 1 };

	return snapshot_new(&head.base);
}

static struct snapshot *agent_of(size_t count, const uint32_t *instances)
{
	struct snapshot_agent head = { .base.kind = SNAPSHOT_AGENT, .instance_count = count };
	struct snapshot_agent *agent = (struct snapshot_agent *)snapshot_new(&head.base);

	memcpy(agent->instances, instances, count * sizeof(*instances));
	return &agent->base;
}

static void stage(struct mib_view *view, struct snapshot *snapshot)
{
	assert_int_equal(mib_view_stage(view, snapshot), 0);
}

static void nothing_changes_before_the_commit(void **state)
{
	struct mib_view view = { 0 };

	(void)state;
	stage(&view, sample_of(1, 10));
	assert_null(view.instances[0].sample);
	mib_view_commit(&view);
	assert_int_equal(view.instances[0].sample->entries, 10);
	stage(&view, sample_of(1, 20));
	stage(&view, sample_of(1, 30));
	assert_int_equal(view.instances[0].sample->entries, 10);
	mib_view_commit(&view);
	assert_int_equal(view.instances[0].sample->entries, 30);
	mib_view_commit(&view);
	assert_int_equal(view.instances[0].sample->entries, 30);
	mib_view_clear(&view);
}

static void instances_stand_in_the_order_of_their_index(void **state)
{
	static const uint32_t order[] = { 7, 1, 65535, 3 };
	struct mib_view view = { 0 };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		stage(&view, sample_of(order[i], order[i]));
	mib_view_commit(&view);
	assert_int_equal(view.instance_count, 4);
	for (size_t i = 1; i < 4; i++)
		assert_true(view.instances[i - 1].index < view.instances[i].index);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(view.instances[i].sample->entries, view.instances[i].index);
	mib_view_clear(&view);
}

static void what_was_never_shown_is_freed(void **state)
{
	struct snapshot_scan scan = { .base.kind = SNAPSHOT_SCAN, .instance = 1, .state_count = 1 };
	struct mib_view view = { 0 };

	(void)state;
	stage(&view, snapshot_new(&scan.base));
	stage(&view, sample_of(1, 1));
	mib_view_clear(&view);
	assert_int_equal(view.instance_count, 0);
}

static void an_instance_that_is_not_listed_any_more_is_forgotten(void **state)
{
	struct mib_view view = { 0 };

	(void)state;
	stage(&view, agent_of(3, (const uint32_t[]){ 1, 5, 9 }));
	stage(&view, sample_of(1, 10));
	stage(&view, sample_of(5, 50));
	stage(&view, sample_of(9, 90));
	mib_view_commit(&view);
	assert_int_equal(view.instance_count, 3);
	stage(&view, sample_of(5, 51));
	stage(&view, agent_of(2, (const uint32_t[]){ 1, 9 }));
	assert_int_equal(view.instance_count, 3); /* until it is committed */
	mib_view_commit(&view);
	assert_int_equal(view.instance_count, 2);
	assert_int_equal(view.instances[1].index, 9);
	assert_int_equal(view.instances[1].sample->entries, 90);
	mib_view_clear(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_changes_before_the_commit),
		cmocka_unit_test(instances_stand_in_the_order_of_their_index),
		cmocka_unit_test(what_was_never_shown_is_freed),
		cmocka_unit_test(an_instance_that_is_not_listed_any_more_is_forgotten),
	};

	return cmocka_run_group_tests_name("mib_view", tests, NULL, NULL);
}
