/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/shares.h"

#include <stdlib.h>

/* Percent. What a look leaves is for the rounds. */
#define LOOK_PART 30
/* Percent. An estimate is not exact: what fits has some room. */
#define ROOM 10

static int compare(const void *one, const void *other)
{
	const uint64_t *first = one, *second = other;

	return (*first > *second) - (*first < *second);
}

uint64_t shares_level(uint64_t *costs, size_t count, uint64_t budget_ns)
{
	uint64_t left_ns = budget_ns;

	qsort(costs, count, sizeof(*costs), compare);
	/* those below the level leave more to the others */
	for (size_t i = 0; i < count; i++) {
		uint64_t level_ns = left_ns / (count - i);

		if (costs[i] > level_ns)
			return level_ns;
		left_ns -= costs[i];
	}
	return costs[count - 1] + left_ns;
}

struct share shares_cut(uint64_t cost_ns, uint64_t level_ns)
{
	uint64_t room_ns = cost_ns / 100 * (100 + ROOM);
	struct share share = { .interval_ns = level_ns, .look_ns = level_ns / 100 * LOOK_PART };

	if (cost_ns <= level_ns && room_ns > level_ns)
		share.interval_ns = room_ns;
	return share;
}
