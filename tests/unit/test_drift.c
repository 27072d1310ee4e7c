/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came, went and changed its kind since a round, entry by entry. */
#include "scan/drift.c"

#include <math.h>

#include "test.h"

struct scene {
	struct drift drift;
	struct drift_round round;
	double position;
};

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct scene));
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	drift_clear(&scene->drift);
	free(scene);
	return 0;
}

static void begin(struct scene *scene)
{
	assert_int_equal(drift_begin(&scene->drift), 0);
}

/* As CTA_ID, which is a hash. */
static uint32_t identity(uint32_t number)
{
	return number * 0x9e3779b1U ^ number >> 7;
}

static void add(struct scene *scene, uint32_t first, uint32_t count, uint8_t kind)
{
	for (uint32_t i = 0; i < count; i++)
		drift_add(&scene->drift, identity(first + i), kind);
}

/* The look was at that position, and the round has come there. */
static void finish(struct scene *scene, double position)
{
	struct drift_round *rounds[] = { &scene->round };

	scene->position = position;
	if (position > scene->round.from && position <= 1)
		scene->round.until = position;
	assert_int_equal(drift_end(&scene->drift, position, rounds, 1), 0);
}

static void look(struct scene *scene, uint32_t first, uint32_t count, double position)
{
	begin(scene);
	add(scene, first, count, 0);
	finish(scene, position);
}

static void assert_close(double value, double expected)
{
	if (fabs(value - expected) > 1e-9)
		fail_msg("expected %.12f, got %.12f", expected, value);
}

static void assert_near(double value, double expected)
{
	if (fabs(value - expected) > expected * 0.2)
		fail_msg("expected about %.1f, got %.1f", expected, value);
}

static void assert_sum(const struct scene *scene, double squares, double arrivals)
{
	struct drift_sum sum = drift_since(&scene->drift, &scene->round, scene->position);

	assert_close(sum.squares, squares);
	assert_close(sum.arrivals, arrivals);
}

static void where_nothing_changes_the_sum_is_exactly_0(void **state)
{
	struct scene *scene = *state;

	for (int turn = 0; turn <= 10; turn++)
		look(scene, 1, 1000, turn / 10.0);
	look(scene, 1, 1000, 1);
	assert_sum(scene, 0, 0);
	assert_close(scene->drift.changed, 0);
	assert_int_equal(scene->drift.count, 1000);
}

static void before_a_round_all_that_is_there_has_changed(void **state)
{
	struct scene *scene = *state;

	look(scene, 1, 50, 0);
	assert_sum(scene, 50, 50);
	assert_close(scene->drift.changed, 0); /* there is no look before this one */
}

static void what_comes_and_goes_after_the_round_counts_whole(void **state)
{
	struct scene *scene = *state;

	look(scene, 1, 100, 0);
	look(scene, 1, 100, 1);
	assert_sum(scene, 0, 0);
	look(scene, 11, 100, 1.5); /* 10 went, 10 came */
	assert_sum(scene, 20, 10);
	assert_close(scene->drift.changed, 20);
	look(scene, 11, 100, 1.6);
	assert_sum(scene, 20, 10);
	assert_close(scene->drift.changed, 0);
}

/* Half of the round had met it, or half of it had not. */
static void what_changes_while_the_round_runs_counts_by_what_it_had_read(void **state)
{
	struct scene *scene = *state;

	look(scene, 1, 100, 0);
	look(scene, 1, 108, 0.25); /* 8 came */
	look(scene, 5, 104, 0.75); /* 4 went */
	look(scene, 5, 104, 1);
	assert_sum(scene, 8 * 0.25 * 0.25 + 4 * 0.75 * 0.75, 8 * 0.25 * 0.25);
	/* those that came while the round ran go after it */
	look(scene, 5, 96, 1.25);
	assert_sum(scene, 4 * 0.75 * 0.75 + 8 * 0.75 * 0.75, 0);
}

