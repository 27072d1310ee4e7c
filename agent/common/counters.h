/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's 32-bit per-CPU counters, carried on in 64 bits. Pure: no I/O. */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <stddef.h>
#include <stdint.h>

/* In the order of the MIB: nfctInstanceTable columns 12-21 and 23-25, nfctCpuTable 2-11. */
enum counter {
	COUNTER_DROPS,
	COUNTER_EARLY_DROPS,
	COUNTER_INSERT_FAILED,
	COUNTER_INVALID,
	COUNTER_FOUND,
	COUNTER_INSERTS,
	COUNTER_ERRORS,
	COUNTER_SEARCH_RESTARTS,
	COUNTER_CLASH_RESOLVES,
	COUNTER_CHAIN_TOO_LONG,
	COUNTER_EXPECT_NEW,
	COUNTER_EXPECT_CREATES,
	COUNTER_EXPECT_DELETES,
	COUNTER_COUNT
};

/* Nobody has more; a message that says so is not believed. */
#define COUNTERS_CPU_MAX 8192

/* Counters of one CPU, or their sum. A bit of `present` (1 << enum counter) is set for each value
 * that this kernel gives. */
struct counters {
	uint32_t present;
	uint64_t value[COUNTER_COUNT];
};

/* One reading as the kernel gives it. */
struct counters_raw {
	uint32_t present;
	uint32_t value[COUNTER_COUNT];
};

struct counters_cpu {
	struct counters sum;
	struct counters_raw last;
};

struct counters_table {
	size_t cpu_count;
	struct counters_cpu *cpus; /* by the kernel's CPU number; owned */
};

/* Carries a reading of one CPU on. The first reading of a counter is its first value; afterwards
 * the difference modulo 2^32 is added. -1 with errno ENOMEM or ERANGE. */
int counters_update(struct counters_table *table, size_t cpu, const struct counters_raw *reading);

/* The sum over all CPUs. */
void counters_total(const struct counters_table *table, struct counters *total);

void counters_clear(struct counters_table *table);

#endif
