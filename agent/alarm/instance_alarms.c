/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarm/instance_alarms.h"

#include <stdlib.h>
#include <string.h>

#include "alarm/threshold.h"

/* "Dropping" ends when nothing was dropped for this long. */
#define QUIET_MS 60000

_Static_assert(CONFIG_THRESHOLDS_MAX <= SNAPSHOT_THRESHOLDS_MAX, "a row for each threshold");
_Static_assert(CONFIG_NAME_SIZE <= SNAPSHOT_NAME_SIZE, "room for each name");

static void configure_thresholds(struct alarms *alarms, const struct config *config)
{
	struct alarms_threshold before[SNAPSHOT_THRESHOLDS_MAX];
	size_t count_before = alarms->threshold_count;

	memcpy(before, alarms->thresholds, sizeof(before));
	memset(alarms->thresholds, 0, sizeof(alarms->thresholds));
	alarms->threshold_count = config->threshold_count;
	for (size_t i = 0; i < config->threshold_count; i++) {
		alarms->thresholds[i].is = config->thresholds[i];
		for (size_t j = 0; j < count_before; j++) {
			if (strcmp(before[j].is.name, config->thresholds[i].name) == 0)
				alarms->thresholds[i].latch = before[j].latch;
		}
	}
}

int alarms_configure(struct alarms *alarms, const struct config *config)
{
	struct alarms_watch *watches = NULL;

	if (config->watch_count) {
		watches = calloc(config->watch_count, sizeof(*watches));
		if (!watches)
			return -1;
	}
	for (size_t i = 0; i < config->watch_count; i++) {
		memcpy(watches[i].row.name, config->watches[i].name, CONFIG_NAME_SIZE);
		for (size_t j = 0; j < alarms->watch_count; j++) {
			if (strcmp(alarms->watches[j].row.name, config->watches[i].name) == 0)
				watches[i] = alarms->watches[j];
		}
		watches[i].row.index = config->watches[i].index;
		watches[i].row.rising = config->watches[i].rising;
		watches[i].row.falling = config->watches[i].falling;
	}
	free(alarms->watches);
	alarms->watches = watches;
	alarms->watch_count = config->watch_count;
	alarms->source_rising = config->source_rising;
	alarms->source_falling = config->source_falling;
	configure_thresholds(alarms, config);
	return 0;
}

void alarms_clear(struct alarms *alarms)
{
	free(alarms->watches);
	alarms->watches = NULL;
	alarms->watch_count = 0;
}

void alarms_restart(struct alarms *alarms)
{
	alarms->has_drops = false;
}

const struct snapshot_top *alarms_culprit(const struct alarms *alarms)
{
	return alarms->source.raised ? &alarms->culprit : NULL;
}

void alarms_update_source(struct alarms *alarms, const struct snapshot_top *source,
			  uint32_t max_entries, uint64_t wall_ms)
{
	bool raised = false;

	/* what it holds for certain: nobody is to be accused because of a sketch's error */
	if (source && alarms->source_rising)
		raised = threshold_state(alarms->source.raised, alarms->source_rising,
					 alarms->source_falling, source->entries - source->error,
					 max_entries);
	if (source && (raised || alarms->source.raised))
		alarms->culprit = *source;
	latch_set(&alarms->source, raised, wall_ms);
}

void alarms_update_watches(struct alarms *alarms, struct snapshot_watch *watches, size_t count,
			   uint64_t wall_ms)
{
	for (size_t i = 0; i < count && i < alarms->watch_count; i++) {
		struct latch *latch = &alarms->watches[i].latch;
		bool raised = watches[i].rising &&
			      (watches[i].entries >= watches[i].rising ||
			       (latch->raised && watches[i].entries > watches[i].falling));

		latch_set(latch, raised, wall_ms);
		watches[i].raised = raised;
		alarms->watches[i].row = watches[i];
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
		shown->index = (uint32_t)i + 1;
		memcpy(shown->name, threshold->name, sizeof(threshold->name));
		shown->rising = threshold->rising;
		shown->falling = threshold->falling;
		shown->raised = latch->raised;
		shown->transitions = latch->transitions;
		shown->since = latch->since_ms;
	}
}

/* Each kind of alarm: true with the event if one is due. */
static bool next_threshold(struct alarms *alarms, const struct snapshot_sample *sample,
			   uint64_t now_ms, uint64_t interval_ms, uint64_t *suppressed,
			   struct event *event)
{
	for (size_t i = 0; i < alarms->threshold_count; i++) {
		enum latch_notice notice =
			latch_poll(&alarms->thresholds[i].latch, now_ms, interval_ms, suppressed);

		if (notice == LATCH_QUIET)
			continue;
		event_compose(event,
			      notice == LATCH_RISING ? EVENT_UTILIZATION_RISING
						     : EVENT_UTILIZATION_FALLING,
			      sample, i);
		return true;
	}
	return false;
}

static bool next_source(struct alarms *alarms, const struct snapshot_sample *sample,
			uint64_t now_ms, uint64_t interval_ms, uint64_t *suppressed,
			struct event *event)
{
	enum latch_notice notice = latch_poll(&alarms->source, now_ms, interval_ms, suppressed);

	if (notice != LATCH_QUIET)
		event_compose_source(
			event, notice == LATCH_RISING ? EVENT_SOURCE_RISING : EVENT_SOURCE_FALLING,
			sample, &alarms->culprit, alarms->source_rising, alarms->source_falling);
	return notice != LATCH_QUIET;
}

static bool next_watch(struct alarms *alarms, const struct snapshot_sample *sample, uint64_t now_ms,
		       uint64_t interval_ms, uint64_t *suppressed, struct event *event)
{
	for (size_t i = 0; i < alarms->watch_count; i++) {
		enum latch_notice notice =
			latch_poll(&alarms->watches[i].latch, now_ms, interval_ms, suppressed);

		if (notice == LATCH_QUIET)
			continue;
		event_compose_watch(
			event, notice == LATCH_RISING ? EVENT_WATCH_RISING : EVENT_WATCH_FALLING,
			sample, &alarms->watches[i].row);
		return true;
	}
	return false;
}

/* A latch with an event of its own for each state. */
static bool next_of(struct latch *latch, enum event_kind rising, enum event_kind falling,
		    const struct snapshot_sample *sample, uint64_t now_ms, uint64_t interval_ms,
		    uint64_t *suppressed, struct event *event)
{
	enum latch_notice notice = latch_poll(latch, now_ms, interval_ms, suppressed);

	if (notice != LATCH_QUIET)
		event_compose(event, notice == LATCH_RISING ? rising : falling, sample, 0);
	return notice != LATCH_QUIET;
}

bool alarms_next(struct alarms *alarms, const struct snapshot_sample *sample, uint64_t now_ms,
		 uint64_t interval_ms, uint64_t *suppressed, struct event *event)
{
	/* without figures there is nothing that these could say */
	if (sample->has_figures &&
	    (next_threshold(alarms, sample, now_ms, interval_ms, suppressed, event) ||
	     next_of(&alarms->dropping, EVENT_DROPPING_STARTED, EVENT_DROPPING_STOPPED, sample,
		     now_ms, interval_ms, suppressed, event) ||
	     next_source(alarms, sample, now_ms, interval_ms, suppressed, event) ||
	     next_watch(alarms, sample, now_ms, interval_ms, suppressed, event)))
		return true;
	return next_of(&alarms->degraded, EVENT_INSTANCE_DEGRADED, EVENT_INSTANCE_RECOVERED, sample,
		       now_ms, interval_ms, suppressed, event);
}
