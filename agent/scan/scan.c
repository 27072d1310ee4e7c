/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "kernel/ctnl.h"
#include "scan/part.h"

/* The part is less than 1 as long as the dump has not come to its end. */
#define PART_MOST 0.999

/* A scan without pauses reads so many buffers in a step, some milliseconds in all: what surrounds a
 * step, several system calls, costs as much as 5 to 10 entries. */
#define BUFFERS_UNPACED 16

/* A dump is given up after this many empty reads in a row. */
#define SCAN_PATIENCE 100

struct scan {
	enum scan_use use;
	struct ctnl *ctnl; /* open while a scan runs; closing ends the dump */
	struct aggregate *aggregate;
	size_t buffer_size;
	unsigned int buffers; /* that a step reads */
	uint64_t start_ms, end_ms, cpu_ns;
	double target;    /* the part that will be read; 1: all */
	struct part part; /* what was read */
	uint32_t left;    /* entries that this step may still count */
	bool is_whole;    /* the dump came to its end */
	bool keeps_order;
	uint32_t established_timeout;
	int error;
	int empty_reads;
};

static void choose_buffers(struct scan *scan, const struct config *config)
{
	bool is_paced = config->cpu_budget < 100;

	scan->buffer_size = is_paced ? CTNL_BUFFER_PACED : CTNL_BUFFER_LARGEST;
	scan->buffers = is_paced ? 1 : BUFFERS_UNPACED;
}

struct scan *scan_new(const struct config *config, enum scan_use use)
{
	static const enum aggregate_use uses[] = {
		[SCAN_LOOK] = AGGREGATE_LOOK,
		[SCAN_ROUND] = AGGREGATE_ROUND,
		[SCAN_ALARM] = AGGREGATE_ALARM,
	};
	struct scan *scan = calloc(1, sizeof(*scan));

	if (!scan)
		return NULL;
	scan->use = use;
	scan->aggregate = aggregate_new(config, uses[use]);
	if (!scan->aggregate) {
		free(scan);
		return NULL;
	}
	choose_buffers(scan, config);
	return scan;
}

void scan_keep_order(struct scan *scan)
{
	scan->keeps_order = true;
}

void scan_know_timeout(struct scan *scan, uint32_t established_timeout)
{
	scan->established_timeout = established_timeout;
}

bool scan_suits(const struct scan *scan, const struct config *config)
{
	return aggregate_suits(scan->aggregate, config);
}

void scan_adopt(struct scan *scan, const struct config *config)
{
	aggregate_adopt(scan->aggregate, config);
	choose_buffers(scan, config);
}

size_t scan_buffer_size(const struct scan *scan)
{
	return scan->buffer_size;
}

void scan_abandon(struct scan *scan)
{
	ctnl_close(scan->ctnl);
	scan->ctnl = NULL;
	scan->end_ms = clock_monotonic_ms();
	if (scan->use == SCAN_ROUND && !scan->is_whole)
		aggregate_abandon_round(scan->aggregate);
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
			    uint32_t entries, double part)
{
	uint64_t before = clock_thread_cpu_ns();
	struct aggregate_plan plan = {
		.part = part,
		.expected = part < 1 ? (uint32_t)(entries * part) : entries,
		.keeps_order = scan->keeps_order,
		.begin_ms = clock_monotonic_ms(),
		.established_timeout = scan->established_timeout,
	};
	int result;

	scan_abandon(scan);
	scan->ctnl = ctnl;
	scan->start_ms = plan.begin_ms;
	scan->target = part;
	scan->is_whole = false;
	scan->error = scan->empty_reads = 0;
	part_begin(&scan->part, entries);
	result = aggregate_begin(scan->aggregate, memory, &plan);
	if (result == 0 && ctnl)
		result = ctnl_dump_start(ctnl);
	scan->cpu_ns = clock_thread_cpu_ns() - before;
	if (result != 0)
		return scan_fail(scan);
	if (ctnl)
		return SCAN_MORE;
	scan->is_whole = true;
	scan_abandon(scan);
	return SCAN_DONE;
}

