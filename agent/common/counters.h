/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's 32-bit per-CPU counters, extended to 64 bits. Pure: no I/O.
 *
 * A counter that goes down has wrapped, or the kernel has reset it. The kernel resets all counters
 * of all CPUs at once, when nf_conntrack is unloaded. The counter has wrapped if a CPU can count
 * from the old value over 2^32 to the new one in the time since the last reading: at most
 * COUNTERS_PER_S a second, and never more than half the range. If not, it was reset: all counters
 * start again with their present values.
 *
 * The limits of this rule: a counter that was reset when it was that close to 2^32 is taken for one
 * that wrapped. And if every counter has passed its old value before the next reading, nothing
 * shows the reset, and the old values are missing in the sums. */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <stdbool.h>
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

/* No machine has more; a message with a higher number is refused. */
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

/* More than a CPU can count in a second: a packet takes more than 30 ns. */
#define COUNTERS_PER_S (1U << 25)

/* Zeroed at start. */
struct counters_table {
	size_t cpu_count;
	struct counters_cpu *cpus; /* by the kernel's CPU number; owned */
	uint32_t most;             /* the most that a counter can grow until the next reading */
	bool was_reset;            /* seen by a reading since counters_settle() */
};

/* Announces readings that come `elapsed_ms` after the last ones. */
void counters_begin(struct counters_table *table, uint64_t elapsed_ms);

/* Adds a reading of one CPU. The first reading of a counter is its first value; later ones add the
 * difference modulo 2^32. -1 with errno ENOMEM or ERANGE. */
int counters_update(struct counters_table *table, size_t cpu, const struct counters_raw *reading);

/* After the readings of all CPUs: true if the kernel has reset its counters. Then each sum is the
 * last reading. */
bool counters_settle(struct counters_table *table);

/* The sum over all CPUs. */
void counters_total(const struct counters_table *table, struct counters *total);

/* How many expectations there are now: those created, less those deleted. The kernel counts both
 * in the same steps in which it counts the expectations of a namespace. False: it does not tell. */
bool counters_expectations(const struct counters *total, uint32_t *count);

void counters_clear(struct counters_table *table);

#endif
