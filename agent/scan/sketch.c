/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/sketch.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT16_MAX

/* A key that is held. Counters of one count hang in a ring-less list below their bucket. */
struct counter {
	struct sketch_key key;
	uint32_t error, marked;
	uint16_t chain;          /* the next one of the same hash */
	uint16_t bucket;         /* which has the count */
	uint16_t previous, next; /* of the same bucket */
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
	unsigned int hash_bits;
	uint16_t lowest;       /* bucket; NONE: nothing is held */
	uint16_t free_buckets; /* a list by `next` */
	struct counter *counters;
	struct bucket *buckets; /* one more than counters: moving up takes a new one before it frees
				 * the old one */
	uint16_t *heads;        /* 1 << hash_bits of them */
};

struct sketch *sketch_new(uint32_t capacity, const uint64_t seeds[SKETCH_SEEDS])
{
	struct sketch *sketch = calloc(1, sizeof(*sketch));

	if (!sketch)
		return NULL;
	sketch->capacity = capacity;
	sketch->hash_bits = 1;
	/* enough that a key which is not held rarely meets another one */
	while ((1U << sketch->hash_bits) < capacity * 8)
		sketch->hash_bits++;
	memcpy(sketch->seeds, seeds, sizeof(sketch->seeds));
	sketch->counters = calloc(capacity, sizeof(*sketch->counters));
	sketch->buckets = calloc(capacity + 1, sizeof(*sketch->buckets));
	sketch->heads = calloc((size_t)1 << sketch->hash_bits, sizeof(*sketch->heads));
	if (!sketch->counters || !sketch->buckets || !sketch->heads) {
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
	free(sketch);
}

void sketch_clear(struct sketch *sketch)
{
	sketch->used = 0;
	sketch->lowest = NONE;
	memset(sketch->heads, 0xff, sizeof(*sketch->heads) << sketch->hash_bits);
	for (uint32_t i = 0; i < sketch->capacity; i++)
		sketch->buckets[i].next = (uint16_t)(i + 1);
	sketch->buckets[sketch->capacity].next = NONE;
	sketch->free_buckets = 0;
}

/* Multiply-shift over pairs of 32-bit parts: for any two keys, the chance over the seeds that they
 * meet is that of a random function (Dietzfelbinger 1996; Thorup, High Speed Hashing, 2015). */
static uint32_t hash(const struct sketch *sketch, const struct sketch_key *key)
{
	const uint64_t *seed = sketch->seeds;
	uint64_t sum = seed[6];

	for (int i = 0; i < 3; i++)
		sum += (seed[2 * i] + (key->word[i] >> 32)) *
		       (seed[2 * i + 1] + (key->word[i] & 0xffffffff));
	return (uint32_t)(sum >> (64 - sketch->hash_bits));
}

int sketch_key_compare(const struct sketch_key *one, const struct sketch_key *other)
{
	for (int i = 0; i < 3; i++) {
		if (one->word[i] != other->word[i])
			return one->word[i] < other->word[i] ? -1 : 1;
	}
	return 0;
}

static bool key_equal(const struct sketch_key *one, const struct sketch_key *other)
{
	return one->word[1] == other->word[1] && one->word[0] == other->word[0] &&
	       one->word[2] == other->word[2];
}

static uint16_t find(const struct sketch *sketch, const struct sketch_key *key, uint32_t slot)
{
	uint16_t at = sketch->heads[slot];

	while (at != NONE && !key_equal(&sketch->counters[at].key, key))
		at = sketch->counters[at].chain;
	return at;
}

static void unchain(struct sketch *sketch, uint16_t at)
{
	uint16_t *link = &sketch->heads[hash(sketch, &sketch->counters[at].key)];

	while (*link != at)
		link = &sketch->counters[*link].chain;
	*link = sketch->counters[at].chain;
}

/* A bucket for `count` behind `previous` (NONE: at the front). */
static uint16_t bucket_insert(struct sketch *sketch, uint16_t previous, uint32_t count)
{
	uint16_t at = sketch->free_buckets;
	struct bucket *bucket = &sketch->buckets[at];
	uint16_t *link = previous == NONE ? &sketch->lowest : &sketch->buckets[previous].next;

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
	struct counter *counter = &sketch->counters[at];
	struct bucket *bucket = &sketch->buckets[to];

	counter->bucket = to;
	counter->previous = NONE;
	counter->next = bucket->first;
	if (bucket->first != NONE)
		sketch->counters[bucket->first].previous = at;
	bucket->first = at;
}

static void detach(struct sketch *sketch, uint16_t at)
{
	struct counter *counter = &sketch->counters[at];

	if (counter->previous == NONE)
		sketch->buckets[counter->bucket].first = counter->next;
	else
		sketch->counters[counter->previous].next = counter->next;
	if (counter->next != NONE)
		sketch->counters[counter->next].previous = counter->previous;
}

/* One more for this counter: up into the next bucket. */
static void increment(struct sketch *sketch, uint16_t at)
{
	uint16_t from = sketch->counters[at].bucket;
	struct bucket *bucket = &sketch->buckets[from];
	uint16_t up = bucket->next;
	bool alone = bucket->first == at && sketch->counters[at].next == NONE;
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
	struct counter *counter = &sketch->counters[at];

	counter->key = *key;
	counter->error = error;
	counter->marked = 0;
	counter->chain = sketch->heads[slot];
	sketch->heads[slot] = at;
}

void sketch_add(struct sketch *sketch, const struct sketch_key *key, bool marked)
{
	uint32_t slot = hash(sketch, key);
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
	sketch->counters[at].marked += marked;
}

static struct sketch_item item_of(const struct sketch *sketch, uint32_t at)
{
	const struct counter *counter = &sketch->counters[at];

	return (struct sketch_item){ counter->key, sketch->buckets[counter->bucket].count,
				     counter->error, counter->marked };
}

bool sketch_find(const struct sketch *sketch, const struct sketch_key *key,
		 struct sketch_item *item)
{
	uint16_t at = find(sketch, key, hash(sketch, key));

	if (at == NONE)
		return false;
	*item = item_of(sketch, at);
	return true;
}

static int item_compare(const void *one, const void *other)
{
	const struct sketch_item *first = one, *second = other;

	if (first->count != second->count)
		return first->count > second->count ? -1 : 1;
	return sketch_key_compare(&first->key, &second->key);
}

size_t sketch_count(const struct sketch *sketch)
{
	return sketch->used;
}

size_t sketch_top(const struct sketch *sketch, struct sketch_item *items, size_t max)
{
	for (uint32_t i = 0; i < sketch->used; i++)
		items[i] = item_of(sketch, i);
	qsort(items, sketch->used, sizeof(*items), item_compare);
	return sketch->used < max ? sketch->used : max;
}
