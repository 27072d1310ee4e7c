/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/instance_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "kernel/ctnl.h"
#include "kernel/netns.h"
#include "kernel/sysctl.h"
#include "scan/aggregate.h"

/* So many intervals after it was taken, a sample is old. The subagent judges it, at the request:
 * the collector cannot tell that it stands still. */
#define STALE_INTERVALS 3

static struct snapshot_sample *new_sample(uint32_t index, const char *name)
{
	struct snapshot_sample head;

	memset(&head, 0, sizeof(head));
	head.base.kind = SNAPSHOT_SAMPLE;
	head.instance = index;
	head.status = STATUS_UNAVAILABLE;
	snprintf(head.name, sizeof(head.name), "%s", name);
	snprintf(head.status_text, sizeof(head.status_text), "not sampled yet");
	return (struct snapshot_sample *)snapshot_new(&head.base);
}

/* The scan values before the first scan. */
static struct snapshot_scan *new_scan(uint32_t index)
{
	struct snapshot_scan head;

	memset(&head, 0, sizeof(head));
	head.base.kind = SNAPSHOT_SCAN;
	head.instance = index;
	return (struct snapshot_scan *)snapshot_new(&head.base);
}

/* A copy of the sample with other numbers of rows, which the caller fills. NULL with ENOMEM. */
static struct snapshot_sample *resize_sample(const struct snapshot_sample *sample, size_t cpu_count,
					     size_t threshold_count, size_t rate_count)
{
	struct snapshot_sample head = *sample;

	head.cpu_count = cpu_count;
	head.threshold_count = threshold_count;
	head.rate_count = rate_count;
	return (struct snapshot_sample *)snapshot_new(&head.base);
}

static void replace_sample(struct instance *instance, struct snapshot_sample *sample)
{
	free(instance->sample);
	instance->sample = sample;
}

struct instance *instance_new(uint32_t index, const char *name, const char *netns,
			      const struct config *config)
{
	struct instance *instance = calloc(1, sizeof(*instance));

	if (!instance)
		return NULL;
	instance->sample = new_sample(index, name);
	instance->last_scan = new_scan(index);
	instance->memory = aggregate_memory_new();
	if (netns)
		instance->netns = netns_new(netns);
	if (!instance->sample || !instance->last_scan || !instance->memory ||
	    (netns && !instance->netns) || instance_configure(instance, config) != 0) {
		instance_free(instance);
		return NULL;
	}
	instance_apply(instance);
	return instance;
}

void instance_free(struct instance *instance)
{
	if (!instance)
		return;
	instance_discard(instance);
	instance_scan_abandon(instance);
	ctnl_close(instance->ctnl);
	netns_free(instance->netns);
	counters_clear(&instance->counters);
	peak_window_clear(&instance->recent);
	rates_clear(&instance->rates);
	instance_alarms_clear(&instance->alarms);
	free(instance->sample);
	aggregate_memory_free(instance->memory);
	free(instance->last_scan);
	free(instance);
}

bool instance_is_of(const struct instance *instance, const char *netns)
{
	return instance->netns && netns ? netns_has_name(instance->netns, netns)
					: !instance->netns && !netns;
}

void instance_may_go(struct instance *instance, bool may_go)
{
	if (instance->next.sample)
		instance->next.may_go = may_go;
	else
		instance->may_go = may_go;
}

void instance_discard(struct instance *instance)
{
	free(instance->next.sample);
	peak_window_clear(&instance->next.recent);
	rates_clear(&instance->next.rates);
	instance_alarms_clear(&instance->next.alarms);
	instance->next = (struct instance_settings){ 0 };
}

