/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who came and who went, against tables whose changes are known. */
#include "scan/churn.c"

#include <math.h>

#include "test.h"

#define LIMIT 4096

/* A table of entries with identities as the kernel gives them: hashes. Entry n lives while
 * `first` <= n < `end`. */
struct table {
	uint32_t first, end;
};

static uint32_t identity_of(uint32_t number)
{
	uint64_t hash = (number + 1) * 0x9e3779b97f4a7c15ULL;

	hash ^= hash >> 29;
	hash *= 0xbf58476d1ce4e5b9ULL;
	return (uint32_t)(hash >> 32);
}

/* Where positions do not matter: true if the entry is new. */
static bool add(struct churn_scan *scan, uint32_t id)
{
	return churn_add(scan, id, 1) == CHURN_NEW;
}

/* A scan of the table at `time_ms`. */
static struct churn_change scan(struct churn *before, const struct table *table, uint32_t limit,
				uint64_t time_ms)
{
	struct churn_scan now = { 0 };
	struct churn_change change;

	churn_begin(&now, before, table->end - table->first, limit, false);
	for (uint32_t number = table->first; number < table->end; number++)
		add(&now, identity_of(number));
	churn_finish(&now,
		     &(struct churn_part){ time_ms, time_ms, table->end - table->first,
					   table->end - table->first },
		     &change);
	assert_true(before->count <= limit);
	for (size_t i = 1; i < before->count; i++)
		assert_true(before->ids[i - 1] < before->ids[i]);
	return change;
}

static void followed_fully_the_difference_is_exact(void **state)
{
	struct churn before = { 0 };
	struct table table = { 0, 3000 };
	struct churn_change change = scan(&before, &table, LIMIT, 1000);

	(void)state;
	assert_int_equal(change.elapsed_ms, 0); /* nothing to compare with */
	assert_int_equal(change.created, 0);
	assert_int_equal(change.destroyed, 0);
	table = (struct table){ 700, 3300 };
	change = scan(&before, &table, LIMIT, 11000);
	assert_int_equal(change.created, 300);
	assert_int_equal(change.destroyed, 700);
	assert_int_equal(change.elapsed_ms, 10000);
	assert_int_equal(change.bits, 0);
	change = scan(&before, &table, LIMIT, 21000);
	assert_int_equal(change.created, 0);
	assert_int_equal(change.destroyed, 0);
	churn_clear(&before);
}

static void an_entry_met_twice_is_one(void **state)
{
	struct churn before = { 0 };
	struct churn_scan now = { 0 };
	struct churn_change change;
	struct table empty = { 0, 0 };

	(void)state;
	scan(&before, &empty, LIMIT, 1000);
	for (int round = 0; round < 2; round++) {
		churn_begin(&now, &before, 10, LIMIT, false);
		for (int i = 0; i < 20; i++)
			add(&now, identity_of((uint32_t)i % 10));
		assert_int_equal(now.met_count, round * 10);
		churn_finish(&now, &(struct churn_part){ 2000, 2000, 1, 1 }, &change);
		assert_int_equal(change.created, round ? 0 : 10);
		assert_int_equal(change.destroyed, 0);
		assert_int_equal(before.count, 10);
	}
	churn_clear(&before);
}

/* 200,000 entries, 4,096 followed: a sixty-fourth. Over many scans, the mean is the truth and the
 * spread is that of a binomial sample. */
static void a_subset_is_right_within_its_statistical_error(void **state)
{
	struct churn before = { 0 };
	struct table table = { 0, 200000 };
	struct churn_change change = scan(&before, &table, LIMIT, 1000);
	double sum = 0, worst = 0;
	const int rounds = 30;

	(void)state;
	assert_int_equal(change.bits, 6);
	for (int i = 0; i < rounds; i++) {
		table.first += 20000;
		table.end += 20000;
		change = scan(&before, &table, LIMIT, 2000);
		assert_int_equal(change.bits, 6);
		sum += (double)change.created;
		if (fabs((double)change.created - 20000) > worst)
			worst = fabs((double)change.created - 20000);
	}
	{
		/* of 20,000, each with a chance of 1/64, times 64 */
		double deviation = 64 * sqrt(20000 * (1.0 / 64) * (63.0 / 64));

		assert_true(fabs(sum / rounds - 20000) < 3 * deviation / sqrt(rounds));
		assert_true(worst < 4 * deviation);
		assert_true(worst > 0); /* else the subset was none */
	}
	churn_clear(&before);
}

