/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarm/instance_alarms_private.h"

#include <stdlib.h>
#include <string.h>

#include "alarm/culprit.h"

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

void instance_alarms_end_degraded(struct instance_alarms *alarms, uint64_t wall_ms,
				  const char *reason)
{
	alarm_end(degraded_of(alarms), reason, wall_ms);
}

void instance_alarms_part(struct instance_alarms *alarms, const struct snapshot_sample *sample,
			  uint64_t wall_ms, const char *reason)
{
	instance_alarms_end_degraded(alarms, wall_ms, reason);
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

void instance_alarms_take_rate(struct snapshot_rate *rate, const struct snapshot_rate *row)
{
	struct snapshot_rate last = *rate;

	*rate = *row;
	if (row->has_value)
		return;
	rate->has_value = last.has_value;
	rate->value = last.value;
	rate->seconds = last.seconds;
}

/* While the rate has no value, the state stays as it was. */
static void follow_rate(struct alarm *alarm, struct snapshot_rate *row, bool has_values,
			uint64_t wall_ms)
{
	if (has_values && row->has_value)
		alarm_state_follow(&alarm->state, (struct alarm_value){ row->value, row->value },
				   alarm->rising, alarm->falling, wall_ms);
	row->raised = alarm->state.raised;
	instance_alarms_take_rate(&alarm->subject.rate, row);
}

static void hand_out_findings(struct instance_alarms *alarms, const struct findings *findings)
{
	for (size_t i = 0; i < count_of(alarms); i++)
		alarm_take_findings(&alarms->alarms[i], findings);
}

void instance_alarms_sample(struct instance_alarms *alarms, struct snapshot_sample *sample,
			    uint64_t now_ms, uint64_t wall_ms)
{
	alarm_state_set(&degraded_of(alarms)->state,
			sample->status != STATUS_OK && !sample->is_deleted, wall_ms);
	if (sample->has_values && sample->has_loss)
		alarm_state_set(&dropping_of(alarms)->state, sample->dropping, wall_ms);
	for (size_t i = 0; i < alarms->threshold_count; i++) {
		struct alarm *alarm = &alarms->alarms[i];

		if (sample->has_values)
			follow_share(alarm, certain_value(sample->entries, 0), sample->max_entries,
				     wall_ms);
		show_threshold(alarm, &sample->thresholds[i]);
	}
	for (size_t i = 0; i < alarms->rate_count; i++)
		follow_rate(&rates_of(alarms)[i], &sample->rates[i], sample->has_values, wall_ms);
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
