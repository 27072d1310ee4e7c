/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys with the most entries, of one kind: of a look, of a round, and what a round corrected by
 * looks makes of them. Pure: no I/O. */
#ifndef TOP_LIST_H
#define TOP_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "scan/sketch.h"

/* More than there are rows, so that a key which comes up was not far below. */
#define TOP_LIST_MAX 256
#define TOP_MEAN_MAX 512

/* Sorted by key. */
struct top_list {
	size_t count;
	uint32_t floor; /* of a sketch: at most so many entries has a key that is not here */
	struct sketch_item items[TOP_LIST_MAX];
};

/* The mean of the lists of several looks, each with its weight. A key that a list does not have
 * counts as 0 there. Sorted by key. Zeroed at start. */
struct top_mean {
	double weight; /* of all lists */
	size_t count;
	struct top_mean_item {
		struct sketch_key key;
		double count, error, marked;
	} items[TOP_MEAN_MAX];
	double floor; /* at most so many entries has a key that is not here */
};

/* Takes the first TOP_LIST_MAX keys of a sketch, and `wanted` in any case, unless it is NULL. */
void top_list_take(struct top_list *list, const struct sketch *sketch,
		   const struct sketch_key *wanted);

/* The key's item, or NULL if it is not there; and the first in rank, or NULL if the list is empty.
 */
const struct sketch_item *top_list_first(const struct top_list *list);
const struct sketch_item *top_list_find(const struct top_list *list, const struct sketch_key *key);

void top_mean_add(struct top_mean *mean, const struct top_list *list, double weight);

/* 0 if it is not there. */
double top_mean_count(const struct top_mean *mean, const struct sketch_key *key);

/* Estimates the whole table from a look at `part` of it. With a round and the mean of the looks
 * during that round: its counts, and what has changed since. Both NULL: the look alone. */
void top_list_estimate(struct top_list *look, const struct top_list *round,
		       const struct top_mean *mean, double part);

/* By count, the highest first, then by key. The list cannot be searched any more. */
void top_list_rank(struct top_list *list);

#endif
