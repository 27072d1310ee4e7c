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

/* How often a look starts again in one turn if the table is rehashed. */
#define VAIN_MAX 3

/* What reading a table costs as long as nothing is known of it: at the default budget, with cold
 * caches. Beside the entries it walks the hash table, which all namespaces share. */
#define WALK_NS      20000000ULL
#define ENTRY_NS     6000ULL
#define ENTRY_NS_MIN 1000ULL
/* A table with fewer entries does not tell what an entry costs. */
#define ENTRIES_TELLING 1000

/* A part of the table stays the same as long as the looks at it cost neither so much less nor so
 * much more than they may: then they can be compared. */
#define PART_LOW  0.3
#define PART_HIGH 5.0
/* A look reads no more than this, or the whole table. */
#define PART_MAX 0.9

/* A look at a part asks for the size of the table at each step, all others now and then. */
#define STEPS_PER_COUNT 16

/* The table has changed if it is larger or smaller by this part than its last look saw it: 1/64. */
#define CHANGE_SHIFT 6
/* Then a look waits for it to come to rest, which it has if it changed by less than this part of
 * that in the last sample, 1/16; but not longer than this. */
#define SETTLE_SHIFT 4
#define SETTLE_MS    3000

/* The CPU time that it takes to read the table whole if it has so many entries. */
static uint64_t cost_of(const struct instance *instance, uint32_t entries)
{
	uint64_t walk_ns = WALK_NS, entry_ns = ENTRY_NS;

	if (instance->whole_ns && instance->whole_ns < walk_ns)
		walk_ns = instance->whole_ns;
	if (instance->whole_entries >= ENTRIES_TELLING)
		entry_ns = (instance->whole_ns - walk_ns) / instance->whole_entries;
	if (entry_ns < ENTRY_NS_MIN)
		entry_ns = ENTRY_NS_MIN;
	return walk_ns + entries * entry_ns;
}

void instance_scan_allow(struct instance *instance, uint64_t interval_ns, uint64_t look_ns)
{
	instance->interval_ns = interval_ns;
	instance->look_ns = look_ns;
}

uint64_t instance_scan_cost(const struct instance *instance)
{
	const struct snapshot_sample *sample = instance->sample;

	return cost_of(instance, sample->has_values ? sample->entries : 0);
}

/* The part of the table that the next look reads. */
static double choose_part(const struct instance *instance, uint32_t entries)
{
	double before = aggregate_memory_part(instance->memory), part;
	uint64_t cost_ns = cost_of(instance, entries);

	/* a table at the limit must not be large now and small then */
	if (cost_ns <= (before > 0 ? instance->interval_ns / 5 * 4 : instance->interval_ns))
		return 1;
	part = (double)instance->look_ns / (double)cost_ns;
	if (part > PART_MAX)
		return 1;
	return before > 0 && part > before * PART_LOW && part < before * PART_HIGH ? before : part;
}

/* Learns what an entry costs. */
void instance_learn_cost(struct instance *instance, const struct scan *scan)
{
	double part = scan_part(scan);
	uint64_t cost_ns;
	uint32_t entries;

	if (part <= 0)
		return;
	cost_ns = (uint64_t)((double)scan_cpu_ns(scan) / part);
	entries = (uint32_t)(scan_progress(scan) / part);
	/* a busy machine makes a single one expensive */
	if (instance->whole_ns)
		cost_ns = (3 * cost_of(instance, entries) + cost_ns) / 4;
	instance->whole_ns = cost_ns;
	instance->whole_entries = entries;
}

