/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The alarms of one instance: samples and scans in, events out. A function of state, values and
 * clock. */
#ifndef INSTANCE_ALARMS_H
#define INSTANCE_ALARMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alarm/alarm_state.h"
#include "common/event.h"
#include "common/findings.h"
#include "common/snapshot.h"

/* How long a rising that wants findings waits for them. */
#define FINDINGS_WAIT_MS 1200

/* How long findings also serve the alarms that rise next. */
#define FINDINGS_KEPT_MS 60000

struct alarm;
struct config;

/* Zeroed at start. */
struct instance_alarms {
	size_t threshold_count, watch_count, rate_count;
	/* the thresholds, dropping, the source, the NAT ports, the watches, the rates, degraded;
	 * owned */
	struct alarm *alarms;
	/* alarms that are no longer judged, and have something left to tell; owned */
	struct alarm *parting;
	size_t parting_count;
	size_t turn; /* the alarm that may speak next */
	uint64_t interval_ms;
	uint64_t suppressed, untold; /* transitions; whoever counts them sets them back to 0 */
	uint32_t prefix_ipv4, prefix_ipv6; /* bits, by which sources are counted */
	struct findings findings;          /* the last that were known of this table */
	uint64_t found_ms;                 /* when they came, monotonic */
};

/* Prepares `next`, which is empty, for the alarms of a configuration; nothing else changes. -1 with
 * ENOMEM. */
int instance_alarms_prepare(struct instance_alarms *next, const struct instance_alarms *alarms,
			    const struct config *config);

/* Puts `next` in the place of `alarms`, which must not have changed in between; this cannot fail. A
 * threshold, watch or rate that keeps its name and index keeps its state. An alarm that is raised
 * and is not in the configuration any more is cleared; `sample` has the values for its event. */
void instance_alarms_apply(struct instance_alarms *alarms, struct instance_alarms *next,
			   const struct snapshot_sample *sample, uint64_t wall_ms);
void instance_alarms_clear(struct instance_alarms *alarms);

/* The table does not exist any more: clears what its values had raised. `reason` is a constant that
 * the text will give. */
void instance_alarms_end(struct instance_alarms *alarms, const struct snapshot_sample *sample,
			 uint64_t wall_ms, const char *reason);

/* Also that it cannot be read, which is no trouble then; before instance_alarms_end(). */
void instance_alarms_end_degraded(struct instance_alarms *alarms, uint64_t wall_ms,
				  const char *reason);

/* The instance does not exist any more: clears everything. What has to be told is due at once. */
void instance_alarms_part(struct instance_alarms *alarms, const struct snapshot_sample *sample,
			  uint64_t wall_ms, const char *reason);

/* Judges a sample. It must have a row for each threshold, which is filled in, and for each rate,
 * which gets the state of its alarm. `now_ms` is monotonic. */
void instance_alarms_sample(struct instance_alarms *alarms, struct snapshot_sample *sample,
			    uint64_t now_ms, uint64_t wall_ms);

/* Whether an alarm has risen that waits for what a look finds: of what the table is full, and by
 * whom. It waits FINDINGS_WAIT_MS at most; one that rises within FINDINGS_KEPT_MS of the last
 * findings takes these and does not wait. */
bool instance_alarms_want_findings(const struct instance_alarms *alarms, uint64_t now_ms);

/* The look has ended. No alarm waits any more, even if nothing is known. */
void instance_alarms_found(struct instance_alarms *alarms, const struct findings *findings,
			   uint64_t now_ms);

/* The source and the NAT ports that raised alarms are about; valid until the next change. */
struct snapshot_culprits instance_alarms_culprits(const struct instance_alarms *alarms);

/* At the end of a scan: judges the culprit with its present entries or, without a culprit, the
 * source with the most entries (rank 0: no source). */
void instance_alarms_source(struct instance_alarms *alarms, const struct snapshot_top *source,
			    const struct snapshot_sample *sample, uint64_t wall_ms);

/* Likewise the ports of a translated address towards one destination. */
void instance_alarms_nat(struct instance_alarms *alarms, const struct snapshot_nat *nat,
			 const struct snapshot_sample *sample, uint64_t wall_ms);

/* At the end of a scan: judges the watches and fills in the states of their alarms. */
void instance_alarms_watches(struct instance_alarms *alarms, struct snapshot_watch *watches,
			     size_t count, const struct snapshot_sample *sample, uint64_t wall_ms);

/* A transition that has not been logged; false if there is none. Each comes once, and at once but
 * for one that waits for findings. */
bool instance_alarms_news(struct instance_alarms *alarms, uint64_t now_ms, struct event *event);

/* Whether a notification is due, and the next one. They come in turn, those of alarms that have
 * ended first. The one that was given is under way until instance_alarms_settle(). */
bool instance_alarms_are_due(struct instance_alarms *alarms, uint64_t now_ms);
bool instance_alarms_next(struct instance_alarms *alarms, uint64_t now_ms, uint64_t wall_ms,
			  struct event *event);
void instance_alarms_settle(struct instance_alarms *alarms, enum alarm_fate fate, uint64_t now_ms);

/* Nothing is left to tell or to log. */
bool instance_alarms_are_settled(const struct instance_alarms *alarms);

#endif
