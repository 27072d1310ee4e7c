/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys with the most entries: of looks, of a round, and of what a round corrected by looks
 * makes of them. */
#include "scan/top_list.c"

#include "test.h"

#define CAPACITY 2048

struct scene {
	struct sketch *sketch;
	struct top_list look, round;
	struct top_mean mean;
};

static int set_up(void **state)
{
	static const uint64_t seeds[SKETCH_SEEDS] = { 3, 5, 7, 11, 13, 17, 19 };
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->sketch = sketch_new(CAPACITY, 3, seeds);
	*state = scene;
	return scene->sketch ? 0 : -1;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	sketch_free(scene->sketch);
	free(scene);
	return 0;
}

static struct sketch_key key(uint64_t number)
{
	return (struct sketch_key){ { 1, number, 0 } };
}

/* Sees a key so many times; a half of them with the mark. */
static void see(struct scene *scene, uint64_t number, uint32_t count)
{
	const struct sketch_key seen = key(number);

	for (uint32_t i = 0; i < count; i++)
		sketch_add(scene->sketch, &seen, i % 2 == 0);
}

/* Key `first` gets `most` occurrences, each one after it one less. */
static void see_slope(struct scene *scene, uint64_t first, uint32_t keys, uint32_t most)
{
	assert_true(keys <= most);
	for (uint32_t i = 0; i < keys; i++)
		see(scene, first + i, most - i);
}

static void take(struct scene *scene, struct top_list *list, const struct sketch_key *wanted)
{
	top_list_take(list, scene->sketch, wanted);
	for (size_t i = 1; i < list->count; i++)
		assert_true(sketch_key_compare(&list->items[i - 1].key, &list->items[i].key) < 0);
}

static void forget(struct scene *scene)
{
	sketch_clear(scene->sketch);
}

static uint32_t count_of(const struct top_list *list, uint64_t number)
{
	const struct sketch_key wanted = key(number);
	const struct sketch_item *item = top_list_find(list, &wanted);

	return item ? item->count : 0;
}

static double mean_of(const struct top_mean *mean, uint64_t number)
{
	const struct sketch_key wanted = key(number);

	return top_mean_count(mean, &wanted);
}

static void assert_about(double value, double expected)
{
	double difference = value - expected;

	if (difference > 1e-3 || difference < -1e-3)
		fail_msg("expected %f, got %f", expected, value);
}

static void an_empty_list_has_nothing(void **state)
{
	struct scene *scene = *state;
	const struct sketch_key wanted = key(1);

	take(scene, &scene->look, &wanted);
	assert_int_equal(scene->look.count, 0);
	assert_null(top_list_find(&scene->look, &wanted));
	assert_about(mean_of(&scene->mean, 1), 0);
	top_mean_add(&scene->mean, &scene->look, 1);
	top_list_estimate(&scene->look, &scene->round, &scene->mean, 0.1);
	assert_int_equal(scene->look.count, 0);
	top_list_estimate(&scene->look, NULL, NULL, 0.1);
	assert_int_equal(scene->look.count, 0);
	top_list_rank(&scene->look);
}

static void a_list_takes_the_first_keys(void **state)
{
	struct scene *scene = *state;

	see_slope(scene, 1, TOP_LIST_MAX + 100, TOP_LIST_MAX + 200);
	take(scene, &scene->look, NULL);
	assert_int_equal(scene->look.count, TOP_LIST_MAX);
	assert_int_equal(count_of(&scene->look, 1), TOP_LIST_MAX + 200);
	assert_int_equal(count_of(&scene->look, TOP_LIST_MAX), 201);
	assert_int_equal(count_of(&scene->look, TOP_LIST_MAX + 1), 0);
}

static void a_wanted_key_takes_the_place_of_the_last_one(void **state)
{
	const struct sketch_key last = key(TOP_LIST_MAX + 100), first = key(1), none = key(9999);
	struct scene *scene = *state;

	see_slope(scene, 1, TOP_LIST_MAX + 100, TOP_LIST_MAX + 200);
	take(scene, &scene->look, &last);
	assert_int_equal(scene->look.count, TOP_LIST_MAX);
	assert_int_equal(count_of(&scene->look, TOP_LIST_MAX + 100), 101);
	assert_int_equal(count_of(&scene->look, TOP_LIST_MAX - 1), 202);
	assert_int_equal(count_of(&scene->look, TOP_LIST_MAX), 0);
	/* one that is there anyway, and one that nobody has seen, change nothing */
	take(scene, &scene->look, &first);
	assert_int_equal(count_of(&scene->look, TOP_LIST_MAX), 201);
	take(scene, &scene->look, &none);
	assert_int_equal(count_of(&scene->look, TOP_LIST_MAX), 201);
	assert_null(top_list_find(&scene->look, &none));
}

