/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One conntrack table (network namespace) under watch: its sample tier, its scan tier, its alarms.
 */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "event.h"
#include "snapshot.h"

struct instance;

/* The table of the current network namespace. NULL with ENOMEM. */
struct instance *instance_new(uint32_t index, const char *name, const struct config *config);
void instance_free(struct instance *instance);

/* Takes a new configuration over; counters, peaks and alarm states stay. -1 with ENOMEM, and then
 * nothing has changed. */
int instance_configure(struct instance *instance, const struct config *config);

/* Reads the O(1) figures and updates peaks and alarms. What fails is told by the sample's status.
 */
void instance_sample(struct instance *instance);
const struct snapshot_sample *instance_get_sample(const struct instance *instance);

/* The next event that is due now. `suppressed` counts what the rate limit holds back. */
bool instance_next_event(struct instance *instance, uint64_t *suppressed, struct event *event);

/* One step of the scan tier; a new scan begins when none runs. True when a scan has ended, well or
 * badly: a bad one is counted, and the figures stay those of the last good one. */
bool instance_scan_step(struct instance *instance);
const struct snapshot_scan *instance_get_scan(const struct instance *instance);

/* Entries that the scan under way has read. */
uint32_t instance_scan_progress(const struct instance *instance);

#endif
