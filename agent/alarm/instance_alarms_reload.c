/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reload does to the alarms of an instance: which go on, and which end, and why. */
#include <stdlib.h>
#include <string.h>

#include "alarm/instance_alarms_private.h"
#include "config/config.h"

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
	if (next->kind == EVENT_RATE_RISING) {
		struct snapshot_rate rate = before->subject.rate;

		instance_alarms_take_rate(&rate, &next->subject.rate);
		next->subject.rate = rate;
	}
}

/* The same name in another row: whoever knows alarms by their index sees two. */
static bool has_moved(const struct alarm *alarm, const struct alarm *next)
{
	if (alarm->kind == EVENT_UTILIZATION_RISING)
		return alarm->subject.threshold.index != next->subject.threshold.index;
	if (alarm->kind == EVENT_RATE_RISING)
		return alarm->subject.rate.index != next->subject.rate.index;
	return alarm->kind == EVENT_WATCH_RISING &&
	       alarm->subject.watch.index != next->subject.watch.index;
}

/* What the configuration does not have any more. */
static const char *removal_reason(enum event_kind kind)
{
	if (kind == EVENT_WATCH_RISING)
		return "the watch was removed from the configuration";
	if (kind == EVENT_RATE_RISING)
		return "the rate was removed from the configuration";
	return "the threshold was removed from the configuration";
}

/* Why an alarm of the old configuration cannot go on in `next`, its successor among `after`; NULL:
 * it can. */
static const char *end_reason(const struct alarm *alarm, const struct alarm *next,
			      const struct instance_alarms *after)
{
	const struct snapshot_top *source = &alarm->subject.source;

	if (!next)
		return removal_reason(alarm->kind);
	if (alarm->kind == EVENT_NAT_RISING)
		return next->rising == 0 ? "nat-rising was set to 0" : NULL;
	if (alarm->kind != EVENT_SOURCE_RISING && alarm->rising && next->rising == 0)
		return "rising was set to 0";
	if (has_moved(alarm, next))
		return "its index was changed";
	if (alarm->kind == EVENT_RATE_RISING &&
	    strcmp(alarm->subject.rate.counter, next->subject.rate.counter) != 0)
		return "its counter was changed";
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

static void prepare_rate(struct alarm *alarm, const struct config_rate *config)
{
	struct snapshot_rate *row = &alarm->subject.rate;

	prepare(alarm, EVENT_RATE_RISING, config->rising, config->falling);
	row->index = config->index;
	memcpy(row->name, config->name, sizeof(config->name));
	memcpy(row->counter, config->counter_name, sizeof(config->counter_name));
	row->rising = config->rising;
	row->falling = config->falling;
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
	for (size_t i = 0; i < config->rate_count; i++)
		prepare_rate(&rates_of(alarms)[i], &config->rates[i]);
	prepare(degraded_of(alarms), EVENT_INSTANCE_DEGRADED, 0, 0);
}

int instance_alarms_prepare(struct instance_alarms *next, const struct instance_alarms *alarms,
			    const struct config *config)
{
	size_t before_count = alarms->alarms ? count_of(alarms) : 0;

	*next = (struct instance_alarms){
		.threshold_count = config->threshold_count,
		.watch_count = config->watch_count,
		.rate_count = config->rate_count,
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
