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

/* Whether it was made for this network namespace. */
bool instance_is_of(const struct instance *instance, const char *netns);

/* Whether the namespace comes and goes by itself: then nothing is wrong when it was deleted. After
 * instance_new(), or between instance_configure() and instance_apply(), which makes it so. */
void instance_may_go(struct instance *instance, bool may_go);

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

/* The instance is not wanted any more: it reads nothing from now on, and its alarms are cleared.
 * `reason` is a constant that their texts will give. It may be freed when they are settled. Not
 * while a scan runs. Once more, if there was no memory for an event: instance_part_again(). */
void instance_part(struct instance *instance, const char *reason);
void instance_part_again(struct instance *instance);

/* How much CPU time an interval has for this table: for all its readings, and of that for a look at
 * a part of it. The next look goes by it: it reads the whole table if the interval has time for
 * that.
 */
void instance_scan_allow(struct instance *instance, uint64_t interval_ns, uint64_t look_ns);

/* The CPU time that it takes to read the table whole, by its size now. */
uint64_t instance_scan_cost(const struct instance *instance);

/* One step of a look; begins one if none runs. True when it has ended. A failed look is counted,
 * and the values of the last good one stay. A namespace that does not exist is not read; it counts
 * neither as good nor as failed. If the table is rehashed during the look (nf_conntrack_buckets),
 * it starts again, a few times; if each of these is spoilt too, it counts neither as good nor as
 * failed. */
bool instance_look_step(struct instance *instance, struct scan *look);
/* Whether the look that runs reads a part only; whether the last one did. */
bool instance_look_is_part(const struct instance *instance);
bool instance_is_large(const struct instance *instance);

/* A table that is too large for its looks is read in rounds, too. Whether one may begin now, or go
 * on. One step of it; begins one if none runs. True when it has ended, well or not. */
bool instance_wants_round(const struct instance *instance);
bool instance_round_step(struct instance *instance, struct scan *round);

/* Of a large table: its size is far from what it was at the last look, and has come to rest, or has
 * been far off for some seconds. */
bool instance_has_changed(const struct instance *instance);

/* An alarm waits for a look of its own. One step of it; true when it has ended. It ends by itself
 * after a tenth of a second of CPU time. When its time is over, instance_alarm_end() takes what was
 * read so far. */
bool instance_wants_alarm_look(const struct instance *instance);
bool instance_alarm_step(struct instance *instance, struct scan *alarm);
void instance_alarm_end(struct instance *instance);

const struct hints *instance_get_hints(const struct instance *instance);

/* After `patience_ms` without the end of a look, the status of a sample says that the values are
 * stale. 0, the default: never. */
void instance_scan_expect(struct instance *instance, uint64_t patience_ms);

/* Stops what runs for this instance; it counts neither as good nor as failed. */
void instance_scan_abandon(struct instance *instance);

/* Whether the last scan was forgotten since the last call: it was of another namespace. Until the
 * next one nothing is known. */
bool instance_has_forgotten(struct instance *instance);

const struct snapshot_scan *instance_get_last_scan(const struct instance *instance);

#endif
