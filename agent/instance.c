/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarms.h"
#include "clock.h"
#include "ctnl.h"
#include "log.h"
#include "peak.h"
#include "scan.h"
#include "sysctl.h"
#include "threshold.h"

struct instance {
	/* sample tier */
	struct ctnl *ctnl; /* NULL until it could be opened */
	struct counters_table counters;
	struct peak_window recent;
	uint32_t sample_interval, peak_window; /* seconds, of `recent` */
	uint64_t notification_interval_ms;
	struct snapshot_sample sample;
	struct alarms alarms;
	/* scan tier */
	struct scan *scan;
	struct aggregate_rows rows;
	struct snapshot_scan figures;
	int scan_errno; /* why the last scan failed; 0: it did not */
};

struct instance *instance_new(uint32_t index, const char *name, const struct config *config)
{
	struct instance *instance = calloc(1, sizeof(*instance));

	if (!instance)
		return NULL;
	instance->sample.instance = instance->figures.instance = index;
	instance->sample.status = STATUS_UNAVAILABLE;
	snprintf(instance->sample.name, sizeof(instance->sample.name), "%s", name);
	snprintf(instance->sample.status_text, sizeof(instance->sample.status_text),
		 "not sampled yet");
	instance->scan = scan_new();
	if (!instance->scan || instance_configure(instance, config) != 0) {
		instance_free(instance);
		return NULL;
	}
	return instance;
}

void instance_free(struct instance *instance)
{
	if (!instance)
		return;
	scan_free(instance->scan);
	ctnl_close(instance->ctnl);
	counters_clear(&instance->counters);
	peak_window_clear(&instance->recent);
	snapshot_sample_clear(&instance->sample);
	snapshot_scan_clear(&instance->figures);
	free(instance);
}

int instance_configure(struct instance *instance, const struct config *config)
{
	struct peak_window window;

	if (config->peak_window != instance->peak_window ||
	    config->sample_interval != instance->sample_interval) {
		if (peak_window_init(&window, config->peak_window, config->sample_interval) != 0)
			return -1;
		peak_window_clear(&instance->recent);
		instance->recent = window;
		instance->peak_window = config->peak_window;
		instance->sample_interval = config->sample_interval;
	}
	instance->notification_interval_ms = (uint64_t)config->notification_interval * 1000;
	alarms_configure(&instance->alarms, config->thresholds, config->threshold_count);
	return 0;
}

/* Asks the kernel; -1 with errno. */
static int sample_read(struct instance *instance, struct ctnl_stats *stats)
{
	if (!instance->ctnl)
		instance->ctnl = ctnl_open();
	if (!instance->ctnl)
		return -1;
	if (ctnl_get_stats(instance->ctnl, stats) != 0 ||
	    ctnl_get_cpu_stats(instance->ctnl, &instance->counters) != 0)
		return -1;
	/* a kernel may be built without expectations: their columns are then absent */
	if (ctnl_get_expect_stats(instance->ctnl, &instance->counters) != 0)
		log_debug("ctnetlink: expectation statistics: %s", strerror(errno));
	return 0;
}

static void sample_fail(struct instance *instance, int error)
{
	struct snapshot_sample *sample = &instance->sample;

	sample->status = STATUS_UNAVAILABLE;
	sample->has_figures = false;
	snprintf(sample->status_text, sizeof(sample->status_text), "ctnetlink: %s%s",
		 strerror(error), error == EPERM ? " (CAP_NET_ADMIN is needed)" : "");
	/* the next sample starts from a clean socket */
	ctnl_close(instance->ctnl);
	instance->ctnl = NULL;
}

static int sample_copy_counters(struct instance *instance)
{
	struct snapshot_sample *sample = &instance->sample;
	size_t count = instance->counters.cpu_count;

	if (count != sample->cpu_count) {
		struct counters *grown = reallocarray(sample->cpus, count, sizeof(*grown));

		if (!grown)
			return -1;
		sample->cpus = grown;
		sample->cpu_count = count;
	}
	for (size_t i = 0; i < count; i++)
		sample->cpus[i] = instance->counters.cpus[i].sum;
	counters_total(&instance->counters, &sample->total);
	return 0;
}