static void the_rank_is_by_count_and_then_by_key(void **state)
{
	struct scene *scene = *state;

	see(scene, 7, 3);
	see(scene, 5, 9);
	see(scene, 6, 3);
	take(scene, &scene->look, NULL);
	top_list_rank(&scene->look);
	assert_int_equal(scene->look.items[0].key.word[1], 5);
	assert_int_equal(scene->look.items[1].key.word[1], 6);
	assert_int_equal(scene->look.items[2].key.word[1], 7);
}

static void a_mean_weighs_its_lists(void **state)
{
	struct scene *scene = *state;

	see(scene, 1, 10);
	see(scene, 2, 10);
	take(scene, &scene->look, NULL);
	top_mean_add(&scene->mean, &scene->look, 3);
	forget(scene);
	see(scene, 1, 30);
	see(scene, 3, 20);
	take(scene, &scene->look, NULL);
	top_mean_add(&scene->mean, &scene->look, 1);
	top_mean_add(&scene->mean, &scene->look, 0); /* of no weight */
	assert_about(scene->mean.weight, 4);
	assert_about(mean_of(&scene->mean, 1), 15);
	assert_about(mean_of(&scene->mean, 2), 7.5);
	assert_about(mean_of(&scene->mean, 3), 5);
	assert_about(mean_of(&scene->mean, 4), 0);
	assert_about(scene->mean.floor, 0); /* the lists have all keys */
}

static void what_is_the_same_in_all_lists_is_exactly_that(void **state)
{
	static const double weights[] = { 0.013, 0.7, 1.0 / 3, 1e-9, 12 };
	const struct sketch_key one = key(1);
	struct scene *scene = *state;

	scene->look.count = 1;
	scene->look.items[0] = (struct sketch_item){ one, 4000000007U, 16777217, 2000000003 };
	for (size_t i = 0; i < sizeof(weights) / sizeof(weights[0]); i++)
		top_mean_add(&scene->mean, &scene->look, weights[i]);
	assert_true(mean_of(&scene->mean, 1) == 4000000007.0);
	scene->round = scene->look;
	scene->round.items[0].count = 4294967295U;
	top_list_estimate(&scene->look, &scene->round, &scene->mean, 0.01);
	assert_int_equal(scene->look.items[0].count, 4294967295U);
	assert_int_equal(scene->look.items[0].error, 16777217);
	assert_int_equal(scene->look.items[0].marked, 2000000003);
}

/* Of more keys than it has room for, those with the most entries stay. The floor covers the others.
 */
static void a_mean_keeps_the_first_keys(void **state)
{
	struct scene *scene = *state;
	double least = 1e9;

	for (uint32_t turn = 0; turn < 4; turn++) {
		forget(scene);
		see_slope(scene, 1, 10, 5000);
		/* others each time, of which one is small: the list's own floor is low */
		see_slope(scene, 1000 * (turn + 1), TOP_LIST_MAX - 11, 4000 - turn);
		see(scene, 900, 2);
		take(scene, &scene->look, NULL);
		assert_int_equal(scene->look.count, TOP_LIST_MAX);
		top_mean_add(&scene->mean, &scene->look, 1);
	}
	assert_int_equal(scene->mean.count, TOP_MEAN_MAX);
	for (uint32_t i = 0; i < 10; i++)
		assert_about(mean_of(&scene->mean, 1 + i), 5000 - i);
	for (size_t i = 0; i < scene->mean.count; i++) {
		if (scene->mean.items[i].count < least)
			least = scene->mean.items[i].count;
		if (i > 0)
			assert_true(sketch_key_compare(&scene->mean.items[i - 1].key,
						       &scene->mean.items[i].key) < 0);
	}
	/* each of the others was in one list of four, with at least 4000 - 3 - 244 entries */
	for (uint32_t turn = 0; turn < 4; turn++) {
		for (uint32_t i = 0; i < TOP_LIST_MAX - 11; i++) {
			if (mean_of(&scene->mean, 1000 * (turn + 1) + i) > 0)
				continue;
			if ((4000 - turn - i) / 4.0 > scene->mean.floor + 1e-3)
				fail_msg("a key with %f entries is not there; the floor is %f",
					 (4000 - turn - i) / 4.0, scene->mean.floor);
		}
	}
}

