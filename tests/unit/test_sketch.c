/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sketch promises, held against an exact count on streams of every kind. */
#include "scan/sketch.c"

#include <malloc.h>
#include <math.h>

#include "test.h"

#define CAPACITY 256

static const uint64_t seeds[SKETCH_SEEDS] = {
	0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0x2545f4914f6cdd1d,
	0xd6e8feb86659fd93, 0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3,
	0x589965cc75374cc3, 0x1d8e4e27c47d124f, 0xeb44accab455d165
};

/* xorshift64*: the same stream in every run. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

static struct sketch_key key_of(uint32_t number)
{
	return (struct sketch_key){ { 1, (uint64_t)number << 32, 0 } };
}

struct stream {
	struct sketch *sketch;
	uint32_t *exact; /* by number */
	uint32_t numbers, capacity, seen;
};

static struct stream stream_of(uint32_t numbers, uint32_t capacity)
{
	struct stream stream = { sketch_new(capacity, 3, seeds), calloc(numbers, sizeof(uint32_t)),
				 numbers, capacity, 0 };

	assert_non_null(stream.sketch);
	assert_non_null(stream.exact);
	return stream;
}

static struct stream stream_new(uint32_t numbers)
{
	return stream_of(numbers, CAPACITY);
}

static void stream_add(struct stream *stream, uint32_t number)
{
	struct sketch_key key = key_of(number);

	sketch_add(stream->sketch, &key, false);
	stream->exact[number]++;
	stream->seen++;
}

static bool is_before(const struct sketch_item *one, const struct sketch_item *other)
{
	if (one->count != other->count)
		return one->count > other->count;
	return sketch_key_compare(&one->key, &other->key) < 0;
}

/* All the guarantees of the header, for every key of the stream. */
static void stream_verify(struct stream *stream)
{
	struct sketch_item items[CAPACITY * 2], item;
	size_t count = sketch_top(stream->sketch, items, CAPACITY * 2);
	uint64_t sum = 0;

	assert_int_equal(count, sketch_count(stream->sketch));

	for (size_t i = 0; i < count; i++) {
		uint32_t true_count = stream->exact[items[i].key.word[1] >> 32];

		sum += items[i].count - items[i].error;
		if (items[i].count < true_count || items[i].count - items[i].error > true_count)
			fail_msg("a key seen %u times is shown as %u with an error of %u",
				 true_count, items[i].count, items[i].error);
		assert_true(items[i].error <= stream->seen / stream->capacity);
		if (i > 0)
			assert_true(is_before(&items[i - 1], &items[i]));
	}
	assert_true(sum <= stream->seen); /* no occurrence is counted twice */
	for (uint32_t number = 0; number < stream->numbers; number++) {
		struct sketch_key key = key_of(number);

		if (stream->exact[number] > stream->seen / stream->capacity &&
		    !sketch_find(stream->sketch, &key, &item))
			fail_msg("a key seen %u of %u times is missing", stream->exact[number],
				 stream->seen);
	}
	sketch_free(stream->sketch);
	free(stream->exact);
}

static void a_uniform_stream(void **state)
{
	struct stream stream = stream_new(5000);
	uint64_t random = 1;

	(void)state;
	for (int i = 0; i < 300000; i++)
		stream_add(&stream, (uint32_t)(next_random(&random) % 5000));
	stream_verify(&stream);
}

static void a_zipf_stream(void **state)
{
	struct stream stream = stream_new(20000);
	struct sketch_item items[CAPACITY];
	uint64_t random = 2;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		double even = (double)(next_random(&random) >> 11) / 9007199254740992.0;

		/* the inverse of a distribution whose density falls as 1 / x */
		stream_add(&stream, (uint32_t)(pow(20000, even)) - 1);
	}
	/* the heavy ones come out exactly in their order */
	assert_int_equal(sketch_top(stream.sketch, items, 5), 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(items[i].key.word[1] >> 32, i);
	stream_verify(&stream);
}

/* Newcomers only, in rounds of one more than there is room for: the worst that can be sent. */
static void an_adversarial_stream(void **state)
{
	struct stream stream = stream_new(CAPACITY + 1);

	(void)state;
	for (int i = 0; i < 300000; i++)
		stream_add(&stream, (uint32_t)i % (CAPACITY + 1));
	stream_verify(&stream);
}

