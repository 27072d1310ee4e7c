/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scan tier of an instance. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
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

/* Entries that the kernel counts, and that a whole scan did not find. What came or went meanwhile
 * is none of them: so the lower of the counts before and after is taken. */
static void judge_unlisted(struct instance *instance, bool has_counted, uint32_t counted,
			   struct snapshot_scan *found)
{
	uint32_t least = counted < instance->counted ? counted : instance->counted;

	found->has_unlisted = instance->has_counted && has_counted && found->coverage == 100;
	found->unlisted = least > found->scanned ? least - found->scanned : 0;
}

/* After a scan: its values replace the old ones. */
static enum instance_step scan_publish(struct instance *instance, struct scan *scan)
{
	struct ctnl_stats stats = { .entries = 0 };
	struct aggregate_result result;
	bool has_counted = instance->ctnl && ctnl_get_stats(instance->ctnl, &stats) == 0;

	/* a cut scan is scaled up to the present number of entries; the sample may be old */
	if (scan_was_cut(scan) && !has_counted)
		return STEP_ASK;
	if (scan_finish(scan, stats.entries, instance_alarms_culprit(&instance->alarms), &result) !=
	    0)
		return STEP_MEMORY;
	result.scan->instance = instance->last_scan->instance;
	result.scan->scans = instance->last_scan->scans + 1;
	result.scan->failures = instance->last_scan->failures;
	result.scan->has_firm_utilization = instance->sample->has_max_entries;
	result.scan->firm_utilization =
		snapshot_percent(snapshot_firm(result.scan), instance->sample->max_entries);
	judge_unlisted(instance, has_counted, stats.entries, result.scan);
	result.scan->has_accounting = instance->has_accounting;
	judge_scan(instance, &result);
	free(instance->last_scan);
	instance->last_scan = result.scan;
	instance->memory_buckets = instance->scan_buckets;
	if (!instance->netns)
		hints_judge_snmp(&instance->hints, instance->sample->name, result.own_snmp,
				 clock_monotonic_ms());
	return STEP_NONE;
}

/* Asks for the number of entries again, because the sample may be one interval old, and reads what
 * must be read in the namespace. */
static enum scan_result scan_begin(struct instance *instance, struct scan *scan,
				   enum instance_step *failed)
{
	uint32_t accounting = 0;
	struct ctnl *ctnl = NULL;
	struct ctnl_stats stats = { .entries = 0 };
	bool is_empty;

	if (instance_enter(instance) != 0) {
		*failed = STEP_ENTER;
		return SCAN_FAILED;
	}
	*failed = STEP_ASK;
	instance->has_counted = instance->ctnl && ctnl_get_stats(instance->ctnl, &stats) == 0;
	instance->counted = stats.entries;
	is_empty = instance->has_counted && stats.entries == 0;
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

/* Before what was read is taken: is it one table, still there, and of one size? A dump of a table
 * that is rehashed repeats some entries and misses others. Also opens what scan_publish() needs. If
 * the namespace was deleted or replaced, no scan runs any more. */
static enum instance_step scan_review(struct instance *instance, const struct scan *scan)
{
	enum instance_step failed = scan_was_cut(scan) ? instance_open(instance) : STEP_NONE;

	if (failed)
		return failed;
	if (instance_enter(instance) != 0)
		return STEP_NONE; /* nothing speaks against the scan */
	if (instance_is_resized(instance, instance_read_buckets()))
		instance->is_spoilt = true;
	instance_leave(instance);
	return STEP_NONE;
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

static void scan_fail(struct instance *instance, enum instance_step failed, int error)
{
	/* the sample tier finds that out too, and its status says so */
	if (failed == STEP_ENTER && error == ENOENT)
		return;
	instance->last_scan->failures++;
	instance_explain(instance, failed, error, instance->scan_reason,
			 sizeof(instance->scan_reason));
	/* the sample tier reports an unreadable table */
	if (instance->sample->has_values)
		log_warning("conntrack table \"%s\": the scan failed: %s", instance->sample->name,
			    instance->scan_reason);
}

bool instance_scan_step(struct instance *instance, struct scan *scan)
{
	enum instance_step failed = STEP_ASK;
	enum scan_result result;
	int error;

	if (instance->running_scan && instance->is_spoilt)
		return scan_give_up(instance);
	if (instance->running_scan)
		result = scan_step(scan);
	else
		result = scan_begin(instance, scan, &failed);
	error = instance->running_scan ? scan_error(scan) : errno;
	if (result == SCAN_MORE)
		return false;
	if (result == SCAN_DONE) {
		failed = scan_review(instance, scan);
		if (!instance->running_scan)
			return false; /* of another namespace than the one that is there now */
		if (instance->is_spoilt)
			return scan_give_up(instance);
		if (!failed)
			failed = scan_publish(instance, scan);
		error = errno;
	}
	instance->vain = 0;
	instance->running_scan = NULL;
	instance->scan_reason[0] = '\0';
	if (failed)
		scan_fail(instance, failed, error);
	return true;
}

/* When the values become stale. A reload, or a table that empties, may make the patience much
 * shorter at once. The scan that is under way or due next began under the old one: it gets the
 * whole of the new one from now on, but never more than it had. */
static uint64_t stale_at(struct instance *instance, uint64_t since_ms, uint64_t now_ms)
{
	uint64_t at_ms = since_ms + instance->scan_patience_ms, kept_ms = instance->stale_at_ms;

	if (kept_ms > now_ms + instance->scan_patience_ms)
		kept_ms = now_ms + instance->scan_patience_ms;
	instance->stale_at_ms = at_ms > kept_ms ? at_ms : kept_ms;
	return instance->stale_at_ms;
}

/* "the last scan ended 130 s ago": what is scanned is older than it should be. The time counts
 * while the table can be read. */
static bool explain_age(struct instance *instance, uint64_t now_ms, char *text, size_t size)
{
	uint64_t ended_ms = instance->last_scan->end_monotonic;
	uint64_t since_ms = ended_ms > instance->readable_ms ? ended_ms : instance->readable_ms;

	if (instance->scan_patience_ms == 0 || now_ms <= stale_at(instance, since_ms, now_ms))
		return false;
	if (ended_ms)
		snprintf(text, size, "the last scan ended %" PRIu64 " s ago",
			 (now_ms - ended_ms) / 1000);
	else
		snprintf(text, size, "no scan has ended in %" PRIu64 " s",
			 (now_ms - since_ms) / 1000);
	return true;
}

void instance_scan_judge(struct instance *instance, uint64_t now_ms)
{
	struct snapshot_sample *sample = instance->sample;
	bool is_stale = true;

	if (instance->readable_ms == 0)
		instance->readable_ms = now_ms;
	if (instance->scan_reason[0])
		snprintf(sample->status_text, sizeof(sample->status_text),
			 "the last scan failed: %s", instance->scan_reason);
	else
		is_stale = explain_age(instance, now_ms, sample->status_text,
				       sizeof(sample->status_text));
	sample->status = is_stale ? STATUS_STALE : STATUS_OK;
	if (!is_stale)
		sample->status_text[0] = '\0';
}

void instance_scan_expect(struct instance *instance, uint64_t patience_ms)
{
	instance->scan_patience_ms = patience_ms;
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
