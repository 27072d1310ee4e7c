/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries per conntrack zone. Pure: no I/O. */
#ifndef ZONES_H
#define ZONES_H

#include <stddef.h>
#include <stdint.h>

#include "common/snapshot.h"

#define ZONES_COUNT 65536

/* Counts of one reading. Few of all zones are in use: nothing is written that does not change, so
 * that the memory of the others is never taken from the kernel. Zeroed at start. */
struct zones {
	uint32_t entries[ZONES_COUNT];
};

void zones_clear(struct zones *zones);
void zones_copy(struct zones *to, const struct zones *from);

/* What lasts from scan to scan: the zones that have been seen; they keep their rows. Zeroed at
 * start. */
struct zones_seen {
	uint8_t bits[ZONES_COUNT / 8];
};

static inline void zones_add(struct zones *zones, uint16_t zone)
{
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
