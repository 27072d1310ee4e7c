/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/estimate.h"

#include <math.h>

/* The half-width in standard deviations. 1.96 would be enough for exactly 95 of 100, if nothing but
 * chance were uncertain; 2.25 leaves room for a model that is only nearly right. */
#define HALF_WIDTH 2.25

/* So many changes, or entries, may be there that a look did not meet, although it met others. */
#define UNSEEN 2

static double scale(const struct estimate *estimate)
{
	return (1 - estimate->part) / (estimate->part * estimate->part);
}

static bool is_exact(const struct estimate *estimate)
{
	return estimate->part >= 1 ||
	       (estimate->is_compared && estimate->changes <= 0 && estimate->variance <= 0);
}

/* The variance of the share with the largest error, in entries^2. */
static double share_variance(const struct estimate *estimate)
{
	double own;

	if (!estimate->is_compared)
		return scale(estimate) * (estimate->read / 4 + UNSEEN);
	/* it has all that came and went, and is no smaller than what came; from one half of the
	 * table on, the rest of the table errs as much */
	own = estimate->read > 0 ? 1 - estimate->arrivals / estimate->read : 1;
	own = own > 0.5 ? own : 0.5;
	return scale(estimate) * (estimate->changes + UNSEEN) * own * own + estimate->variance;
}

uint32_t estimate_margin(const struct estimate *estimate)
{
	double margin;

	if (is_exact(estimate))
		return 0;
	if (estimate->entries <= 0 || estimate->read <= 0 || estimate->part <= 0)
		return 10000;
	margin = ceil(HALF_WIDTH * sqrt(share_variance(estimate)) / estimate->entries * 10000);
	return margin < 10000 ? (uint32_t)margin : 10000;
}

uint32_t estimate_value_margin(const struct estimate *estimate, double now, double then)
{
	double changes, variance, margin;

	if (is_exact(estimate))
		return 0;
	if (estimate->part <= 0)
		return UINT32_MAX;
	changes = now + (estimate->is_compared ? then : 0) + UNSEEN;
	variance = scale(estimate) * changes + estimate->variance;
	if (variance > share_variance(estimate))
		variance = share_variance(estimate);
	margin = ceil(HALF_WIDTH * sqrt(variance));
	return margin < UINT32_MAX ? (uint32_t)margin : UINT32_MAX;
}

uint32_t estimate_coverage(const struct estimate *estimate)
{
	if (estimate->part >= 1)
		return 100;
	return estimate->part < 0.99 ? (uint32_t)(estimate->part * 100) : 99;
}