static void sample_fill(struct instance *instance, const struct ctnl_stats *stats, uint64_t now_ms,
			uint64_t wall_ms)
{
	struct snapshot_sample *sample = &instance->sample;

	if (sample->discontinuity == 0)
		sample->discontinuity = now_ms;
	sample->entries = stats->entries;
	sample->max_entries = stats->max_entries;
	if (stats->entries > sample->peak_entries || sample->peak_time == 0) {
		sample->peak_entries = stats->entries;
		sample->peak_time = wall_ms;
	}
	sample->recent_peak_entries = peak_window_add(&instance->recent, now_ms, stats->entries);
	sample->has_buckets =
		sysctl_read_u32("net/netfilter/nf_conntrack_buckets", &sample->buckets);
	sample->has_expect_max =
		sysctl_read_u32("net/netfilter/nf_conntrack_expect_max", &sample->expect_max);
	sample->has_figures = true;
	sample->status = instance->scan_errno ? STATUS_STALE : STATUS_OK;
	if (instance->scan_errno)
		snprintf(sample->status_text, sizeof(sample->status_text),
			 "the last scan failed: ctnetlink: %s", strerror(instance->scan_errno));
	else
		sample->status_text[0] = '\0';
}

void instance_sample(struct instance *instance)
{
	struct snapshot_sample *sample = &instance->sample;
	uint64_t now_ms = clock_monotonic_ms(), wall_ms = clock_wall_ms();
	uint8_t before = sample->status;
	struct ctnl_stats stats;
	int result = sample_read(instance, &stats);

	/* lost messages and stray ones are over with a new socket; a missing right is not */
	if (result != 0 && errno != EPERM) {
		log_debug("ctnetlink: %s; asking again on a new socket", strerror(errno));
		ctnl_close(instance->ctnl);
		instance->ctnl = NULL;
		result = sample_read(instance, &stats);
	}
	if (result != 0 || sample_copy_counters(instance) != 0)
		sample_fail(instance, errno);
	else
		sample_fill(instance, &stats, now_ms, wall_ms);
	if (sample->status != before && sample->status != STATUS_OK)
		log_warning("conntrack table \"%s\": %s", sample->name, sample->status_text);
	else if (sample->status != before)
		log_info("conntrack table \"%s\" is read", sample->name);
	alarms_update(&instance->alarms, sample, now_ms, wall_ms);
}

const struct snapshot_sample *instance_get_sample(const struct instance *instance)
{
	return &instance->sample;
}

bool instance_next_event(struct instance *instance, uint64_t *suppressed, struct event *event)
{
	return alarms_next(&instance->alarms, &instance->sample, clock_monotonic_ms(),
			   instance->notification_interval_ms, suppressed, event);
}

/* A scan has been read to its end: its figures replace those before. */
static int scan_publish(struct instance *instance)
{
	struct snapshot_scan figures = { .instance = instance->figures.instance,
					 .scans = instance->figures.scans + 1,
					 .failures = instance->figures.failures };
	uint32_t accounting = 0;

	if (scan_finish(instance->scan, &instance->rows, &figures) != 0)
		return -1;
	figures.firm_utilization = threshold_percent(figures.assured, instance->sample.max_entries);
	figures.has_accounting =
		sysctl_read_u32("net/netfilter/nf_conntrack_acct", &accounting) && accounting;
	snapshot_scan_clear(&instance->figures);
	instance->figures = figures;
	return 0;
}

/* Asked anew, because the sample may be as old as its interval. */
static bool table_is_empty(struct instance *instance)
{
	struct ctnl_stats stats;

	return instance->ctnl && ctnl_get_stats(instance->ctnl, &stats) == 0 && stats.entries == 0;
}

bool instance_scan_step(struct instance *instance)
{
	enum scan_result result;
	int error = 0;

	if (scan_is_running(instance->scan))
		result = scan_step(instance->scan);
	else
		result = scan_start(instance->scan, table_is_empty(instance));
	if (result == SCAN_MORE)
		return false;
	if (result == SCAN_FAILED)
		error = scan_error(instance->scan);
	else if (scan_publish(instance) != 0)
		error = errno;
	if (error) {
		instance->figures.failures++;
		/* an unreadable table is the sample's to tell */
		if (instance->sample.has_figures)
			log_warning("conntrack table \"%s\": the scan failed: ctnetlink: %s",
				    instance->sample.name, strerror(error));
	}
	instance->scan_errno = error;
	return true;
}

const struct snapshot_scan *instance_get_scan(const struct instance *instance)
{
	return &instance->figures;
}

uint32_t instance_scan_progress(const struct instance *instance)
{
	return scan_progress(instance->scan);
}
