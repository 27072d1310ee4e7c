/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rounds of an instance with a large table. */
#include <errno.h>

#include "collector/instance_private.h"
#include "scan/aggregate.h"
#include "scan/scan.h"

bool instance_wants_round(const struct instance *instance)
{
	return instance->running_round || (instance->is_large && instance->memory &&
					   aggregate_memory_wants_round(instance->memory));
}

static enum scan_result round_begin(struct instance *instance, struct scan *round,
				    enum instance_step *failed)
{
	instance->round_buckets = instance->memory_buckets;
	return instance_begin_whole(instance, round, &instance->running_round, instance->memory,
				    failed);
}

/* Whether the round still counts: the looks that it is compared with have not changed, and the
 * table is in the same order. */
static bool round_is_good(const struct instance *instance)
{
	const struct snapshot_sample *sample = instance->sample;

	return aggregate_memory_has_round(instance->memory) &&
	       instance->round_buckets == instance->memory_buckets &&
	       (!sample->has_buckets || !instance->round_buckets ||
		sample->buckets == instance->round_buckets);
}

bool instance_round_step(struct instance *instance, struct scan *round)
{
	enum instance_step failed = STEP_ASK;
	enum scan_result result;
	int error;

	if (instance->running_round && !round_is_good(instance)) {
		instance_stop(&instance->running_round);
		return true;
	}
	if (instance->running_round)
		result = scan_step(round, instance_count_now(instance, false));
	else
		result = round_begin(instance, round, &failed);
	error = instance->running_round ? scan_error(round) : errno;
	if (result == SCAN_MORE)
		return false;
	if (result == SCAN_DONE) {
		const struct snapshot_culprits culprits =
			instance_alarms_culprits(&instance->alarms);

		instance_learn_cost(instance, round);
		scan_finish_round(round, &culprits);
	}
	instance->running_round = NULL;
	if (result == SCAN_FAILED)
		instance_scan_fail(instance, failed, error);
	return true;
}
