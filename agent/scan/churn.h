/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Churn: which entries came and which went between two scans, by their identity (CTA_ID), in
 * bounded memory. Pure: no I/O.
 *
 * CTA_ID is a hash. So the entries whose lowest `bits` bits are 0 are a random 1 in 2^bits of all,
 * and an entry belongs to this subset for its whole life. When the subset grows over the limit, one
 * more bit must be 0, which halves it. Two scans are compared in the subset that both followed, and
 * the difference is scaled up by its share.
 *
 * A scan may also end before the table does. The kernel always dumps a table in the same order,
 * that of a hash. So both scans have read a first part, and the last entry that both have met
 * tells, by its position in each, how far the shorter scan came.
 *
 * CTA_ID has 32 bits: of n entries, n^2 / 2^33 pairs have the same one, and one of a pair may be
 * taken for the other, anywhere in the table. So an entry that is met again tells how far the
 * earlier scan came only if both scans met it in the same order. If most are out of order, the
 * table was rehashed (nf_conntrack_buckets), and there are no parts to compare. */
#ifndef CHURN_H
#define CHURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a scan has read: the first `read` of the `entries` of a table, at a steady pace. */
struct churn_part {
	uint64_t start_ms, end_ms; /* monotonic */
	uint32_t read, entries;
};

#define CHURN_SEGMENTS 1024

/* What a finished scan has met of a table: 4 octets an entry. Zeroed at start. */
struct churn {
	uint32_t *ids; /* sorted, without duplicates; owned */
	size_t count;
	unsigned int bits;   /* 0 to 32 */
	bool is_known;       /* there has been a scan */
	uint32_t *positions; /* of each identity, if scans may end early; else NULL; owned */
	struct churn_part part;
};

/* A running scan. What it meets is marked in the scan before, or is fresh. Zeroed at start. */
struct churn_scan {
	struct churn *before;
	uint32_t limit;
	unsigned int bits;
	bool is_following; /* false: out of memory */
	uint8_t *met;      /* a bit for each of `before`; owned */
	size_t met_count;
	uint32_t guide[CHURN_SEGMENTS + 1]; /* where in `before` each 1024th of 2^32 begins */
	uint32_t *fresh;                    /* in the order of the dump; owned */
	size_t fresh_count, fresh_room;
	/* if scans may end early: */
	bool has_positions;
	uint32_t *met_positions, *fresh_positions; /* owned */
	size_t in_order, astray;                   /* how many were met again */
	size_t fresh_sure;                 /* those before the last one that was met in order */
	uint32_t last_now;                 /* the position of that one */
	uint32_t last_before, next_before; /* the positions of the last two in order, in the scan
					    * before; the later one may still turn out to be out of
					    * order */
};

enum churn_sign {
	CHURN_UNKNOWN, /* not followed, or there is nothing to compare with */
	CHURN_MET,     /* met again: the scan before came at least this far */
	CHURN_ASTRAY,  /* met again, out of order */
	CHURN_NEW,     /* the scan before would have followed it, and did not meet it */
};

struct churn_change {
	uint64_t created, destroyed; /* entries, scaled up */
	uint64_t elapsed_ms;         /* between the two scans; 0: they could not be compared */
	/* they could not be compared, and what came and went between them will never be counted.
	 * (Out of memory, this scan counts for nothing; the next one is compared instead.) */
	bool is_gap;
	unsigned int bits; /* what was compared is 1 in 2^bits */
	bool is_whole; /* the whole table was compared; else the first `read` of its `entries` */
	uint32_t read, entries;
	uint64_t part_ms; /* between the two readings of that part */
};

/* Scales a count from the part that was compared to the whole table, and from the time between the
 * two readings of that part to the time between the two scans: else entries that come while scans
 * grow shorter would be counted twice. It does not scale by 2^bits. 0 if nothing could be compared.
 */
uint64_t churn_scale(const struct churn_change *change, uint64_t count);

void churn_clear(struct churn *churn);

/* Begins to compare with `before`, which must stay, by a subset of at most `limit` entries that
 * `expected` entries will hardly overflow. With `has_positions` the scan may end early; an identity
 * then takes 8 octets. A running scan is stopped and forgotten. */
void churn_begin(struct churn_scan *scan, struct churn *before, uint32_t expected, uint32_t limit,
		 bool has_positions);
void churn_abandon(struct churn_scan *scan);

/* Prefetches the memory that churn_add() will read. It is never in the cache; calling this for the
 * next entry while the present one is handled hides the wait. */
void churn_expect(const struct churn_scan *scan, uint32_t id);

/* The table is dumped in another order from now on, because it was rehashed. The identities stay
 * known, but not their positions. Not while a scan runs. */
void churn_reorder(struct churn *churn);

/* Adds an entry, the `position`th of the scan. */
enum churn_sign churn_add(struct churn_scan *scan, uint32_t id, uint32_t position);

/* Ends a scan; it replaces the one before. */
void churn_finish(struct churn_scan *scan, const struct churn_part *part,
		  struct churn_change *change);

#endif