static void a_flush_is_a_flush_and_no_jump_afterwards(void **state)
{
	struct churn before = { 0 };
	struct table table = { 0, 3000 }, empty = { 3000, 3000 }, regrown = { 3000, 3500 };
	struct churn_change change;

	(void)state;
	scan(&before, &table, LIMIT, 1000);
	change = scan(&before, &empty, LIMIT, 2000);
	assert_int_equal(change.created, 0);
	assert_int_equal(change.destroyed, 3000);
	change = scan(&before, &empty, LIMIT, 3000);
	assert_int_equal(change.created + change.destroyed, 0);
	change = scan(&before, &regrown, LIMIT, 4000);
	assert_int_equal(change.created, 500);
	assert_int_equal(change.destroyed, 0);
	churn_clear(&before);
}

/* A scan that fails leaves the one before in its place: the next compares over the longer time. */
static void a_failed_scan_is_as_if_it_had_not_been(void **state)
{
	struct churn before = { 0 };
	struct churn_scan failed = { 0 };
	struct table table = { 0, 3000 };
	struct churn_change change;

	(void)state;
	scan(&before, &table, LIMIT, 1000);
	churn_begin(&failed, &before, 3000, LIMIT, false);
	for (uint32_t i = 0; i < 6000; i += 3)
		add(&failed, identity_of(i));
	churn_begin(&failed, &before, 3000, LIMIT, false); /* given up: the next one begins */
	assert_int_equal(failed.fresh_count, 0);
	assert_int_equal(failed.met_count, 0);
	table = (struct table){ 200, 3200 };
	change = scan(&before, &table, LIMIT, 21000);
	assert_int_equal(change.created, 200);
	assert_int_equal(change.destroyed, 200);
	assert_int_equal(change.elapsed_ms, 20000);
	churn_abandon(&failed);
	churn_clear(&before);
}

/* The table grows to many times what was expected, within one scan, and falls again. */
static void halving_and_its_end_make_no_jump(void **state)
{
	struct churn before = { 0 };
	struct churn_scan now = { 0 };
	struct churn_change change;
	struct table small = { 0, 3000 };

	(void)state;
	scan(&before, &small, LIMIT, 1000);
	churn_begin(&now, &before, 3000, LIMIT, false);
	assert_int_equal(now.bits, 0);
	/* those from before come last, when the others have filled the room */
	for (uint32_t number = 30000; number-- > 0;) {
		add(&now, identity_of(number));
		assert_true(now.met_count + now.fresh_count <= LIMIT);
	}
	assert_true(now.bits >= 3);
	churn_finish(&now, &(struct churn_part){ 2000, 2000, 1, 1 }, &change);
	assert_int_equal(change.bits, before.bits);
	assert_in_range(change.created, 27000 - 2500, 27000 + 2500);
	/* nothing that was there before has gone: not one, however it is scaled */
	assert_int_equal(change.destroyed, 0);
	/* and back: what is followed again from now on has not just been created */
	change = scan(&before, &small, LIMIT, 3000);
	assert_int_equal(change.created, 0);
	assert_in_range(change.destroyed, 27000 - 2500, 27000 + 2500);
	change = scan(&before, &small, LIMIT, 4000);
	assert_int_equal(change.created + change.destroyed, 0);
	assert_int_equal(change.bits, 0);
	churn_clear(&before);
}

