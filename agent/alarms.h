/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The alarms of one instance: samples in, events out. A function of state, figures and clock. */
#ifndef ALARMS_H
#define ALARMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "event.h"
#include "latch.h"
#include "snapshot.h"

/* Zeroed at start. */
struct alarms {
	size_t threshold_count;
	struct alarms_threshold {
		struct config_threshold is;
		struct latch latch;
	} thresholds[SNAPSHOT_THRESHOLDS_MAX];
	struct latch dropping, degraded;
	bool has_drops; /* `drops` holds an earlier sample's sum */
	uint64_t drops;
	uint64_t last_drop_ms; /* monotonic */
};

/* Takes the thresholds over, `count` of them at most SNAPSHOT_THRESHOLDS_MAX; one that had the same
 * name before keeps its state. */
void alarms_configure(struct alarms *alarms, const struct config_threshold *thresholds,
		      size_t count);

/* Takes a sample in, and fills its threshold and dropping figures. */
void alarms_update(struct alarms *alarms, struct snapshot_sample *sample, uint64_t now_ms,
		   uint64_t wall_ms);

/* The next event that is due, with the sample's figures; false when there is none. */
bool alarms_next(struct alarms *alarms, const struct snapshot_sample *sample, uint64_t now_ms,
		 uint64_t interval_ms, uint64_t *suppressed, struct event *event);

#endif