/* Three heavy keys, counts of others beyond what a cell can tell, and then one of these grows. */
static void a_stream_that_is_long_for_its_sketch(void **state)
{
	struct stream stream = stream_of(67, 4);
	uint64_t random = 4;

	(void)state;
	for (uint32_t i = 0; i < 3000000; i++)
		stream_add(&stream, i % 3 ? (uint32_t)(next_random(&random) % 64)
					  : 64 + (uint32_t)(next_random(&random) % 3));
	assert_true(stream.sketch->floor > UNHELD_MAX);
	for (uint32_t i = 0; i < 1200000; i++)
		stream_add(&stream, 1);
	stream_verify(&stream);
}

/* A heavy key under a flood of others that come once each, at the start, the end, and throughout.
 */
static void a_heavy_key_is_not_washed_away(void **state)
{
	for (int when = 0; when < 3; when++) {
		struct stream stream = stream_new(200001);
		struct sketch_item item;
		struct sketch_key heavy = key_of(200000);

		(void)state;
		for (uint32_t i = 0; i < 200000; i++) {
			bool turn = when == 0 ? i < 1000 : when == 1 ? i >= 199000 : i % 200 == 0;

			stream_add(&stream, i);
			if (turn)
				stream_add(&stream, 200000);
		}
		assert_true(sketch_find(stream.sketch, &heavy, &item));
		assert_true(item.count >= 1000 && item.count - item.error <= 1000);
		assert_int_equal(
			sketch_top(stream.sketch, &(struct sketch_item[CAPACITY]){ 0 }[0], 1), 1);
		stream_verify(&stream);
	}
}

/* mallinfo2() is of glibc 2.33; the counts of the one before it are of an int, and enough here. */
static size_t heap_in_use(void)
{
#if !defined(__GLIBC__)
	return 0; /* musl does not tell */
#elif __GLIBC_PREREQ(2, 33)
	return mallinfo2().uordblks;
#else
	return (size_t)mallinfo().uordblks;
#endif
}

static void ten_million_spoofed_sources_take_no_more_memory(void **state)
{
	struct sketch *sketch = sketch_new(CAPACITY, 3, seeds);
	struct sketch_item items[CAPACITY];
	size_t before = heap_in_use();
	uint64_t random = 3;

	(void)state;
	for (uint32_t i = 0; i < 10000000; i++) {
		struct sketch_key key = { { 2, next_random(&random), next_random(&random) } };

		sketch_add(sketch, &key, true);
	}
	assert_int_equal(heap_in_use(), before);
	assert_int_equal(sketch_top(sketch, items, CAPACITY), CAPACITY);
	assert_true(items[0].count <= 10000000 / CAPACITY + 1);
	sketch_free(sketch);
}

static void equal_counts_stand_in_the_order_of_their_keys(void **state)
{
	static const uint32_t order[] = { 70, 3, 50, 9, 1 };
	struct sketch *sketch = sketch_new(CAPACITY, 3, seeds);
	struct sketch_item items[CAPACITY];
	struct sketch_key key = key_of(9);

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		key = key_of(order[i]);
		sketch_add(sketch, &key, i % 2);
	}
	key = key_of(9);
	sketch_add(sketch, &key, true);
	assert_int_equal(sketch_top(sketch, items, CAPACITY), 5);
	assert_int_equal(items[0].key.word[1] >> 32, 9);
	assert_int_equal(items[0].count, 2);
	assert_int_equal(items[0].marked, 2);
	assert_int_equal(items[1].key.word[1] >> 32, 1);
	assert_int_equal(items[2].key.word[1] >> 32, 3);
	assert_int_equal(items[3].key.word[1] >> 32, 50);
	assert_int_equal(items[4].key.word[1] >> 32, 70);
	sketch_clear(sketch);
	assert_int_equal(sketch_top(sketch, items, CAPACITY), 0);
	assert_false(sketch_find(sketch, &key, &items[0]));
	sketch_free(sketch);
}

