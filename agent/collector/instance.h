/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One conntrack table (network namespace) under watch: its sample tier, its scan tier, its alarms.
 */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/hints.h"
#include "common/event.h"
#include "common/snapshot.h"
#include "config/config.h"

struct instance;
struct scan;

/* The table of the network namespace of that name or path (see netns_new()), which need not exist
 * yet; of the agent's own, if `netns` is NULL. NULL with errno. */
struct instance *instance_new(uint32_t index, const char *name, const char *netns,
			      const struct config *config);
void instance_free(struct instance *instance);

/* Takes a new configuration over; counters, peaks and alarm states stay. -1 with ENOMEM, and then
 * nothing has changed. Not while a scan runs. */
int instance_configure(struct instance *instance, const struct config *config);

/* Reads the O(1) values and updates peaks and alarms. What fails is told by the sample's status.
 */
void instance_sample(struct instance *instance);
const struct snapshot_sample *instance_get_sample(const struct instance *instance);

/* The next event that is due now. `suppressed` counts what the rate limit holds back. */
bool instance_next_event(struct instance *instance, uint64_t *suppressed, struct event *event);

/* One step of the scan tier, by means of `scan`, which serves one instance at a time; a new scan
 * begins when none of this instance runs. True when a scan has ended, well or badly: a bad one is
 * counted, and the values stay those of the last good one. A table that is not there is not
 * scanned. One that is hashed anew while it is read (nf_conntrack_buckets) is read again, a few
 * times; if that is all in vain, the scan counts neither as good nor as bad. */
bool instance_scan_step(struct instance *instance, struct scan *scan);

const struct hints *instance_get_hints(const struct instance *instance);

/* Gives up a scan of this instance, if one runs; it counts neither as good nor as bad. */
void instance_scan_abandon(struct instance *instance);

const struct snapshot_scan *instance_get_last_scan(const struct instance *instance);

#endif
