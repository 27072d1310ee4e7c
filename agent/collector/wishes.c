/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/wishes.h"

/* An alarm waits for its look this long; its notification waits a little longer. */
#define WAIT_MS 1000

bool wish_note(struct wish *wish, bool is_wanted, uint64_t now_ms)
{
	bool is_new = is_wanted && !wish->since_ms;

	if (!is_wanted)
		wish->since_ms = 0;
	else if (is_new)
		wish->since_ms = now_ms;
	return is_new;
}

size_t wishes_next(const struct wish *wishes, size_t count)
{
	size_t i = 0;

	while (i < count && !wishes[i].since_ms)
		i++;
	return i;
}

uint64_t wishes_until(const struct wish *wishes, size_t count, size_t position, uint64_t now_ms)
{
	uint64_t end_ms = wishes[position].since_ms + WAIT_MS;
	uint64_t waiting = 0;

	for (size_t i = 0; i < count; i++)
		waiting += wishes[i].since_ms != 0;
	return end_ms > now_ms ? now_ms + (end_ms - now_ms) / waiting : now_ms;
}
