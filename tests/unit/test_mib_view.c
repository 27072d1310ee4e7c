/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each transaction keeps the view that it began with; the next one gets what has arrived since. */
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

static void put_at(struct mib_views *views, struct snapshot *snapshot, uint64_t now_ms)
{
	assert_int_equal(mib_views_put(views, snapshot, now_ms), 0);
}

static void put(struct mib_views *views, struct snapshot *snapshot)
{
	put_at(views, snapshot, 0);
}

static const struct mib_view *view_at(struct mib_views *views, long transaction, uint64_t now_ms)
{
	return mib_views_of(views, transaction, now_ms, now_ms / 10);
}

/* nfctInstanceEntries of the only instance, as a transaction sees it. */
static uint32_t entries(struct mib_views *views, long transaction)
{
	return view_at(views, transaction, 0)->instances[0].sample->entries;
}

static size_t pins_of(const struct mib_views *views)
{
	size_t count = 0;

	for (size_t i = 0; i < PINS_MAX; i++)
		count += views->pins[i].generation != NULL;
	return count;
}

static void a_transaction_sees_one_snapshot(void **state)
{
	struct mib_views *views = mib_views_new();

	(void)state;
	assert_int_equal(view_at(views, 1, 0)->instance_count, 0);
	put(views, sample_of(1, 10));
	assert_int_equal(view_at(views, 1, 0)->instance_count, 0);
	assert_int_equal(entries(views, 2), 10);
	put(views, sample_of(1, 20));
	put(views, sample_of(1, 30));
	assert_int_equal(entries(views, 2), 10);
	assert_int_equal(entries(views, 3), 30);
	mib_views_free(views);
}

static void transactions_that_alternate_each_keep_their_snapshot(void **state)
{
	struct mib_views *views = mib_views_new();

	(void)state;
	for (uint32_t i = 0; i < 20; i++) {
		put(views, sample_of(1, i));
		assert_int_equal(entries(views, (long)(100 + i)), i);
		for (uint32_t before = 0; before < i; before++)
			assert_int_equal(entries(views, (long)(100 + before)), before);
	}
	mib_views_free(views);
}

static void the_transaction_used_longest_ago_makes_room(void **state)
{
	struct mib_views *views = mib_views_new();

	(void)state;
	put_at(views, sample_of(1, 1), 1);
	view_at(views, 1, 1);
	for (uint32_t i = 2; i <= PINS_MAX + 1; i++) {
		put_at(views, sample_of(1, i), i);
		view_at(views, 1, i); /* the first one is used again and again */
		assert_int_equal(view_at(views, (long)i, i)->instances[0].sample->entries, i);
	}
	assert_int_equal(pins_of(views), PINS_MAX);
	assert_int_equal(view_at(views, 1, 100)->instances[0].sample->entries, 1);
	assert_int_equal(view_at(views, 3, 100)->instances[0].sample->entries, 3);
	assert_int_equal(view_at(views, 2, 100)->instances[0].sample->entries, PINS_MAX + 1);
	mib_views_free(views);
}

static void a_view_is_freed_some_seconds_after_its_last_use(void **state)
{
	struct mib_views *views = mib_views_new();

	(void)state;
	put_at(views, sample_of(1, 10), 0);
	view_at(views, 1, 1000);
	put_at(views, sample_of(1, 20), 2000);
	assert_int_not_equal(views->old_bytes, 0);
	assert_int_equal(view_at(views, 1, 11000)->instances[0].sample->entries, 10);
	put_at(views, sample_of(1, 30), 21000);
	assert_int_equal(pins_of(views), 1);
	put_at(views, sample_of(1, 40), 21001);
	assert_int_equal(pins_of(views), 0);
	assert_int_equal(views->old_bytes, 0);
	mib_views_free(views);
}

/* 1024 zones: 8 KiB. */
static struct snapshot *large_scan_of(uint32_t instance)
{
	struct snapshot_scan scan = { .base.kind = SNAPSHOT_SCAN,
				      .instance = instance,
				      .zone_count = SNAPSHOT_ZONES_MAX };

	return snapshot_new(&scan.base);
}

