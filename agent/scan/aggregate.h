/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that a scan gathers from the entries: totals, the top, the zones, the watches, who
 * came and who went. Two parts: what is needed while a table is read, of which one serves all
 * tables in turn, and what is remembered of each table from scan to scan. */
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

/* Gathers what `config` asks for, which must stay as long. NULL with errno. */
struct aggregate *aggregate_new(const struct config *config);
void aggregate_free(struct aggregate *aggregate);

/* What is remembered of one table. NULL with ENOMEM. */
struct aggregate_memory *aggregate_memory_new(void);
void aggregate_memory_free(struct aggregate_memory *memory);

/* Another table stands where this one was: its entries are not to be compared, its rows not to be
 * kept. Counters go on. */
void aggregate_memory_restart(struct aggregate_memory *memory);

/* The table is dumped in another order from now on: only whole scans can be compared with what is
 * remembered. Not while it is read. */
void aggregate_memory_reorder(struct aggregate_memory *memory);

/* Begins to read the table that `memory` is of, with `expected` entries or so. What was gathered
 * since the last aggregate_begin() is forgotten. Entries come in the order of a dump. */
void aggregate_begin(struct aggregate *aggregate, struct aggregate_memory *memory,
		     uint32_t expected);
void aggregate_add(struct aggregate *aggregate, const struct ct_entry *entry);
uint32_t aggregate_scanned(const struct aggregate *aggregate);

/* What a scan has found. */
struct aggregate_result {
	struct snapshot_scan *scan;      /* all that was gathered; owned by the caller */
	struct snapshot_top source;      /* whom the source alarm is to judge; rank 0: nobody */
	const struct own_snmp *own_snmp; /* entries of SNMP; until the next aggregate_begin() */
};

/* Ends: fills `result`, and the memory learns. Of a table of more `entries` than were read, the
 * values are estimates; 0: it was read to its end. It was read from `start_ms` to `end_ms`
 * (monotonic). `culprit` is whom a raised source alarm is about, NULL: it is not raised. -1 with
 * ENOMEM, and the scan is as good as failed. */
int aggregate_finish(struct aggregate *aggregate, uint64_t start_ms, uint64_t end_ms,
		     uint32_t entries, const struct snapshot_top *culprit,
		     struct aggregate_result *result);

#endif
