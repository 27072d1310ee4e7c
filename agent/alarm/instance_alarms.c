/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarm/instance_alarms.h"

#include <stdlib.h>
#include <string.h>

#include "alarm/alarm.h"
#include "alarm/culprit.h"
#include "config/config.h"

/* Beside the thresholds and the watches: dropping, the source, the NAT ports,
 * degraded. */
#define SINGLE_ALARMS 4

static size_t count_of(const struct instance_alarms *alarms)
{
	return alarms->threshold_count + alarms->watch_count + SINGLE_ALARMS;
}

static struct alarm *dropping_of(const struct instance_alarms *alarms)
{
	return &alarms->alarms[alarms->threshold_count];
}

static struct alarm *source_of(const struct instance_alarms *alarms)
{
	return dropping_of(alarms) + 1;
}

static struct alarm *nat_of(const struct instance_alarms *alarms)
{
	return source_of(alarms) + 1;
}

static struct alarm *watches_of(const struct instance_alarms *alarms)
{
	return nat_of(alarms) + 1;
}

/* The last alarm. */
static struct alarm *degraded_of(const struct instance_alarms *alarms)
{
	return watches_of(alarms) + alarms->watch_count;
}

static struct alarm *find(const struct instance_alarms *alarms, enum event_kind kind,
			  const char *name)
{
	for (struct alarm *alarm = alarms->alarms; alarm <= degraded_of(alarms); alarm++) {
		if (alarm->kind == kind && strcmp(alarm_name(alarm), name) == 0)
			return alarm;
	}
	return NULL;
}

/* The alarm continues under the new configuration. */
static void go_on(struct alarm *next, const struct alarm *before)
{
	next->state = before->state;
	next->event = before->event;
	next->is_news = before->is_news;
	next->unlogged = before->unlogged;
	next->wait_end_ms = before->wait_end_ms;
	next->noted = before->noted;
	next->end_reason = before->end_reason;
	if (next->kind == EVENT_SOURCE_RISING || next->kind == EVENT_NAT_RISING)
		next->subject = before->subject;
}

/* The same name in another row: whoever knows alarms by their index sees two. */
static bool has_moved(const struct alarm *alarm, const struct alarm *next)
{
	if (alarm->kind == EVENT_UTILIZATION_RISING)
		return alarm->subject.threshold.index != next->subject.threshold.index;
	return alarm->kind == EVENT_WATCH_RISING &&
	       alarm->subject.watch.index != next->subject.watch.index;
}

/* Why an alarm of the old configuration cannot go on in `next`, its successor among `after`; NULL:
 * it can. */
static const char *end_reason(const struct alarm *alarm, const struct alarm *next,
			      const struct instance_alarms *after)
{
	const struct snapshot_top *source = &alarm->subject.source;

	if (!next)
		return alarm->kind == EVENT_WATCH_RISING
			       ? "the watch was removed from the configuration"
			       : "the threshold was removed from the configuration";
	if (alarm->kind == EVENT_NAT_RISING)
		return next->rising == 0 ? "nat-rising was set to 0" : NULL;
	if (alarm->kind == EVENT_WATCH_RISING && next->rising == 0)
		return "rising was set to 0";
	if (has_moved(alarm, next))
		return "its index was changed";
	if (alarm->kind != EVENT_SOURCE_RISING)
		return NULL;
	if (next->rising == 0)
		return "source-rising was set to 0";
	if (source->address_type == 1 && source->prefix_length != after->prefix_ipv4)
		return "top-prefix-ipv4 was changed";
	if (source->address_type == 2 && source->prefix_length != after->prefix_ipv6)
		return "top-prefix-ipv6 was changed";
	return NULL;
}

/* Hands the old alarms over to `after`: each to its successor or, if it cannot go on there and has
 * something left to tell, to those that part. Nothing here can fail. */
static void hand_over(struct instance_alarms *after, const struct instance_alarms *before,
		      const struct snapshot_sample *sample, uint64_t wall_ms)
{
	for (size_t i = 0; before->alarms && i < count_of(before); i++) {
		const struct alarm *old = &before->alarms[i];
		struct alarm *next = find(after, old->kind, alarm_name(old));
		struct alarm *parting = &after->parting[after->parting_count];
		const char *reason = end_reason(old, next, after);

		if (!reason || (!old->state.raised && alarm_is_settled(old))) {
			if (next)
				go_on(next, old);
			continue;
		}
		*parting = *old;
		if (next)
			next->state = alarm_state_successor(&old->state);
		alarm_end(parting, reason, wall_ms);
		after->untold += alarm_note(parting, sample, wall_ms, 0);
		after->parting_count++;
	}
}

