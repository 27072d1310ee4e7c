/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/schedule.h"

size_t schedule_next(const struct schedule *places, size_t count)
{
	size_t first = 0;

	for (size_t i = 1; i < count; i++) {
		if (places[i].due_ms < places[first].due_ms)
			first = i;
	}
	return first;
}

void schedule_begin(struct schedule *places, size_t count, size_t position, uint64_t now_ms,
		    uint64_t interval_ms)
{
	struct schedule *place = &places[position];

	/* the second scan comes early, each place's a step later than the one before it */
	place->due_ms =
		now_ms + (place->has_run ? interval_ms : interval_ms * (position + 1) / count);
	place->has_run = true;
}