static void what_came_and_went_after_the_round_was_no_part_of_it(void **state)
{
	struct scene *scene = *state;

	look(scene, 1, 100, 0);
	look(scene, 1, 100, 1);
	look(scene, 1, 200, 2);
	assert_sum(scene, 100, 100);
	look(scene, 1, 100, 3);
	assert_sum(scene, 0, 0);
	assert_close(scene->drift.changed, 100);
}

static void an_entry_of_another_kind_is_a_new_one(void **state)
{
	struct scene *scene = *state;

	look(scene, 1, 100, 0);
	look(scene, 1, 100, 1);
	begin(scene);
	add(scene, 1, 90, 0);
	add(scene, 91, 10, 3);
	finish(scene, 1.5);
	assert_sum(scene, 10, 10);
	assert_close(scene->drift.changed, 10);
	begin(scene);
	add(scene, 1, 90, 0);
	add(scene, 91, 10, 3);
	finish(scene, 2);
	assert_sum(scene, 10, 10);
	assert_close(scene->drift.changed, 0);
}

/* Of two entries with one identity the first that is met counts. At rest that is always the same.
 */
static void identities_that_collide_are_no_change(void **state)
{
	struct scene *scene = *state;

	for (int turn = 0; turn < 3; turn++) {
		begin(scene);
		add(scene, 1, 10, 1);
		add(scene, 1, 10, 2);
		drift_add(&scene->drift, 0, 1);
		drift_add(&scene->drift, UINT32_MAX, 1);
		drift_add(&scene->drift, 0, 2);
		finish(scene, turn / 2.0);
		assert_int_equal(scene->drift.count, 12);
	}
	assert_sum(scene, 0, 0);
}

static void a_table_may_become_empty_and_fill_again(void **state)
{
	struct scene *scene = *state;

	look(scene, 1, 100, 0);
	look(scene, 1, 100, 1);
	look(scene, 1, 0, 1.5);
	assert_int_equal(scene->drift.count, 0);
	assert_sum(scene, 100, 0);
	assert_close(scene->drift.changed, 100);
	look(scene, 1, 0, 2);
	assert_sum(scene, 100, 0);
	look(scene, 1, 100, 3); /* the same identities are others */
	assert_sum(scene, 200, 100);
}

static void one_entry_is_enough(void **state)
{
	struct scene *scene = *state;

	look(scene, 1, 1, 0);
	look(scene, 1, 1, 1);
	assert_sum(scene, 0, 0);
	look(scene, 2, 1, 2);
	assert_sum(scene, 2, 1);
}

static void over_its_limit_it_follows_a_part_and_scales_up(void **state)
{
	struct scene *scene = *state;
	struct drift_sum sum;

	look(scene, 1, 200000, 0);
	assert_true(scene->drift.count < DRIFT_LIMIT);
	assert_true(scene->drift.count > DRIFT_LIMIT / 4);
	look(scene, 1, 200000, 1);
	assert_sum(scene, 0, 0); /* exact, also where a part is followed */
	look(scene, 20001, 220000, 1.5);
	sum = drift_since(&scene->drift, &scene->round, scene->position);
	assert_near(sum.arrivals, 40000);
	assert_near(sum.squares, 60000);
	assert_near(scene->drift.changed, 60000);
}

/* Of hundreds of namespaces most have few entries. */
static void its_memory_goes_by_what_it_follows(void **state)
{
	struct scene *scene = *state;

	look(scene, 1, 20, 0);
	assert_int_equal(slots(&scene->drift), 64);
	look(scene, 1, 5000, 0.5);
	assert_in_range(slots(&scene->drift), 10000, 16384);
	assert_int_equal(scene->drift.count, 5000);
	look(scene, 4001, 1000, 1);
	look(scene, 4001, 1000, 1);
	assert_int_equal(slots(&scene->drift), 2048);
	assert_int_equal(scene->drift.count, 1000);
}

