/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An alarm on whoever has most: it rises for the first of a kind, and while it is raised it is
 * about that one, the culprit, whoever else comes first. Pure: no I/O. */
#ifndef CULPRIT_H
#define CULPRIT_H

#include <stdint.h>

#include "alarm/alarm_state.h"
#include "common/event.h"

struct alarm;
struct instance_alarms;

/* The culprit with its present value or, without a culprit, the first of its kind. */
struct culprit {
	union event_subject subject; /* the row */
	uint32_t rank;               /* of it; 0: there is none */
	struct alarm_value held;     /* what is certain of its value, times 100 */
	uint64_t whole;              /* what 100 percent are; 0: no limit */
};

/* Judges it. Another one than the last, whose end has not been told, gets an alarm of its own: the
 * old one parts. */
void culprit_follow(struct instance_alarms *alarms, struct alarm *alarm,
		    const struct culprit *found, uint64_t wall_ms);

#endif
