/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/zones.h"

#include <string.h>

static void clear_block(struct zones *zones, size_t first)
{
	memset(&zones->entries[first], 0, ZONES_BLOCK * sizeof(zones->entries[0]));
}

void zones_clear(struct zones *zones)
{
	for (size_t i = 0; zones_next(zones->blocks, &i); i += ZONES_BLOCK)
		clear_block(zones, i);
	zones->blocks = 0;
}

void zones_copy(struct zones *to, const struct zones *from)
{
	zones_clear(to);
	to->blocks = from->blocks;
	for (size_t i = 0; zones_next(from->blocks, &i); i += ZONES_BLOCK)
		memcpy(&to->entries[i], &from->entries[i], ZONES_BLOCK * sizeof(to->entries[0]));
}

static uint32_t entries_of(const struct zones *zones, uint32_t zone)
{
	return zones->blocks >> zone / ZONES_BLOCK & 1 ? zones->entries[zone] : 0;
}

static bool is_seen(const struct zones_seen *seen, uint32_t zone)
{
	return seen->bits[zone / 8] >> zone % 8 & 1;
}

size_t zones_count_rows(const struct zones *zones, struct zones_seen *seen)
{
	size_t count = 0;

	for (uint32_t zone = 0; zone < ZONES_COUNT; zone++) {
		if (entries_of(zones, zone))
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
		count += is_seen(seen, zone) && entries_of(zones, zone) >= entries;
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
		uint32_t entries = entries_of(zones, zone);

		if (!is_seen(seen, zone) || entries < cut || (entries == cut && left == 0))
			continue;
		left -= entries == cut;
		rows->zone = (uint16_t)zone;
		rows++->entries = entries;
	}
}
