/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/sketch.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT16_MAX

/* A key that is held. Counters of one count hang in a ring-less list below their bucket. */
struct counter {
	uint32_t error, marked;
	uint16_t chain;          /* 1 + the next one of the same hash; 0: none */
	uint16_t bucket;         /* which has the count */
	uint16_t previous, next; /* of the same bucket */
	uint64_t key[];          /* as many words as the sketch's keys have */
};

/* All counters of one count. Buckets hang in a list, from the lowest count up. */
struct bucket {
	uint32_t count;
	uint16_t first;
	uint16_t previous, next;
};

struct sketch {
	uint64_t seeds[SKETCH_SEEDS];
	uint32_t capacity, used;
	unsigned int words; /* of a key */
	unsigned int hash_bits;
	uint16_t lowest;       /* bucket; NONE: nothing is held */
	uint16_t free_buckets; /* a list by `next`, of those before bucket_count */
	uint16_t bucket_count; /* that were used at all */
	size_t counter_size;
	char *counters;         /* a struct counter with its key in each counter_size octets */
	struct bucket *buckets; /* one more than counters: moving up takes a new one before it frees
				 * the old one */
	uint16_t *heads;        /* 1 << hash_bits of them: as `chain` */
	uint16_t *order;        /* of all counters, for sketch_top() */
};

static struct counter *counter_at(const struct sketch *sketch, uint32_t at)
{
	return (struct counter *)(void *)(sketch->counters + at * sketch->counter_size);
}

struct sketch *sketch_new(uint32_t capacity, unsigned int words, const uint64_t seeds[SKETCH_SEEDS])
{
	struct sketch *sketch = calloc(1, sizeof(*sketch));

	if (!sketch)
		return NULL;
	sketch->capacity = capacity;
	sketch->words = words;
	sketch->counter_size = sizeof(struct counter) + words * sizeof(uint64_t);
	sketch->hash_bits = 1;
	/* enough that a key which is not held rarely meets another one */
	while ((1U << sketch->hash_bits) < capacity * 4)
		sketch->hash_bits++;
	memcpy(sketch->seeds, seeds, sizeof(sketch->seeds));
	sketch->counters = calloc(capacity, sketch->counter_size);
	sketch->buckets = calloc(capacity + 1, sizeof(*sketch->buckets));
	sketch->heads = calloc((size_t)1 << sketch->hash_bits, sizeof(*sketch->heads));
	sketch->order = calloc(capacity, sizeof(*sketch->order));
	if (!sketch->counters || !sketch->buckets || !sketch->heads || !sketch->order) {
		sketch_free(sketch);
		return NULL;
	}
	sketch_clear(sketch);
	return sketch;
}

void sketch_free(struct sketch *sketch)
{
	if (!sketch)
		return;
	free(sketch->counters);
	free(sketch->buckets);
	free(sketch->heads);
	free(sketch->order);
	free(sketch);
}

/* One that is new or was not used is not touched: so it takes no memory. */
void sketch_clear(struct sketch *sketch)
{
	if (sketch->used)
		memset(sketch->heads, 0, sizeof(*sketch->heads) << sketch->hash_bits);
	sketch->used = 0;
	sketch->lowest = sketch->free_buckets = NONE;
	sketch->bucket_count = 0;
}

/* Multiply-shift over pairs of 32-bit parts: for any two keys, the chance over the seeds that they
 * meet is that of a random function (Dietzfelbinger 1996; Thorup, High Speed Hashing, 2015). */
static uint32_t hash(const struct sketch *sketch, const uint64_t *key)
{
	const uint64_t *seed = sketch->seeds;
	uint64_t sum = seed[2 * SKETCH_WORDS];

	for (unsigned int i = 0; i < sketch->words; i++)
		sum += (seed[2 * i] + (key[i] >> 32)) * (seed[2 * i + 1] + (key[i] & 0xffffffff));
	return (uint32_t)(sum >> (64 - sketch->hash_bits));
}

int sketch_key_compare(const struct sketch_key *one, const struct sketch_key *other)
{
	for (int i = 0; i < SKETCH_WORDS; i++) {
		if (one->word[i] != other->word[i])
			return one->word[i] < other->word[i] ? -1 : 1;
	}
	return 0;
}

static bool key_equal(const struct sketch *sketch, const uint64_t *one, const uint64_t *other)
{
	for (unsigned int i = sketch->words; i > 0; i--) {
		if (one[i - 1] != other[i - 1])
			return false;
	}
	return true;
}

static uint16_t find(const struct sketch *sketch, const struct sketch_key *key, uint32_t slot)
{
	uint16_t at = (uint16_t)(sketch->heads[slot] - 1); /* NONE, if it is 0 */

	while (at != NONE && !key_equal(sketch, counter_at(sketch, at)->key, key->word))
		at = (uint16_t)(counter_at(sketch, at)->chain - 1);
	return at;
}

static void unchain(struct sketch *sketch, uint16_t at)
{
	uint16_t *link = &sketch->heads[hash(sketch, counter_at(sketch, at)->key)];

	while (*link != at + 1)
		link = &counter_at(sketch, *link - 1U)->chain;
	*link = counter_at(sketch, at)->chain;
}

/* A bucket for `count` behind `previous` (NONE: at the front). */
static uint16_t bucket_insert(struct sketch *sketch, uint16_t previous, uint32_t count)
{
	bool is_new = sketch->free_buckets == NONE;
	uint16_t at = is_new ? sketch->bucket_count++ : sketch->free_buckets;
	struct bucket *bucket = &sketch->buckets[at];
	uint16_t *link = previous == NONE ? &sketch->lowest : &sketch->buckets[previous].next;

	if (!is_new)
		sketch->free_buckets = bucket->next;
	*bucket = (struct bucket){ count, NONE, previous, *link };
	if (bucket->next != NONE)
		sketch->buckets[bucket->next].previous = at;
	*link = at;
	return at;
}