static void many_at_once_count_as_one_after_the_other(void **state)
{
	struct sketch *one = sketch_new(CAPACITY, 3, seeds), *many = sketch_new(CAPACITY, 3, seeds);
	struct sketch_item expected[CAPACITY * 2], items[CAPACITY * 2];
	uint64_t random = 5;
	size_t count;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct sketch_key keys[SKETCH_MANY];
		bool marked[SKETCH_MANY];

		count = (size_t)(next_random(&random) % (SKETCH_MANY + 1));
		for (size_t k = 0; k < count; k++) {
			keys[k] = key_of((uint32_t)(next_random(&random) % 3000));
			marked[k] = next_random(&random) % 2;
			sketch_add(one, &keys[k], marked[k]);
		}
		sketch_add_many(many, keys, marked, count);
	}
	count = sketch_top(one, expected, CAPACITY * 2);
	assert_true(count >= CAPACITY);
	assert_int_equal(sketch_top(many, items, CAPACITY * 2), count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(sketch_key_compare(&items[i].key, &expected[i].key), 0);
		assert_int_equal(items[i].count, expected[i].count);
		assert_int_equal(items[i].error, expected[i].error);
		assert_int_equal(items[i].marked, expected[i].marked);
	}
	sketch_free(one);
	sketch_free(many);
}

/* Keys of all words that differ in one of them only, also in their high and low halves. */
static void wide_keys_are_told_apart_by_each_word(void **state)
{
	struct sketch *sketch = sketch_new(CAPACITY, SKETCH_WORDS, seeds);
	struct sketch_item items[CAPACITY], item;

	(void)state;
	for (unsigned int i = 0; i < 2 * SKETCH_WORDS; i++) {
		struct sketch_key key = { { 7, 7, 7, 7, 7 } };

		key.word[i / 2] += 1ULL << (i % 2 * 32);
		for (unsigned int times = 0; times <= i; times++)
			sketch_add(sketch, &key, false);
		assert_true(sketch_find(sketch, &key, &item));
		assert_int_equal(sketch_key_compare(&item.key, &key), 0);
		assert_int_equal(item.count, i + 1);
	}
	assert_int_equal(sketch_top(sketch, items, CAPACITY), 2 * SKETCH_WORDS);
	sketch_clear(sketch);
	/* so many that some meet in the hash */
	for (unsigned int i = 0; i < CAPACITY; i++) {
		const struct sketch_key key = { { 7, 7, 7, i % 2 ? i : 7, i % 2 ? 7 : i } };

		sketch_add(sketch, &key, false);
	}
	sketch_top(sketch, items, CAPACITY);
	assert_int_equal(items[0].count, 1);
	for (size_t i = 1; i < CAPACITY; i++)
		assert_true(is_before(&items[i - 1], &items[i]));
	sketch_free(sketch);
}

/* They use the first words only, whatever the others would be. */
static void items_of_narrow_keys_have_no_other_words(void **state)
{
	struct sketch *sketch = sketch_new(CAPACITY, 2, seeds);
	const struct sketch_key key = { { 1, 2 } };
	struct sketch_item item;

	(void)state;
	memset(&item, 0xff, sizeof(item));
	sketch_add(sketch, &key, true);
	assert_int_equal(sketch_top(sketch, &item, 1), 1);
	assert_int_equal(sketch_key_compare(&item.key, &key), 0);
	sketch_free(sketch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_uniform_stream),
		cmocka_unit_test(a_zipf_stream),
		cmocka_unit_test(an_adversarial_stream),
		cmocka_unit_test(a_stream_that_is_long_for_its_sketch),
		cmocka_unit_test(a_heavy_key_is_not_washed_away),
		cmocka_unit_test(ten_million_spoofed_sources_take_no_more_memory),
		cmocka_unit_test(equal_counts_stand_in_the_order_of_their_keys),
		cmocka_unit_test(many_at_once_count_as_one_after_the_other),
		cmocka_unit_test(wide_keys_are_told_apart_by_each_word),
		cmocka_unit_test(items_of_narrow_keys_have_no_other_words),
	};

	return cmocka_run_group_tests_name("sketch", tests, NULL, NULL);
}
