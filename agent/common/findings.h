/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the look of an alarm found: of what and by whom the table is full. Pure: no I/O. */
#ifndef FINDINGS_H
#define FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/snapshot.h"

struct findings {
	bool is_known;                /* false: nothing was found in time */
	uint32_t entries;             /* of the table */
	uint32_t unreplied;           /* of them, estimated */
	uint32_t unreplied_share;     /* percent of the entries */
	uint32_t margin;              /* of any share, hundredths of a percentage point */
	struct snapshot_top service;  /* the first of its kind; rank 0: none */
	struct snapshot_top source;   /* likewise */
};

#endif
