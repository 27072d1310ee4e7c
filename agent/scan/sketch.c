/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/sketch.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

/* Counts up to so many above the floor are looked at first: most keys of a flood are there. */
#define NEAR 16

#define UNHELD_MAX UINT16_MAX

/* The more, the fewer keys of a flood get a counter. */
#define CELLS_PER_KEY 4

/* What belongs to a key that is held, beside its count. */
struct counter {
	uint32_t error, marked;
	uint64_t key[]; /* as many words as the sketch's keys have */
};

/* All keys of one hash. */
struct cell {
	uint16_t unheld; /* none that is not held was seen more often; UNHELD_MAX: unknown */
	uint16_t first;  /* 1 + the place of the first counter of those held; 0: there is none */
};

struct sketch {
	uint64_t seeds[SKETCH_SEEDS];
	uint32_t capacity, room;
	uint32_t used;       /* counters that were used at all */
	uint32_t free_count; /* of these, how many are free again */
	uint32_t floor;      /* a key that is not held was seen no more often */
	unsigned int words;  /* of a key */
	unsigned int cell_bits;
	size_t counter_size;
	uint32_t *counts;   /* each key was seen no more often; 0: the counter is free */
	char *counters;     /* a struct counter with its key in each counter_size octets */
	struct cell *cells; /* 1 << cell_bits of them */
	uint16_t *next;     /* of each counter: as `first`, of the same cell */
	uint16_t *free;     /* places of counters */
	uint16_t *order;    /* of all counters, for sketch_top() */
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
	sketch->room = capacity + capacity / 8 + 1;
	sketch->words = words;
	sketch->counter_size = sizeof(struct counter) + words * sizeof(uint64_t);
	sketch->cell_bits = 1;
	while ((1U << sketch->cell_bits) < capacity * CELLS_PER_KEY)
		sketch->cell_bits++;
	memcpy(sketch->seeds, seeds, sizeof(sketch->seeds));
	sketch->counts = calloc(sketch->room, sizeof(*sketch->counts));
	sketch->counters = calloc(sketch->room, sketch->counter_size);
	sketch->cells = calloc((size_t)1 << sketch->cell_bits, sizeof(*sketch->cells));
	sketch->next = calloc(sketch->room, sizeof(*sketch->next));
	/* one more: choose_victims() writes before it knows */
	sketch->free = calloc(sketch->room - capacity + 1, sizeof(*sketch->free));
	sketch->order = calloc(sketch->room, sizeof(*sketch->order));
	if (!sketch->counts || !sketch->counters || !sketch->cells || !sketch->next ||
	    !sketch->free || !sketch->order) {
		sketch_free(sketch);
		return NULL;
	}
	return sketch;
}

void sketch_free(struct sketch *sketch)
{
	if (!sketch)
		return;
	free(sketch->counts);
	free(sketch->counters);
	free(sketch->cells);
	free(sketch->next);
	free(sketch->free);
	free(sketch->order);
	free(sketch);
}

/* One that is new or was not used is not touched: so it takes no memory. */
void sketch_clear(struct sketch *sketch)
{
	if (sketch->used)
		memset(sketch->cells, 0, sizeof(*sketch->cells) << sketch->cell_bits);
	sketch->used = sketch->free_count = sketch->floor = 0;
}

/* The number of the key's cell. Multiply-shift over pairs of 32-bit parts: for any two keys, the
 * chance over the seeds that they meet is that of a random function (Dietzfelbinger 1996; Thorup,
 * High Speed Hashing, 2015). */
static uint32_t hash(const struct sketch *sketch, const uint64_t *key)
{
	const uint64_t *seed = sketch->seeds;
	uint64_t sum = seed[2 * SKETCH_WORDS];

	for (unsigned int i = 0; i < sketch->words; i++)
		sum += (seed[2 * i] + (key[i] >> 32)) * (seed[2 * i + 1] + (key[i] & 0xffffffff));
	return (uint32_t)(sum >> (64 - sketch->cell_bits));
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

static uint32_t find(const struct sketch *sketch, const struct sketch_key *key,
		     const struct cell *cell)
{
	uint32_t link = cell->first;

	while (link && !key_equal(sketch, counter_at(sketch, link - 1)->key, key->word))
		link = sketch->next[link - 1];
	return link ? link - 1 : NONE;
}

static uint32_t count_up_to(const struct sketch *sketch, uint32_t limit)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < sketch->used; i++)
		found += sketch->counts[i] <= limit;
	return found;
}