/* More and more, so that the part is halved in the midst of looks. */
static void what_stays_is_no_change_while_the_part_is_halved(void **state)
{
	struct scene *scene = *state;
	struct drift_sum sum;

	look(scene, 1, 6000, 0);
	look(scene, 1, 6000, 1);
	for (uint32_t count = 12000; count <= 192000; count *= 2)
		look(scene, 1, count, 2);
	assert_true(scene->drift.bits >= 5);
	sum = drift_since(&scene->drift, &scene->round, scene->position);
	assert_near(sum.arrivals, 186000);
	assert_close(sum.squares, sum.arrivals); /* nothing went */
	assert_near(scene->drift.changed, 96000);
}

/* Identities that are all alike in their low bits do not keep it busy for ever. */
static void identities_that_are_no_hash_do_no_harm(void **state)
{
	struct scene *scene = *state;

	for (int turn = 0; turn < 3; turn++) {
		begin(scene);
		for (uint32_t i = 0; i < 40000; i++)
			drift_add(&scene->drift, i << 16, 0);
		for (uint32_t i = 0; i < 40000; i++)
			drift_add(&scene->drift, i << 31, 0);
		finish(scene, turn / 2.0);
		assert_true(scene->drift.count <= DRIFT_LIMIT);
	}
	assert_sum(scene, 0, 0);
}

static void two_rounds_are_followed_at_once(void **state)
{
	struct scene *scene = *state;
	struct drift_round first = { .from = 0, .until = 1 }, second = { .from = 1, .until = 1.5 };
	struct drift_round *rounds[] = { &first, &second };

	look(scene, 1, 10, 0);
	begin(scene);
	add(scene, 3, 10, 0); /* 2 went, 2 came */
	assert_int_equal(drift_end(&scene->drift, 1.25, rounds, 2), 0);
	assert_close(first.gone, 2);
	assert_close(second.gone, 2 * 0.25 * 0.25);
	assert_close(drift_since(&scene->drift, &first, 1.25).arrivals, 2);
	/* it has met only a quarter of anything yet */
	assert_close(drift_since(&scene->drift, &second, 1.25).arrivals, 8 * 0.75 * 0.75 + 2);
	begin(scene);
	add(scene, 3, 10, 0);
	assert_int_equal(drift_end(&scene->drift, 2, rounds, 0), 0);
}

static void without_a_look_nothing_is_followed(void **state)
{
	struct scene *scene = *state;

	add(scene, 1, 10, 0);
	assert_int_equal(scene->drift.count, 0);
	assert_sum(scene, 0, 0);
	look(scene, 1, 10, 0);
	drift_clear(&scene->drift);
	add(scene, 1, 10, 0);
	assert_sum(scene, 0, 0);
	assert_false(scene->drift.is_begun);
	look(scene, 1, 10, 0);
	assert_close(scene->drift.changed, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(where_nothing_changes_the_sum_is_exactly_0),
		TEST(before_a_round_all_that_is_there_has_changed),
		TEST(what_comes_and_goes_after_the_round_counts_whole),
		TEST(what_changes_while_the_round_runs_counts_by_what_it_had_read),
		TEST(what_came_and_went_after_the_round_was_no_part_of_it),
		TEST(an_entry_of_another_kind_is_a_new_one),
		TEST(identities_that_collide_are_no_change),
		TEST(a_table_may_become_empty_and_fill_again),
		TEST(one_entry_is_enough),
		TEST(over_its_limit_it_follows_a_part_and_scales_up),
		TEST(its_memory_goes_by_what_it_follows),
		TEST(what_stays_is_no_change_while_the_part_is_halved),
		TEST(identities_that_are_no_hash_do_no_harm),
		TEST(two_rounds_are_followed_at_once),
		TEST(without_a_look_nothing_is_followed),
	};

	return cmocka_run_group_tests_name("drift", tests, NULL, NULL);
}