static void scan_visit(const struct ct_entry *entry, void *context)
{
	struct scan *scan = context;

	if (scan->left == 0)
		return;
	scan->left--;
	aggregate_add(scan->aggregate, entry);
}

/* Counts what a step has read. */
static void advance(struct scan *scan, uint32_t read)
{
	double before = part_value(&scan->part);

	scan->part.read += read;
	if (scan->use == SCAN_ROUND)
		aggregate_advance_round(scan->aggregate, part_value(&scan->part) - before,
					clock_monotonic_ms());
}

/* As ctnl_dump_step(), for all buffers of a step. */
static int read_buffers(struct scan *scan)
{
	int result = ctnl_dump_step(scan->ctnl, scan_visit, scan);

	for (unsigned int i = 1; i < scan->buffers && result > 0 && scan->left > 0; i++) {
		result = ctnl_dump_step(scan->ctnl, scan_visit, scan);
		if (result < 0 && errno == EAGAIN)
			return 1; /* what was there before was read */
	}
	return result;
}

enum scan_result scan_step(struct scan *scan, uint32_t entries)
{
	uint64_t before = clock_thread_cpu_ns();
	bool is_part = scan->target < 1;
	uint32_t allowed;
	int result;

	part_resize(&scan->part, entries);
	allowed = is_part ? part_left(&scan->part, scan->target) : UINT32_MAX;
	scan->left = allowed;
	result = read_buffers(scan);
	advance(scan, allowed - scan->left);
	scan->cpu_ns += clock_thread_cpu_ns() - before;
	if (result < 0 && errno == EAGAIN && ++scan->empty_reads < SCAN_PATIENCE)
		return SCAN_MORE;
	if (result < 0)
		return scan_fail(scan);
	scan->empty_reads = 0;
	if (result > 0 && (!is_part || scan->left > 0))
		return SCAN_MORE;
	scan->is_whole = result == 0 && (!is_part || scan->left > 0);
	scan_abandon(scan); /* what was read is in the aggregate */
	return SCAN_DONE;
}

uint32_t scan_progress(const struct scan *scan)
{
	return aggregate_scanned(scan->aggregate);
}

double scan_part(const struct scan *scan)
{
	double part = part_value(&scan->part);

	/* while a table shrinks, more than all may seem to be read */
	return scan->is_whole ? 1 : part < PART_MOST ? part : PART_MOST;
}

uint64_t scan_cpu_ns(const struct scan *scan)
{
	return scan->cpu_ns;
}

bool scan_is_whole(const struct scan *scan)
{
	return scan->is_whole;
}

int scan_error(const struct scan *scan)
{
	return scan->error;
}

int scan_finish(struct scan *scan, const struct snapshot_culprits *culprits,
		struct aggregate_result *result)
{
	uint64_t before = clock_thread_cpu_ns();
	struct snapshot_scan *found;

	if (aggregate_finish(scan->aggregate, scan->start_ms, scan->end_ms, scan_part(scan),
			     culprits, result) != 0)
		return -1;
	scan->cpu_ns += clock_thread_cpu_ns() - before;
	found = result->scan;
	found->end_monotonic = scan->end_ms;
	found->end_wall = clock_wall_ms() - (clock_monotonic_ms() - scan->end_ms);
	found->duration = (uint32_t)(scan->end_ms - scan->start_ms);
	found->cpu_time = (uint32_t)(scan->cpu_ns / 1000);
	return 0;
}

void scan_finish_round(struct scan *scan, const struct snapshot_culprits *culprits)
{
	aggregate_finish_round(scan->aggregate, culprits);
}

void scan_find(struct scan *scan, uint32_t entries, struct findings *findings)
{
	double part = scan_part(scan);

	scan_abandon(scan);
	aggregate_find(scan->aggregate, part, entries, findings);
}
