/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which entries came and which went between two scans, by their identity (CTA_ID), in bounded
 * memory. Pure: no I/O.
 *
 * CTA_ID is a hash, so the entries whose lowest `bits` bits are 0 are a random 1 in 2^bits of all,
 * and an entry belongs to them for its whole life. When there are more than the limit, one bit more
 * must be 0: the subset is halved, and what is left of it is a subset still. Two scans are compared
 * in what both followed, and the difference is scaled up by the subset's share. */
#ifndef IDENTITIES_H
#define IDENTITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a finished scan has met of a table: 4 octets an entry. Zeroed at start. */
struct identities {
	uint32_t *ids; /* sorted, each once; owned */
	size_t count;
	unsigned int bits; /* 0 to 32 */
	bool is_known;     /* there has been a scan */
	uint64_t time_ms;  /* monotonic, the middle of it */
};

/* A scan under way: what it meets is marked in the one before, or is fresh. Zeroed at start. */
struct identities_scan {
	struct identities *before;
	uint32_t limit;
	unsigned int bits;
	bool is_following; /* false: memory was missing */
	uint8_t *met;      /* a bit for each of `before`; owned */
	size_t met_count;
	uint32_t *fresh; /* in the order in which they came; owned */
	size_t fresh_count, fresh_room;
};

struct identities_change {
	uint64_t created, destroyed; /* entries, scaled up */
	uint64_t elapsed_ms; /* between the two scans; 0: there is nothing to compare with */
	unsigned int bits;   /* what was compared is 1 in 2^bits */
};

void identities_clear(struct identities *identities);

/* Begins to compare with `before`, which must stay, by a subset of at most `limit` that `expected`
 * entries will hardly overflow. A scan that was under way is given up, and leaves no trace. */
void identities_begin(struct identities_scan *scan, struct identities *before, uint32_t expected,
		      uint32_t limit);
void identities_abandon(struct identities_scan *scan);

/* Meets an entry. True if it is new: it would have been followed in the scan before, and was not
 * met there. */
bool identities_add(struct identities_scan *scan, uint32_t id);

/* Ends a scan, which takes the place of the one before. */
void identities_finish(struct identities_scan *scan, uint64_t time_ms,
		       struct identities_change *change);

#endif
