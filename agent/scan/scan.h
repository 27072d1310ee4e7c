/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One reading of a whole table, in steps of one receive buffer, with its cost. */
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scan/aggregate.h"

struct ctnl;
struct scan;

enum scan_result { SCAN_MORE, SCAN_DONE, SCAN_FAILED };

/* Reads one table at a time, and gathers what `config` asks for, which must stay as long. NULL with
 * errno. */
struct scan *scan_new(const struct config *config);
void scan_free(struct scan *scan);

/* CPU time, in nanoseconds, after which a scan ends, if the table has not; 0 (as it begins): never.
 */
void scan_set_budget(struct scan *scan, uint64_t budget_ns);

/* How much the socket that it is begun over should read at once: less where it must be gentle. */
size_t scan_buffer_size(const struct scan *scan);

/* Begins; an unfinished one is given up. The dump runs over `ctnl`, which becomes the scan's. NULL:
 * the table is known to hold nothing, and the kernel is not asked (the hash is shared: it would
 * walk other namespaces' entries). `memory` is the table's and must stay, `expected` its entries.
 */
enum scan_result scan_start(struct scan *scan, struct ctnl *ctnl, struct aggregate_memory *memory,
			    uint32_t expected);

/* Gives an unfinished one up, and closes its socket. */
void scan_abandon(struct scan *scan);

/* Reads one receive buffer on. */
enum scan_result scan_step(struct scan *scan);

/* Entries read so far. */
uint32_t scan_progress(const struct scan *scan);

/* After SCAN_FAILED: the errno. */
int scan_error(const struct scan *scan);

/* After SCAN_DONE: as aggregate_finish(), with its cost. The instance, the counts of scans, firm
 * utilization and the states of alarms are left to fill. -1 with ENOMEM. */
int scan_finish(struct scan *scan, uint32_t entries, const struct snapshot_top *culprit,
		struct aggregate_result *result);

/* After SCAN_DONE: whether its budget ended it. Then scan_finish() must be told how many `entries`
 * the table has; else these are of no account. */
bool scan_was_cut(const struct scan *scan);

#endif
