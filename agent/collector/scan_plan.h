/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the scan pacer depends on the configuration, and how it passes to the next one. */
#ifndef SCAN_PLAN_H
#define SCAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "collector/turns.h"
#include "collector/wishes.h"
#include "config/config.h"
#include "scan/scan.h"

struct instance;

/* enum scan_use: each has a scan of its own. */
#define SCAN_USES (SCAN_ALARM + 1)

/* Zeroed: none. */
struct scan_plan {
	const struct config *config;
	struct scan *scans[SCAN_USES]; /* owned; for looks always, the others while wanted */
	size_t count;
	struct turn *turns;  /* owned; of the instances, in their order */
	struct wish *wishes; /* owned; likewise */
};

/* For so many instances, at least 1. 0, or -1 with errno. */
int scan_plan_init(struct scan_plan *plan, const struct config *config, size_t count);
void scan_plan_clear(struct scan_plan *plan);

/* The position of the instance; `count` if it is not among them. */
size_t scan_plan_find(struct instance *const *instances, size_t count,
		      const struct instance *instance);

/* Takes over what is known of the instances that stay; new ones join them. */
void scan_plan_take_turns(struct scan_plan *plan, struct instance *const *instances,
			  const struct scan_plan *before, struct instance *const *instances_before,
			  uint64_t now_ms);

/* Takes over the scans, if all can go on with the plan. False: none is taken over. */
bool scan_plan_take_scans(struct scan_plan *plan, struct scan_plan *before);

/* Whether the end of a look shows and judges the same: it does both by the configuration. */
bool scan_plan_ends_alike(const struct config *one, const struct config *other);

#endif
