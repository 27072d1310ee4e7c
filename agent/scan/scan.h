/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scan: reads a table by a dump, in steps of one receive buffer, or of several if the budget
 * leaves no pauses, and measures its own cost. A look reads a part of it, or all; a round reads
 * all; the look of an alarm as much as its time allows. */
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scan/aggregate.h"

struct ctnl;
struct scan;

enum scan_result { SCAN_MORE, SCAN_DONE, SCAN_FAILED };

enum scan_use { SCAN_LOOK, SCAN_ROUND, SCAN_ALARM };

/* Reads one table at a time, and gathers what `config` asks for; `config` must outlive it. NULL
 * with errno. */
struct scan *scan_new(const struct config *config, enum scan_use use);
void scan_free(struct scan *scan);

/* Whether a scan under way can go on with `config` (aggregate_suits()), and goes on with it. */
bool scan_suits(const struct scan *scan, const struct config *config);
void scan_adopt(struct scan *scan, const struct config *config);

/* The next look is at a part, and will be compared with this one: for the -1 view. */
void scan_keep_order(struct scan *scan);

/* nf_conntrack_tcp_timeout_established of the table that is read next, in seconds; 0: unknown. */
void scan_know_timeout(struct scan *scan, uint32_t established_timeout);

/* The buffer size for the socket that a scan uses: smaller if scans are paced. */
size_t scan_buffer_size(const struct scan *scan);

/* Begins a scan; an unfinished one is stopped. The scan owns `ctnl` from here on, and dumps over
 * it. `ctnl` NULL: the table is empty, and the kernel is not asked (the hash is shared: it would
 * walk the entries of other namespaces). `memory` belongs to the table and must stay. `entries`:
 * how many the table has, 0: unknown. `part` of them will be read, 1: all. */
enum scan_result scan_start(struct scan *scan, struct ctnl *ctnl, struct aggregate_memory *memory,
			    uint32_t entries, double part);

/* Stops an unfinished scan, and closes its socket. */
void scan_abandon(struct scan *scan);

/* Takes the next step. `entries`: how many the table has now; 0: as before. */
enum scan_result scan_step(struct scan *scan, uint32_t entries);

/* Entries read so far; the part of the table; the CPU time in nanoseconds. */
uint32_t scan_progress(const struct scan *scan);
double scan_part(const struct scan *scan);
uint64_t scan_cpu_ns(const struct scan *scan);

/* Whether the dump came to its end. */
bool scan_is_whole(const struct scan *scan);

/* After SCAN_FAILED: the errno. */
int scan_error(const struct scan *scan);

/* After SCAN_DONE of a look: like aggregate_finish(), and fills in the cost. The caller fills in
 * the instance, the counts of scans, firm utilization and the states of alarms. -1 with ENOMEM. */
int scan_finish(struct scan *scan, const struct snapshot_culprits *culprits,
		struct aggregate_result *result);

/* After SCAN_DONE of a round. */
void scan_finish_round(struct scan *scan, const struct snapshot_culprits *culprits);

/* Ends the look of an alarm, wherever it is, at a table with so many entries. */
void scan_find(struct scan *scan, uint32_t entries, struct findings *findings);

#endif
