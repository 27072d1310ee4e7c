/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/scan_plan.h"

#include <stdlib.h>
#include <string.h>

int scan_plan_init(struct scan_plan *plan, const struct config *config, size_t count)
{
	*plan = (struct scan_plan){ .config = config, .count = count };
	plan->scans[SCAN_LOOK] = scan_new(config, SCAN_LOOK);
	plan->turns = calloc(count, sizeof(*plan->turns));
	plan->wishes = calloc(count, sizeof(*plan->wishes));
	if (plan->scans[SCAN_LOOK] && plan->turns && plan->wishes)
		return 0;
	scan_plan_clear(plan);
	return -1;
}

void scan_plan_clear(struct scan_plan *plan)
{
	for (size_t use = 0; use < SCAN_USES; use++)
		scan_free(plan->scans[use]);
	free(plan->turns);
	free(plan->wishes);
	*plan = (struct scan_plan){ 0 };
}

size_t scan_plan_find(struct instance *const *instances, size_t count,
		      const struct instance *instance)
{
	size_t i = 0;

	while (i < count && instances[i] != instance)
		i++;
	return i;
}

void scan_plan_take_turns(struct scan_plan *plan, struct instance *const *instances,
			  const struct scan_plan *before, struct instance *const *instances_before,
			  uint64_t now_ms)
{
	for (size_t i = 0; i < plan->count; i++) {
		size_t at = scan_plan_find(instances_before, before->count, instances[i]);

		if (at == before->count) {
			if (before->count)
				turns_join(&plan->turns[i], now_ms);
			continue;
		}
		plan->turns[i] = before->turns[at];
		plan->wishes[i] = before->wishes[at];
	}
}

bool scan_plan_take_scans(struct scan_plan *plan, struct scan_plan *before)
{
	if (before->count == 0)
		return false;
	for (size_t use = 0; use < SCAN_USES; use++) {
		if (before->scans[use] && !scan_suits(before->scans[use], plan->config))
			return false;
	}
	for (size_t use = 0; use < SCAN_USES; use++) {
		struct scan *unused = plan->scans[use];

		if (before->scans[use])
			scan_adopt(before->scans[use], plan->config);
		plan->scans[use] = before->scans[use];
		before->scans[use] = unused;
	}
	return true;
}

bool scan_plan_ends_alike(const struct config *one, const struct config *other)
{
	if (one->source_rising != other->source_rising ||
	    one->source_falling != other->source_falling || one->nat_rising != other->nat_rising ||
	    one->nat_falling != other->nat_falling || one->watch_count != other->watch_count)
		return false;
	for (size_t i = 0; i < one->watch_count; i++) {
		const struct config_watch *watch = &one->watches[i], *with = &other->watches[i];

		if (watch->index != with->index || strcmp(watch->name, with->name) != 0 ||
		    watch->rising != with->rising || watch->falling != with->falling)
			return false;
	}
	return true;
}