int instance_configure(struct instance *instance, const struct config *config)
{
	const struct snapshot_sample *sample = instance->sample;
	struct instance_settings *next = &instance->next;

	instance_discard(instance);
	next->sample = resize_sample(sample, sample->cpu_count, config->threshold_count,
				     config->rate_count);
	next->has_window = config->peak_window != instance->peak_window ||
			   config->sample_interval != instance->sample_interval;
	next->peak_window = config->peak_window;
	next->sample_interval = config->sample_interval;
	next->may_go = instance->may_go;
	if (!next->sample ||
	    (next->has_window &&
	     peak_window_init(&next->recent, config->peak_window, config->sample_interval) != 0) ||
	    rates_prepare(&next->rates, &instance->rates, config) != 0 ||
	    instance_alarms_prepare(&next->alarms, &instance->alarms, config) != 0) {
		instance_discard(instance);
		errno = ENOMEM;
		return -1;
	}
	memcpy(next->sample->cpus, sample->cpus, sample->cpu_count * sizeof(*sample->cpus));
	rates_show(&next->rates, next->sample->rates);
	return 0;
}

void instance_apply(struct instance *instance)
{
	struct instance_settings *next = &instance->next;

	if (!next->sample)
		return;
	replace_sample(instance, next->sample);
	instance->may_go = next->may_go;
	if (next->has_window) {
		peak_window_clear(&instance->recent);
		instance->recent = next->recent;
		instance->peak_window = next->peak_window;
		instance->sample_interval = next->sample_interval;
	}
	rates_clear(&instance->rates);
	instance->rates = next->rates;
	instance_alarms_apply(&instance->alarms, &next->alarms, instance->sample, clock_wall_ms());
	*next = (struct instance_settings){ 0 };
}

/* Counters and peaks begin here. */
static void begin_anew(struct instance *instance)
{
	struct snapshot_sample *sample = instance->sample;

	peak_window_forget(&instance->recent);
	sample->discontinuity = sample->peak_time = 0;
	sample->peak_entries = 0;
	loss_window_restart(&instance->loss);
	rates_forget(&instance->rates);
}

/* What was raised belongs to a table that does not exist any more. */
static void end_alarms(struct instance *instance)
{
	static const char reason[] = "its network namespace was deleted";

	if (instance->sample->is_deleted)
		instance_alarms_end_degraded(&instance->alarms, clock_wall_ms(), reason);
	instance_alarms_end(&instance->alarms, instance->sample, clock_wall_ms(), reason);
}

/* A new namespace has this name: the old values belong to the old one. */
static void restart(struct instance *instance)
{
	struct snapshot_scan *none = new_scan(instance->sample->instance);

	log_info("conntrack table \"%s\": a new network namespace has this name now",
		 instance->sample->name);
	end_alarms(instance);
	instance_scan_abandon(instance);
	ctnl_close(instance->ctnl);
	instance->ctnl = NULL;
	counters_clear(&instance->counters);
	begin_anew(instance);
	instance->loss = (struct loss_window){ 0 };
	aggregate_memory_restart(instance->memory);
	instance->scan_reason[0] = '\0';
	instance->readable_ms = 0;
	instance->hints = (struct hints){ 0 };
	if (!none)
		return; /* show the old scan until the next one */
	none->scans = instance->last_scan->scans;
	none->failures = instance->last_scan->failures;
	free(instance->last_scan);
	instance->last_scan = none;
	instance->has_forgotten = true;
}

/* A deleted namespace exists as long as a socket in it is open: close ours. */
static void let_go(struct instance *instance)
{
	int saved = errno;

	instance_scan_abandon(instance);
	ctnl_close(instance->ctnl);
	instance->ctnl = NULL;
	aggregate_memory_restart(instance->memory);
	errno = saved;
}

int instance_enter(struct instance *instance)
{
	int result = instance->netns ? netns_enter(instance->netns) : 0;

	if (result > 0)
		restart(instance);
	else if (result < 0 && errno == ENOENT)
		let_go(instance);
	return result < 0 ? -1 : 0;
}

void instance_leave(const struct instance *instance)
{
	if (instance->netns)
		netns_leave(instance->netns);
}

uint32_t instance_read_buckets(void)
{
	uint32_t buckets = 0;

	return sysctl_read_u32("net/netfilter/nf_conntrack_buckets", &buckets) ? buckets : 0;
}

