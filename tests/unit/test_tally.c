/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is counted, put together: means of looks, and estimates of the whole table. */
#include "scan/tally.c"

#include <sys/socket.h>

#include "test.h"

struct scene {
	struct tally look, round;
	struct tally_mean mean;
};

/* All with zones. */
static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->look.zones = calloc(1, sizeof(*scene->look.zones));
	scene->round.zones = calloc(1, sizeof(*scene->round.zones));
	scene->mean.zones = calloc(ZONES_COUNT, sizeof(*scene->mean.zones));
	*state = scene;
	return scene->look.zones && scene->round.zones && scene->mean.zones ? 0 : -1;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	free(scene->look.zones);
	free(scene->round.zones);
	free(scene->mean.zones);
	free(scene);
	return 0;
}

/* Counts of all kinds, each one another number. */
static void fill(struct tally *tally, uint32_t times)
{
	static const struct ct_entry entries[] = {
		{ .family = AF_INET,
		  .protocol = 6,
		  .has_state = true,
		  .state = 7,
		  .status = 0xffffffff,
		  .helped = true,
		  .packets = 5,
		  .octets = 7 },
		{ .family = AF_INET6,
		  .protocol = 132,
		  .has_state = true,
		  .state = 2,
		  .packets = 11,
		  .octets = 13 },
	};

	for (uint32_t i = 0; i < times; i++)
		totals_add(&tally->totals, &entries[i % 2]);
	for (uint32_t i = 0; i < SNAPSHOT_WATCHES_MAX; i++)
		tally->watches[i] = times + i;
	for (uint32_t i = 0; i < ZONES_COUNT; i += 1000)
		tally->zones->entries[i] = times + i;
	tally->zones->entries[ZONES_COUNT - 1] = times;
	tally->zones->blocks = UINT64_MAX;
	for (int kind = 0; kind < TOP_KINDS; kind++) {
		tally->tops[kind].count = 1;
		tally->tops[kind].items[0] =
			(struct sketch_item){ .key = { { 1, 2, 3 } }, .count = times + 9 };
	}
}

/* Word for word, so that a total that is not scaled is found although nobody has named it. */
static void every_total_of_a_part_is_scaled(void **state)
{
	struct scene *scene = *state;
	uint32_t before[sizeof(struct totals) / sizeof(uint32_t)], after;

	fill(&scene->look, 8);
	memcpy(before, &scene->look.totals, sizeof(before));
	tally_estimate(&scene->look, NULL, NULL, 1.0 / 3);
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		memcpy(&after, (char *)&scene->look.totals + i * sizeof(after), sizeof(after));
		if (after != 3 * before[i])
			fail_msg("octet %zu of struct totals: expected 3 x %u, got %u",
				 i * sizeof(after), before[i], after);
	}
	for (uint32_t i = 0; i < SNAPSHOT_WATCHES_MAX; i++)
		assert_int_equal(scene->look.watches[i], 3 * (8 + i));
	assert_int_equal(scene->look.zones->entries[1000], 3 * 1008);
	assert_int_equal(scene->look.zones->entries[1001], 0);
	assert_int_equal(scene->look.zones->entries[ZONES_COUNT - 1], 24);
	for (int kind = 0; kind < TOP_KINDS; kind++)
		assert_int_equal(scene->look.tops[kind].items[0].count, 3 * 17);
}

static void an_empty_look_is_an_empty_table(void **state)
{
	const struct tally empty = { .zones = NULL };
	struct scene *scene = *state;

	scene->look.watches[3] = 0;
	tally_estimate(&scene->look, NULL, NULL, 0.001);
	assert_memory_equal(&scene->look.totals, &empty.totals, sizeof(empty.totals));
	assert_memory_equal(scene->look.watches, empty.watches, sizeof(empty.watches));
	assert_int_equal(scene->look.tops[0].count, 0);
}