static void bucket_remove(struct sketch *sketch, uint16_t at)
{
	struct bucket *bucket = &sketch->buckets[at];

	if (bucket->previous == NONE)
		sketch->lowest = bucket->next;
	else
		sketch->buckets[bucket->previous].next = bucket->next;
	if (bucket->next != NONE)
		sketch->buckets[bucket->next].previous = bucket->previous;
	bucket->next = sketch->free_buckets;
	sketch->free_buckets = at;
}

static void attach(struct sketch *sketch, uint16_t at, uint16_t to)
{
	struct counter *counter = counter_at(sketch, at);
	struct bucket *bucket = &sketch->buckets[to];

	counter->bucket = to;
	counter->previous = NONE;
	counter->next = bucket->first;
	if (bucket->first != NONE)
		counter_at(sketch, bucket->first)->previous = at;
	bucket->first = at;
}

static void detach(struct sketch *sketch, uint16_t at)
{
	struct counter *counter = counter_at(sketch, at);

	if (counter->previous == NONE)
		sketch->buckets[counter->bucket].first = counter->next;
	else
		counter_at(sketch, counter->previous)->next = counter->next;
	if (counter->next != NONE)
		counter_at(sketch, counter->next)->previous = counter->previous;
}

/* One more for this counter: up into the next bucket. */
static void increment(struct sketch *sketch, uint16_t at)
{
	uint16_t from = counter_at(sketch, at)->bucket;
	struct bucket *bucket = &sketch->buckets[from];
	uint16_t up = bucket->next;
	bool alone = bucket->first == at && counter_at(sketch, at)->next == NONE;
	bool has_up = up != NONE && sketch->buckets[up].count == bucket->count + 1;

	if (alone && !has_up) {
		bucket->count++;
		return;
	}
	if (!has_up)
		up = bucket_insert(sketch, from, bucket->count + 1);
	detach(sketch, at);
	attach(sketch, at, up);
	if (alone)
		bucket_remove(sketch, from);
}

static void take_up(struct sketch *sketch, uint16_t at, const struct sketch_key *key, uint32_t slot,
		    uint32_t error)
{
	struct counter *counter = counter_at(sketch, at);

	memcpy(counter->key, key->word, sketch->words * sizeof(counter->key[0]));
	counter->error = error;
	counter->marked = 0;
	counter->chain = sketch->heads[slot];
	sketch->heads[slot] = (uint16_t)(at + 1);
}

void sketch_add(struct sketch *sketch, const struct sketch_key *key, bool marked)
{
	uint32_t slot = hash(sketch, key->word);
	uint16_t at = find(sketch, key, slot);

	if (at != NONE) {
		increment(sketch, at);
	} else if (sketch->used < sketch->capacity) {
		at = (uint16_t)sketch->used++;
		take_up(sketch, at, key, slot, 0);
		if (sketch->lowest == NONE || sketch->buckets[sketch->lowest].count != 1)
			bucket_insert(sketch, NONE, 1);
		attach(sketch, at, sketch->lowest);
	} else {
		/* the new key takes the place, and the count, of one with the lowest count */
		at = sketch->buckets[sketch->lowest].first;
		unchain(sketch, at);
		take_up(sketch, at, key, slot, sketch->buckets[sketch->lowest].count);
		increment(sketch, at);
	}
	counter_at(sketch, at)->marked += marked;
}

static struct sketch_item item_of(const struct sketch *sketch, uint32_t at)
{
	const struct counter *counter = counter_at(sketch, at);
	struct sketch_item item = {
		.count = sketch->buckets[counter->bucket].count,
		.error = counter->error,
		.marked = counter->marked,
	};

	memcpy(item.key.word, counter->key, sketch->words * sizeof(counter->key[0]));
	return item;
}

bool sketch_find(const struct sketch *sketch, const struct sketch_key *key,
		 struct sketch_item *item)
{
	uint16_t at = find(sketch, key, hash(sketch, key->word));

	if (at == NONE)
		return false;
	*item = item_of(sketch, at);
	return true;
}

/* Of two counters, by their number. */
static int order_compare(const void *one, const void *other, void *context)
{
	const struct sketch *sketch = context;
	const struct counter *first = counter_at(sketch, *(const uint16_t *)one);
	const struct counter *second = counter_at(sketch, *(const uint16_t *)other);
	uint32_t count = sketch->buckets[first->bucket].count;
	uint32_t with = sketch->buckets[second->bucket].count;

	if (count != with)
		return count > with ? -1 : 1;
	for (unsigned int i = 0; i < sketch->words; i++) {
		if (first->key[i] != second->key[i])
			return first->key[i] < second->key[i] ? -1 : 1;
	}
	return 0;
}

size_t sketch_count(const struct sketch *sketch)
{
	return sketch->used;
}

size_t sketch_top(const struct sketch *sketch, struct sketch_item *items, size_t max)
{
	size_t count = sketch->used < max ? sketch->used : max;

	for (uint32_t i = 0; i < sketch->used; i++)
		sketch->order[i] = (uint16_t)i;
	/* numbers are sorted, not items: those would need room for all */
	qsort_r(sketch->order, sketch->used, sizeof(sketch->order[0]), order_compare,
		(void *)(uintptr_t)sketch);
	for (size_t i = 0; i < count; i++)
		items[i] = item_of(sketch, sketch->order[i]);
	return count;
}