bool instance_is_resized(const struct instance *instance, uint32_t buckets)
{
	return buckets && instance->scan_buckets && buckets != instance->scan_buckets;
}

void instance_explain(const struct instance *instance, enum instance_step step, int error,
		      char *text, size_t size)
{
	if (step == STEP_ENTER)
		netns_explain(instance->netns, error, text, size);
	else if (step == STEP_ASK)
		ctnl_explain(error, text, size);
	else
		snprintf(text, size, "out of memory");
}

/* A socket stays in the namespace where it was opened, for ever. */
enum instance_step instance_open(struct instance *instance)
{
	if (instance->ctnl)
		return STEP_NONE;
	if (instance_enter(instance) != 0)
		return STEP_ENTER;
	instance->ctnl = ctnl_open(CTNL_BUFFER_PACED);
	instance_leave(instance);
	return instance->ctnl ? STEP_NONE : STEP_ASK;
}

/* What must be read in the namespace itself, once conntrack is loaded. */
static enum instance_step sample_read_sysctls(struct instance *instance)
{
	struct snapshot_sample *sample = instance->sample;

	if (instance_enter(instance) != 0)
		return STEP_ENTER;
	sample->buckets = instance_read_buckets();
	sample->has_buckets = sample->buckets != 0;
	sample->has_expect_max =
		sysctl_read_u32("net/netfilter/nf_conntrack_expect_max", &sample->expect_max);
	instance_leave(instance);
	if (!instance->ctnl) {
		errno = ESTALE; /* replaced just now: ask the new one */
		return STEP_ASK;
	}
	if (instance->running_look && instance_is_resized(instance, sample->buckets))
		instance->is_spoilt = true;
	return STEP_NONE;
}

/* Notices that the namespace was deleted or replaced: entering it may be due much later. */
static void check_namespace(struct instance *instance)
{
	if (instance->netns && instance->ctnl && !netns_is_same(instance->netns))
		let_go(instance);
}

/* Asks the kernel. */
static enum instance_step sample_read(struct instance *instance, struct ctnl_stats *stats,
				      uint64_t now_ms)
{
	enum instance_step failed = instance_open(instance);

	if (failed)
		return failed;
	counters_begin(&instance->counters, now_ms - instance->counted_ms);
	if (ctnl_get_stats(instance->ctnl, stats) != 0 ||
	    ctnl_get_cpu_stats(instance->ctnl, &instance->counters) != 0)
		return STEP_ASK;
	/* a kernel may be built without expectations: then their columns are absent */
	if (ctnl_get_expect_stats(instance->ctnl, &instance->counters) != 0)
		log_debug("ctnetlink: expectation statistics: %s", strerror(errno));
	failed = sample_read_sysctls(instance);
	if (failed)
		return failed;
	instance->counted_ms = now_ms;
	if (counters_settle(&instance->counters)) {
		log_info("conntrack table \"%s\": the kernel has reset its counters; they start "
			 "again",
			 instance->sample->name);
		begin_anew(instance);
	}
	return STEP_NONE;
}

static void sample_fail(struct instance *instance, enum instance_step failed, int error)
{
	struct snapshot_sample *sample = instance->sample;

	sample->status = STATUS_UNAVAILABLE;
	sample->has_values = sample->has_loss = sample->dropping = false;
	sample->is_deleted = instance->may_go && failed == STEP_ENTER && error == ENOENT;
	instance->readable_ms = 0;
	instance_explain(instance, failed, error, sample->status_text, sizeof(sample->status_text));
	if (sample->is_deleted)
		snprintf(sample->status_text, sizeof(sample->status_text),
			 "its network namespace was deleted");
	/* the next sample opens a new socket */
	ctnl_close(instance->ctnl);
	instance->ctnl = NULL;
}

