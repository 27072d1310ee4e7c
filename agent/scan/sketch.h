/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The most frequent keys of a stream, in fixed memory: Space-Saving (Metwally, Agrawal, El Abbadi:
 * Efficient Computation of Frequent and Top-k Elements in Data Streams, 2005), filtered (Homem,
 * Carvalho: Finding top-k elements in data streams, 2010). A key gets a counter only if it may have
 * been seen as often as those that have one: of a flood of keys that come once, three of four take
 * no more than a look at one word of memory. And the keys with the lowest counts are not replaced
 * one by one, but many at once. Pure: no I/O.
 *
 * A sketch of `capacity` counters that has seen N keys
 *  - holds every key that was seen more than N / capacity times,
 *  - never counts a key that it holds too low, and at most `error` too high,
 *  - has no `error` above N / capacity.
 * Adding takes O(1) on average, whatever the stream. */
#ifndef SKETCH_H
#define SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SKETCH_CAPACITY_MAX 32768
#define SKETCH_MANY         64
#define SKETCH_WORDS        5
#define SKETCH_SEEDS        (2 * SKETCH_WORDS + 1)

/* Compared and ordered as so many numbers, the first one first. A sketch may use only the first
 * words: then the others are 0. */
struct sketch_key {
	uint64_t word[SKETCH_WORDS];
};

struct sketch_item {
	struct sketch_key key;
	uint32_t count;
	uint32_t error;  /* `count` is at most this much too high */
	uint32_t marked; /* of the occurrences counted since the key was last taken in: those with
			  * the mark */
};

struct sketch;

/* For keys that use `words`. `seeds` should be random and secret: whoever can predict the hash can
 * make it slow. NULL with ENOMEM. */
struct sketch *sketch_new(uint32_t capacity, unsigned int words,
			  const uint64_t seeds[SKETCH_SEEDS]);
void sketch_free(struct sketch *sketch);

/* Forgets everything but the seeds. */
void sketch_clear(struct sketch *sketch);

/* Counts one occurrence. */
void sketch_add(struct sketch *sketch, const struct sketch_key *key, bool marked);

/* The same for each of at most SKETCH_MANY keys. Their memory is fetched at the same time, not one
 * after the other. */
void sketch_add_many(struct sketch *sketch, const struct sketch_key *keys, const bool *marked,
		     size_t count);

/* Less than, equal to or greater than 0: as `one` is before, equal to or after `other`. */
int sketch_key_compare(const struct sketch_key *one, const struct sketch_key *other);

/* False, with `item` unchanged, if the key is not held. */
bool sketch_find(const struct sketch *sketch, const struct sketch_key *key,
		 struct sketch_item *item);

/* How many keys it holds. */
size_t sketch_count(const struct sketch *sketch);

/* The first `max` keys by count (highest first), then by key; returns how many. */
size_t sketch_top(const struct sketch *sketch, struct sketch_item *items, size_t max);

#endif
