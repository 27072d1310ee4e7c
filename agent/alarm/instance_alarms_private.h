/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of an instance's alarms, for instance_alarms.c and for instance_alarms_reload.c. */
#ifndef INSTANCE_ALARMS_PRIVATE_H
#define INSTANCE_ALARMS_PRIVATE_H

#include "alarm/alarm.h"
#include "alarm/instance_alarms.h"

/* Beside the thresholds, the watches and the rates: dropping, the source, the NAT ports, degraded.
 */
#define SINGLE_ALARMS 4

static inline size_t count_of(const struct instance_alarms *alarms)
{
	return alarms->threshold_count + alarms->watch_count + alarms->rate_count + SINGLE_ALARMS;
}

static inline struct alarm *dropping_of(const struct instance_alarms *alarms)
{
	return &alarms->alarms[alarms->threshold_count];
}

static inline struct alarm *source_of(const struct instance_alarms *alarms)
{
	return dropping_of(alarms) + 1;
}

static inline struct alarm *nat_of(const struct instance_alarms *alarms)
{
	return source_of(alarms) + 1;
}

static inline struct alarm *watches_of(const struct instance_alarms *alarms)
{
	return nat_of(alarms) + 1;
}

static inline struct alarm *rates_of(const struct instance_alarms *alarms)
{
	return watches_of(alarms) + alarms->watch_count;
}

/* The last alarm. */
static inline struct alarm *degraded_of(const struct instance_alarms *alarms)
{
	return rates_of(alarms) + alarms->rate_count;
}

/* Takes a row over. If it has no value now, the last one stays, for the event of an end. */
void instance_alarms_take_rate(struct snapshot_rate *rate, const struct snapshot_rate *row);

#endif