/* The lowest limit, from `low` on, that `wanted` counts keep to. */
static uint32_t search_floor(const struct sketch *sketch, uint32_t low, uint32_t wanted)
{
	uint32_t high = UINT32_MAX;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (count_up_to(sketch, middle) < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The new floor: the lowest number that `wanted` counts do not exceed. `below`: how many are lower
 * than it. */
static uint32_t raise_floor(const struct sketch *sketch, uint32_t wanted, uint32_t *below)
{
	uint32_t near[NEAR] = { 0 }, floor;

	for (uint32_t i = 0; i < sketch->used; i++) {
		uint32_t above = sketch->counts[i] - sketch->floor;

		near[above < NEAR - 1 ? above : NEAR - 1]++;
	}
	*below = 0;
	for (uint32_t above = 0; above < NEAR - 1; above++) {
		if (*below + near[above] >= wanted)
			return sketch->floor + above;
		*below += near[above];
	}
	floor = search_floor(sketch, sketch->floor + NEAR - 1, wanted);
	*below = count_up_to(sketch, floor - 1);
	return floor;
}

/* Frees the counters that must go, of those at the floor only the first `equal`. Which ones these
 * are is random to the processor: so nothing branches here. */
static void choose_victims(struct sketch *sketch, uint32_t floor, uint32_t equal)
{
	for (uint32_t at = 0; at < sketch->used; at++) {
		uint32_t is_equal = (sketch->counts[at] == floor) & (equal > 0);

		sketch->free[sketch->free_count] = (uint16_t)at;
		sketch->free_count += (sketch->counts[at] < floor) | is_equal;
		equal -= is_equal;
	}
}

/* Its cell knows from now on how often the key was seen at most. */
static void release(struct sketch *sketch, uint32_t at)
{
	struct cell *cell = &sketch->cells[hash(sketch, counter_at(sketch, at)->key)];
	uint32_t count = sketch->counts[at] < UNHELD_MAX ? sketch->counts[at] : UNHELD_MAX;
	uint16_t *link = &cell->first;

	while (*link != at + 1)
		link = &sketch->next[*link - 1];
	*link = sketch->next[at];
	cell->unheld = (uint16_t)(count > cell->unheld ? count : cell->unheld);
	sketch->counts[at] = 0;
}

/* All but `capacity` keys go, those with the lowest counts. Before that, the counts of more than
 * `capacity` keys were as high as the new floor or higher: so it is less than N / capacity. */
static void purge(struct sketch *sketch)
{
	uint32_t surplus = sketch->used - sketch->capacity, below;

	sketch->floor = raise_floor(sketch, surplus, &below);
	choose_victims(sketch, sketch->floor, surplus - below);
	for (uint32_t i = 0; i < sketch->free_count; i++)
		release(sketch, sketch->free[i]);
}

/* There always is one: see add(). */
static uint32_t take_place(struct sketch *sketch)
{
	if (sketch->used < sketch->room)
		return sketch->used++;
	return sketch->free[--sketch->free_count];
}

/* How often a key that is not held was seen at most. */
static uint32_t unheld(const struct sketch *sketch, const struct cell *cell)
{
	return cell->unheld < UNHELD_MAX ? cell->unheld : sketch->floor;
}

static uint32_t take_up(struct sketch *sketch, const struct sketch_key *key, struct cell *cell)
{
	uint32_t at = take_place(sketch);
	struct counter *counter = counter_at(sketch, at);

	memcpy(counter->key, key->word, sketch->words * sizeof(counter->key[0]));
	counter->error = sketch->counts[at] = unheld(sketch, cell);
	counter->marked = 0;
	sketch->next[at] = cell->first;
	cell->first = (uint16_t)(at + 1);
	return at;
}

size_t sketch_count(const struct sketch *sketch)
{
	return sketch->used - sketch->free_count;
}

static void add(struct sketch *sketch, const struct sketch_key *key, struct cell *cell, bool marked)
{
	uint32_t at = find(sketch, key, cell);

	if (at == NONE && unheld(sketch, cell) < sketch->floor) {
		cell->unheld++;
		return;
	}
	if (at == NONE)
		at = take_up(sketch, key, cell);
	sketch->counts[at]++;
	counter_at(sketch, at)->marked += marked;
	if (sketch_count(sketch) == sketch->room)
		purge(sketch);
}

void sketch_add(struct sketch *sketch, const struct sketch_key *key, bool marked)
{
	add(sketch, key, &sketch->cells[hash(sketch, key->word)], marked);
}

void sketch_add_many(struct sketch *sketch, const struct sketch_key *keys, const bool *marked,
		     size_t count)
{
	struct cell *cells[SKETCH_MANY];

	for (size_t i = 0; i < count; i++) {
		cells[i] = &sketch->cells[hash(sketch, keys[i].word)];
		__builtin_prefetch(cells[i], 1);
	}
	for (size_t i = 0; i < count; i++) {
		if (cells[i]->first == 0)
			continue;
		__builtin_prefetch(&sketch->counts[cells[i]->first - 1], 1);
		__builtin_prefetch(counter_at(sketch, cells[i]->first - 1U), 1);
	}
	for (size_t i = 0; i < count; i++)
		add(sketch, &keys[i], cells[i], marked[i]);
}

static struct sketch_item item_of(const struct sketch *sketch, uint32_t at)
{
	const struct counter *counter = counter_at(sketch, at);
	struct sketch_item item = {
		.count = sketch->counts[at],
		.error = counter->error,
		.marked = counter->marked,
	};

	memcpy(item.key.word, counter->key, sketch->words * sizeof(counter->key[0]));
	return item;
}

bool sketch_find(const struct sketch *sketch, const struct sketch_key *key,
		 struct sketch_item *item)
{
	uint32_t at = find(sketch, key, &sketch->cells[hash(sketch, key->word)]);

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
	uint32_t count = sketch->counts[*(const uint16_t *)one];
	uint32_t with = sketch->counts[*(const uint16_t *)other];

	if (count != with)
		return count > with ? -1 : 1;
	for (unsigned int i = 0; i < sketch->words; i++) {
		if (first->key[i] != second->key[i])
			return first->key[i] < second->key[i] ? -1 : 1;
	}
	return 0;
}

size_t sketch_top(const struct sketch *sketch, struct sketch_item *items, size_t max)
{
	size_t held = 0;

	for (uint32_t at = 0; at < sketch->used; at++) {
		if (sketch->counts[at])
			sketch->order[held++] = (uint16_t)at;
	}
	/* numbers are sorted, not items: those would need room for all */
	qsort_r(sketch->order, held, sizeof(sketch->order[0]), order_compare,
		(void *)(uintptr_t)sketch);
	for (size_t i = 0; i < held && i < max; i++)
		items[i] = item_of(sketch, sketch->order[i]);
	return held < max ? held : max;
}