/* Judges what only a look can tell. */
static void judge_scan(struct instance *instance, const struct aggregate_result *result)
{
	uint64_t wall_ms = clock_wall_ms();

	instance_alarms_source(&instance->alarms, &result->source, instance->sample, wall_ms);
	instance_alarms_nat(&instance->alarms, &result->nat, instance->sample, wall_ms);
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

/* After a look: its values replace the old ones. */
static enum instance_step look_publish(struct instance *instance, struct scan *look)
{
	struct ctnl_stats stats = { .entries = 0 };
	struct aggregate_result result;
	bool has_counted = instance->ctnl && ctnl_get_stats(instance->ctnl, &stats) == 0;
	const struct snapshot_culprits culprits = instance_alarms_culprits(&instance->alarms);

	instance_learn_cost(instance, look);
	if (scan_finish(look, &culprits, &result) != 0)
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
	instance->is_large = result.scan->coverage < 100;
	/* not those at its end: what came while it read has been seen in part */
	if (scan_part(look) > 0)
		instance->seen_entries = (uint32_t)(result.scan->scanned / scan_part(look));
	instance->changed_ms = 0;
	if (!instance->netns)
		hints_judge_snmp(&instance->hints, instance->sample->name, result.own_snmp,
				 clock_monotonic_ms());
	return STEP_NONE;
}

/* Call it in the instance's namespace. */
static uint32_t read_established_timeout(void)
{
	uint32_t seconds = 0;

	sysctl_read_u32("net/netfilter/nf_conntrack_tcp_timeout_established", &seconds);
	return seconds;
}

/* Asks for the number of entries again, because the sample may be one interval old, and reads what
 * must be read in the namespace. */
static enum scan_result look_begin(struct instance *instance, struct scan *look,
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
	scan_know_timeout(look, read_established_timeout());
	if (!is_empty)
		ctnl = ctnl_open(scan_buffer_size(look));
	instance_leave(instance);
	if (!is_empty && !ctnl)
		return SCAN_FAILED;
	hints_judge_use(&instance->hints, instance->sample->name, instance->ctnl, is_empty);
	instance->is_spoilt = false;
	if (instance->scan_buckets != instance->memory_buckets)
		aggregate_memory_reorder(instance->memory);
	instance->running_look = look;
	instance->steps = 0;
	return scan_start(look, ctnl, instance->memory, stats.entries,
			  is_empty ? 1 : choose_part(instance, stats.entries));
}

/* Before what was read is taken: is it one table, still there, and of one size? A dump of a table
 * that is rehashed repeats some entries and misses others. If the namespace was deleted or
 * replaced, nothing runs any more. */
static void look_review(struct instance *instance)
{
	if (instance_enter(instance) != 0)
		return; /* nothing speaks against the look */
	if (instance_is_resized(instance, instance_read_buckets()))
		instance->is_spoilt = true;
	instance_leave(instance);
}

enum scan_result instance_begin_whole(struct instance *instance, struct scan *scan,
				      struct scan **running, struct aggregate_memory *memory,
				      enum instance_step *failed)
{
	struct ctnl_stats stats = { .entries = 0 };
	struct ctnl *ctnl;

	if (instance_enter(instance) != 0) {
		*failed = STEP_ENTER;
		return SCAN_FAILED;
	}
	*failed = STEP_ASK;
	ctnl = ctnl_open(scan_buffer_size(scan));
	scan_know_timeout(scan, read_established_timeout());
	instance_leave(instance);
	if (!ctnl || !instance->ctnl || ctnl_get_stats(instance->ctnl, &stats) != 0) {
		ctnl_close(ctnl);
		return SCAN_FAILED;
	}
	*running = scan;
	return scan_start(scan, ctnl, memory, stats.entries, 1);
}

void instance_stop(struct scan **scan)
{
	if (*scan)
		scan_abandon(*scan);
	*scan = NULL;
}

/* Stops a spoilt look. False if it must start again now. */
static bool look_give_up(struct instance *instance)
{
	log_info("conntrack table \"%s\": nf_conntrack_buckets was changed during the scan; the "
		 "scan starts again",
		 instance->sample->name);
	instance_stop(&instance->running_look);
	instance->vain = (instance->vain + 1) % VAIN_MAX;
	return instance->vain == 0;
}

void instance_scan_fail(struct instance *instance, enum instance_step failed, int error)
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

/* How many entries the table has now; 0: unknown, or not asked. */
uint32_t instance_count_now(struct instance *instance, bool each_step)
{
	struct ctnl_stats stats = { .entries = 0 };

	if (!each_step && instance->steps++ % STEPS_PER_COUNT != 0)
		return 0;
	return instance->ctnl && ctnl_get_stats(instance->ctnl, &stats) == 0 ? stats.entries : 0;
}

bool instance_look_is_part(const struct instance *instance)
{
	return instance->running_look && aggregate_memory_part(instance->memory) > 0;
}

bool instance_is_large(const struct instance *instance)
{
	return instance->is_large;
}

bool instance_look_step(struct instance *instance, struct scan *look)
{
	enum instance_step failed = STEP_ASK;
	enum scan_result result;
	int error;

	if (instance->running_look && instance->is_spoilt)
		return look_give_up(instance);
	if (instance->running_look)
		result = scan_step(look,
				   instance_count_now(instance, instance_look_is_part(instance)));
	else
		result = look_begin(instance, look, &failed);
	error = instance->running_look ? scan_error(look) : errno;
	if (result == SCAN_MORE)
		return false;
	if (result == SCAN_DONE) {
		look_review(instance);
		if (!instance->running_look)
			return false; /* of another namespace than the one that is there now */
		if (instance->is_spoilt)
			return look_give_up(instance);
		failed = look_publish(instance, look);
		error = errno;
	}
	instance->vain = 0;
	instance->running_look = NULL;
	instance->scan_reason[0] = '\0';
	if (failed)
		instance_scan_fail(instance, failed, error);
	return true;
}

void instance_scan_notice(struct instance *instance, uint32_t before, uint64_t now_ms)
{
	uint32_t now = instance->sample->entries, seen = instance->seen_entries;
	uint32_t change = now > seen ? now - seen : seen - now;
	uint32_t step = now > before ? now - before : before - now;

	if (change <= seen >> CHANGE_SHIFT) {
		instance->changed_ms = 0;
		return;
	}
	if (instance->changed_ms == 0)
		instance->changed_ms = now_ms;
	instance->has_settled =
		step <= change >> CHANGE_SHIFT || now_ms - instance->changed_ms >= SETTLE_MS;
}

bool instance_has_changed(const struct instance *instance)
{
	return instance->changed_ms && instance->has_settled &&
	       (instance->is_large || instance_scan_cost(instance) > instance->interval_ns);
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
	instance_stop(&instance->running_look);
	instance_stop(&instance->running_round);
	instance_stop(&instance->running_alarm);
}

const struct snapshot_scan *instance_get_last_scan(const struct instance *instance)
{
	return instance->last_scan;
}