static void prepare(struct alarm *alarm, enum event_kind kind, uint32_t rising, uint32_t falling)
{
	alarm->kind = kind;
	alarm->rising = rising;
	alarm->falling = falling;
}

static void prepare_threshold(struct alarm *alarm, const struct config_threshold *config,
			      size_t position)
{
	struct snapshot_threshold *row = &alarm->subject.threshold;

	prepare(alarm, EVENT_UTILIZATION_RISING, config->rising, config->falling);
	row->index = (uint32_t)position + 1;
	memcpy(row->name, config->name, sizeof(config->name));
	row->rising = config->rising;
	row->falling = config->falling;
}

static void prepare_watch(struct alarm *alarm, const struct config_watch *config)
{
	prepare(alarm, EVENT_WATCH_RISING, config->rising, config->falling);
	memcpy(alarm->subject.watch.name, config->name, sizeof(config->name));
	alarm->subject.watch.index = config->index;
	alarm->subject.watch.rising = config->rising;
	alarm->subject.watch.falling = config->falling;
}

static void prepare_all(struct instance_alarms *alarms, const struct config *config)
{
	for (size_t i = 0; i < config->threshold_count; i++)
		prepare_threshold(&alarms->alarms[i], &config->thresholds[i], i);
	prepare(dropping_of(alarms), EVENT_DROPPING_STARTED, 0, 0);
	prepare(source_of(alarms), EVENT_SOURCE_RISING, config->source_rising,
		config->source_falling);
	prepare(nat_of(alarms), EVENT_NAT_RISING, config->nat_rising, config->nat_falling);
	for (size_t i = 0; i < config->watch_count; i++)
		prepare_watch(&watches_of(alarms)[i], &config->watches[i]);
	prepare(degraded_of(alarms), EVENT_INSTANCE_DEGRADED, 0, 0);
}

int instance_alarms_prepare(struct instance_alarms *next, const struct instance_alarms *alarms,
			    const struct config *config)
{
	size_t before_count = alarms->alarms ? count_of(alarms) : 0;

	*next = (struct instance_alarms){
		.threshold_count = config->threshold_count,
		.watch_count = config->watch_count,
		.prefix_ipv4 = config->top_prefix_ipv4,
		.prefix_ipv6 = config->top_prefix_ipv6,
		.interval_ms = (uint64_t)config->notification_interval * 1000,
	};
	next->alarms = calloc(count_of(next), sizeof(*next->alarms));
	next->parting = calloc(alarms->parting_count + before_count + 1, sizeof(*next->parting));
	if (!next->alarms || !next->parting) {
		instance_alarms_clear(next);
		return -1;
	}
	prepare_all(next, config);
	return 0;
}

void instance_alarms_apply(struct instance_alarms *alarms, struct instance_alarms *next,
			   const struct snapshot_sample *sample, uint64_t wall_ms)
{
	next->suppressed = alarms->suppressed;
	next->untold = alarms->untold;
	next->findings = alarms->findings;
	next->found_ms = alarms->found_ms;
	next->parting_count = alarms->parting_count;
	if (alarms->parting_count)
		memcpy(next->parting, alarms->parting,
		       alarms->parting_count * sizeof(*next->parting));
	hand_over(next, alarms, sample, wall_ms);
	free(alarms->alarms);
	free(alarms->parting);
	*alarms = *next;
	*next = (struct instance_alarms){ 0 };
}

void instance_alarms_clear(struct instance_alarms *alarms)
{
	for (size_t i = 0; alarms->alarms && i < count_of(alarms); i++)
		alarm_clear(&alarms->alarms[i]);
	for (size_t i = 0; i < alarms->parting_count; i++)
		alarm_clear(&alarms->parting[i]);
	free(alarms->alarms);
	free(alarms->parting);
	memset(alarms, 0, sizeof(*alarms));
}

/* Makes the events of the transitions since the last call. Those that want findings wait for them
 * until `wait_end_ms`; 0: they do not. */
static void note_transitions(struct instance_alarms *alarms, const struct snapshot_sample *sample,
			     uint64_t wall_ms, uint64_t wait_end_ms)
{
	for (size_t i = 0; i < alarms->parting_count; i++)
		alarms->untold += alarm_note(&alarms->parting[i], sample, wall_ms, wait_end_ms);
	for (size_t i = 0; i < count_of(alarms); i++)
		alarms->untold += alarm_note(&alarms->alarms[i], sample, wall_ms, wait_end_ms);
}

