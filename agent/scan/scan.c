/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "kernel/ctnl.h"

/* A dump is given up after this many empty reads in a row. */
#define SCAN_PATIENCE 100

struct scan {
	struct ctnl *ctnl; /* open while a scan runs; closing ends the dump */
	struct aggregate *aggregate;
	size_t buffer_size;
	uint64_t start_ms, end_ms, cpu_ns, budget_ns;
	bool was_cut;
	int error;
	int empty_looks;
};

static void choose_buffer(struct scan *scan, const struct config *config)
{
	scan->buffer_size = config->cpu_budget < 100 ? CTNL_BUFFER_PACED : CTNL_BUFFER_LARGEST;
}

struct scan *scan_new(const struct config *config, enum scan_use use)
{
	struct scan *scan = calloc(1, sizeof(*scan));

	(void)use;
	if (!scan)
		return NULL;
	scan->aggregate = aggregate_new(config);
	if (!scan->aggregate) {
		free(scan);
		return NULL;
	}
	choose_buffer(scan, config);
	return scan;
}

bool scan_suits(const struct scan *scan, const struct config *config)
{
	return aggregate_suits(scan->aggregate, config);
}

void scan_adopt(struct scan *scan, const struct config *config)
{
	aggregate_adopt(scan->aggregate, config);
	choose_buffer(scan, config);
}

size_t scan_buffer_size(const struct scan *scan)
{
	return scan->buffer_size;
}

void scan_set_budget(struct scan *scan, uint64_t budget_ns)
{
	scan->budget_ns = budget_ns;
}

bool scan_was_cut(const struct scan *scan)
{
	return scan->was_cut;
}

void scan_abandon(struct scan *scan)
{
	ctnl_close(scan->ctnl);
	scan->ctnl = NULL;
	scan->end_ms = clock_monotonic_ms();
}

void scan_free(struct scan *scan)
{
	if (!scan)
		return;
	scan_abandon(scan);
	aggregate_free(scan->aggregate);
	free(scan);
}

static enum scan_result scan_fail(struct scan *scan)
{
	scan->error = errno;
	scan_abandon(scan);
	return SCAN_FAILED;
}

enum scan_result scan_start(struct scan *scan, struct ctnl *ctnl, struct aggregate_memory *memory,
			    uint32_t expected)
{
	uint64_t before = clock_thread_cpu_ns();
	int result = 0;

	scan_abandon(scan);
	aggregate_begin(scan->aggregate, memory, expected);
	scan->start_ms = clock_monotonic_ms();
	scan->empty_looks = 0;
	scan->error = 0;
	scan->was_cut = false;
	scan->ctnl = ctnl;
	if (ctnl)
		result = ctnl_dump_start(ctnl);
	else
		scan_abandon(scan);
	scan->cpu_ns = clock_thread_cpu_ns() - before;
	if (result != 0)
		return scan_fail(scan);
	return ctnl ? SCAN_MORE : SCAN_DONE;
}

static void scan_visit(const struct ct_entry *entry, void *context)
{
	aggregate_add(context, entry);
}

enum scan_result scan_step(struct scan *scan)
{
	uint64_t before = clock_thread_cpu_ns();
	int result = ctnl_dump_step(scan->ctnl, scan_visit, scan->aggregate);

	scan->cpu_ns += clock_thread_cpu_ns() - before;
	if (result < 0 && errno == EAGAIN && ++scan->empty_looks < SCAN_PATIENCE)
		return SCAN_MORE;
	if (result < 0)
		return scan_fail(scan);
	scan->empty_looks = 0;
	scan->was_cut = result > 0 && scan->budget_ns && scan->cpu_ns >= scan->budget_ns;
	if (result > 0 && !scan->was_cut)
		return SCAN_MORE;
	scan_abandon(scan); /* what was read is in the aggregate */
	return SCAN_DONE;
}

uint32_t scan_progress(const struct scan *scan)
{
	return aggregate_scanned(scan->aggregate);
}

int scan_error(const struct scan *scan)
{
	return scan->error;
}

int scan_finish(struct scan *scan, uint32_t entries, const struct snapshot_top *culprit,
		struct aggregate_result *result)
{
	uint64_t before = clock_thread_cpu_ns();
	struct snapshot_scan *found;

	if (aggregate_finish(scan->aggregate, scan->start_ms, scan->end_ms,
			     scan->was_cut ? entries : 0, culprit, result) != 0)
		return -1;
	scan->cpu_ns += clock_thread_cpu_ns() - before;
	found = result->scan;
	found->end_monotonic = scan->end_ms;
	found->end_wall = clock_wall_ms() - (clock_monotonic_ms() - scan->end_ms);
	found->duration = (uint32_t)(scan->end_ms - scan->start_ms);
	found->cpu_time = (uint32_t)(scan->cpu_ns / 1000);
	return 0;
}
