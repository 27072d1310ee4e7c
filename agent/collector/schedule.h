/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose turn it is to be scanned. One scan runs at a time, so that all of them together stay within
 * the budget; the first round is made as soon as that allows, and then the turns are spread over
 * the interval. Pure: no I/O, the clock is given. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One table's place. Zeroed at start, and to begin anew. */
struct schedule {
	uint64_t due_ms; /* monotonic; 0: at once */
	bool has_run;
};

/* The position of the one that is due first, of `count`, at least 1. */
size_t schedule_next(const struct schedule *places, size_t count);

/* To be called when the scan of a place begins: when the next one is due. */
void schedule_begin(struct schedule *places, size_t count, size_t position, uint64_t now_ms,
		    uint64_t interval_ms);

#endif
