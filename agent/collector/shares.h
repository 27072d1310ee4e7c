/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Divides the CPU time of an interval among the tables. Pure: no I/O. */
#ifndef SHARES_H
#define SHARES_H

#include <stddef.h>
#include <stdint.h>

/* CPU time that one table may use. */
struct share {
	uint64_t interval_ns; /* in an interval, for all its readings */
	uint64_t look_ns;     /* of that for one look, if it is not read whole */
};

/* The level at which the shares are cut: each table gets what it costs to read it whole, but no
 * more than the level, and together they get the budget. If all fit whole, it is what the largest
 * could cost and still fit. `costs` of `count` tables, at least 1, are sorted. */
uint64_t shares_level(uint64_t *costs, size_t count, uint64_t budget_ns);

/* The share of a table that costs so much to read whole. */
struct share shares_cut(uint64_t cost_ns, uint64_t level_ns);

#endif