/* Word for word again: at rest, nothing differs from the round. */
static void at_rest_it_is_exactly_the_round(void **state)
{
	static const double weights[] = { 0.31, 1e-7, 0.0043, 2 };
	struct scene *scene = *state;

	fill(&scene->round, 1001);
	fill(&scene->look, 53);
	for (size_t i = 0; i < sizeof(weights) / sizeof(weights[0]); i++)
		tally_mean_add(&scene->mean, &scene->look, weights[i]);
	tally_estimate(&scene->look, &scene->round, &scene->mean, 0.0521);
	assert_memory_equal(&scene->look.totals, &scene->round.totals, sizeof(struct totals));
	assert_memory_equal(scene->look.watches, scene->round.watches, sizeof(scene->look.watches));
	assert_memory_equal(scene->look.zones, scene->round.zones, sizeof(struct zones));
	for (int kind = 0; kind < TOP_KINDS; kind++)
		assert_int_equal(scene->look.tops[kind].items[0].count, 1010);
}

static void what_came_since_is_added_and_what_went_is_taken_away(void **state)
{
	struct scene *scene = *state;

	fill(&scene->round, 1000);
	fill(&scene->look, 100);
	tally_mean_add(&scene->mean, &scene->look, 1);
	memset(&scene->look.totals, 0, sizeof(struct totals));
	fill(&scene->look, 110);
	scene->look.zones->entries[1000] = 0;
	scene->look.watches[0] = 0;
	tally_estimate(&scene->look, &scene->round, &scene->mean, 0.1);
	assert_int_equal(scene->look.totals.scanned, 1100);
	assert_int_equal(scene->look.totals.assured, 550);
	assert_int_equal(scene->look.totals.protocols[0][6].entries, 550);
	assert_int_equal(scene->look.totals.volumes[0][6].packets, 550 * 5);
	assert_int_equal(scene->look.totals.volumes[1][132].octets, 550 * 13);
	assert_int_equal(scene->look.watches[0], 0); /* 1000 - 100 / 0.1 */
	assert_int_equal(scene->look.watches[1], 1101);
	assert_int_equal(scene->look.zones->entries[1000], 0); /* not less than nothing */
	assert_int_equal(scene->look.zones->entries[2000], 3100);
}

static void a_table_that_became_empty_since_is_empty(void **state)
{
	struct scene *scene = *state;

	fill(&scene->round, 1000);
	fill(&scene->look, 101);
	tally_mean_add(&scene->mean, &scene->look, 1);
	memset(&scene->look.totals, 0, sizeof(struct totals));
	memset(scene->look.zones, 0, sizeof(struct zones));
	memset(scene->look.watches, 0, sizeof(scene->look.watches));
	scene->look.tops[0].count = 0;
	tally_estimate(&scene->look, &scene->round, &scene->mean, 0.1);
	assert_int_equal(scene->look.totals.scanned, 0);
	assert_int_equal(scene->look.totals.tcp_states[7], 0);
	assert_int_equal(scene->look.totals.volumes[0][6].octets, 0);
	assert_int_equal(scene->look.tops[0].count, 0);
}

static void a_mean_weighs_its_readings(void **state)
{
	struct scene *scene = *state;

	fill(&scene->look, 10);
	tally_mean_add(&scene->mean, &scene->look, 3);
	memset(&scene->look.totals, 0, sizeof(struct totals));
	fill(&scene->look, 30);
	tally_mean_add(&scene->mean, &scene->look, 1);
	tally_mean_add(&scene->mean, &scene->round, 0); /* of no weight */
	assert_true(scene->mean.counts[0] == 15);
	assert_true(scene->mean.watches[2] == 17);
	assert_true(scene->mean.zones[1000] == 1015);
	assert_true(scene->mean.volumes[2 * 6] == 7.5 * 5);
	assert_true(scene->mean.tops[1].items[0].count == 24);
	tally_mean_clear(&scene->mean);
	assert_true(scene->mean.weight == 0 && scene->mean.counts[0] == 0);
	assert_non_null(scene->mean.zones);
	assert_true(scene->mean.zones[1000] == 0);
}

