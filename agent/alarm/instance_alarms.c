/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarm/instance_alarms.h"

#include <stdlib.h>
#include <string.h>

#include "alarm/alarm_state.h"
#include "config/config.h"

/* "Dropping" ends when nothing was dropped for this long. */
#define QUIET_MS 60000

struct alarm {
	enum event_kind kind; /* of its rising; the falling is the next number */
	uint32_t rising, falling;
	struct alarm_state state;
	union event_subject subject;
};

/* Beside the thresholds and the watches: dropping, the source, degraded. */
#define SINGLE_ALARMS 3

static struct alarm *dropping_of(const struct instance_alarms *alarms)
{
	return &alarms->alarms[alarms->threshold_count];
}

static struct alarm *source_of(const struct instance_alarms *alarms)
{
	return dropping_of(alarms) + 1;
}

static struct alarm *watches_of(const struct instance_alarms *alarms)
{
	return source_of(alarms) + 1;
}

/* The last alarm. */
static struct alarm *degraded_of(const struct instance_alarms *alarms)
{
	return watches_of(alarms) + alarms->watch_count;
}

/* What distinguishes it from others of its kind. */
static const char *name_of(const struct alarm *alarm)
{
	if (alarm->kind == EVENT_UTILIZATION_RISING)
		return alarm->subject.threshold.name;
	return alarm->kind == EVENT_WATCH_RISING ? alarm->subject.watch.name : "";
}

/* The alarm of the old configuration, or NULL. */
static const struct alarm *find(const struct instance_alarms *alarms, enum event_kind kind,
				const char *name)
{
	if (!alarms->alarms)
		return NULL;
	for (const struct alarm *alarm = alarms->alarms; alarm <= degraded_of(alarms); alarm++) {
		if (alarm->kind == kind && strcmp(name_of(alarm), name) == 0)
			return alarm;
	}
	return NULL;
}

/* A new alarm, with the state of the old one. */
static void prepare(struct alarm *alarm, const struct instance_alarms *before, enum event_kind kind,
		    const char *name, uint32_t rising, uint32_t falling)
{
	const struct alarm *same = find(before, kind, name);

	if (same)
		*alarm = *same;
	alarm->kind = kind;
	alarm->rising = rising;
	alarm->falling = falling;
}

static void prepare_threshold(struct alarm *alarm, const struct instance_alarms *before,
			      const struct config_threshold *config, size_t position)
{
	struct snapshot_threshold *row = &alarm->subject.threshold;

	prepare(alarm, before, EVENT_UTILIZATION_RISING, config->name, config->rising,
		config->falling);
	row->index = (uint32_t)position + 1;
	memcpy(row->name, config->name, sizeof(config->name));
	row->rising = config->rising;
	row->falling = config->falling;
}

static void prepare_watch(struct alarm *alarm, const struct instance_alarms *before,
			  const struct config_watch *config)
{
	prepare(alarm, before, EVENT_WATCH_RISING, config->name, config->rising, config->falling);
	memcpy(alarm->subject.watch.name, config->name, sizeof(config->name));
	alarm->subject.watch.index = config->index;
	alarm->subject.watch.rising = config->rising;
	alarm->subject.watch.falling = config->falling;
}

int instance_alarms_configure(struct instance_alarms *alarms, const struct config *config)
{
	struct instance_alarms after = *alarms;

	after.threshold_count = config->threshold_count;
	after.watch_count = config->watch_count;
	after.alarms = calloc(config->threshold_count + config->watch_count + SINGLE_ALARMS,
			      sizeof(*after.alarms));
	if (!after.alarms)
		return -1;
	for (size_t i = 0; i < config->threshold_count; i++)
		prepare_threshold(&after.alarms[i], alarms, &config->thresholds[i], i);
	prepare(dropping_of(&after), alarms, EVENT_DROPPING_STARTED, "", 0, 0);
	prepare(source_of(&after), alarms, EVENT_SOURCE_RISING, "", config->source_rising,
		config->source_falling);
	for (size_t i = 0; i < config->watch_count; i++)
		prepare_watch(&watches_of(&after)[i], alarms, &config->watches[i]);
	prepare(degraded_of(&after), alarms, EVENT_INSTANCE_DEGRADED, "", 0, 0);
	free(alarms->alarms);
	*alarms = after;
	return 0;
}

void instance_alarms_clear(struct instance_alarms *alarms)
{
	free(alarms->alarms);
	memset(alarms, 0, sizeof(*alarms));
}