static int sample_copy_counters(struct instance *instance)
{
	size_t count = instance->counters.cpu_count;

	if (count != instance->sample->cpu_count) {
		struct snapshot_sample *resized =
			resize_sample(instance->sample, count, instance->sample->threshold_count,
				      instance->sample->rate_count);

		if (!resized)
			return -1;
		replace_sample(instance, resized);
	}
	for (size_t i = 0; i < count; i++)
		instance->sample->cpus[i] = instance->counters.cpus[i].sum;
	counters_total(&instance->counters, &instance->sample->total);
	return 0;
}

static void sample_fill(struct instance *instance, const struct ctnl_stats *stats, uint64_t now_ms,
			uint64_t wall_ms)
{
	struct snapshot_sample *sample = instance->sample;
	uint32_t before = sample->entries;

	if (sample->discontinuity == 0)
		sample->discontinuity = now_ms;
	sample->taken = now_ms;
	sample->fresh_ms = instance->sample_interval * 1000 * STALE_INTERVALS;
	sample->is_deleted = false;
	sample->entries = stats->entries;
	sample->max_entries = stats->max_entries;
	sample->has_max_entries = stats->has_max_entries;
	if (stats->entries > sample->peak_entries || sample->peak_time == 0) {
		sample->peak_entries = stats->entries;
		sample->peak_time = wall_ms;
	}
	sample->recent_peak_entries = peak_window_add(&instance->recent, now_ms, stats->entries);
	loss_window_add(&instance->loss, sample, now_ms);
	rates_add(&instance->rates, sample, instance->last_scan, now_ms);
	rates_show(&instance->rates, sample->rates);
	sample->has_values = true;
	instance_scan_notice(instance, before, now_ms);
	instance_scan_judge(instance, now_ms);
}

void instance_sample(struct instance *instance)
{
	uint64_t now_ms = clock_monotonic_ms(), wall_ms = clock_wall_ms();
	uint8_t before = instance->sample->status;
	struct snapshot_sample *sample;
	struct ctnl_stats stats;
	enum instance_step failed;
	int error;

	check_namespace(instance);
	failed = sample_read(instance, &stats, now_ms);
	/* a new socket ends the trouble of lost and stray messages, but not of a missing capability
	 * or namespace */
	if (failed == STEP_ASK && errno != EPERM) {
		log_debug("ctnetlink: %s; asking again on a new socket", strerror(errno));
		ctnl_close(instance->ctnl);
		instance->ctnl = NULL;
		failed = sample_read(instance, &stats, now_ms);
	}
	if (!failed && sample_copy_counters(instance) != 0)
		failed = STEP_MEMORY;
	error = errno;
	if (failed)
		sample_fail(instance, failed, error);
	else
		sample_fill(instance, &stats, now_ms, wall_ms);
	sample = instance->sample;
	/* the alarm is the warning, but does not tell one trouble from another */
	if (sample->status != before && sample->status != STATUS_OK)
		log_info("conntrack table \"%s\": %s", sample->name, sample->status_text);
	else if (sample->status != before)
		log_info("conntrack table \"%s\" can be read", sample->name);
	if (failed == STEP_ENTER && error == ENOENT)
		end_alarms(instance);
	instance_alarms_sample(&instance->alarms, sample, now_ms, wall_ms);
}

bool instance_has_forgotten(struct instance *instance)
{
	bool has_forgotten = instance->has_forgotten;

	instance->has_forgotten = false;
	return has_forgotten;
}

const struct snapshot_sample *instance_get_sample(const struct instance *instance)
{
	return instance->sample;
}

struct instance_alarms *instance_get_alarms(struct instance *instance)
{
	return &instance->alarms;
}

void instance_part_again(struct instance *instance)
{
	instance_alarms_part(&instance->alarms, instance->sample, clock_wall_ms(), instance->end);
}

void instance_part(struct instance *instance, const char *reason)
{
	ctnl_close(instance->ctnl);
	instance->ctnl = NULL;
	netns_free(instance->netns);
	instance->netns = NULL;
	aggregate_memory_free(instance->memory);
	instance->memory = NULL;
	instance->end = reason;
	instance_part_again(instance);
}

const struct hints *instance_get_hints(const struct instance *instance)
{
	return &instance->hints;
}
