/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The look of an instance's alarm: of what is the table full, and by whom? */
#include "collector/instance_private.h"
#include "common/clock.h"
#include "kernel/ctnl.h"
#include "scan/scan.h"

/* The CPU time that it takes. */
#define ALARM_LOOK_NS 100000000ULL

bool instance_wants_alarm_look(const struct instance *instance)
{
	return instance->running_alarm ||
	       instance_alarms_want_findings(&instance->alarms, clock_monotonic_ms());
}

void instance_alarm_end(struct instance *instance)
{
	struct findings findings = { .is_known = false };
	struct ctnl_stats stats;

	if (instance->running_alarm && instance->ctnl &&
	    ctnl_get_stats(instance->ctnl, &stats) == 0)
		scan_find(instance->running_alarm, stats.entries, &findings);
	instance_stop(&instance->running_alarm);
	instance_alarms_found(&instance->alarms, &findings, clock_monotonic_ms());
}

bool instance_alarm_step(struct instance *instance, struct scan *alarm)
{
	enum instance_step failed;
	enum scan_result result;

	if (instance->running_alarm)
		result = scan_step(alarm, instance_count_now(instance, true));
	else
		result = instance_begin_whole(instance, alarm, &instance->running_alarm, NULL,
					      &failed);
	if (result == SCAN_MORE && scan_cpu_ns(alarm) < ALARM_LOOK_NS)
		return false;
	if (result == SCAN_FAILED)
		instance_stop(&instance->running_alarm);
	instance_alarm_end(instance);
	return true;
}
