/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarms.h"

#include <stdio.h>
#include <string.h>

#include "threshold.h"

/* "Dropping" ends when nothing was dropped for this long. */
#define QUIET_MS 60000

void alarms_configure(struct alarms *alarms, size_t count)
{
	alarms->threshold_count = count < SNAPSHOT_THRESHOLDS_MAX ? count : SNAPSHOT_THRESHOLDS_MAX;
}

void alarms_set_threshold(struct alarms *alarms, size_t position, const char *name, uint32_t rising,
			  uint32_t falling)
{
	struct latch latch = { 0 };

	/* the order in the file may have changed: find the state by the name */
	for (size_t i = position; i < SNAPSHOT_THRESHOLDS_MAX; i++) {
		if (strcmp(alarms->thresholds[i].name, name) != 0)
			continue;
		latch = alarms->thresholds[i].latch;
		alarms->thresholds[i] = alarms->thresholds[position];
		break;
	}
	snprintf(alarms->thresholds[position].name, SNAPSHOT_NAME_SIZE, "%s", name);
	alarms->thresholds[position].rising = rising;
	alarms->thresholds[position].falling = falling;
	alarms->thresholds[position].latch = latch;
}

static void update_dropping(struct alarms *alarms, struct snapshot_sample *sample, uint64_t now_ms,
			    uint64_t wall_ms)
{
	uint64_t drops = sample->total.value[COUNTER_DROPS] + sample->total.value[COUNTER_EARLY_DROPS];

	if (alarms->has_drops && drops != alarms->drops) {
		alarms->last_drop_ms = now_ms;
		latch_set(&alarms->dropping, true, wall_ms);
	} else if (now_ms - alarms->last_drop_ms >= QUIET_MS) {
		latch_set(&alarms->dropping, false, wall_ms);
	}
	alarms->has_drops = true;
	alarms->drops = drops;
}

void alarms_update(struct alarms *alarms, struct snapshot_sample *sample, uint64_t now_ms,
		   uint64_t wall_ms)
{
	latch_set(&alarms->degraded, sample->status != STATUS_OK, wall_ms);
	if (sample->has_figures)
		update_dropping(alarms, sample, now_ms, wall_ms);
	sample->dropping = alarms->dropping.raised;
	sample->threshold_count = alarms->threshold_count;
	for (size_t i = 0; i < alarms->threshold_count; i++) {
		struct snapshot_threshold *shown = &sample->thresholds[i];
		struct latch *latch = &alarms->thresholds[i].latch;
		uint32_t rising = alarms->thresholds[i].rising;
		uint32_t falling = alarms->thresholds[i].falling;

		if (sample->has_figures)
			latch_set(latch,
				  threshold_state(latch->raised, rising, falling, sample->entries,
						  sample->max_entries),
				  wall_ms);
		memcpy(shown->name, alarms->thresholds[i].name, sizeof(shown->name));
		shown->rising = rising;
		shown->falling = falling;
		shown->raised = latch->raised;
		shown->transitions = latch->transitions;
		shown->since = latch->since_ms;
	}
}

bool alarms_next(struct alarms *alarms, const struct snapshot_sample *sample, uint64_t now_ms,
		 uint64_t interval_ms, uint64_t *suppressed, struct event *event)
{
	enum latch_notice notice;

	for (size_t i = 0; i < alarms->threshold_count && sample->has_figures; i++) {
		notice = latch_poll(&alarms->thresholds[i].latch, now_ms, interval_ms, suppressed);
		if (notice == LATCH_QUIET)
			continue;
		event_compose(event,
			      notice == LATCH_RISING ? EVENT_UTILIZATION_RISING
						     : EVENT_UTILIZATION_FALLING,
			      sample, i);
		return true;
	}
	notice = latch_poll(&alarms->dropping, now_ms, interval_ms, suppressed);
	if (notice != LATCH_QUIET && sample->has_figures) {
		event_compose(event,
			      notice == LATCH_RISING ? EVENT_DROPPING_STARTED : EVENT_DROPPING_STOPPED,
			      sample, 0);
		return true;
	}
	notice = latch_poll(&alarms->degraded, now_ms, interval_ms, suppressed);
	if (notice != LATCH_QUIET) {
		event_compose(event,
			      notice == LATCH_RISING ? EVENT_INSTANCE_DEGRADED : EVENT_INSTANCE_RECOVERED,
			      sample, 0);
		return true;
	}
	return false;
}
