/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The alarms of one instance: samples and scans in, events out. A function of state, figures and
 * clock. */
#ifndef ALARMS_H
#define ALARMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "common/event.h"
#include "alarm/alarm_state.h"
#include "common/snapshot.h"

/* Zeroed at start. */
struct alarms {
	size_t threshold_count;
	struct alarms_threshold {
		struct config_threshold is;
		struct latch latch;
	} thresholds[SNAPSHOT_THRESHOLDS_MAX];
	struct latch dropping, degraded;
	uint32_t source_rising, source_falling; /* percent of the limit; rising 0: off */
	struct latch source;
	struct snapshot_top culprit; /* whom `source` is about */
	size_t watch_count;
	struct alarms_watch {
		struct snapshot_watch row; /* of the last scan */
		struct latch latch;
	} * watches;    /* owned */
	bool has_drops; /* `drops` holds an earlier sample's sum */
	uint64_t drops;
	uint64_t last_drop_ms; /* monotonic */
};

/* Takes the configuration's alarms over; a threshold or a watch that had the same name before keeps
 * its state. -1 with ENOMEM, and then nothing has changed. */
int alarms_configure(struct alarms *alarms, const struct config *config);
void alarms_clear(struct alarms *alarms);

/* Another table stands where this one was: its counters begin anew, the states go on. */
void alarms_restart(struct alarms *alarms);

/* Takes a sample in, which has a row for each threshold, and fills these rows and `dropping`. */
void alarms_update(struct alarms *alarms, struct snapshot_sample *sample, uint64_t now_ms,
		   uint64_t wall_ms);

/* Whom the source alarm is about while it is raised; NULL while it is not. */
const struct snapshot_top *alarms_culprit(const struct alarms *alarms);

/* At the end of a scan: the culprit as it is now or, if there is none, the source with the most
 * entries (NULL: there is none). */
void alarms_update_source(struct alarms *alarms, const struct snapshot_top *source,
			  uint32_t max_entries, uint64_t wall_ms);

/* At the end of a scan: takes the watches in, and fills the states of their alarms. */
void alarms_update_watches(struct alarms *alarms, struct snapshot_watch *watches, size_t count,
			   uint64_t wall_ms);

/* The next event that is due, with the sample's figures; false when there is none. */
bool alarms_next(struct alarms *alarms, const struct snapshot_sample *sample, uint64_t now_ms,
		 uint64_t interval_ms, uint64_t *suppressed, struct event *event);

#endif
