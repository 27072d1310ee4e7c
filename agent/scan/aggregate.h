/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that is gathered from the entries: totals, top talkers, zones, watches, churn. It has
 * two parts: the aggregate, which serves all tables in turn while they are read, and the memory of
 * each table, which lasts from reading to reading. */
#ifndef AGGREGATE_H
#define AGGREGATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/findings.h"
#include "common/snapshot.h"
#include "config/config.h"
#include "kernel/ct_parse.h"

struct aggregate;
struct aggregate_memory;
struct own_snmp;

/* A look reads the first part of a table, or all of it, in each interval. A round reads a table
 * that is too large for that. The look of an alarm gathers only what its text says. */
enum aggregate_use { AGGREGATE_LOOK, AGGREGATE_ROUND, AGGREGATE_ALARM };

/* Gathers what `config` asks for; `config` must outlive it. NULL with errno. */
struct aggregate *aggregate_new(const struct config *config, enum aggregate_use use);
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

/* The table is dumped in another order from now on: looks at a part of it cannot be compared with
 * those before. Not while it is read. */
void aggregate_memory_reorder(struct aggregate_memory *memory);

/* The part of the table that its looks read; 0: the last look read all of it. */
double aggregate_memory_part(const struct aggregate_memory *memory);
/* Whether a round may begin, or go on. */
bool aggregate_memory_wants_round(const struct aggregate_memory *memory);
/* Whether a round that was begun still counts: not if looks read another part since. */
bool aggregate_memory_has_round(const struct aggregate_memory *memory);

/* What is to be read. */
struct aggregate_plan {
	uint32_t expected; /* about how many entries will come */
	double part;       /* of the table, that a look reads; 1: all */
	bool keeps_order;  /* the next look will read a part, and is compared with this one */
	uint64_t begin_ms; /* monotonic */
	uint32_t established_timeout; /* as in totals.h */
};

/* Begins a reading of the table that `memory` belongs to, in the order of a dump. Forgets what was
 * gathered since the last aggregate_begin(). -1 with ENOMEM. */
int aggregate_begin(struct aggregate *aggregate, struct aggregate_memory *memory,
		    const struct aggregate_plan *plan);
void aggregate_add(struct aggregate *aggregate, const struct ct_entry *entry);
uint32_t aggregate_scanned(const struct aggregate *aggregate);

/* What a look has found. */
struct aggregate_result {
	struct snapshot_scan *scan;      /* all that was gathered; the caller frees it */
	struct snapshot_top source;      /* the source that the alarm must judge; rank 0: none */
	struct snapshot_nat nat;         /* likewise */
	const struct own_snmp *own_snmp; /* SNMP entries; valid until the next aggregate_begin() */
};

/* Ends a look: fills `result` and updates the memory. It was read from `start_ms` to `end_ms`
 * (monotonic), `part` of the table; 1: all of it. -1 with ENOMEM: the look
 * counts as failed. */
int aggregate_finish(struct aggregate *aggregate, uint64_t start_ms, uint64_t end_ms, double part,
		     const struct snapshot_culprits *culprits, struct aggregate_result *result);

/* A round has read so much more of the table, until `now_ms`; the table has ended. It was stopped.
 */
void aggregate_advance_round(struct aggregate *aggregate, double part, uint64_t now_ms);
void aggregate_finish_round(struct aggregate *aggregate, const struct snapshot_culprits *culprits);
void aggregate_abandon_round(struct aggregate *aggregate);

/* Ends the look of an alarm at a part of a table that has so many entries. */
void aggregate_find(struct aggregate *aggregate, double part, uint32_t entries,
		    struct findings *findings);

#endif
