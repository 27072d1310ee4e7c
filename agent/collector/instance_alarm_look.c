/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The look of an instance's alarm: of what is the table full, and by whom? */
#include "collector/instance_private.h"
#include "common/clock.h"
#include "kernel/ctnl.h"
#include "scan/aggregate.h"
#include "scan/scan.h"

/* The CPU time that it takes. */
#define ALARM_LOOK_NS 100000000ULL

bool instance_wants_alarm_look(const struct instance *instance)
{
	return instance->running_alarm ||
	       instance_alarms_want_findings(&instance->alarms, clock_monotonic_ms());
}

static enum scan_result alarm_begin(struct instance *instance, struct scan *alarm)
{
	struct ctnl_stats stats = { .entries = 0 };
	struct ctnl *ctnl = NULL;

	if (instance_enter(instance) != 0)
		return SCAN_FAILED;
	ctnl = ctnl_open(scan_buffer_size(alarm));
	instance_leave(instance);
	if (!ctnl || !instance->ctnl || ctnl_get_stats(instance->ctnl, &stats) != 0) {
		ctnl_close(ctnl);
		return SCAN_FAILED;
	}
	instance->running_alarm = alarm;
	return scan_start(alarm, ctnl, NULL, stats.entries, 1);
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
	enum scan_result result;

	if (instance->running_alarm)
		result = scan_step(alarm, instance_count_now(instance, true));
	else
		result = alarm_begin(instance, alarm);
	if (result == SCAN_MORE && scan_cpu_ns(alarm) < ALARM_LOOK_NS)
		return false;
	if (result == SCAN_FAILED)
		instance_stop(&instance->running_alarm);
	instance_alarm_end(instance);
	return true;
}
