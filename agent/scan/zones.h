/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries per conntrack zone. Pure: no I/O. */
#ifndef ZONES_H
#define ZONES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/snapshot.h"

#define ZONES_COUNT 65536
#define ZONES_BLOCK 1024 /* a page of memory */

/* Counts of one reading, in 64 blocks. Few of all zones are in use: a block that is not is never
 * touched, so that it takes no memory. Zeroed at start. */
struct zones {
	uint64_t blocks; /* a bit for each that is in use */
	uint32_t entries[ZONES_COUNT];
};

_Static_assert(ZONES_COUNT / ZONES_BLOCK == 64, "a bit for each block");

/* Calls for each block in use: for (size_t i = 0; zones_next(blocks, &i); i += ZONES_BLOCK), with
 * `i` the first zone of the block. */
static inline bool zones_next(uint64_t blocks, size_t *first)
{
	while (*first < ZONES_COUNT && !(blocks >> *first / ZONES_BLOCK & 1))
		*first += ZONES_BLOCK;
	return *first < ZONES_COUNT;
}

void zones_clear(struct zones *zones);
void zones_copy(struct zones *to, const struct zones *from);

/* What lasts from scan to scan: the zones that have been seen; they keep their rows. Zeroed at
 * start. */
struct zones_seen {
	uint8_t bits[ZONES_COUNT / 8];
};

static inline void zones_add(struct zones *zones, uint16_t zone)
{
	zones->blocks |= 1ULL << zone / ZONES_BLOCK;
	zones->entries[zone]++;
}

/* How many rows are needed: one for each zone that has been seen, at most SNAPSHOT_ZONES_MAX. Adds
 * new zones to `seen`. */
size_t zones_count_rows(const struct zones *zones, struct zones_seen *seen);

/* Fills `count` rows, sorted by zone. If there are more zones: those with the most entries, then
 * the lowest numbers. */
void zones_fill(const struct zones *zones, const struct zones_seen *seen, size_t count,
		struct snapshot_zone *rows);

#endif
