/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of what the looks at a large table read has changed since a round: the sum of squares
 * that estimate.h needs. Pure: no I/O.
 *
 * A round takes many looks, and counts each entry at another moment. So an entry that came or went
 * while the round ran had been counted in a part of it. Positions tell the time here: they grow by
 * 1 with each round, evenly with what it has read. An entry that was there from position a to b had
 * in the round from position r to r + 1 the weight of the overlap. If it is there now, it has
 * changed by 1 - weight; if it is gone, by its weight.
 *
 * Entries are known by CTA_ID. A random subset of bounded size is followed, as churn.h explains. */
#ifndef DRIFT_H
#define DRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Entries that are followed. */
#define DRIFT_LIMIT 8192

/* A round, by the positions at which it began and at which it ended or has come to. */
struct drift_round {
	double from, until;
	double gone; /* the squares of entries that are gone */
};

struct drift_entry;

/* Zeroed at start. */
struct drift {
	unsigned int bits;
	size_t count;                /* entries that are known */
	bool is_begun;               /* there has been a look */
	struct drift_entry *entries; /* 1 << slot_bits of them; owned */
	unsigned int slot_bits;
	double changed; /* what came, went or changed its kind since the last look */
};

struct drift_sum {
	double squares;  /* all */
	double arrivals; /* of them: of entries that are there now */
};

void drift_clear(struct drift *drift);

/* A look begins. -1 with ENOMEM. */
int drift_begin(struct drift *drift);

/* The look meets an entry. `kind` is any number that tells its kind: if it differs from that of the
 * last look, the entry counts as a new one. */
void drift_add(struct drift *drift, uint32_t id, uint8_t kind);

/* The look ends. What came and went since the last one did so at `position`. `rounds` are those
 * that the table is compared with. -1 with ENOMEM: nothing is known any more. */
int drift_end(struct drift *drift, double position, struct drift_round *const *rounds,
	      size_t count);

/* What has changed since the round, at the position of the last look. */
struct drift_sum drift_since(const struct drift *drift, const struct drift_round *round,
			     double position);

#endif