/* Those from before come when others have filled the room. */
static void what_is_met_again_counts_towards_the_limit(void **state)
{
	struct churn before = { 0 };
	struct churn_scan now = { 0 };
	struct table table = { 0, 3000 };

	(void)state;
	scan(&before, &table, LIMIT, 1000);
	churn_begin(&now, &before, 3000, LIMIT, false);
	for (uint32_t number = 3000; number < 3000 + LIMIT; number++)
		add(&now, identity_of(number));
	assert_int_equal(now.bits, 0);
	for (uint32_t number = 0; number < 3000; number++) {
		add(&now, identity_of(number));
		assert_true(now.met_count + now.fresh_count <= LIMIT);
	}
	assert_int_equal(now.bits, 1);
	churn_abandon(&now);
	churn_clear(&before);
}

static void what_is_new_is_known_while_the_scan_runs(void **state)
{
	struct churn before = { 0 };
	struct churn_scan now = { 0 };
	struct table table = { 0, 3000 };

	(void)state;
	churn_begin(&now, &before, 3000, LIMIT, false);
	assert_false(add(&now, identity_of(5))); /* nothing to compare with */
	scan(&before, &table, LIMIT, 1000);
	churn_begin(&now, &before, 3000, LIMIT, false);
	for (uint32_t number = 0; number < 4000; number++)
		assert_int_equal(add(&now, identity_of(number)), number >= 3000);
	churn_begin(&now, &before, 4 * LIMIT, LIMIT, false);
	assert_int_equal(now.bits, 3);
	for (uint32_t number = 3000; number < 6000; number++)
		assert_int_equal(add(&now, identity_of(number)), (identity_of(number) & 7) == 0);
	churn_abandon(&now);
	churn_clear(&before);
}

/* A table whose entries are dumped in the order of another hash, as the kernel does it. */
static uint32_t order_of(uint32_t number)
{
	return identity_of(number ^ 0x5a5a5a5a);
}

static int by_order(const void *one, const void *other)
{
	uint32_t first = order_of(*(const uint32_t *)one),
		 second = order_of(*(const uint32_t *)other);

	return first < second ? -1 : first > second;
}

/* A scan that ends after `read` entries; the last one's change comes back. */
static struct churn_change scan_part(struct churn *before, const struct table *table, uint32_t read,
				     uint32_t limit, uint64_t time_ms, bool has_positions)
{
	uint32_t entries = table->end - table->first,
		 *numbers = calloc(entries + 1, sizeof(*numbers));
	struct churn_scan now = { 0 };
	struct churn_change change;

	for (uint32_t i = 0; i < entries; i++)
		numbers[i] = table->first + i;
	qsort(numbers, entries, sizeof(*numbers), by_order);
	churn_begin(&now, before, read < entries ? read : entries, limit, has_positions);
	for (uint32_t i = 0; i < read && i < entries; i++)
		churn_add(&now, identity_of(numbers[i]), i + 1);
	churn_finish(
		&now,
		&(struct churn_part){ time_ms, time_ms, read < entries ? read : entries, entries },
		&change);
	for (size_t i = 1; i < before->count; i++)
		assert_true(before->ids[i - 1] < before->ids[i]);
	free(numbers);
	return change;
}

/* Whether the one scan has come further than the other says nothing about the table. */
static void scans_of_unlike_length_make_no_jump(void **state)
{
	static const uint32_t lengths[] = { 10000, 12000, 3000, 9000, 50000, 60000, 8000, 500 };
	struct churn before = { 0 };
	struct table table = { 0, 50000 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct churn_change change =
			scan_part(&before, &table, lengths[i], 1 << 20, 1000 * (i + 1), true);

		assert_int_equal(change.created, 0);
		assert_int_equal(change.destroyed, 0);
		assert_int_equal(change.elapsed_ms, i ? 1000 : 0);
		assert_int_equal(change.is_whole,
				 lengths[i] >= 50000 && lengths[i ? i - 1 : 0] >= 50000);
		assert_int_equal(before.count, lengths[i] < 50000 ? lengths[i] : 50000);
	}
	churn_clear(&before);
}

