/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values as the subagent holds them: the newest, and for each transaction that is under way the
 * view that it began with, so that no transaction mixes two snapshots.
 *
 * The master never says that a transaction has ended. A GETBULK comes as many requests, and the
 * requests of several managers alternate. So a view stays for some seconds after its last use.
 * Views share what has not changed between them. Pure: no I/O, the caller tells the time. */
#ifndef MIB_VIEW_H
#define MIB_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/snapshot.h"

/* One conntrack table; NULL: nothing has arrived yet. */
struct mib_block;
struct mib_instance {
	uint32_t index;
	struct snapshot_sample *sample;
	struct snapshot_scan *scan;
	struct mib_block *sample_block, *scan_block; /* mib_view.c's own */
};

/* What a request reads. */
struct mib_view {
	struct snapshot_agent *agent;
	size_t instance_count;
	struct mib_instance *instances; /* sorted by index */
	uint64_t now_ms;                /* of the transaction; monotonic */
	int64_t began_ms;               /* when sysUpTime was 0, monotonic */
	uint64_t master_connects;
};

/* The time of a transaction: monotonic, and sysUpTime in hundredths of a second. The latter is set
 * to the master's at each answer of its, a hundredth up or down; a TimeStamp must not move with
 * that. */
void mib_view_set_time(struct mib_view *view, uint64_t now_ms, uint64_t uptime);

struct mib_views;

/* NULL with ENOMEM. */
struct mib_views *mib_views_new(void);
void mib_views_free(struct mib_views *views);

/* A snapshot has arrived: takes it over, for the transactions to come. -1 with ENOMEM: not taken.
 */
int mib_views_put(struct mib_views *views, struct snapshot *snapshot, uint64_t now_ms);

/* The view of a transaction: that of its earlier requests, or else the newest. It is valid until
 * the next call of a function of this file. */
struct mib_view *mib_views_of(struct mib_views *views, long transaction, uint64_t now_ms,
			      uint64_t uptime);

/* Ends all transactions: a new master counts its own. */
void mib_views_forget(struct mib_views *views);

#endif
