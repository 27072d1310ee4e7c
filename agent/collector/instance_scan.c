/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scan tier of an instance. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/instance_private.h"
#include "common/clock.h"
#include "common/log.h"
#include "kernel/ctnl.h"
#include "kernel/sysctl.h"
#include "scan/aggregate.h"
#include "scan/scan.h"

/* How often a scan starts again in one turn if the table is rehashed. */
#define VAIN_MAX 3

/* Judges what only a scan can tell. */
static void judge_scan(struct instance *instance, const struct aggregate_result *result)
{
	uint64_t wall_ms = clock_wall_ms();

	instance_alarms_source(&instance->alarms, &result->source, instance->sample, wall_ms);
	instance_alarms_watches(&instance->alarms, result->scan->watches, result->scan->watch_count,
				instance->sample, wall_ms);
}

/* After a scan: its values replace the old ones. */
static int scan_publish(struct instance *instance, struct scan *scan)
{
	struct ctnl_stats stats = { .entries = 0 };
	struct aggregate_result result;

	/* a cut scan is scaled up to the present number of entries; the sample may be old */
	if (scan_was_cut(scan) && (!instance->ctnl || ctnl_get_stats(instance->ctnl, &stats) != 0))
		return -1;
	if (scan_finish(scan, stats.entries, instance_alarms_culprit(&instance->alarms), &result) !=
	    0)
		return -1;
	result.scan->instance = instance->last_scan->instance;
	result.scan->scans = instance->last_scan->scans + 1;
	result.scan->failures = instance->last_scan->failures;
	result.scan->firm_utilization =
		snapshot_percent(result.scan->assured, instance->sample->max_entries);
	result.scan->has_accounting = instance->has_accounting;
	judge_scan(instance, &result);
	free(instance->last_scan);
	instance->last_scan = result.scan;
	instance->memory_buckets = instance->scan_buckets;
	if (!instance->netns)
		hints_judge_snmp(&instance->hints, instance->sample->name, result.own_snmp,
				 clock_monotonic_ms());
	return 0;
}

/* Asks for the number of entries again, because the sample may be one interval old, and reads what
 * must be read in the namespace. */
static enum scan_result scan_begin(struct instance *instance, struct scan *scan)
{
	uint32_t accounting = 0;
	struct ctnl *ctnl = NULL;
	struct ctnl_stats stats = { .entries = 0 };
	bool is_empty;

	if (instance_enter(instance) != 0)
		return SCAN_FAILED;
	is_empty =
		instance->ctnl && ctnl_get_stats(instance->ctnl, &stats) == 0 && stats.entries == 0;
	instance->has_accounting =
		sysctl_read_u32("net/netfilter/nf_conntrack_acct", &accounting) && accounting;
	instance->scan_buckets = instance_read_buckets();
	if (!is_empty)
		ctnl = ctnl_open(scan_buffer_size(scan));
	instance_leave(instance);
	if (!is_empty && !ctnl)
		return SCAN_FAILED;
	hints_judge_use(&instance->hints, instance->sample->name, instance->ctnl, is_empty);
	instance->is_spoilt = false;
	if (instance->scan_buckets != instance->memory_buckets)
		aggregate_memory_reorder(instance->memory);
	instance->running_scan = scan;
	/* after a cut scan, the next one will not get much further */
	if (instance->last_scan->end_wall && instance->last_scan->coverage < 100 &&
	    instance->last_scan->scanned < stats.entries / 2)
		stats.entries = instance->last_scan->scanned * 2;
	return scan_start(scan, ctnl, instance->memory, stats.entries);
}

/* A dump of a table that is rehashed repeats some entries and misses others. */
static bool is_spoilt(struct instance *instance)
{
	if (!instance->is_spoilt && instance_enter(instance) == 0) {
		instance->is_spoilt = instance_read_buckets() != instance->scan_buckets;
		instance_leave(instance);
	}
	return instance->is_spoilt || !instance->running_scan;
}

/* Stops a spoilt scan. False if it must start again now. */
static bool scan_give_up(struct instance *instance)
{
	log_info("conntrack table \"%s\": nf_conntrack_buckets was changed during the scan; the "
		 "scan starts again",
		 instance->sample->name);
	instance_scan_abandon(instance);
	instance->vain = (instance->vain + 1) % VAIN_MAX;
	return instance->vain == 0;
}

bool instance_scan_step(struct instance *instance, struct scan *scan)
{
	enum scan_result result;
	char reason[INSTANCE_REASON_SIZE];
	int error = 0;

	/* the sample tier finds out whether the namespace exists */
	if (instance->is_gone || instance->netns_error)
		return true;
	if (instance->running_scan && instance->is_spoilt)
		return scan_give_up(instance);
	if (instance->running_scan)
		result = scan_step(scan);
	else
		result = scan_begin(instance, scan);
	if (result == SCAN_MORE)
		return false;
	if (result == SCAN_DONE && is_spoilt(instance))
		return scan_give_up(instance);
	instance->vain = 0;
	if (result == SCAN_FAILED)
		error = instance->running_scan ? scan_error(scan) : errno;
	else if (scan_publish(instance, scan) != 0)
		error = errno;
	instance->running_scan = NULL;
	if (error) {
		instance->last_scan->failures++;
		/* the sample tier reports an unreadable table */
		ctnl_explain(error, reason, sizeof(reason));
		if (instance->sample->has_values)
			log_warning("conntrack table \"%s\": the scan failed: %s",
				    instance->sample->name, reason);
	}
	instance->scan_errno = error;
	return true;
}

void instance_scan_abandon(struct instance *instance)
{
	if (instance->running_scan)
		scan_abandon(instance->running_scan);
	instance->running_scan = NULL;
}

const struct snapshot_scan *instance_get_last_scan(const struct instance *instance)
{
	return instance->last_scan;
}