/* A wanted key that is far behind does not make the list say that all others are, too. */
static void the_floor_is_what_a_key_out_of_the_list_may_have(void **state)
{
	const struct sketch_key wanted = key(5000);
	struct scene *scene = *state;

	see_slope(scene, 1, TOP_LIST_MAX + 10, 1000);
	see(scene, 5000, 3);
	take(scene, &scene->look, &wanted);
	assert_int_equal(count_of(&scene->look, 5000), 3);
	top_mean_add(&scene->mean, &scene->look, 1);
	assert_true(scene->mean.floor >= 1000 - TOP_LIST_MAX + 1);
}

static void a_look_alone_is_scaled_up(void **state)
{
	struct scene *scene = *state;

	see(scene, 1, 10);
	see(scene, 2, 7);
	take(scene, &scene->look, NULL);
	top_list_estimate(&scene->look, NULL, NULL, 0.1);
	assert_int_equal(count_of(&scene->look, 1), 100);
	assert_int_equal(count_of(&scene->look, 2), 70);
	assert_int_equal(scene->look.items[0].marked, 50);
	assert_int_equal(scene->look.items[0].error, 0);
}

static void its_errors_are_scaled_up_too(void **state)
{
	struct scene *scene = *state;

	scene->look.count = 2;
	scene->look.items[0] = (struct sketch_item){ key(1), 100, 5, 50 };
	scene->look.items[1] = (struct sketch_item){ key(2), 4, 4, 9 };
	top_list_estimate(&scene->look, NULL, NULL, 0.1);
	assert_int_equal(scene->look.items[0].error, 50);
	assert_int_equal(scene->look.items[0].marked, 500);
	/* no part is larger than the whole */
	assert_int_equal(scene->look.items[1].count, 40);
	assert_int_equal(scene->look.items[1].error, 40);
	assert_int_equal(scene->look.items[1].marked, 40);
}

static void an_error_is_not_larger_than_what_is_left(void **state)
{
	struct scene *scene = *state;

	scene->round.count = scene->look.count = 1;
	scene->round.items[0] = (struct sketch_item){ key(1), 100, 50, 100 };
	scene->look.items[0] = (struct sketch_item){ key(1), 10, 0, 10 };
	top_mean_add(&scene->mean, &scene->look, 1);
	scene->look.items[0] = (struct sketch_item){ key(1), 3, 0, 3 };
	top_list_estimate(&scene->look, &scene->round, &scene->mean, 0.1);
	assert_int_equal(scene->look.items[0].count, 30);
	assert_int_equal(scene->look.items[0].error, 30);
	assert_int_equal(scene->look.items[0].marked, 30);
}

/* A part of nearly 1 changes nothing that rounding does not take back. */
static void a_look_at_nearly_all_is_what_it_is(void **state)
{
	struct scene *scene = *state;

	see(scene, 1, 1000);
	take(scene, &scene->look, NULL);
	top_list_estimate(&scene->look, NULL, NULL, 0.9999999);
	assert_int_equal(count_of(&scene->look, 1), 1000);
	assert_int_equal(scene->look.items[0].marked, 500);
}

/* The round has errors of its own; those of the looks are the same, and do not count. */
static void at_rest_it_is_exactly_the_round(void **state)
{
	struct scene *scene = *state;
	struct top_list expected;

	see_slope(scene, 1, TOP_LIST_MAX, 3000);
	take(scene, &scene->round, NULL);
	scene->round.items[3].error = 17;
	expected = scene->round;
	forget(scene);
	see_slope(scene, 1, 200, 300);
	take(scene, &scene->look, NULL);
	scene->look.items[3].error = 2;
	for (int turn = 0; turn < 9; turn++)
		top_mean_add(&scene->mean, &scene->look, 0.11);
	top_list_estimate(&scene->look, &scene->round, &scene->mean, 0.1);
	assert_int_equal(scene->look.count, TOP_LIST_MAX);
	for (size_t i = 0; i < TOP_LIST_MAX; i++) {
		const struct sketch_item *item = &scene->look.items[i], *was = &expected.items[i];

		assert_int_equal(sketch_key_compare(&item->key, &was->key), 0);
		assert_int_equal(item->count, was->count);
		assert_int_equal(item->error, was->error);
		assert_int_equal(item->marked, was->marked);
	}
}

