/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an alarm's look found: of what the table is full, and by whom. Pure: no I/O. */
#ifndef FINDINGS_H
#define FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/snapshot.h"

/* Zeroed: nothing is known. */
struct findings {
	bool is_known;                /* false: nothing was found in time */
	uint32_t entries;             /* of the table, as the look saw it */
	uint32_t unreplied;           /* entries, estimated */
	uint32_t unreplied_share;     /* percent of the entries */
	uint32_t idle;                /* entries: established connections, silent for a day */
	uint32_t established_timeout; /* seconds: that of TCP; 0: unknown */
	uint32_t margin;              /* hundredths of a percentage point, of any share */
	struct snapshot_top service;  /* the first of its kind; rank 0: none. Entries and error are
				       * estimates of the table, the share is in percent of it */
	struct snapshot_top source;   /* likewise */
};

/* In words, such as ": 88% unreplied; 87% to tcp/80; 41% from 10.200.0.1". A service or a source is
 * named only if it certainly holds 5 percent of the entries. If certainly more than half of the
 * table is idle, the timeout that keeps it is named too: "; 61% idle for a day (TCP established
 * timeout 432000 s)". Of these parts, those that do not fit whole into `size` are left out: the
 * service first, then what is unreplied, then the source. Empty if nothing is known. `size` is not
 * 0. */
void findings_say(const struct findings *findings, char *text, size_t size);

#endif
