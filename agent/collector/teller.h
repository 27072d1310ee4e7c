/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which alarm may speak next. Events do not wait in a queue: they stay alarms, and an alarm becomes
 * an event at the moment when somebody can take it. So what waits is the state that stands, however
 * many wait, and nothing is dropped. Instances speak in turn; those that part speak first. Pure: no
 * I/O, but for the clock. */
#ifndef TELLER_H
#define TELLER_H

#include <stdbool.h>
#include <stddef.h>

#include "alarm/alarm_state.h"
#include "collector/instances.h"
#include "common/event.h"
#include "common/snapshot.h"

/* Zeroed at start, then the two pointers are set; both must stay. */
struct teller {
	struct instances *instances;
	struct snapshot_agent *agent; /* its counts of notifications */
	struct instance *speaker;     /* whose event is under way; NULL: none is */
	size_t turn;
};

/* The next transition that has not been logged; false if there is none. */
bool teller_news(struct teller *teller, struct event *event);

/* Whether an event is due. */
bool teller_is_due(struct teller *teller);

/* The next event; it is under way from now on, until teller_settle(). False if none is due. */
bool teller_next(struct teller *teller, struct event *event);
void teller_settle(struct teller *teller, enum alarm_fate fate);

#endif
