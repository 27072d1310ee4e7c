/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scan: reads a whole table, in steps of one receive buffer, and measures its own cost. */
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scan/aggregate.h"

struct ctnl;
struct scan;

enum scan_use { SCAN_LOOK, SCAN_ROUND, SCAN_ALARM };
enum scan_result { SCAN_MORE, SCAN_DONE, SCAN_FAILED };

/* Reads one table at a time, and gathers what `config` asks for; `config` must outlive it. NULL
 * with errno. */
struct scan *scan_new(const struct config *config, enum scan_use use);
void scan_free(struct scan *scan);

/* Whether a scan under way can go on with `config` (aggregate_suits()), and goes on with it. */
bool scan_suits(const struct scan *scan, const struct config *config);
void scan_adopt(struct scan *scan, const struct config *config);

/* The CPU time in nanoseconds after which a scan is cut; 0, the default: never. */
void scan_set_budget(struct scan *scan, uint64_t budget_ns);

/* The buffer size for the socket that a scan uses: smaller if scans are paced. */
size_t scan_buffer_size(const struct scan *scan);

/* Begins a scan; an unfinished one is stopped. The scan owns `ctnl` from here on, and dumps over
 * it. `ctnl` NULL: the table is empty, and the kernel is not asked (the hash is shared: it would
 * walk the entries of other namespaces). `memory` belongs to the table and must stay. `expected`:
 * about how many entries the table has. */
enum scan_result scan_start(struct scan *scan, struct ctnl *ctnl, struct aggregate_memory *memory,
			    uint32_t expected);

/* Stops an unfinished scan, and closes its socket. */
void scan_abandon(struct scan *scan);

/* Reads the next receive buffer. */
enum scan_result scan_step(struct scan *scan);

/* Entries read so far. */
uint32_t scan_progress(const struct scan *scan);

/* After SCAN_FAILED: the errno. */
int scan_error(const struct scan *scan);

/* After SCAN_DONE: like aggregate_finish(), and fills in the cost. The caller fills in the
 * instance, the counts of scans, firm utilization and the states of alarms. -1 with ENOMEM. */
int scan_finish(struct scan *scan, uint32_t entries, const struct snapshot_top *culprit,
		struct aggregate_result *result);

/* After SCAN_DONE: whether the budget cut it. Then scan_finish() needs the number of `entries` of
 * the table; else it ignores them. */
bool scan_was_cut(const struct scan *scan);

#endif
