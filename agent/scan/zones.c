/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/zones.h"

#include <stdbool.h>

void zones_clear(struct zones *zones)
{
	for (uint32_t zone = 0; zone < ZONES_COUNT; zone++) {
		if (zones->entries[zone])
			zones->entries[zone] = 0;
	}
}

void zones_copy(struct zones *to, const struct zones *from)
{
	for (uint32_t zone = 0; zone < ZONES_COUNT; zone++) {
		if (to->entries[zone] != from->entries[zone])
			to->entries[zone] = from->entries[zone];
	}
}

static bool is_seen(const struct zones_seen *seen, uint32_t zone)
{
	return seen->bits[zone / 8] >> zone % 8 & 1;
}

size_t zones_count_rows(const struct zones *zones, struct zones_seen *seen)
{
	size_t count = 0;

	for (uint32_t zone = 0; zone < ZONES_COUNT; zone++) {
		if (zones->entries[zone])
			seen->bits[zone / 8] = (uint8_t)(seen->bits[zone / 8] | 1U << zone % 8);
		count += is_seen(seen, zone);
	}
	return count < SNAPSHOT_ZONES_MAX ? count : SNAPSHOT_ZONES_MAX;
}

/* The zones with at least so many entries. */
static size_t count_from(const struct zones *zones, const struct zones_seen *seen, uint32_t entries)
{
	size_t count = 0;

	for (uint32_t zone = 0; zone < ZONES_COUNT; zone++)
		count += is_seen(seen, zone) && zones->entries[zone] >= entries;
	return count;
}

/* The most entries that at least `count` zones have. */
static uint32_t find_cut(const struct zones *zones, const struct zones_seen *seen, size_t count)
{
	uint32_t low = 0, high = UINT32_MAX;

	if (count < SNAPSHOT_ZONES_MAX)
		return 0;
	while (low < high) {
		uint32_t middle = high - (high - low) / 2;

		if (count_from(zones, seen, middle) >= count)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

void zones_fill(const struct zones *zones, const struct zones_seen *seen, size_t count,
		struct snapshot_zone *rows)
{
	uint32_t cut = find_cut(zones, seen, count);
	/* rows for zones with just so many */
	size_t left = count - (cut < UINT32_MAX ? count_from(zones, seen, cut + 1) : 0);

	for (uint32_t zone = 0; zone < ZONES_COUNT; zone++) {
		uint32_t entries = zones->entries[zone];

		if (!is_seen(seen, zone) || entries < cut || (entries == cut && left == 0))
			continue;
		left -= entries == cut;
		rows->zone = (uint16_t)zone;
		rows++->entries = entries;
	}
}
