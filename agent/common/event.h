/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Something to tell the operator: the notification, its text and its values. */
#ifndef EVENT_H
#define EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/findings.h"
#include "common/snapshot.h"

/* SnmpAdminString holds 255 octets. */
#define EVENT_TEXT_SIZE 256

/* The last sub-identifier of the notification's OID. The rising of an alarm is odd; its falling is
 * the next number. */
enum event_kind {
	EVENT_UTILIZATION_RISING = 1,
	EVENT_UTILIZATION_FALLING = 2,
	EVENT_DROPPING_STARTED = 3,
	EVENT_DROPPING_STOPPED = 4,
	EVENT_SOURCE_RISING = 5,
	EVENT_SOURCE_FALLING = 6,
	EVENT_WATCH_RISING = 7,
	EVENT_WATCH_FALLING = 8,
	EVENT_INSTANCE_DEGRADED = 9,
	EVENT_INSTANCE_RECOVERED = 10,
	EVENT_NAT_RISING = 11,
	EVENT_NAT_FALLING = 12,
	EVENT_RATE_RISING = 13,
	EVENT_RATE_FALLING = 14,
};

/* What an alarm is about: a row as it is when the event arises. */
union event_subject {
	struct snapshot_threshold threshold; /* EVENT_UTILIZATION_* */
	struct snapshot_top source;          /* EVENT_SOURCE_* */
	struct snapshot_watch watch;         /* EVENT_WATCH_* */
	struct snapshot_nat nat;             /* EVENT_NAT_* */
	struct snapshot_rate rate;           /* EVENT_RATE_* */
};

/* Sent as one block, as it is. */
struct event {
	uint32_t kind;              /* enum event_kind */
	uint64_t wall_ms;           /* when it arose */
	bool is_dated;              /* the text says when that was */
	char text[EVENT_TEXT_SIZE]; /* nfctNotifyText */
	size_t crossing_length;     /* octets of the text before the findings, if they are known */
	struct findings findings;   /* of the kinds that want them */
	struct snapshot_sample sample; /* without its rows */
	union event_subject subject;
};

/* Makes an event with the values of `sample`, and its text, which has no quotation marks and ends
 * with a whole UTF-8 character. While the table cannot be read, the values are the last ones.
 * `subject` is used by the kinds that have one; the alarm is raised at `rising` and cleared at
 * `falling`. */
void event_compose(struct event *event, enum event_kind kind, const struct snapshot_sample *sample,
		   const union event_subject *subject, uint32_t rising, uint32_t falling);

/* The same for an alarm that ended although no value has cleared it; the text gives `reason`.
 * `falling` is the kind. */
void event_compose_end(struct event *event, enum event_kind falling,
		       const struct snapshot_sample *sample, const union event_subject *subject,
		       const char *reason);

/* Whether a look is worth waiting for before this kind is told. */
static inline bool event_wants_findings(uint32_t kind)
{
	return kind == EVENT_UTILIZATION_RISING || kind == EVENT_DROPPING_STARTED;
}

/* Adds what an alarm's look found, and to the text as much of it as fits. Once; only to an event
 * that wants findings, and only if they are known. Before event_say_when(). */
void event_add_findings(struct event *event, const struct findings *findings);

/* Changes the text of an event that is told late, more than three seconds after it arose: it was
 * so, and when. Once, however often it is called. */
void event_say_when(struct event *event, uint64_t now_wall_ms);

/* True if something is wrong now; false if it is over. */
static inline bool event_is_alarm(const struct event *event)
{
	return event->kind % 2 == 1;
}

#endif
