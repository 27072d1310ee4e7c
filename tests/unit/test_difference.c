/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is shown of a large table, and how sure it is: a simulation without a kernel. A table
 * changes while looks and rounds read it; each snapshot is compared with the truth.
 * SIMULATION_TRIALS sets how often each kind of change is tried. */
#include "scan/difference.c"

#include <stdio.h>

#include "scan/part.h"
#include "test.h"

#define ROOM   60000 /* entries that may come, in the order of a dump */
#define PART   0.05
#define STEPS  20 /* of an interval */
#define LOOKS  3  /* of them, in which a look reads; the round has the others */
#define ROUND  10 /* intervals that a round takes */
#define VALUES 12
#define GRE    8 /* the value that is always small */
#define FLOOD  9
#define STABLE 10 /* never changes */
#define MIX    11

struct entry {
	bool is_there;
	uint8_t kind;
	uint32_t id;
	uint32_t values; /* a bit for each value that the entry counts in */
};

struct world {
	uint64_t random;
	struct entry entries[ROOM];
	uint32_t count, truth[VALUES];
	/* of the reading */
	struct difference *difference;
	size_t look_at, round_at;
	struct part look_part, round_part;
	struct tally look, round;
	bool is_round_running, is_hashed_anew;
	uint64_t now_ms;
	/* what was found, by value */
	size_t shown, within[VALUES];
	double *errors[VALUES]; /* each divided by its margin */
	size_t error_count, error_room;
	bool was_exact;
};

static uint32_t draw(struct world *world, uint32_t limit)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return (uint32_t)((world->random >> 32) * limit >> 32);
}

static void account(struct world *world, const struct entry *entry, int sign)
{
	world->count += (uint32_t)sign;
	for (int i = 0; i < VALUES; i++)
		world->truth[i] += entry->values >> i & 1 ? (uint32_t)sign : 0;
}

/* A new entry, at a random place. */
static void come(struct world *world, uint32_t values)
{
	struct entry *entry;

	do {
		entry = &world->entries[draw(world, ROOM)];
	} while (entry->is_there);
	*entry =
		(struct entry){ .is_there = true, .id = draw(world, UINT32_MAX), .values = values };
	account(world, entry, 1);
}

static void go(struct world *world, struct entry *entry)
{
	account(world, entry, -1);
	entry->is_there = false;
}

/* A random one of those that count in these values. */
static struct entry *pick(struct world *world, uint32_t values)
{
	struct entry *entry;

	do {
		entry = &world->entries[draw(world, ROOM)];
	} while (!entry->is_there || (entry->values & values) != values);
	return entry;
}

/* Values 0 to 7 are halves of the table. */
static uint32_t halves(struct world *world)
{
	return draw(world, 256);
}

static void change_entry(struct world *world, struct entry *entry, uint32_t values)
{
	account(world, entry, -1);
	entry->values = values;
	entry->kind++;
	account(world, entry, 1);
}

static void come_many(struct world *world, uint32_t count, uint32_t values)
{
	for (uint32_t i = 0; i < count; i++)
		come(world, halves(world) | values);
}

static void go_many(struct world *world, uint32_t count, uint32_t values)
{
	for (uint32_t i = 0; i < count && world->count > 100; i++)
		go(world, pick(world, values));
}

/* ---- what may happen to a table: called at each step, the time since its beginning in steps ---
 */

static void rest(struct world *world, int step)
{
	(void)world;
	(void)step;
}

static void grow(struct world *world, int step)
{
	(void)step;
	come_many(world, 20, 1U << MIX);
}

static void shrink(struct world *world, int step)
{
	(void)step;
	if (world->truth[0] > 1000)
		go_many(world, 20, 1);
}

static void flood(struct world *world, int step)
{
	if (step < 4)
		come_many(world, 3000, 1U << FLOOD);
}

static void flood_and_end(struct world *world, int step)
{
	if (step < 4)
		come_many(world, 3000, 1U << FLOOD);
	if (step >= 200 && world->truth[FLOOD] > 0)
		go_many(world, world->truth[FLOOD] < 3000 ? world->truth[FLOOD] : 3000,
			1U << FLOOD);
}

static void flush(struct world *world, int step)
{
	if (step == 0) {
		for (size_t i = 0; i < ROOM; i++) {
			if (world->entries[i].is_there)
				go(world, &world->entries[i]);
		}
	}
	if (step < 50)
		come_many(world, 300, 0);
}

/* Of all at once, a third count elsewhere. */
static void change_mix(struct world *world, int step)
{
	if (step != 0)
		return;
	for (int i = 0; i < 7000; i++) {
		struct entry *entry = pick(world, 0);

		if (!(entry->values & 1U << MIX))
			change_entry(world, entry, halves(world) | 1U << MIX);
	}
}

static void change_mix_slowly(struct world *world, int step)
{
	(void)step;
	for (int i = 0; i < 20; i++) {
		struct entry *entry = pick(world, 0);

		if (!(entry->values & 1U << STABLE))
			change_entry(world, entry, halves(world) | 1U << MIX);
	}
}