static void what_comes_and_goes_in_a_part_is_scaled_up(void **state)
{
	static const uint32_t lengths[] = { 10000, 12000, 8000, 20000, 9000 };
	struct churn before = { 0 };
	struct table table = { 0, 100000 };
	double created = 0, destroyed = 0, parts = 0;
	const int rounds = 40;

	(void)state;
	scan_part(&before, &table, 10000, 8192, 1000, true);
	for (int i = 0; i < rounds; i++) {
		struct churn_change change;

		table.first += 10000;
		table.end += 10000;
		change = scan_part(&before, &table, lengths[i % 5], 8192, 2000, true);
		assert_false(change.is_whole);
		created += (double)change.created;
		destroyed += (double)change.destroyed;
		parts += 100000.0 / change.read * (1U << change.bits);
		/* of 10,000, a twentieth or so is seen: the deviation is 500 or so */
		assert_in_range(change.created, 7000, 13000);
		assert_in_range(change.destroyed, 7000, 13000);
	}
	{
		double deviation = sqrt(10000 * parts / rounds) / sqrt(rounds);

		assert_true(fabs(created / rounds - 10000) < 4 * deviation);
		assert_true(fabs(destroyed / rounds - 10000) < 4 * deviation);
	}
	/* all of it goes, and others come: nobody can tell how far the parts are the same */
	table = (struct table){ 5000000, 5100000 };
	{
		struct churn_change change = scan_part(&before, &table, 10000, 8192, 3000, true);

		assert_int_equal(change.created, 0);
		assert_int_equal(change.elapsed_ms, 0); /* not compared, so no rate of 0 */
		assert_true(change.is_gap);
		change = scan_part(&before, &table, 10000, 8192, 4000, true);
		assert_int_equal(change.created, 0);
		assert_int_equal(change.destroyed, 0);
		assert_int_equal(change.elapsed_ms, 1000);
		assert_false(change.is_gap);
	}
	churn_clear(&before);
}

static void from_exact_to_sample_and_back_makes_no_jump(void **state)
{
	static const struct {
		uint32_t read;
		bool is_sample;
	} scans[] = { { 3000, false }, { 1000, true },  { 1500, true }, { 3000, true },
		      { 1000, true },  { 3000, false }, { 3000, false } };
	struct churn before = { 0 };
	struct table table = { 0, 3000 };

	(void)state;
	for (size_t i = 0; i < sizeof(scans) / sizeof(scans[0]); i++) {
		struct churn_change change = scan_part(&before, &table, scans[i].read, LIMIT,
						       1000 * (i + 1), scans[i].is_sample);

		assert_int_equal(change.created, 0);
		assert_int_equal(change.destroyed, 0);
		assert_int_equal(before.positions != NULL, scans[i].is_sample);
		/* the first sample finds no positions to compare with */
		assert_int_equal(change.elapsed_ms, i > 1 ? 1000 : 0);
	}
	churn_clear(&before);
}

/* Entry n comes at the millisecond n / 10 and stays for 20 seconds; scans of a part take 900 ms of
 * each second, and come less far every time. All that came is counted once. */
static void scans_that_grow_shorter_count_nothing_twice(void **state)
{
	enum { ALL = 500000, LIFE_MS = 20000, SCANS = 20 };
	uint32_t *numbers = calloc(ALL, sizeof(*numbers));
	struct churn before = { 0 };
	struct churn_scan now = { 0 };
	struct churn_change change;
	uint64_t created = 0;

	(void)state;
	for (uint32_t i = 0; i < ALL; i++)
		numbers[i] = i;
	qsort(numbers, ALL, sizeof(*numbers), by_order);
	for (uint32_t turn = 0; turn < SCANS; turn++) {
		uint32_t entries = LIFE_MS * 10, read = entries / (2 + turn), position = 0;
		uint64_t start_ms = 25000 + turn * 1000;

		churn_begin(&now, &before, read, 1 << 20, true);
		for (uint32_t i = 0; i < ALL && position < read; i++) {
			uint64_t time_ms = start_ms + 900ULL * position / read;

			if (numbers[i] / 10 <= time_ms && numbers[i] / 10 + LIFE_MS > time_ms)
				churn_add(&now, identity_of(numbers[i]), ++position);
		}
		churn_finish(&now, &(struct churn_part){ start_ms, start_ms + 900, read, entries },
			     &change);
		created += change.created;
	}
	/* 10,000 a second, in 19 seconds; 1 in 10 is seen, so that the deviation is 1,400 */
	assert_in_range(created, 190000 - 4500, 190000 + 4500);
	churn_clear(&before);
	free(numbers);
}

