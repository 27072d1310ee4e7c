/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/zones.h"

#include <stdlib.h>

void zones_scale(struct zones *zones, const struct estimate *estimate)
{
	for (uint32_t zone = 0; zone < ZONES_COUNT; zone++)
		zones->entries[zone] = estimate_scale(estimate, zones->entries[zone]);
}

static int by_entries(const void *one, const void *other)
{
	const struct snapshot_zone *first = one, *second = other;

	if (first->entries != second->entries)
		return first->entries > second->entries ? -1 : 1;
	return first->zone - second->zone;
}

static int by_zone(const void *one, const void *other)
{
	const struct snapshot_zone *first = one, *second = other;

	return first->zone - second->zone;
}

int zones_finish(const struct zones *zones, struct zones_seen *seen, struct snapshot_zone **rows,
		 size_t *count)
{
	struct snapshot_zone *fitted;
	size_t found = 0, filled = 0;

	for (uint32_t zone = 0; zone < ZONES_COUNT; zone++) {
		if (zones->entries[zone])
			seen->bits[zone / 8] = (uint8_t)(seen->bits[zone / 8] | 1U << zone % 8);
		found += seen->bits[zone / 8] >> zone % 8 & 1;
	}
	*count = 0;
	*rows = found ? calloc(found, sizeof(**rows)) : NULL;
	if (found && !*rows)
		return -1;
	for (uint32_t zone = 0; zone < ZONES_COUNT; zone++) {
		if (seen->bits[zone / 8] >> zone % 8 & 1)
			(*rows)[filled++] =
				(struct snapshot_zone){ (uint16_t)zone, zones->entries[zone] };
	}
	if (found > SNAPSHOT_ZONES_MAX) {
		qsort(*rows, found, sizeof(**rows), by_entries);
		found = SNAPSHOT_ZONES_MAX;
		qsort(*rows, found, sizeof(**rows), by_zone);
		fitted = reallocarray(*rows, found, sizeof(**rows));
		if (fitted)
			*rows = fitted;
	}
	*count = found;
	return 0;
}