int instance_alarms_copy(struct instance_alarms *copy, const struct instance_alarms *alarms)
{
	size_t size;

	*copy = *alarms;
	if (!alarms->alarms)
		return 0; /* never configured */
	size = (size_t)(degraded_of(alarms) + 1 - alarms->alarms);
	copy->alarms = calloc(size, sizeof(*copy->alarms));
	if (!copy->alarms)
		return -1;
	memcpy(copy->alarms, alarms->alarms, size * sizeof(*copy->alarms));
	return 0;
}

void instance_alarms_restart(struct instance_alarms *alarms)
{
	alarms->has_drops = false;
}

const struct snapshot_top *instance_alarms_culprit(const struct instance_alarms *alarms)
{
	const struct alarm *source = source_of(alarms);

	return source->state.raised ? &source->subject.source : NULL;
}

/* Judges `value` against percentages of `max_entries`. Compares exactly, without rounding. */
static void follow_share(struct alarm *alarm, uint32_t value, uint32_t max_entries,
			 uint64_t wall_ms)
{
	alarm_state_follow(&alarm->state, (uint64_t)value * 100,
			   (uint64_t)alarm->rising * max_entries,
			   (uint64_t)alarm->falling * max_entries, wall_ms);
}

void instance_alarms_source(struct instance_alarms *alarms, const struct snapshot_top *source,
			    uint32_t max_entries, uint64_t wall_ms)
{
	struct alarm *alarm = source_of(alarms);
	bool was_raised = alarm->state.raised;

	/* what it certainly holds: the error of the sketch must accuse nobody */
	follow_share(alarm, source->entries - source->error, max_entries, wall_ms);
	if (source->rank && (was_raised || alarm->state.raised))
		alarm->subject.source = *source;
}

void instance_alarms_watches(struct instance_alarms *alarms, struct snapshot_watch *watches,
			     size_t count, uint64_t wall_ms)
{
	for (size_t i = 0; i < count && i < alarms->watch_count; i++) {
		struct alarm *alarm = &watches_of(alarms)[i];

		alarm_state_follow(&alarm->state, watches[i].entries, alarm->rising, alarm->falling,
				   wall_ms);
		watches[i].raised = alarm->state.raised;
		alarm->subject.watch = watches[i];
	}
}

static void follow_drops(struct instance_alarms *alarms, const struct snapshot_sample *sample,
			 uint64_t now_ms, uint64_t wall_ms)
{
	struct alarm_state *state = &dropping_of(alarms)->state;
	uint64_t drops =
		sample->total.value[COUNTER_DROPS] + sample->total.value[COUNTER_EARLY_DROPS];

	if (alarms->has_drops && drops != alarms->drops) {
		alarms->last_drop_ms = now_ms;
		alarm_state_set(state, true, wall_ms);
	} else if (now_ms - alarms->last_drop_ms >= QUIET_MS) {
		alarm_state_set(state, false, wall_ms);
	}
	alarms->has_drops = true;
	alarms->drops = drops;
}

static void show_threshold(struct alarm *alarm, struct snapshot_threshold *row)
{
	alarm->subject.threshold.raised = alarm->state.raised;
	alarm->subject.threshold.transitions = alarm->state.transitions;
	alarm->subject.threshold.since = alarm->state.since_ms;
	*row = alarm->subject.threshold;
}

void instance_alarms_sample(struct instance_alarms *alarms, struct snapshot_sample *sample,
			    uint64_t now_ms, uint64_t wall_ms)
{
	alarm_state_set(&degraded_of(alarms)->state, sample->status != STATUS_OK, wall_ms);
	if (sample->has_values)
		follow_drops(alarms, sample, now_ms, wall_ms);
	sample->dropping = dropping_of(alarms)->state.raised;
	for (size_t i = 0; i < alarms->threshold_count; i++) {
		struct alarm *alarm = &alarms->alarms[i];

		if (sample->has_values)
			follow_share(alarm, sample->entries, sample->max_entries, wall_ms);
		show_threshold(alarm, &sample->thresholds[i]);
	}
}

bool instance_alarms_next(struct instance_alarms *alarms, const struct snapshot_sample *sample,
			  uint64_t now_ms, uint64_t interval_ms, uint64_t *suppressed,
			  struct event *event)
{
	/* without values of the table, only the last alarm can be judged */
	struct alarm *alarm = sample->has_values ? alarms->alarms : degraded_of(alarms);

	for (; alarm <= degraded_of(alarms); alarm++) {
		enum alarm_notice notice =
			alarm_state_poll(&alarm->state, now_ms, interval_ms, suppressed);

		if (notice == ALARM_QUIET)
			continue;
		event_compose(event, alarm->kind + (notice == ALARM_FALLING), sample,
			      &alarm->subject, alarm->rising, alarm->falling);
		return true;
	}
	return false;
}