void instance_alarms_end(struct instance_alarms *alarms, const struct snapshot_sample *sample,
			 uint64_t wall_ms, const char *reason)
{
	for (struct alarm *alarm = alarms->alarms; alarm < degraded_of(alarms); alarm++)
		alarm_end(alarm, reason, wall_ms);
	note_transitions(alarms, sample, wall_ms, 0);
	alarms->findings.is_known = false; /* the next table of this name is another one */
}

void instance_alarms_part(struct instance_alarms *alarms, const struct snapshot_sample *sample,
			  uint64_t wall_ms, const char *reason)
{
	alarm_end(degraded_of(alarms), reason, wall_ms);
	instance_alarms_end(alarms, sample, wall_ms, reason);
	alarms->interval_ms = 0;
}

struct snapshot_culprits instance_alarms_culprits(const struct instance_alarms *alarms)
{
	const struct alarm *source = source_of(alarms), *nat = nat_of(alarms);

	return (struct snapshot_culprits){
		.source = source->state.raised ? &source->subject.source : NULL,
		.nat = nat->state.raised ? &nat->subject.nat : NULL,
	};
}

/* What is certain of a value, times 100. */
static struct alarm_value certain_value(uint32_t value, uint64_t doubt)
{
	return (struct alarm_value){ (value > doubt ? value - doubt : 0) * 100,
				     (value + doubt) * 100 };
}

/* Judges a value, times 100, against percentages of `max_entries`. Compares exactly, without
 * rounding. */
static void follow_share(struct alarm *alarm, struct alarm_value value, uint32_t max_entries,
			 uint64_t wall_ms)
{
	alarm_state_follow(&alarm->state, value, (uint64_t)alarm->rising * max_entries,
			   (uint64_t)alarm->falling * max_entries, wall_ms);
}

void instance_alarms_source(struct instance_alarms *alarms, const struct snapshot_top *source,
			    const struct snapshot_sample *sample, uint64_t wall_ms)
{
	const struct culprit found = {
		.subject.source = *source,
		.rank = source->rank,
		/* what it certainly holds: no error must accuse anybody */
		.held = certain_value(source->entries, (uint64_t)source->error + source->margin),
		.whole = sample->max_entries,
	};

	culprit_follow(alarms, source_of(alarms), &found, wall_ms);
	note_transitions(alarms, sample, wall_ms, 0);
}

void instance_alarms_nat(struct instance_alarms *alarms, const struct snapshot_nat *nat,
			 const struct snapshot_sample *sample, uint64_t wall_ms)
{
	const struct culprit found = {
		.subject.nat = *nat,
		.rank = nat->rank,
		.held = certain_value(nat->entries, (uint64_t)nat->error + nat->margin),
		.whole = SNAPSHOT_NAT_PORTS,
	};

	culprit_follow(alarms, nat_of(alarms), &found, wall_ms);
	note_transitions(alarms, sample, wall_ms, 0);
}

void instance_alarms_watches(struct instance_alarms *alarms, struct snapshot_watch *watches,
			     size_t count, const struct snapshot_sample *sample, uint64_t wall_ms)
{
	for (size_t i = 0; i < count && i < alarms->watch_count; i++) {
		struct alarm *alarm = &watches_of(alarms)[i];

		alarm_state_follow(&alarm->state,
				   certain_value(watches[i].entries, watches[i].margin),
				   alarm->rising * 100ULL, alarm->falling * 100ULL, wall_ms);
		watches[i].raised = alarm->state.raised;
		alarm->subject.watch = watches[i];
	}
	note_transitions(alarms, sample, wall_ms, 0);
}

static void show_threshold(struct alarm *alarm, struct snapshot_threshold *row)
{
	alarm->subject.threshold.raised = alarm->state.raised;
	alarm->subject.threshold.transitions = alarm->state.transitions;
	alarm->subject.threshold.since = alarm->state.since_ms;
	*row = alarm->subject.threshold;
}

static void hand_out_findings(struct instance_alarms *alarms, const struct findings *findings)
{
	for (size_t i = 0; i < count_of(alarms); i++)
		alarm_take_findings(&alarms->alarms[i], findings);
}