/* A scan of the entries numbered 0 to `read`, of 20,000, in that order. The two entries of a pair
 * share an identity. */
static struct churn_change scan_pair(struct churn *before, uint32_t read, const uint32_t pair[2],
				     uint64_t time_ms)
{
	struct churn_scan now = { 0 };
	struct churn_change change;

	churn_begin(&now, before, read, 1 << 20, true);
	for (uint32_t i = 0; i < read; i++)
		churn_add(&now, identity_of(i == pair[1] ? pair[0] : i), i + 1);
	churn_finish(&now, &(struct churn_part){ time_ms, time_ms, read, 20000 }, &change);
	return change;
}

/* One of two entries with one identity may be taken for the other, wherever they stand. */
static void an_identity_that_two_entries_share_makes_no_jump(void **state)
{
	static const uint32_t none[2] = { 0, 0 };
	static const uint32_t pairs[][2] = {
		{ 100, 9900 },  /* in the longer scan alone is the second */
		{ 4900, 9900 }, /* so it is, and the first is the last that both met */
		{ 9900, 100 },  { 4999, 9999 }, { 0, 1 }, { 0, 9999 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		/* the second one of a pair comes or has been, while the parts grow and shrink */
		for (unsigned int when = 1; when < 16; when++) {
			static const uint32_t lengths[] = { 10000, 5000, 10000, 9950 };
			struct churn before = { 0 };

			for (unsigned int turn = 0; turn < 4; turn++) {
				const uint32_t *pair = when >> turn & 1 ? pairs[i] : none;
				struct churn_change change =
					scan_pair(&before, lengths[turn], pair, 1000 * (turn + 1));

				/* what stood in the place of the second has come or gone */
				assert_in_range(change.created, 0, 8);
				assert_in_range(change.destroyed, 0, 8);
				assert_int_equal(change.part_ms, turn ? 1000 : 0);
			}
			churn_clear(&before);
		}
	}
}

/* With another number of buckets the same table comes in another order. */
static void a_table_hashed_anew_is_not_compared_in_parts(void **state)
{
	struct churn before = { 0 };
	struct table table = { 0, 50000 };
	struct churn_scan now = { 0 };
	struct churn_change change;

	(void)state;
	scan_part(&before, &table, 20000, 1 << 20, 1000, true);
	churn_begin(&now, &before, 20000, 1 << 20, true);
	for (uint32_t i = 0; i < 20000; i++)
		churn_add(&now, identity_of(i * 7 % 50000), i + 1);
	churn_finish(&now, &(struct churn_part){ 2000, 2000, 20000, 50000 }, &change);
	assert_int_equal(change.created + change.destroyed, 0);
	assert_int_equal(change.elapsed_ms, 0);
	assert_true(change.is_gap);
	assert_int_equal(churn_scale(&change, 1000), 0);
	/* a whole one is */
	scan_part(&before, &table, 50000, 1 << 20, 3000, true);
	change = scan_part(&before, &(struct table){ 10, 50000 }, 49990, 1 << 20, 4000, true);
	assert_int_equal(change.created, 0);
	assert_int_equal(change.destroyed, 10);
	churn_clear(&before);
}

/* The same, where it is known that the order is another; whole scans are compared as ever. */
static void after_a_reordering_one_scan_is_not_compared_in_parts(void **state)
{
	struct churn before = { 0 };
	struct table table = { 0, 50000 };
	struct churn_change change;

	(void)state;
	scan_part(&before, &table, 20000, 1 << 20, 1000, true);
	churn_reorder(&before);
	table.end += 5000;
	change = scan_part(&before, &table, 20000, 1 << 20, 2000, true);
	assert_int_equal(change.created + change.destroyed, 0);
	assert_int_equal(change.elapsed_ms, 0);
	assert_int_equal(churn_scale(&change, 1000), 0);
	/* the one behind it is, with what that one has met */
	change = scan_part(&before, &table, 20000, 1 << 20, 3000, true);
	assert_int_equal(change.created + change.destroyed, 0);
	assert_int_equal(change.elapsed_ms, 1000);
	scan_part(&before, &table, 55000, 1 << 20, 4000, true);
	churn_reorder(&before);
	table.first += 10;
	change = scan_part(&before, &table, 54990, 1 << 20, 5000, true);
	assert_int_equal(change.created, 0);
	assert_int_equal(change.destroyed, 10);
	assert_int_equal(change.elapsed_ms, 1000);
	churn_clear(&before);
}

/* Also where they are not spread as a hash is. */
static void every_identity_is_found_and_no_other(void **state)
{
	static uint32_t ids[3000];
	struct churn sorted = { .ids = ids, .is_known = true };
	struct churn_scan now = { .before = &sorted };
	size_t position;

	(void)state;
	for (int spread = 0; spread < 4; spread++) {
		for (sorted.count = 0; sorted.count < 3000; sorted.count += 1 + sorted.count) {
			for (uint32_t i = 0; i < sorted.count; i++)
				ids[i] = spread == 0   ? i * 1431655 + 7
					 : spread == 1 ? i * 2
					 : spread == 2
						 ? UINT32_MAX - 2 * (uint32_t)(sorted.count - i)
						 : i * i * 2;
			guide_build(&now);
			for (uint32_t i = 0; i < sorted.count; i++) {
				assert_true(find(&now, ids[i], &position));
				assert_int_equal(position, i);
				assert_false(find(&now, ids[i] + 1, &position));
			}
			assert_false(find(&now, UINT32_MAX, &position));
		}
	}
}

static void the_sort_sorts(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 31, 33, 1000, 100000 };

	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		for (int spread = 0; spread < 3; spread++) {
			uint32_t *ids = calloc(counts[c] + 1, sizeof(*ids));

			for (size_t i = 0; i < counts[c]; i++)
				ids[i] = spread == 0   ? identity_of((uint32_t)i)
					 : spread == 1 ? (uint32_t)(i % 7)
						       : (uint32_t)(counts[c] - i);
			radix_sort((struct pairs){ ids, NULL }, 0, counts[c], 24);
			for (size_t i = 1; i < counts[c]; i++)
				assert_true(ids[i - 1] <= ids[i]);
			free(ids);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(followed_fully_the_difference_is_exact),
		cmocka_unit_test(an_entry_met_twice_is_one),
		cmocka_unit_test(a_subset_is_right_within_its_statistical_error),
		cmocka_unit_test(a_flush_is_a_flush_and_no_jump_afterwards),
		cmocka_unit_test(a_failed_scan_is_as_if_it_had_not_been),
		cmocka_unit_test(halving_and_its_end_make_no_jump),
		cmocka_unit_test(what_is_met_again_counts_towards_the_limit),
		cmocka_unit_test(what_is_new_is_known_while_the_scan_runs),
		cmocka_unit_test(scans_of_unlike_length_make_no_jump),
		cmocka_unit_test(what_comes_and_goes_in_a_part_is_scaled_up),
		cmocka_unit_test(scans_that_grow_shorter_count_nothing_twice),
		cmocka_unit_test(from_exact_to_sample_and_back_makes_no_jump),
		cmocka_unit_test(an_identity_that_two_entries_share_makes_no_jump),
		cmocka_unit_test(a_table_hashed_anew_is_not_compared_in_parts),
		cmocka_unit_test(after_a_reordering_one_scan_is_not_compared_in_parts),
		cmocka_unit_test(every_identity_is_found_and_no_other),
		cmocka_unit_test(the_sort_sorts),
	};

	return cmocka_run_group_tests_name("identities", tests, NULL, NULL);
}