static void what_is_kept_for_transactions_is_bounded(void **state)
{
	struct mib_views *views = mib_views_new();
	size_t most = 0;

	(void)state;
	for (uint32_t round = 1; round <= 2 * PINS_MAX; round++) {
		for (uint32_t instance = 1; instance <= 5; instance++)
			put_at(views, large_scan_of(instance), round);
		view_at(views, (long)round, round);
		most = views->old_bytes > most ? views->old_bytes : most;
	}
	assert_in_range(most, OLD_BYTES_MAX / 2, OLD_BYTES_MAX);
	/* one view alone may be larger: it is in use */
	mib_views_forget(views);
	for (uint32_t instance = 1; instance <= SNAPSHOT_INSTANCES_MAX; instance++)
		put_at(views, large_scan_of(instance), 1000);
	view_at(views, 1000, 1000);
	for (uint32_t instance = 1; instance <= SNAPSHOT_INSTANCES_MAX; instance++)
		put_at(views, large_scan_of(instance), 1001);
	assert_true(views->old_bytes > OLD_BYTES_MAX);
	assert_int_equal(view_at(views, 1000, 1002)->instances[9].scan->zone_count,
			 SNAPSHOT_ZONES_MAX);
	mib_views_free(views);
}

static void a_new_master_counts_its_own_transactions(void **state)
{
	struct mib_views *views = mib_views_new();

	(void)state;
	put(views, sample_of(1, 10));
	entries(views, 1);
	put(views, sample_of(1, 20));
	mib_views_forget(views);
	assert_int_equal(entries(views, 1), 20);
	mib_views_free(views);
}

static void the_time_of_a_transaction_stands_still(void **state)
{
	struct mib_views *views = mib_views_new();
	const struct mib_view *view = view_at(views, 1, 20000);

	(void)state;
	assert_int_equal(view->now_ms, 20000);
	assert_int_equal(view_at(views, 1, 25000)->now_ms, 20000);
	assert_int_equal(view_at(views, 2, 25000)->now_ms, 25000);
	/* a hundredth up or down is no new uptime */
	assert_int_equal(mib_views_of(views, 3, 26000, 2601)->began_ms, view->began_ms);
	assert_int_equal(mib_views_of(views, 4, 27000, 100)->began_ms, 26000);
	mib_views_free(views);
}

static void instances_stand_in_the_order_of_their_index(void **state)
{
	static const uint32_t order[] = { 7, 1, 65535, 3 };
	struct mib_views *views = mib_views_new();
	const struct mib_view *view;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		put(views, sample_of(order[i], order[i]));
	view = view_at(views, 1, 0);
	assert_int_equal(view->instance_count, 4);
	for (size_t i = 1; i < 4; i++)
		assert_true(view->instances[i - 1].index < view->instances[i].index);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(view->instances[i].sample->entries, view->instances[i].index);
	mib_views_free(views);
}

static void sample_and_scan_come_apart(void **state)
{
	struct mib_views *views = mib_views_new();
	const struct mib_view *view;

	(void)state;
	put(views, large_scan_of(1));
	view = view_at(views, 1, 0);
	assert_non_null(view->instances[0].scan);
	assert_null(view->instances[0].sample);
	put(views, sample_of(1, 5));
	view = view_at(views, 2, 0);
	assert_non_null(view->instances[0].scan);
	assert_int_equal(view->instances[0].sample->entries, 5);
	mib_views_free(views);
}

static void an_instance_that_is_not_listed_any_more_is_forgotten(void **state)
{
	struct mib_views *views = mib_views_new();
	const struct mib_view *view;

	(void)state;
	put(views, agent_of(3, (const uint32_t[]){ 1, 5, 9 }));
	put(views, sample_of(1, 10));
	put(views, sample_of(5, 50));
	put(views, sample_of(9, 90));
	assert_int_equal(view_at(views, 1, 0)->instance_count, 3);
	put(views, sample_of(5, 51));
	put(views, agent_of(2, (const uint32_t[]){ 1, 9 }));
	view = view_at(views, 1, 0); /* it began before */
	assert_int_equal(view->instance_count, 3);
	assert_int_equal(view->instances[1].sample->entries, 50);
	view = view_at(views, 2, 0);
	assert_int_equal(view->instance_count, 2);
	assert_int_equal(view->instances[1].index, 9);
	assert_int_equal(view->instances[1].sample->entries, 90);
	assert_int_equal(view->agent->instance_count, 2);
	mib_views_free(views);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_transaction_sees_one_snapshot),
		TEST(transactions_that_alternate_each_keep_their_snapshot),
		TEST(the_transaction_used_longest_ago_makes_room),
		TEST(a_view_is_freed_some_seconds_after_its_last_use),
		TEST(what_is_kept_for_transactions_is_bounded),
		TEST(a_new_master_counts_its_own_transactions),
		TEST(the_time_of_a_transaction_stands_still),
		TEST(instances_stand_in_the_order_of_their_index),
		TEST(sample_and_scan_come_apart),
		TEST(an_instance_that_is_not_listed_any_more_is_forgotten),
	};

	return cmocka_run_group_tests_name("mib_view", tests, NULL, NULL);
}
