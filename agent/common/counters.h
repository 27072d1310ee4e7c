/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's 32-bit per-CPU counters, carried on in 64 bits. Pure: no I/O.
 *
 * A counter that goes down has wrapped, or the kernel has set it back: it does so when nf_conntrack
 * is unloaded, and then with all counters of all CPUs. It has wrapped if as few events as a CPU can
 * count in the time since the last reading lead over 2^32 to the new value: COUNTERS_PER_S a
 * second, and never more than half the range. If it has not, all counters begin anew with what they
 * are now.
 *
 * What this rule cannot tell: a counter that was set back when it was closer to 2^32 than that is
 * taken for one that wrapped; and where every counter has already passed its old value when it is
 * read again, nothing shows that they were set back, and the old values are missing in the sums. */
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

/* More than a CPU can count in a second: a packet takes more than 30 ns. */
#define COUNTERS_PER_S (1U << 25)

/* Zeroed at start. */
struct counters_table {
	size_t cpu_count;
	struct counters_cpu *cpus; /* by the kernel's CPU number; owned */
	uint32_t most;             /* what a counter can grow by until the next reading */
	bool was_set_back;         /* as a reading since counters_settle() has shown */
};

/* The next readings come `elapsed_ms` after the last. */
void counters_begin(struct counters_table *table, uint64_t elapsed_ms);

/* Carries a reading of one CPU on. The first reading of a counter is its first value; afterwards
 * the difference modulo 2^32 is added. -1 with errno ENOMEM or ERANGE. */
int counters_update(struct counters_table *table, size_t cpu, const struct counters_raw *reading);

/* After the readings of all CPUs: true if the kernel has set its counters back. All sums are then
 * what was read last. */
bool counters_settle(struct counters_table *table);

/* The sum over all CPUs. */
void counters_total(const struct counters_table *table, struct counters *total);

void counters_clear(struct counters_table *table);

#endif
