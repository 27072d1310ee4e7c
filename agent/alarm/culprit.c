/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarm/culprit.h"

#include <stdlib.h>
#include <string.h>

#include "alarm/alarm.h"
#include "alarm/instance_alarms.h"

static bool is_same_source(const struct snapshot_top *one, const struct snapshot_top *other)
{
	return one->address_type == other->address_type &&
	       one->prefix_length == other->prefix_length &&
	       address_equal(one->address, other->address);
}

static bool is_same_nat(const struct snapshot_nat *one, const struct snapshot_nat *other)
{
	return one->address_type == other->address_type && one->protocol == other->protocol &&
	       one->port == other->port && one->zone == other->zone &&
	       address_equal(one->address, other->address) &&
	       address_equal(one->destination, other->destination);
}

static bool is_same(const struct alarm *alarm, const union event_subject *subject)
{
	if (alarm->kind == EVENT_NAT_RISING)
		return is_same_nat(&alarm->subject.nat, &subject->nat);
	return is_same_source(&alarm->subject.source, &subject->source);
}

/* The end of the last culprit has not been told: that one gets its own end. False without memory.
 */
static bool part(struct instance_alarms *alarms, struct alarm *alarm)
{
	struct alarm *parting =
		realloc(alarms->parting, (alarms->parting_count + 1) * sizeof(*alarms->parting));

	if (!parting)
		return false;
	alarms->parting = parting;
	parting[alarms->parting_count++] = *alarm;
	alarm->state = alarm_state_successor(&alarm->state);
	alarm->event = alarm->unlogged = NULL;
	alarm->is_news = false;
	alarm->noted = 0;
	return true;
}

void culprit_follow(struct instance_alarms *alarms, struct alarm *alarm,
		    const struct culprit *found, uint64_t wall_ms)
{
	bool was_raised = alarm->state.raised;
	uint64_t rising = alarm->rising * found->whole;

	/* if it raises nothing, the end of the last one keeps to its interval */
	if (!was_raised && !alarm_is_settled(alarm) && rising > 0 && found->held.least >= rising &&
	    !is_same(alarm, &found->subject) && !part(alarms, alarm))
		return;
	alarm_state_follow(&alarm->state, found->held, rising, alarm->falling * found->whole,
			   wall_ms);
	if (found->rank && (was_raised || alarm->state.raised))
		alarm->subject = found->subject;
}
