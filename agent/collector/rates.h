/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rates of an instance: its counters, from sample to sample, each over its own window. Pure: no
 * I/O.
 *
 * The kernel's counters come with samples. What was created and destroyed comes with looks. After
 * the table was flushed, looks cannot be compared: all entries are gone at once, and those that are
 * still in use come back in the next seconds. A flush shows in two ways: most entries are gone from
 * one sample to the next, or, where they come back faster than that, from one look to the next,
 * although few were before. Expiry looks alike where entries come in bursts; but that happens again
 * and again. */
#ifndef RATES_H
#define RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/snapshot.h"
#include "config/config.h"

/* How many times that most entries went at once are remembered. */
#define RATES_GONE_MAX 3

struct rate;

/* Zeroed at start. */
struct rates {
	size_t count;
	struct rate *list;   /* sorted by index; owned */
	bool has_sample;     /* there has been one since these began anew */
	uint32_t entries;    /* at that sample */
	uint64_t settled_ms; /* looks that began before this do not count, because of a flush;
			      * monotonic */
	uint64_t gone_ms[RATES_GONE_MAX]; /* when that was, the last one first; monotonic; 0: never
					   */
	/* the last look; look_ms 0: none */
	uint64_t look_ms, began_ms, destroyed; /* its end, the beginning of its counters; monotonic
						*/
	uint32_t look_entries;
	bool has_turnover;
	uint32_t turnover; /* percent of the entries before that were destroyed since */
};

/* Prepares `next`, which is empty, for a configuration. A rate that has not changed keeps its
 * window. -1 with ENOMEM. */
int rates_prepare(struct rates *next, const struct rates *rates, const struct config *config);
void rates_clear(struct rates *rates);

/* The counters and the table are others from now on: all windows begin anew. */
void rates_forget(struct rates *rates);

/* Takes a sample that has values, and the last look if it is a new one. */
void rates_add(struct rates *rates, const struct snapshot_sample *sample,
	       const struct snapshot_scan *look, uint64_t now_ms);

/* Fills in a row for each, but for the state of its alarm. */
void rates_show(const struct rates *rates, struct snapshot_rate *rows);

#endif
