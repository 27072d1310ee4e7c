/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/snapshot.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 6

/* Rows of a struct: the offsets of their address and their count. */
struct rows {
	size_t address, count, row_size, max;
};

#define ROWS(kind, rows, count, max)                                                               \
	{                                                                                          \
		offsetof(struct kind, rows), offsetof(struct kind, count),                         \
			sizeof(*((struct kind *)0)->rows), max                                     \
	}

/* The kinds. To add rows, add their line. */
static const struct {
	size_t size;
	struct rows rows[ROWS_MAX];
} kinds[] = {
	[SNAPSHOT_AGENT] = { sizeof(struct snapshot_agent),
			     { ROWS(snapshot_agent, instances, instance_count,
				    SNAPSHOT_INSTANCES_MAX) } },
	[SNAPSHOT_SAMPLE] = { sizeof(struct snapshot_sample),
			      { ROWS(snapshot_sample, cpus, cpu_count, COUNTERS_CPU_MAX),
				ROWS(snapshot_sample, thresholds, threshold_count,
				     SNAPSHOT_THRESHOLDS_MAX),
				ROWS(snapshot_sample, rates, rate_count, SNAPSHOT_RATES_MAX) } },
	[SNAPSHOT_SCAN] = { sizeof(struct snapshot_scan),
			    { ROWS(snapshot_scan, protocols, protocol_count,
				   2 * SNAPSHOT_PROTOCOLS_MAX),
			      ROWS(snapshot_scan, states, state_count, SNAPSHOT_STATES_MAX),
			      ROWS(snapshot_scan, zones, zone_count, SNAPSHOT_ZONES_MAX),
			      ROWS(snapshot_scan, tops, top_count, SNAPSHOT_TOP_MAX *TOP_KINDS),
			      ROWS(snapshot_scan, nats, nat_count, SNAPSHOT_TOP_MAX),
			      ROWS(snapshot_scan, watches, watch_count, SNAPSHOT_WATCHES_MAX) } },
};

static size_t count_of(const struct snapshot *snapshot, const struct rows *rows)
{
	size_t count;

	memcpy(&count, (const char *)snapshot + rows->count, sizeof(count));
	return count;
}

/* Where rows after `end` begin. */
static size_t align(size_t end)
{
	return (end + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
}

size_t snapshot_size(const struct snapshot *snapshot)
{
	const struct rows *rows = kinds[snapshot->kind].rows;
	size_t size = kinds[snapshot->kind].size;

	for (; rows < kinds[snapshot->kind].rows + ROWS_MAX && rows->row_size; rows++)
		size = align(size) + count_of(snapshot, rows) * rows->row_size;
	return size;
}

/* Points the pointers to the rows. */
static void set_pointers(struct snapshot *snapshot)
{
	const struct rows *rows = kinds[snapshot->kind].rows;
	size_t size = kinds[snapshot->kind].size;

	for (; rows < kinds[snapshot->kind].rows + ROWS_MAX && rows->row_size; rows++) {
		void *address = (char *)snapshot + align(size);

		memcpy((char *)snapshot + rows->address, &address, sizeof(address));
		size = align(size) + count_of(snapshot, rows) * rows->row_size;
	}
}

struct snapshot *snapshot_new(const struct snapshot *head)
{
	struct snapshot *snapshot = calloc(1, snapshot_size(head));

	if (!snapshot)
		return NULL;
	memcpy(snapshot, head, kinds[head->kind].size);
	set_pointers(snapshot);
	return snapshot;
}

struct snapshot *snapshot_accept(void *block, size_t length)
{
	struct snapshot *snapshot = block;
	uint32_t kind = length < sizeof(*snapshot) ? 0 : snapshot->kind;

	if (kind < SNAPSHOT_AGENT || kind > SNAPSHOT_SCAN || length < kinds[kind].size)
		return NULL;
	for (const struct rows *rows = kinds[kind].rows; rows < kinds[kind].rows + ROWS_MAX;
	     rows++) {
		if (rows->row_size && count_of(snapshot, rows) > rows->max)
			return NULL;
	}
	if (snapshot_size(snapshot) != length)
		return NULL;
	set_pointers(snapshot);
	return snapshot;
}
