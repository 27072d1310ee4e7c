/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which entries came and which went between two scans, by their identity (CTA_ID), in bounded
 * memory. Pure: no I/O.
 *
 * CTA_ID is a hash, so the entries whose lowest `bits` bits are 0 are a random 1 in 2^bits of all,
 * and an entry belongs to them for its whole life. When there are more than the limit, one bit more
 * must be 0: the subset is halved, and what is left of it is a subset still. Two scans are compared
 * in what both followed, and the difference is scaled up by the subset's share.
 *
 * A scan may also end before the table does. The kernel dumps a table in the order of a hash, and
 * so always in the same: both scans have read a first part, and how far the shorter one came, the
 * last entry that both have met tells, by its position in each.
 *
 * CTA_ID has 32 bits: of n entries, n^2 / 2^33 pairs share one, and one of a pair may be taken for
 * the other, which stands anywhere. So an entry that is met again tells how far the scan before had
 * come only if it is met in the order of that one. Where most are not, the table has been hashed
 * anew (nf_conntrack_buckets), and there are no parts to compare. */
#ifndef CHURN_H
#define CHURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a scan has read: the first `read` of the `entries` of a table, at an even pace. */
struct churn_part {
	uint64_t start_ms, end_ms; /* monotonic */
	uint32_t read, entries;
};

#define CHURN_SEGMENTS 1024

/* What a finished scan has met of a table: 4 octets an entry. Zeroed at start. */
struct churn {
	uint32_t *ids; /* sorted, each once; owned */
	size_t count;
	unsigned int bits;   /* 0 to 32 */
	bool is_known;       /* there has been a scan */
	uint32_t *positions; /* of each, where the scans may end early; else NULL; owned */
	struct churn_part part;
};

/* A scan under way: what it meets is marked in the one before, or is fresh. Zeroed at start. */
struct churn_scan {
	struct churn *before;
	uint32_t limit;
	unsigned int bits;
	bool is_following; /* false: memory was missing */
	uint8_t *met;      /* a bit for each of `before`; owned */
	size_t met_count;
	uint32_t guide[CHURN_SEGMENTS + 1]; /* where in `before` each 1024th of 2^32 begins */
	uint32_t *fresh;                    /* in the order in which they came; owned */
	size_t fresh_count, fresh_room;
	/* where scans may end early: */
	bool has_positions;
	uint32_t *met_positions, *fresh_positions; /* owned */
	size_t in_order, astray;                   /* how many were met again */
	size_t fresh_sure;                 /* those that came before the last one in order */
	uint32_t last_now;                 /* the position of that one */
	uint32_t last_before, next_before; /* the last two in order, in the scan before: the later
					      one may yet prove to be out of it */
};

enum churn_sign {
	CHURN_UNKNOWN, /* not followed, or there is nothing to compare with */
	CHURN_MET,     /* met again: the scan before had come as far as this one */
	CHURN_ASTRAY,  /* met again, out of order */
	CHURN_NEW,     /* it would have been followed in the scan before, and was not met there */
};

struct churn_change {
	uint64_t created, destroyed; /* entries, scaled up */
	uint64_t elapsed_ms; /* between the two scans; 0: there is nothing to compare with */
	unsigned int bits;   /* what was compared is 1 in 2^bits */
	bool is_whole;       /* of the whole table; else of the first `read` of its `entries` */
	uint32_t read, entries;
	uint64_t part_ms; /* between the two readings of that part */
};

/* From what was found in the part that was compared to the table, and from the time between the two
 * readings of that part to that between the two scans: else what comes while scans grow shorter
 * would be counted twice. (The 1 in 2^bits is another matter.) 0 if nothing could be compared. */
uint64_t churn_scale(const struct churn_change *change, uint64_t count);

void churn_clear(struct churn *churn);

/* Begins to compare with `before`, which must stay, by a subset of at most `limit` that `expected`
 * entries will hardly overflow. With `has_positions` the scan may end early; an identity then takes
 * 8 octets. A scan that was under way is given up, and leaves no trace. */
void churn_begin(struct churn_scan *scan, struct churn *before, uint32_t expected, uint32_t limit,
		 bool has_positions);
void churn_abandon(struct churn_scan *scan);

/* Has the memory fetched that churn_add() will look at: at any size it is far away, and a call
 * for the next entry while this one is looked at hides that. */
void churn_expect(const struct churn_scan *scan, uint32_t id);

/* The table is dumped in another order from now on: it has been hashed anew. What was met is still
 * known, but not where. Not while a scan runs. */
void churn_reorder(struct churn *churn);

/* Meets an entry, as the `position`th of the scan. */
enum churn_sign churn_add(struct churn_scan *scan, uint32_t id, uint32_t position);

/* Ends a scan, which takes the place of the one before. */
void churn_finish(struct churn_scan *scan, const struct churn_part *part,
		  struct churn_change *change);

#endif
