/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarm/alarm.h"

#include <stdlib.h>
#include <string.h>

void alarm_clear(struct alarm *alarm)
{
	free(alarm->event);
	free(alarm->unlogged);
	memset(alarm, 0, sizeof(*alarm));
}

const char *alarm_name(const struct alarm *alarm)
{
	if (alarm->kind == EVENT_UTILIZATION_RISING)
		return alarm->subject.threshold.name;
	if (alarm->kind == EVENT_RATE_RISING)
		return alarm->subject.rate.name;
	return alarm->kind == EVENT_WATCH_RISING ? alarm->subject.watch.name : "";
}

void alarm_end(struct alarm *alarm, const char *reason, uint64_t wall_ms)
{
	if (!alarm->state.raised)
		return;
	alarm_state_set(&alarm->state, false, wall_ms);
	alarm->end_reason = reason;
}

/* The log has each transition, also one that ended while it waited for findings. */
static void replace_event(struct alarm *alarm, struct event *event)
{
	struct event *over = alarm->event;

	if (alarm->is_news) {
		over = alarm->unlogged;
		alarm->unlogged = alarm->event;
	}
	free(over);
	alarm->event = event;
	alarm->is_news = true;
}

uint64_t alarm_note(struct alarm *alarm, const struct snapshot_sample *sample, uint64_t wall_ms,
		    uint64_t wait_end_ms)
{
	bool raised = alarm->state.raised;
	uint64_t untold = alarm->state.untold;
	struct event *event;

	alarm->state.untold = 0;
	if (alarm->noted == alarm->state.transitions)
		return untold;
	event = malloc(sizeof(*event));
	if (!event)
		return untold;
	if (!raised && alarm->end_reason)
		event_compose_end(event, alarm->kind + 1, sample, &alarm->subject,
				  alarm->end_reason);
	else
		event_compose(event, raised ? alarm->kind : alarm->kind + 1, sample,
			      &alarm->subject, alarm->rising, alarm->falling);
	event->wall_ms = wall_ms;
	replace_event(alarm, event);
	alarm->wait_end_ms = event_wants_findings(event->kind) ? wait_end_ms : 0;
	alarm->end_reason = NULL;
	alarm->noted = alarm->state.transitions;
	return untold;
}

static void forget_event(struct alarm *alarm)
{
	if (alarm->is_news || !alarm_state_is_settled(&alarm->state))
		return;
	free(alarm->event);
	alarm->event = NULL;
}

bool alarm_wants_findings(const struct alarm *alarm, uint64_t now_ms)
{
	return now_ms < alarm->wait_end_ms;
}

void alarm_take_findings(struct alarm *alarm, const struct findings *findings)
{
	if (alarm->wait_end_ms)
		event_add_findings(alarm->event, findings);
	alarm->wait_end_ms = 0;
}

bool alarm_take_news(struct alarm *alarm, uint64_t now_ms, struct event *event)
{
	if (alarm->unlogged) {
		*event = *alarm->unlogged;
		free(alarm->unlogged);
		alarm->unlogged = NULL;
		return true;
	}
	if (!alarm->is_news || alarm_wants_findings(alarm, now_ms))
		return false;
	*event = *alarm->event;
	alarm->is_news = false;
	alarm->wait_end_ms = 0;
	forget_event(alarm);
	return true;
}

bool alarm_is_due(struct alarm *alarm, uint64_t now_ms, uint64_t interval_ms, uint64_t *suppressed)
{
	/* the interval is asked also while the event waits: whether it holds it back is counted */
	return alarm->event && alarm->noted == alarm->state.transitions &&
	       alarm_state_due(&alarm->state, now_ms, interval_ms, suppressed) != ALARM_QUIET &&
	       !alarm_wants_findings(alarm, now_ms);
}

void alarm_hand_over(struct alarm *alarm, uint64_t wall_ms, struct event *event)
{
	alarm_state_hand_over(&alarm->state);
	alarm->wait_end_ms = 0;
	*event = *alarm->event;
	event_say_when(event, wall_ms);
}

void alarm_settle(struct alarm *alarm, enum alarm_fate fate, uint64_t now_ms)
{
	alarm_state_settle(&alarm->state, fate, now_ms);
	forget_event(alarm);
}

bool alarm_is_settled(const struct alarm *alarm)
{
	return !alarm->event && alarm_state_is_settled(&alarm->state);
}