void instance_alarms_sample(struct instance_alarms *alarms, struct snapshot_sample *sample,
			    uint64_t now_ms, uint64_t wall_ms)
{
	alarm_state_set(&degraded_of(alarms)->state, sample->status != STATUS_OK, wall_ms);
	if (sample->has_values && sample->has_loss)
		alarm_state_set(&dropping_of(alarms)->state, sample->dropping, wall_ms);
	for (size_t i = 0; i < alarms->threshold_count; i++) {
		struct alarm *alarm = &alarms->alarms[i];

		if (sample->has_values)
			follow_share(alarm, certain_value(sample->entries, 0), sample->max_entries,
				     wall_ms);
		show_threshold(alarm, &sample->thresholds[i]);
	}
	note_transitions(alarms, sample, wall_ms, now_ms + FINDINGS_WAIT_MS);
	if (alarms->findings.is_known && now_ms - alarms->found_ms < FINDINGS_KEPT_MS)
		hand_out_findings(alarms, &alarms->findings);
}

bool instance_alarms_want_findings(const struct instance_alarms *alarms, uint64_t now_ms)
{
	for (size_t i = 0; i < count_of(alarms); i++) {
		if (alarm_wants_findings(&alarms->alarms[i], now_ms))
			return true;
	}
	return false;
}

void instance_alarms_found(struct instance_alarms *alarms, const struct findings *findings,
			   uint64_t now_ms)
{
	hand_out_findings(alarms, findings);
	if (!findings->is_known)
		return;
	alarms->findings = *findings;
	alarms->found_ms = now_ms;
}

bool instance_alarms_news(struct instance_alarms *alarms, uint64_t now_ms, struct event *event)
{
	for (size_t i = 0; i < alarms->parting_count; i++) {
		if (alarm_take_news(&alarms->parting[i], now_ms, event))
			return true;
	}
	for (size_t i = 0; i < count_of(alarms); i++) {
		if (alarm_take_news(&alarms->alarms[i], now_ms, event))
			return true;
	}
	return false;
}

/* The alarm that may speak now, or NULL. The first of those that part may speak before all others,
 * and at once: a successor of the same name must not speak before it. */
static struct alarm *find_due(struct instance_alarms *alarms, uint64_t now_ms)
{
	size_t count = count_of(alarms);

	for (size_t i = 0; i < alarms->parting_count; i++) {
		struct alarm *alarm = &alarms->parting[i];

		if (!alarm_state_is_settled(&alarm->state))
			return alarm_is_due(alarm, now_ms, 0, &alarms->suppressed) ? alarm : NULL;
	}
	for (size_t i = 0; i < count; i++) {
		size_t position = (alarms->turn + i) % count;
		struct alarm *alarm = &alarms->alarms[position];

		if (!alarm_is_due(alarm, now_ms, alarms->interval_ms, &alarms->suppressed))
			continue;
		alarms->turn = position;
		return alarm;
	}
	return NULL;
}

/* Drops what has nothing left to tell. */
static void forget_parted(struct instance_alarms *alarms)
{
	size_t kept = 0;

	for (size_t i = 0; i < alarms->parting_count; i++) {
		if (!alarm_is_settled(&alarms->parting[i]))
			alarms->parting[kept++] = alarms->parting[i];
	}
	alarms->parting_count = kept;
}

bool instance_alarms_are_due(struct instance_alarms *alarms, uint64_t now_ms)
{
	forget_parted(alarms);
	return find_due(alarms, now_ms) != NULL;
}

bool instance_alarms_next(struct instance_alarms *alarms, uint64_t now_ms, uint64_t wall_ms,
			  struct event *event)
{
	struct alarm *alarm;

	forget_parted(alarms);
	alarm = find_due(alarms, now_ms);
	if (!alarm)
		return false;
	alarm_hand_over(alarm, wall_ms, event);
	alarms->turn++;
	return true;
}

void instance_alarms_settle(struct instance_alarms *alarms, enum alarm_fate fate, uint64_t now_ms)
{
	for (size_t i = 0; i < alarms->parting_count; i++) {
		if (alarms->parting[i].state.is_under_way)
			alarm_settle(&alarms->parting[i], fate, now_ms);
	}
	for (size_t i = 0; i < count_of(alarms); i++) {
		if (alarms->alarms[i].state.is_under_way)
			alarm_settle(&alarms->alarms[i], fate, now_ms);
	}
	forget_parted(alarms);
}

bool instance_alarms_are_settled(const struct instance_alarms *alarms)
{
	for (size_t i = 0; i < alarms->parting_count; i++) {
		if (!alarm_is_settled(&alarms->parting[i]))
			return false;
	}
	for (size_t i = 0; i < count_of(alarms); i++) {
		if (!alarm_is_settled(&alarms->alarms[i]))
			return false;
	}
	return true;
}
