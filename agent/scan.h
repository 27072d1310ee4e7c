/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One reading of the whole table, in steps of one receive buffer, with its cost. */
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "aggregate.h"

struct scan;

enum scan_result { SCAN_MORE, SCAN_DONE, SCAN_FAILED };

struct scan *scan_new(void);
void scan_free(struct scan *scan);

/* Begins; an unfinished one is given up. With `empty` the table is known to hold nothing, and the
 * kernel is not asked (the hash is shared: it would walk other namespaces' entries). */
enum scan_result scan_start(struct scan *scan, bool empty);

/* Reads one receive buffer on. */
enum scan_result scan_step(struct scan *scan);
bool scan_is_running(const struct scan *scan);

/* Entries read so far. */
uint32_t scan_progress(const struct scan *scan);

/* After SCAN_FAILED: the errno. */
int scan_error(const struct scan *scan);

/* After SCAN_DONE: fills `figures` (which owns nothing yet) but for instance, counts of scans and
 * firm utilization. -1 with ENOMEM. */
int scan_finish(const struct scan *scan, struct aggregate_rows *rows,
		struct snapshot_scan *figures);

#endif
