/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarms.h"

#include <string.h>

#include "threshold.h"

/* "Dropping" ends when nothing was dropped for this long. */
#define QUIET_MS 60000

_Static_assert(CONFIG_THRESHOLDS_MAX <= SNAPSHOT_THRESHOLDS_MAX, "a row for each threshold");
_Static_assert(CONFIG_NAME_SIZE <= SNAPSHOT_NAME_SIZE, "room for each name");

void alarms_configure(struct alarms *alarms, const struct config_threshold *thresholds,
		      size_t count)
{
	struct alarms_threshold before[SNAPSHOT_THRESHOLDS_MAX];
	size_t count_before = alarms->threshold_count;

	memcpy(before, alarms->thresholds, sizeof(before));
	memset(alarms->thresholds, 0, sizeof(alarms->thresholds));
	alarms->threshold_count = count;
	for (size_t i = 0; i < count; i++) {
		alarms->thresholds[i].is = thresholds[i];
		for (size_t j = 0; j < count_before; j++) {
			if (strcmp(before[j].is.name, thresholds[i].name) == 0)
				alarms->thresholds[i].latch = before[j].latch;
		}
	}
}

static void update_dropping(struct alarms *alarms, struct snapshot_sample *sample, uint64_t now_ms,
			    uint64_t wall_ms)
{
	uint64_t drops =
		sample->total.value[COUNTER_DROPS] + sample->total.value[COUNTER_EARLY_DROPS];

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
		const struct config_threshold *threshold = &alarms->thresholds[i].is;
		struct snapshot_threshold *shown = &sample->thresholds[i];
		struct latch *latch = &alarms->thresholds[i].latch;

		if (sample->has_figures)
			latch_set(latch,
				  threshold_state(latch->raised, threshold->rising,
						  threshold->falling, sample->entries,
						  sample->max_entries),
				  wall_ms);
		memcpy(shown->name, threshold->name, sizeof(threshold->name));
		shown->rising = threshold->rising;
		shown->falling = threshold->falling;
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
	notice = sample->has_figures
			 ? latch_poll(&alarms->dropping, now_ms, interval_ms, suppressed)
			 : LATCH_QUIET;
	if (notice != LATCH_QUIET) {
		event_compose(event,
			      notice == LATCH_RISING ? EVENT_DROPPING_STARTED
						     : EVENT_DROPPING_STOPPED,
			      sample, 0);
		return true;
	}
	notice = latch_poll(&alarms->degraded, now_ms, interval_ms, suppressed);
	if (notice != LATCH_QUIET) {
		event_compose(event,
			      notice == LATCH_RISING ? EVENT_INSTANCE_DEGRADED
						     : EVENT_INSTANCE_RECOVERED,
			      sample, 0);
		return true;
	}
	return false;
}
