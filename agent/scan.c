/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "ctnl.h"

/* A dump whose next part does not come is given up after so many empty looks in a row. */
#define SCAN_PATIENCE 100

struct scan {
	struct ctnl *ctnl; /* open while a scan runs; closing ends the dump */
	struct aggregate totals;
	uint64_t start_ms, end_ms, cpu_ns;
	int error;
	int empty_looks;
};

struct scan *scan_new(void)
{
	return calloc(1, sizeof(struct scan));
}

static void scan_stop(struct scan *scan)
{
	ctnl_close(scan->ctnl);
	scan->ctnl = NULL;
	scan->end_ms = clock_monotonic_ms();
}

void scan_free(struct scan *scan)
{
	if (scan)
		scan_stop(scan);
	free(scan);
}

bool scan_is_running(const struct scan *scan)
{
	return scan->ctnl != NULL;
}

static enum scan_result scan_fail(struct scan *scan)
{
	scan->error = errno;
	scan_stop(scan);
	return SCAN_FAILED;
}

enum scan_result scan_start(struct scan *scan, bool empty)
{
	uint64_t before = clock_thread_cpu_ns();

	scan_stop(scan);
	memset(&scan->totals, 0, sizeof(scan->totals));
	scan->start_ms = clock_monotonic_ms();
	scan->empty_looks = 0;
	scan->error = 0;
	scan->cpu_ns = 0;
	if (empty) {
		scan_stop(scan);
		return SCAN_DONE;
	}
	scan->ctnl = ctnl_open();
	if (!scan->ctnl || ctnl_dump_start(scan->ctnl) != 0)
		return scan_fail(scan);
	scan->cpu_ns = clock_thread_cpu_ns() - before;
	return SCAN_MORE;
}

static void scan_visit(const struct ct_entry *entry, void *context)
{
	aggregate_add(context, entry);
}

enum scan_result scan_step(struct scan *scan)
{
	uint64_t before = clock_thread_cpu_ns();
	int result = ctnl_dump_step(scan->ctnl, scan_visit, &scan->totals);

	scan->cpu_ns += clock_thread_cpu_ns() - before;
	if (result < 0 && errno == EAGAIN && ++scan->empty_looks < SCAN_PATIENCE)
		return SCAN_MORE;
	if (result < 0)
		return scan_fail(scan);
	scan->empty_looks = 0;
	if (result > 0)
		return SCAN_MORE;
	scan_stop(scan);
	return SCAN_DONE;
}

uint32_t scan_progress(const struct scan *scan)
{
	return scan->totals.scanned;
}

int scan_error(const struct scan *scan)
{
	return scan->error;
}

int scan_finish(const struct scan *scan, struct aggregate_rows *rows, struct snapshot_scan *figures)
{
	figures->end_monotonic = scan->end_ms;
	figures->end_wall = clock_wall_ms() - (clock_monotonic_ms() - scan->end_ms);
	figures->duration = (uint32_t)(scan->end_ms - scan->start_ms);
	figures->cpu_time = (uint32_t)(scan->cpu_ns / 1000);
	figures->coverage = 100;
	figures->margin = 0;
	return aggregate_finish(&scan->totals, rows, figures);
}
