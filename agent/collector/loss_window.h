/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was lost in the last minute, and why, from sample to sample. Pure: no I/O.
 *
 * The kernel's counters and what they tell:
 *   early_drop      an entry was evicted: the table was full
 *   chaintoolong    a packet was dropped, and insert_failed grew too, but not drop
 *   drop            a packet was dropped: the table was full, the tracker of its protocol refused
 *                   it, or it lost a race with another packet of the same new connection. The race
 *                   also raises insert_failed, and says nothing of the table: one packet of the two
 *                   went through.
 * So what drop has grown by beyond the races was lost; it is laid to the table if that was nearly
 * full. */
#ifndef LOSS_WINDOW_H
#define LOSS_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/snapshot.h"

/* "The last minute". */
#define LOSS_WINDOW_MS 60000

#define LOSS_WINDOW_MARKS 64

/* Zeroed at start. */
struct loss_window {
	bool has_before;                    /* an earlier sample's counters */
	struct counters before;             /* their sum over the CPUs */
	bool was_full;                      /* nearly, in that sample */
	bool is_held;                       /* one drop waits for the next sample */
	bool is_compared;                   /* two samples have been */
	uint64_t lost;                      /* since the start */
	uint64_t seen_ms[LOSS_REFUSED + 1]; /* by cause: the last sample that showed it; 0: none */
	/* what was lost until when, in a ring: the samples of the last minute, and the one before
	 */
	struct loss_mark {
		uint64_t time_ms, lost;
	} marks[LOSS_WINDOW_MARKS];
	size_t first, count;
};

/* Compares a sample that has values with the one before, and fills in its loss. */
void loss_window_add(struct loss_window *window, struct snapshot_sample *sample, uint64_t now_ms);

/* The kernel's counters start again: the next sample is not compared. What was lost before stays
 * for its minute. */
void loss_window_restart(struct loss_window *window);

#endif