/* As many come as go; the constant ones stay. */
static void churn(struct world *world, int step)
{
	(void)step;
	come_many(world, 30, 1U << MIX);
	for (int i = 0; i < 30; i++) {
		struct entry *entry = pick(world, 0);

		if (!(entry->values & 1U << STABLE))
			go(world, entry);
		else
			i--;
	}
}

/* Constant ones among many new ones that stay. */
static void new_ones_among_constant(struct world *world, int step)
{
	(void)step;
	if (world->count < ROOM / 2)
		come_many(world, 60, 1U << MIX);
}

/* The hash table gets another size, and the dump another order: what is remembered is forgotten, as
 * aggregate_memory_reorder() does. */
static void hash_anew(struct world *world, int step)
{
	if (step != STEPS)
		return;
	for (size_t i = ROOM - 1; i > 0; i--) {
		size_t other = draw(world, (uint32_t)i + 1);
		struct entry entry = world->entries[i];

		world->entries[i] = world->entries[other];
		world->entries[other] = entry;
	}
	world->is_hashed_anew = true;
}

/* ---- reading --------------------------------------------------------------------------------- */

static void count_entry(struct tally *tally, const struct entry *entry)
{
	tally->totals.scanned++;
	tally->totals.family[0]++;
	for (int i = 0; i < VALUES; i++)
		tally->watches[i] += entry->values >> i & 1;
}

/* Reads on, at most `most` entries. False at the end. */
static bool read_on(struct world *world, size_t *at, uint32_t most, struct tally *tally,
		    struct difference *difference)
{
	while (most > 0 && *at < ROOM) {
		const struct entry *entry = &world->entries[(*at)++];

		if (!entry->is_there)
			continue;
		most--;
		count_entry(tally, entry);
		if (difference)
			difference_meet(difference, entry->id, entry->kind);
	}
	return *at < ROOM;
}

static void step_look(struct world *world, int step)
{
	uint32_t left, most = (uint32_t)(world->count * PART / LOOKS) + 1, before;

	part_resize(&world->look_part, world->count);
	left = part_left(&world->look_part, PART);
	before = world->look.totals.scanned;
	read_on(world, &world->look_at, step == LOOKS - 1 || left < most ? left : most,
		&world->look, world->difference);
	world->look_part.read += world->look.totals.scanned - before;
}

static void step_round(struct world *world)
{
	uint32_t before = world->round.totals.scanned;
	double part = part_value(&world->round_part);
	bool more;

	part_resize(&world->round_part, world->count);
	more = read_on(world, &world->round_at, world->count / (ROUND * (STEPS - LOOKS)) + 1,
		       &world->round, NULL);
	world->round_part.read += world->round.totals.scanned - before;
	difference_advance_round(world->difference, part_value(&world->round_part) - part,
				 world->now_ms);
	if (more)
		return;
	difference_end_round(world->difference, &world->round);
	world->is_round_running = false;
}

static void begin_round(struct world *world)
{
	memset(&world->round, 0, sizeof(world->round));
	part_begin(&world->round_part, world->count);
	world->round_at = 0;
	world->is_round_running = true;
	difference_begin_round(world->difference, world->now_ms);
}

/* Compares what is shown with the truth in the middle of the look. */
static void compare(struct world *world, const uint32_t truth[VALUES], uint32_t count,
		    const struct estimate *estimate)
{
	double margin = estimate_margin(estimate);

	if (world->error_count == world->error_room) {
		world->error_room = world->error_room ? 2 * world->error_room : 1024;
		for (int i = 0; i < VALUES; i++)
			world->errors[i] =
				reallocarray(world->errors[i], world->error_room, sizeof(double));
	}
	for (int i = 0; i < VALUES; i++) {
		double error = fabs((double)world->look.watches[i] - truth[i]) * 10000 / count;

		world->within[i] += error <= margin;
		world->errors[i][world->error_count] = margin > 0 ? error / margin : error > 0;
		world->was_exact = world->was_exact && error <= 0 && margin <= 0;
	}
	world->error_count++;
	world->shown++;
}

/* An interval: a look, and the round in the rest of it. */
static void interval(struct world *world, void (*happens)(struct world *, int), int *step,
		     bool is_judged)
{
	uint32_t truth[VALUES], count = 0;
	struct estimate estimate;

	if (world->is_hashed_anew) {
		difference_free(world->difference);
		world->difference = difference_new(PART, false);
		assert_non_null(world->difference);
		world->is_round_running = world->is_hashed_anew = false;
	}
	memset(&world->look, 0, sizeof(world->look));
	world->look_at = 0;
	part_begin(&world->look_part, world->count);
	assert_int_equal(difference_begin_look(world->difference), 0);
	for (int i = 0; i < STEPS; i++, (*step)++) {
		world->now_ms += 500;
		if (*step >= 0)
			happens(world, *step);
		if (i < LOOKS)
			step_look(world, i);
		else if (world->is_round_running)
			step_round(world);
		if (i == LOOKS / 2) {
			memcpy(truth, world->truth, sizeof(truth));
			count = world->count;
		}
		if (i != LOOKS - 1)
			continue;
		assert_int_equal(difference_end_look(world->difference, &world->look,
						     part_value(&world->look_part),
						     world->now_ms - 500, &estimate),
				 0);
		if (is_judged)
			compare(world, truth, count, &estimate);
		if (!world->is_round_running && difference_wants_round(world->difference))
			begin_round(world);
	}
}

