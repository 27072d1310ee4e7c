/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of an aggregate and of a table's memory, for aggregate.c, which gathers, and
 * aggregate_finish.c, which makes values of that. */
#ifndef AGGREGATE_PRIVATE_H
#define AGGREGATE_PRIVATE_H

#include "scan/aggregate.h"
#include "scan/churn.h"
#include "scan/difference.h"
#include "scan/own_snmp.h"
#include "scan/tally.h"
#include "scan/top_talkers.h"
#include "scan/watches.h"
#include "scan/zones.h"

struct aggregate {
	const struct config *config;
	enum aggregate_use use;
	struct aggregate_plan plan;
	uint64_t serial;                 /* random: tells it from others that gather other things */
	struct aggregate_memory *memory; /* of the table being read */
	struct tally tally;
	/* the last entries read: they are counted together, so that the processor can fetch the
	 * memory of all at the same time */
	struct ct_entry waiting[TOP_TALKERS_MANY];
	size_t waiting_count;
	struct churn_scan churn;
	struct own_snmp own_snmp;
	struct top_talkers *top;
	struct watches *watches; /* NULL: there are none */
};

/* Counters of what came and went, since began_ms. Without is_counting nothing could be compared. */
struct churn_count {
	bool is_counting;
	uint64_t created, destroyed, began_ms;
};

/* A watch continues in its row, while it has its name and filter, whatever happens to the others.
 */
struct watch_memory {
	uint32_t index;
	char name[SNAPSHOT_NAME_SIZE];
	struct filter filter;
	struct churn_count count;
};

struct aggregate_memory {
	struct totals_rows rows;
	struct churn before;
	struct difference *difference; /* NULL: the last look read the whole table */
	uint64_t serial;               /* of the aggregate that `difference` was made with */
	struct zones_seen *zones;      /* NULL until zones are counted */
	struct churn_count count;
	size_t watch_count;
	struct watch_memory *watches;
};

/* Completes the tally of what was read; what `culprits` are about is in it in any case. */
void aggregate_take_tally(struct aggregate *aggregate, const struct snapshot_culprits *culprits);

/* The next look at the table has nothing to be compared with. */
void aggregate_forget_difference(struct aggregate_memory *memory);

#endif
