/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values as the subagent holds them. What arrives is staged, and takes the place of what is
 * shown only between two SNMP requests, so that no request mixes two snapshots. */
#ifndef MIB_VIEW_H
#define MIB_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/snapshot.h"

/* One conntrack table: what is shown, and what waits to be; NULL: nothing. Owned. */
struct mib_instance {
	uint32_t index;
	struct snapshot_sample *sample;
	struct snapshot_scan *scan;
	struct snapshot *staged_sample, *staged_scan;
};

/* Zeroed at start. */
struct mib_view {
	struct snapshot_agent *agent;
	struct snapshot *staged_agent; /* both owned */
	size_t instance_count;
	struct mib_instance *instances; /* sorted by index; owned */
	/* filled in for each request */
	uint64_t now_ms;  /* monotonic */
	int64_t began_ms; /* when sysUpTime was 0, monotonic */
	uint64_t master_connects;
};

/* Stages a snapshot, which it takes over. -1 with ENOMEM: not taken. */
int mib_view_stage(struct mib_view *view, struct snapshot *snapshot);

/* Shows what is staged. */
void mib_view_commit(struct mib_view *view);

/* The time of a request: monotonic, and sysUpTime in hundredths of a second. The latter is set to
 * the master's at each answer of its, a hundredth up or down; a TimeStamp must not move with that.
 */
void mib_view_set_time(struct mib_view *view, uint64_t now_ms, uint64_t uptime);

void mib_view_clear(struct mib_view *view);

#endif
