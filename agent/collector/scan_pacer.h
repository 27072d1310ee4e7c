/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The looks, rounds and alarm looks of all instances, one at a time, in steps, within the budget of
 * CPU time. An alarm look comes first, then a look, then a round: what is not first waits, and goes
 * on where it was. */
#ifndef SCAN_PACER_H
#define SCAN_PACER_H

#include "collector/instance.h"
#include "collector/loop.h"
#include "config/config.h"

struct scan_pacer;

/* Called with the position of an instance. */
typedef void scan_pacer_told(void *context, size_t position);

/* What the collector wants to know. */
struct scan_pacer_listener {
	scan_pacer_told *ended; /* a look has ended, also when it failed */
	scan_pacer_told *found; /* an alarm look has ended, whatever it found */
	void *context;
};

/* NULL with errno. */
struct scan_pacer *scan_pacer_new(struct loop *loop, const struct scan_pacer_listener *listener);
/* Must be called before loop_free(). */
void scan_pacer_free(struct scan_pacer *pacer);

/* Prepares for another configuration. 0, or -1 with errno; nothing has changed then. */
int scan_pacer_prepare(struct scan_pacer *pacer, const struct config *config, size_t count);
/* Switches to what was prepared. Configuration and instances must stay; the ones before must stay
 * until then. What runs for an instance that stays goes on if what is gathered has not changed, and
 * so do the turns; else all looks begin at once. Cannot fail. */
void scan_pacer_start(struct scan_pacer *pacer, struct instance *const *instances);

/* After samples: looks whether an alarm waits for its look, or a table has changed so much that its
 * look should come before its turn. Cheap. */
void scan_pacer_hurry(struct scan_pacer *pacer);

/* Tells the instances how long a look may take to end (instance_scan_expect()), by the sizes of the
 * tables, the intervals and the budget. */
void scan_pacer_expect(const struct scan_pacer *pacer);

#endif