static void what_changed_since_the_round_is_scaled_up(void **state)
{
	struct scene *scene = *state;

	see(scene, 1, 200);
	see(scene, 2, 100);
	see(scene, 3, 30);
	take(scene, &scene->round, NULL);
	forget(scene);
	see(scene, 1, 20);
	see(scene, 2, 10);
	see(scene, 3, 4);
	take(scene, &scene->look, NULL);
	top_mean_add(&scene->mean, &scene->look, 1);
	forget(scene);
	see(scene, 1, 26);
	see(scene, 2, 8);
	see(scene, 4, 5);
	take(scene, &scene->look, NULL);
	top_list_estimate(&scene->look, &scene->round, &scene->mean, 0.1);
	assert_int_equal(count_of(&scene->look, 1), 260);
	assert_int_equal(count_of(&scene->look, 2), 80);
	assert_int_equal(count_of(&scene->look, 3), 0); /* 30 - 40: it is not there any more */
	assert_int_equal(count_of(&scene->look, 4), 50);
	assert_int_equal(scene->look.count, 3);
	assert_int_equal(scene->look.items[0].marked, 130);
}

/* Of one that comes up into the list, the looks before may have had as many as their floor. */
static void who_comes_up_has_an_error(void **state)
{
	const struct sketch_key up = key(5000);
	struct scene *scene = *state;
	const struct sketch_item *item;

	see_slope(scene, 1, TOP_LIST_MAX + 10, 600);
	take(scene, &scene->look, NULL);
	top_mean_add(&scene->mean, &scene->look, 1);
	scene->round = scene->look;
	see(scene, 5000, 1000);
	take(scene, &scene->look, NULL);
	top_list_estimate(&scene->look, &scene->round, &scene->mean, 0.5);
	item = top_list_find(&scene->look, &up);
	assert_non_null(item);
	assert_int_equal(item->count, 2000);
	assert_int_equal(item->error, 2 * (600 - TOP_LIST_MAX + 1));
}

static void more_keys_than_there_is_room_for_leave_the_first(void **state)
{
	struct scene *scene = *state;

	see_slope(scene, 1000, TOP_LIST_MAX, 2000);
	take(scene, &scene->round, NULL);
	forget(scene);
	see_slope(scene, 1, TOP_LIST_MAX, 400);
	take(scene, &scene->look, NULL);
	top_list_estimate(&scene->look, &scene->round, &scene->mean, 0.2);
	assert_int_equal(scene->look.count, TOP_LIST_MAX);
	/* one of the look for every five of the round */
	assert_int_equal(count_of(&scene->look, 1), 2000);
	assert_int_equal(count_of(&scene->look, 1000), 2000);
	assert_int_equal(count_of(&scene->look, 42), 1795);
	assert_int_equal(count_of(&scene->look, 1205), 1795);
	assert_int_equal(count_of(&scene->look, 60), 0);
	assert_int_equal(count_of(&scene->look, 1240), 0);
	for (size_t i = 1; i < scene->look.count; i++)
		assert_true(sketch_key_compare(&scene->look.items[i - 1].key,
					       &scene->look.items[i].key) < 0);
}

static void four_billion_entries_do_not_wrap_around(void **state)
{
	struct scene *scene = *state;

	scene->look.count = 1;
	scene->look.items[0] = (struct sketch_item){ key(1), UINT32_MAX, UINT32_MAX, UINT32_MAX };
	top_list_estimate(&scene->look, NULL, NULL, 0.01);
	assert_int_equal(scene->look.items[0].count, UINT32_MAX);
	assert_int_equal(scene->look.items[0].error, UINT32_MAX);
	assert_int_equal(scene->look.items[0].marked, UINT32_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_list_has_nothing),
		TEST(a_list_takes_the_first_keys),
		TEST(a_wanted_key_takes_the_place_of_the_last_one),
		TEST(the_rank_is_by_count_and_then_by_key),
		TEST(a_mean_weighs_its_lists),
		TEST(what_is_the_same_in_all_lists_is_exactly_that),
		TEST(a_mean_keeps_the_first_keys),
		TEST(the_floor_is_what_a_key_out_of_the_list_may_have),
		TEST(a_look_alone_is_scaled_up),
		TEST(its_errors_are_scaled_up_too),
		TEST(an_error_is_not_larger_than_what_is_left),
		TEST(a_look_at_nearly_all_is_what_it_is),
		TEST(at_rest_it_is_exactly_the_round),
		TEST(what_changed_since_the_round_is_scaled_up),
		TEST(who_comes_up_has_an_error),
		TEST(more_keys_than_there_is_room_for_leave_the_first),
		TEST(four_billion_entries_do_not_wrap_around),
	};

	return cmocka_run_group_tests_name("top_list", tests, NULL, NULL);
}
