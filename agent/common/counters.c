/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HALF_RANGE (1U << 31)

static int counters_grow(struct counters_table *table, size_t cpu_count)
{
	struct counters_cpu *grown;

	if (cpu_count > COUNTERS_CPU_MAX) {
		errno = ERANGE;
		return -1;
	}
	grown = reallocarray(table->cpus, cpu_count, sizeof(*grown));
	if (!grown)
		return -1;
	memset(grown + table->cpu_count, 0, (cpu_count - table->cpu_count) * sizeof(*grown));
	table->cpus = grown;
	table->cpu_count = cpu_count;
	return 0;
}

void counters_begin(struct counters_table *table, uint64_t elapsed_ms)
{
	uint64_t most = elapsed_ms < UINT32_MAX ? elapsed_ms * COUNTERS_PER_S / 1000 : UINT32_MAX;

	table->most = most < HALF_RANGE ? (uint32_t)most : HALF_RANGE;
}

int counters_update(struct counters_table *table, size_t cpu, const struct counters_raw *reading)
{
	struct counters_cpu *row;
	uint32_t grown;

	if (cpu >= table->cpu_count && counters_grow(table, cpu + 1) != 0)
		return -1;
	row = &table->cpus[cpu];
	for (int i = 0; i < COUNTER_COUNT; i++) {
		if (!(reading->present & (1U << i)))
			continue;
		/* `last` is 0 before the first reading, so the first value counts as it is */
		grown = reading->value[i] - row->last.value[i];
		if (reading->value[i] < row->last.value[i] && grown > table->most)
			table->was_reset = true;
		row->sum.value[i] += grown;
		row->last.value[i] = reading->value[i];
	}
	row->sum.present |= reading->present;
	return 0;
}

bool counters_settle(struct counters_table *table)
{
	if (!table->was_reset)
		return false;
	for (size_t cpu = 0; cpu < table->cpu_count; cpu++) {
		struct counters_cpu *row = &table->cpus[cpu];

		for (int i = 0; i < COUNTER_COUNT; i++)
			row->sum.value[i] = row->last.value[i];
	}
	table->was_reset = false;
	return true;
}

void counters_total(const struct counters_table *table, struct counters *total)
{
	memset(total, 0, sizeof(*total));
	for (size_t cpu = 0; cpu < table->cpu_count; cpu++) {
		total->present |= table->cpus[cpu].sum.present;
		for (int i = 0; i < COUNTER_COUNT; i++)
			total->value[i] += table->cpus[cpu].sum.value[i];
	}
}

bool counters_expectations(const struct counters *total, uint32_t *count)
{
	const uint32_t needed = 1U << COUNTER_EXPECT_CREATES | 1U << COUNTER_EXPECT_DELETES;
	uint64_t created = total->value[COUNTER_EXPECT_CREATES];
	uint64_t deleted = total->value[COUNTER_EXPECT_DELETES];
	int32_t difference = (int32_t)(uint32_t)(created - deleted);

	/* one may be created and deleted while the CPUs are read, one after the other */
	*count = difference > 0 ? (uint32_t)difference : 0;
	return (total->present & needed) == needed;
}

void counters_clear(struct counters_table *table)
{
	free(table->cpus);
	memset(table, 0, sizeof(*table));
}
