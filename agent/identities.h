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

/* Identities in the order that they were met in or, of a finished scan, sorted and each once. */
struct identities {
	uint32_t *ids; /* owned */
	size_t count, room;
	unsigned int bits; /* 0 to 32 */
	bool is_known;     /* of a finished scan: there is one */
	uint64_t time_ms;  /* of a finished scan: monotonic, the middle of it */
};

struct identities_change {
	uint64_t created, destroyed; /* entries, scaled up */
	uint64_t elapsed_ms; /* between the two scans; 0: there is nothing to compare with */
	unsigned int bits;   /* what was compared is 1 in 2^bits */
};

/* Zeroed at start. */
void identities_clear(struct identities *identities);

/* Begins to follow, with a subset that `expected` entries will hardly overflow. */
void identities_begin(struct identities *now, uint32_t expected, uint32_t limit);

/* Follows an entry, if it belongs to the subset. Where memory is missing, the subset is halved. */
void identities_add(struct identities *now, uint32_t id, uint32_t limit);

/* Whether this entry is followed now, was to be followed in the finished scan `before`, and was not
 * met there. */
bool identities_is_new(const struct identities *now, const struct identities *before, uint32_t id);

/* Ends a scan: compares with the one before, and takes its place. `now` is left empty. */
void identities_finish(struct identities *now, struct identities *before, uint64_t time_ms,
		       struct identities_change *change);

#endif
