/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The alarms of one instance: samples and scans in, events out. A function of state, values and
 * clock. */
#ifndef INSTANCE_ALARMS_H
#define INSTANCE_ALARMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/event.h"
#include "common/snapshot.h"

struct alarm;
struct config;

/* Zeroed at start. */
struct instance_alarms {
	size_t threshold_count, watch_count;
	/* the thresholds, dropping, the source, the watches, degraded: they are sent in this order;
	 * owned */
	struct alarm *alarms;
};

/* Applies the alarms of a configuration. A threshold or watch that keeps its name keeps its state.
 * -1 with ENOMEM; nothing has changed then. */
int instance_alarms_configure(struct instance_alarms *alarms, const struct config *config);
void instance_alarms_clear(struct instance_alarms *alarms);

/* Copies the alarms with their states to `copy`, which is empty. -1 with ENOMEM. */
int instance_alarms_copy(struct instance_alarms *copy, const struct instance_alarms *alarms);

/* Judges a sample. It must have a row for each threshold; these rows are filled in. */
void instance_alarms_sample(struct instance_alarms *alarms, struct snapshot_sample *sample,
			    uint64_t wall_ms);

/* The source that the raised alarm is about; NULL while the alarm is clear. */
const struct snapshot_top *instance_alarms_culprit(const struct instance_alarms *alarms);

/* At the end of a scan: judges the culprit with its present entries or, without a culprit, the
 * source with the most entries (rank 0: no source). */
void instance_alarms_source(struct instance_alarms *alarms, const struct snapshot_top *source,
			    uint32_t max_entries, uint64_t wall_ms);

/* At the end of a scan: judges the watches and fills in the states of their alarms. */
void instance_alarms_watches(struct instance_alarms *alarms, struct snapshot_watch *watches,
			     size_t count, uint64_t wall_ms);

/* The next event that is due, with the sample's values; false when there is none. */
bool instance_alarms_next(struct instance_alarms *alarms, const struct snapshot_sample *sample,
			  uint64_t now_ms, uint64_t interval_ms, uint64_t *suppressed,
			  struct event *event);

#endif
