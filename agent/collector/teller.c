/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/teller.h"

#include "common/clock.h"

/* Adds what an instance has counted to the agent's own counts. */
static void collect_counts(struct teller *teller, struct instance_alarms *alarms)
{
	teller->agent->notifications_suppressed += alarms->suppressed;
	teller->agent->notifications_lost += alarms->untold;
	alarms->suppressed = alarms->untold = 0;
}

static bool take_news(struct teller *teller, struct instance *instance, struct event *event)
{
	struct instance_alarms *alarms = instance_get_alarms(instance);

	collect_counts(teller, alarms);
	return instance_alarms_news(alarms, clock_monotonic_ms(), event);
}

bool teller_news(struct teller *teller, struct event *event)
{
	struct instances *instances = teller->instances;

	for (size_t i = 0; i < instances->parting_count; i++) {
		if (take_news(teller, instances->parting[i], event))
			return true;
	}
	for (size_t i = 0; i < instances->count; i++) {
		if (take_news(teller, instances->list[i], event))
			return true;
	}
	return false;
}

static bool is_due(struct teller *teller, struct instance *instance)
{
	struct instance_alarms *alarms = instance_get_alarms(instance);
	bool due = instance_alarms_are_due(alarms, clock_monotonic_ms());

	collect_counts(teller, alarms);
	return due;
}

/* The instance that may speak now, or NULL. One that parts comes before the one that may have its
 * place. */
static struct instance *find_due(struct teller *teller)
{
	struct instances *instances = teller->instances;

	instances_forget_parted(instances);
	if (instances->parting_count) {
		/* again, for there may have been no memory for its events */
		instance_part_again(instances->parting[0]);
		return is_due(teller, instances->parting[0]) ? instances->parting[0] : NULL;
	}
	for (size_t i = 0; i < instances->count; i++) {
		size_t position = (teller->turn + i) % instances->count;

		if (is_due(teller, instances->list[position])) {
			teller->turn = position;
			return instances->list[position];
		}
	}
	return NULL;
}

bool teller_is_due(struct teller *teller)
{
	return !teller->speaker && find_due(teller);
}

bool teller_next(struct teller *teller, struct event *event)
{
	struct instance *speaker = teller->speaker ? NULL : find_due(teller);

	if (!speaker || !instance_alarms_next(instance_get_alarms(speaker), clock_monotonic_ms(),
					      clock_wall_ms(), event))
		return false;
	teller->speaker = speaker;
	if (teller->instances->parting_count == 0)
		teller->turn++;
	return true;
}

void teller_settle(struct teller *teller, enum alarm_fate fate)
{
	if (!teller->speaker)
		return;
	instance_alarms_settle(instance_get_alarms(teller->speaker), fate, clock_monotonic_ms());
	teller->speaker = NULL;
	if (fate == ALARM_TAKEN)
		teller->agent->notifications_sent++;
	instances_forget_parted(teller->instances);
}
