/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of a table that a dump has read: the sum of (entries read / entries in the table then).
 * The kernel dumps in the order of a hash, so this is how far the dump came in that order, whatever
 * comes and goes meanwhile. Pure: no I/O. */
#ifndef PART_H
#define PART_H

#include <stdint.h>

struct part {
	double before;    /* what was read while the table had other sizes */
	uint32_t read;    /* entries, since it has this size */
	uint32_t entries; /* of the table now; 0: unknown */
};

/* Nothing was read yet, of a table with so many entries. */
static inline void part_begin(struct part *part, uint32_t entries)
{
	*part = (struct part){ .entries = entries };
}

static inline double part_value(const struct part *part)
{
	return part->before + (part->entries ? (double)part->read / part->entries : 0);
}

/* The table has so many entries from now on. */
static inline void part_resize(struct part *part, uint32_t entries)
{
	if (entries == part->entries || entries == 0)
		return;
	if (part->entries) {
		part->before = part_value(part);
		part->read = 0;
	}
	part->entries = entries;
}

/* Floating point is more exact on some machines than on others: less than this part of an entry is
 * none. */
#define PART_TRIFLE 1e-6

/* How many more entries must be read until `target` is reached; UINT32_MAX while the size is
 * unknown. A table at rest always ends at the same entry: nothing is rounded on the way. */
static inline uint32_t part_left(const struct part *part, double target)
{
	double left = (target - part->before) * part->entries - part->read;

	if (part->entries == 0)
		return UINT32_MAX;
	if (left <= PART_TRIFLE)
		return 0;
	if (left >= UINT32_MAX)
		return UINT32_MAX;
	return (uint32_t)left + (left - (uint32_t)left > PART_TRIFLE);
}

#endif
