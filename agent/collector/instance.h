/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One conntrack table (network namespace) under watch: its sample tier, its scan tier, its alarms.
 */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alarm/instance_alarms.h"
#include "collector/hints.h"
#include "common/snapshot.h"
#include "config/config.h"

struct instance;
struct scan;

/* A new instance for the network namespace with this name or path (see netns_new()), which need not
 * exist yet. `netns` NULL: the agent's own namespace. NULL with errno. */
struct instance *instance_new(uint32_t index, const char *name, const char *netns,
			      const struct config *config);
void instance_free(struct instance *instance);

/* Prepares for a new configuration. -1 with ENOMEM. Nothing changes until instance_apply(), which
 * cannot fail: counters, peaks and alarm states stay, and a running scan runs on. The thresholds
 * get their values with the next sample. */
int instance_configure(struct instance *instance, const struct config *config);
void instance_apply(struct instance *instance);
/* Forgets what was prepared. */
void instance_discard(struct instance *instance);

/* Reads the O(1) values and updates peaks and alarms. The status of the sample tells what failed.
 */
void instance_sample(struct instance *instance);
const struct snapshot_sample *instance_get_sample(const struct instance *instance);

/* What the instance has to tell. */
struct instance_alarms *instance_get_alarms(struct instance *instance);

/* The configuration has no such instance any more: it reads nothing from now on, and its alarms are
 * cleared. It may be freed when they are settled. Not while a scan runs. */
void instance_part(struct instance *instance);

/* One step of the scan tier. `scan` serves one instance at a time; if none runs for this instance,
 * a new one begins. True when a scan has ended. A failed scan is counted, and the values of the
 * last good one stay. A namespace that does not exist is not scanned; it counts neither as good nor
 * as failed. If the table is rehashed during
 * the scan (nf_conntrack_buckets), the scan starts again, a few times; if each of these is spoilt
 * too, it counts neither as good nor as failed. */
bool instance_scan_step(struct instance *instance, struct scan *scan);

/* How much CPU time the interval has for this table: for all its readings, and of that for one
 * look. To be called before a look begins, cheap. Whether the table is read whole is decided when a
 * look begins: it is if instance_scan_cost() fits into interval_ns (with hysteresis). */
void instance_scan_allow(struct instance *instance, uint64_t interval_ns, uint64_t look_ns);

/* The CPU time that reading this table whole takes, estimated from its size now and the cost of the
 * readings before. */
uint64_t instance_scan_cost(const struct instance *instance);

/* One step of a look; begins one if none runs. True when it ended (published, or failed). */
bool instance_look_step(struct instance *instance, struct scan *look);
/* Whether the look that runs reads a part only. */
bool instance_look_is_part(const struct instance *instance);
/* The last look read a part only, so rounds are wanted. */
bool instance_is_large(const struct instance *instance);

/* A round may begin or go on now: the table is large, and a look has ended since the last round
 * ended. */
bool instance_wants_round(const struct instance *instance);
/* One step of the round; begins one if none runs. True when it has ended, well or not. */
bool instance_round_step(struct instance *instance, struct scan *round);

/* The number of entries is far from what it was at the last look, and has come to rest (or 3 s have
 * passed): a look should come before its turn. */
bool instance_has_changed(const struct instance *instance);

/* An alarm waits for its look. One step of it; true when it has ended. It ends itself after 100 ms
 * of CPU; when its second is over, the pacer calls instance_alarm_end(), which takes what was read
 * so far. */
bool instance_wants_alarm_look(const struct instance *instance);
bool instance_alarm_step(struct instance *instance, struct scan *alarm);
void instance_alarm_end(struct instance *instance);

const struct hints *instance_get_hints(const struct instance *instance);

/* After `patience_ms` without the end of a scan, the status of a sample says that the values are
 * stale. 0, the default: never. */
void instance_scan_expect(struct instance *instance, uint64_t patience_ms);

/* Stops a running scan of this instance; it counts neither as good nor as failed. */
void instance_scan_abandon(struct instance *instance);

/* Whether the last scan was forgotten since the last call: it was of another namespace. Until the
 * next one nothing is known. */
bool instance_has_forgotten(struct instance *instance);

const struct snapshot_scan *instance_get_last_scan(const struct instance *instance);

#endif