static void populate(struct world *world)
{
	memset(world->entries, 0, sizeof(world->entries));
	memset(world->truth, 0, sizeof(world->truth));
	world->count = 0;
	come_many(world, 14000, 0);
	come_many(world, 6000, 1U << STABLE);
	come_many(world, 12, 1U << GRE);
	world->is_round_running = false;
	world->difference = difference_new(PART, false);
	assert_non_null(world->difference);
}

/* At rest until a round has ended, then the change begins at a random time, and is judged while
 * `judged` intervals pass, but for the first `passed` ones: what changes under a look itself
 * belongs to no moment. */
static void try(struct world *world, void (*happens)(struct world *, int), int passed, int judged)
{
	int step = 0, calm;

	populate(world);
	calm = ROUND + 3 + (int)draw(world, ROUND);
	for (int i = 0; i < calm; i++)
		interval(world, rest, &step, false);
	step = -(int)draw(world, STEPS);
	for (int i = 0; i < judged; i++)
		interval(world, happens, &step, i > passed);
	difference_free(world->difference);
}

#ifdef __SANITIZE_ADDRESS__ /* which makes it ten times as slow */
#define TRIALS 10
#else
#define TRIALS 60
#endif
/* With fewer trials, chance alone may put a value beyond its margin too often. */
#define TRIALS_ENOUGH 60

static int trials(void)
{
	const char *text = getenv("SIMULATION_TRIALS");

	return text ? atoi(text) : TRIALS;
}

static int compare_doubles(const void *one, const void *other)
{
	const double *first = one, *second = other;

	return (*first > *second) - (*first < *second);
}

/* Each value is within the margin in 93 of 100 snapshots, and the margin is at most 1.5 times the
 * 95th percentile of the errors of the value that is worst. */
static void judge(void (*happens)(struct world *, int), const char *name, int passed)
{
	struct world *world = calloc(1, sizeof(*world));
	double worst = 0;

	assert_non_null(world);
	world->random = 0x9e3779b97f4a7c15;
	world->was_exact = true;
	for (int i = 0; i < trials(); i++)
		try(world, happens, passed, 3 * ROUND);
	for (int i = 0; i < VALUES; i++) {
		double *errors = world->errors[i], percentile, within;

		qsort(errors, world->error_count, sizeof(double), compare_doubles);
		percentile = errors[world->error_count * 95 / 100];
		within = (double)world->within[i] / (double)world->shown;
		if (percentile > worst)
			worst = percentile;
		printf("%-22s value %2d: %.3f within the margin, error %.2f of it\n", name, i,
		       within, percentile);
		free(errors);
		assert_true(within >= 0.93 || trials() < TRIALS_ENOUGH);
	}
	assert_true(worst >= 1 / 1.5 || trials() < TRIALS_ENOUGH);
	free(world);
}

static void a_table_at_rest_is_shown_exactly(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	(void)state;
	assert_non_null(world);
	world->random = 1;
	world->was_exact = true;
	for (int i = 0; i < 5; i++)
		try(world, rest, 0, 2 * ROUND);
	assert_true(world->was_exact);
	for (int i = 0; i < VALUES; i++)
		free(world->errors[i]);
	free(world);
}

#define JUDGE(happens, passed)                                                                     \
	static void the_margin_holds_under_##happens(void **state)                                 \
	{                                                                                          \
		(void)state;                                                                       \
		judge(happens, #happens, passed);                                                  \
	}

JUDGE(grow, 1)
JUDGE(shrink, 1)
JUDGE(flood, 1)
JUDGE(flood_and_end, 1)
JUDGE(flush, 3)
JUDGE(change_mix, 1)
JUDGE(change_mix_slowly, 1)
JUDGE(churn, 1)
JUDGE(hash_anew, 2)
JUDGE(new_ones_among_constant, 1)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_at_rest_is_shown_exactly),
		cmocka_unit_test(the_margin_holds_under_grow),
		cmocka_unit_test(the_margin_holds_under_shrink),
		cmocka_unit_test(the_margin_holds_under_flood),
		cmocka_unit_test(the_margin_holds_under_flood_and_end),
		cmocka_unit_test(the_margin_holds_under_flush),
		cmocka_unit_test(the_margin_holds_under_change_mix),
		cmocka_unit_test(the_margin_holds_under_change_mix_slowly),
		cmocka_unit_test(the_margin_holds_under_churn),
		cmocka_unit_test(the_margin_holds_under_hash_anew),
		cmocka_unit_test(the_margin_holds_under_new_ones_among_constant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
