/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One alarm: what it is about, its state, and the event of its latest transition, which is kept
 * until it has been told. Pure: no I/O, the clock is given. */
#ifndef ALARM_H
#define ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "alarm/alarm_state.h"
#include "common/event.h"

/* Zeroed at start; alarm_clear() frees what it owns. */
struct alarm {
	enum event_kind kind; /* of its rising; the falling is the next number */
	uint32_t rising, falling;
	struct alarm_state state;
	union event_subject subject;
	const char *end_reason; /* why it ended other than by a value; NULL: it did not */
	struct event *event;    /* of the latest transition; NULL once it was told; owned */
	bool is_news;           /* the event has not been logged */
	struct event *unlogged; /* of the transition before, if that has not been logged; owned */
	uint64_t wait_end_ms;   /* until then the event waits for findings, monotonic; 0: it does
				 * not wait */
	uint64_t noted;         /* how many transitions have had their event */
};

void alarm_clear(struct alarm *alarm);

/* What distinguishes it from others of its kind. */
const char *alarm_name(const struct alarm *alarm);

/* Ends the alarm whatever its value is; `reason` is a constant that the text will give. */
void alarm_end(struct alarm *alarm, const char *reason, uint64_t wall_ms);

/* Makes the event of a transition since the last call, with the values of `sample`. Without memory
 * for it, the next call makes it. If the event wants findings, it is neither logged nor due until
 * they come or `wait_end_ms` (0: it does not wait). Returns how many states ended untold. */
uint64_t alarm_note(struct alarm *alarm, const struct snapshot_sample *sample, uint64_t wall_ms,
		    uint64_t wait_end_ms);

/* Whether the event waits for findings. */
bool alarm_wants_findings(const struct alarm *alarm, uint64_t now_ms);

/* Adds the findings, if they are known, to an event that has waited for them and was neither logged
 * nor told in the meantime; it waits no more. */
void alarm_take_findings(struct alarm *alarm, const struct findings *findings);

/* The event of a transition that has not been logged: a copy, once. False if there is none. */
bool alarm_take_news(struct alarm *alarm, uint64_t now_ms, struct event *event);

/* Whether a notification is due. */
bool alarm_is_due(struct alarm *alarm, uint64_t now_ms, uint64_t interval_ms, uint64_t *suppressed);

/* The event that is due: a copy, which is under way from now on until alarm_settle(). If the
 * transition was a while ago, its text says when. */
void alarm_hand_over(struct alarm *alarm, uint64_t wall_ms, struct event *event);
void alarm_settle(struct alarm *alarm, enum alarm_fate fate, uint64_t now_ms);

/* Nothing is left to tell or to log. */
bool alarm_is_settled(const struct alarm *alarm);

#endif
