/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scans of all instances, one at a time, in steps, within the budget of CPU time. */
#ifndef SCAN_PACER_H
#define SCAN_PACER_H

#include "collector/instance.h"
#include "collector/loop.h"
#include "config/config.h"

struct scan_pacer;

/* Called when a scan of the instance at this position has ended, also when it failed. */
typedef void scan_pacer_ended(void *context, size_t position);

/* NULL with errno. */
struct scan_pacer *scan_pacer_new(struct loop *loop, scan_pacer_ended *ended, void *context);
/* Must be called before loop_free(). */
void scan_pacer_free(struct scan_pacer *pacer);

/* Prepares for another configuration. 0, or -1 with errno; nothing has changed then. */
int scan_pacer_prepare(struct scan_pacer *pacer, const struct config *config, size_t count);
/* Switches to what was prepared. Configuration and instances must stay; the ones before must stay
 * until then. A scan of an instance that stays goes on if what it gathers has not changed, and so
 * do the turns; else all scans begin at once. Cannot fail. */
void scan_pacer_start(struct scan_pacer *pacer, struct instance *const *instances);

/* Tells the instances how long a scan may take to end (instance_scan_expect()), by the sizes of the
 * tables, the intervals and the budget. */
void scan_pacer_expect(const struct scan_pacer *pacer);

#endif
