/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands in for what instance_scan.c will do: every look is a whole scan. */
#include "collector/instance.h"

void instance_scan_allow(struct instance *instance, uint64_t interval_ns, uint64_t look_ns)
{
	(void)instance;
	(void)interval_ns;
	(void)look_ns;
}

uint64_t instance_scan_cost(const struct instance *instance)
{
	return 20000000 + (uint64_t)instance_get_sample(instance)->entries * 6000;
}

bool instance_look_step(struct instance *instance, struct scan *look)
{
	return instance_scan_step(instance, look);
}

bool instance_look_is_part(const struct instance *instance)
{
	(void)instance;
	return false;
}

bool instance_is_large(const struct instance *instance)
{
	(void)instance;
	return false;
}

bool instance_wants_round(const struct instance *instance)
{
	(void)instance;
	return false;
}

bool instance_round_step(struct instance *instance, struct scan *round)
{
	(void)instance;
	(void)round;
	return true;
}

bool instance_has_changed(const struct instance *instance)
{
	(void)instance;
	return false;
}

bool instance_wants_alarm_look(const struct instance *instance)
{
	(void)instance;
	return false;
}

bool instance_alarm_step(struct instance *instance, struct scan *alarm)
{
	(void)instance;
	(void)alarm;
	return true;
}

void instance_alarm_end(struct instance *instance)
{
	(void)instance;
}