static void counts_and_octets_that_no_double_holds_are_exact_at_rest(void **state)
{
	const uint64_t octets = (1ULL << 60) + 1;
	struct scene *scene = *state;

	scene->round.totals.family[0] = scene->round.totals.scanned = 4294967291U;
	scene->look.totals.family[0] = scene->look.totals.scanned = 400000003;
	scene->round.watches[5] = UINT32_MAX;
	scene->look.watches[5] = 16777217;
	scene->round.zones->blocks = scene->look.zones->blocks = 1;
	scene->round.zones->entries[7] = 4000000001U;
	scene->look.zones->entries[7] = 33554433;
	scene->round.totals.volumes[0][6].octets = octets;
	scene->look.totals.volumes[0][6].octets = (1ULL << 56) + 1;
	tally_mean_add(&scene->mean, &scene->look, 0.3);
	tally_mean_add(&scene->mean, &scene->look, 0.7);
	tally_estimate(&scene->look, &scene->round, &scene->mean, 0.1);
	assert_int_equal(scene->look.totals.scanned, 4294967291U);
	assert_int_equal(scene->look.watches[5], UINT32_MAX);
	assert_int_equal(scene->look.zones->entries[7], 4000000001U);
	assert_true(scene->look.totals.volumes[0][6].octets == octets);
}

static void nothing_wraps_around(void **state)
{
	struct scene *scene = *state;

	scene->look.totals.family[0] = scene->look.totals.family[1] = UINT32_MAX;
	scene->look.watches[0] = UINT32_MAX;
	scene->look.totals.volumes[0][6].octets = UINT64_MAX;
	scene->look.totals.volumes[0][17].octets = 1ULL << 62;
	tally_estimate(&scene->look, NULL, NULL, 0.1);
	assert_int_equal(scene->look.totals.scanned, UINT32_MAX);
	assert_int_equal(scene->look.watches[0], UINT32_MAX);
	assert_true(scene->look.totals.volumes[0][6].octets == UINT64_MAX);
	assert_true(scene->look.totals.volumes[0][17].octets == UINT64_MAX);
	/* the sum neither */
	memset(&scene->look.totals, 0, sizeof(struct totals));
	scene->round.totals.volumes[0][6].octets = UINT64_MAX - 5;
	scene->look.totals.volumes[0][6].octets = 1000;
	tally_estimate(&scene->look, &scene->round, &scene->mean, 0.1);
	assert_true(scene->look.totals.volumes[0][6].octets == UINT64_MAX);
}

static void a_look_at_nearly_all_is_what_it_is(void **state)
{
	struct scene *scene = *state;

	fill(&scene->look, 1000);
	tally_estimate(&scene->look, NULL, NULL, 0.9999999);
	assert_int_equal(scene->look.totals.scanned, 1000);
	assert_int_equal(scene->look.watches[9], 1009);
	assert_int_equal(scene->look.totals.volumes[0][6].octets, 500 * 7);
}

static void without_zones_none_are_touched(void **state)
{
	struct scene *scene = *state;
	struct tally look = { .zones = NULL }, round = { .zones = NULL };
	struct tally_mean mean = { .zones = NULL };

	(void)scene;
	look.watches[0] = 5;
	round.watches[0] = 50;
	tally_mean_add(&mean, &look, 1);
	tally_estimate(&look, &round, &mean, 0.1);
	assert_int_equal(look.watches[0], 50);
	tally_mean_clear(&mean);
	assert_null(mean.zones);
}

static void a_copy_has_zones_of_its_own(void **state)
{
	struct scene *scene = *state;
	struct zones *own = scene->round.zones;
	struct tally none = { .zones = NULL };

	fill(&scene->look, 77);
	tally_copy(&scene->round, &scene->look);
	assert_ptr_equal(scene->round.zones, own);
	assert_int_equal(scene->round.zones->entries[2000], 2077);
	assert_int_equal(scene->round.totals.scanned, 77);
	assert_int_equal(scene->round.tops[2].count, 1);
	tally_copy(&none, &scene->look);
	assert_null(none.zones);
	assert_int_equal(none.totals.scanned, 77);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_total_of_a_part_is_scaled),
		TEST(an_empty_look_is_an_empty_table),
		TEST(at_rest_it_is_exactly_the_round),
		TEST(what_came_since_is_added_and_what_went_is_taken_away),
		TEST(a_table_that_became_empty_since_is_empty),
		TEST(a_mean_weighs_its_readings),
		TEST(counts_and_octets_that_no_double_holds_are_exact_at_rest),
		TEST(nothing_wraps_around),
		TEST(a_look_at_nearly_all_is_what_it_is),
		TEST(without_zones_none_are_touched),
		TEST(a_copy_has_zones_of_its_own),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
