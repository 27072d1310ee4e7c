/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that a scan gathers from the entries: totals, top talkers, zones, watches, churn. It
 * has two parts: the aggregate, which serves all tables in turn while they are read, and the memory
 * of each table, which lasts from scan to scan. */
#ifndef AGGREGATE_H
#define AGGREGATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/snapshot.h"
#include "config/config.h"
#include "kernel/ct_parse.h"

struct aggregate;
struct aggregate_memory;
struct own_snmp;

/* Gathers what `config` asks for; `config` must outlive it. NULL with errno. */
struct aggregate *aggregate_new(const struct config *config);
void aggregate_free(struct aggregate *aggregate);

/* Whether a scan under way gathers what `config` asks for, too: all that differs is of no matter
 * until its end. Then it can go on with that one, which must outlive it, in place of its own. */
bool aggregate_suits(const struct aggregate *aggregate, const struct config *config);
void aggregate_adopt(struct aggregate *aggregate, const struct config *config);

/* The memory of one table. NULL with ENOMEM. */
struct aggregate_memory *aggregate_memory_new(void);
void aggregate_memory_free(struct aggregate_memory *memory);

/* A new table has taken the place of this one: its entries cannot be compared with the old ones,
 * and the old rows go. Counters begin again. */
void aggregate_memory_restart(struct aggregate_memory *memory);

/* The table is dumped in another order from now on: only whole scans can be compared with the
 * memory. Not during a scan. */
void aggregate_memory_reorder(struct aggregate_memory *memory);

/* Begins a scan of the table that `memory` belongs to; about `expected` entries will come, in the
 * order of a dump. Forgets what was gathered since the last aggregate_begin(). */
void aggregate_begin(struct aggregate *aggregate, struct aggregate_memory *memory,
		     uint32_t expected);
void aggregate_add(struct aggregate *aggregate, const struct ct_entry *entry);
uint32_t aggregate_scanned(const struct aggregate *aggregate);

/* What a scan has found. */
struct aggregate_result {
	struct snapshot_scan *scan;      /* all that was gathered; the caller frees it */
	struct snapshot_top source;      /* the source that the alarm must judge; rank 0: none */
	const struct own_snmp *own_snmp; /* SNMP entries; valid until the next aggregate_begin() */
};

/* Ends a scan: fills `result` and updates the memory. `entries` is the size of the table if the
 * scan was cut: the values are then estimates; 0: the table was read to its end. It was read from
 * `start_ms` to `end_ms` (monotonic). `culprit` is the source that a raised alarm is about; NULL:
 * no alarm is raised. -1 with ENOMEM: the scan counts as failed. */
int aggregate_finish(struct aggregate *aggregate, uint64_t start_ms, uint64_t end_ms,
		     uint32_t entries, const struct snapshot_top *culprit,
		     struct aggregate_result *result);

#endif
