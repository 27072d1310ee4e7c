/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The error of values that were estimated from a part of a table. Pure: no I/O.
 *
 * What a look has read is a random part `p` of the table. If the value of an entry has changed by d
 * since it was counted, and the changes in the look have the sum of squares S, then the sum of all
 * changes in the table is estimated with the variance (1 - p) / p^2 * S. Without anything to
 * compare with, all entries of the look count as changes.
 *
 * That a look is cut at a part, and not at an entry, makes use of the known size of the table: what
 * is too much of one kind is missing of another. So the variance of a share s is (1 - s)^2 times
 * that of its own changes. The margin is that of the share with the largest error. */
#ifndef ESTIMATE_H
#define ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

struct estimate {
	double part;      /* p, from 0 to 1; 1: every entry was read, and nothing is estimated */
	double entries;   /* of the table */
	double read;      /* entries of the look */
	double changes;   /* S */
	double arrivals;  /* of S: entries of now */
	double variance;  /* of what else is uncertain, in entries^2 */
	bool is_compared; /* else `changes` is not used: the look speaks for itself */
};

/* The half-width, in hundredths of a percentage point, that holds for any share in at least 95 of
 * 100 snapshots; rounded up. */
uint32_t estimate_margin(const struct estimate *estimate);

/* The half-width, in entries, for one value, of which the look has `now` entries and the looks that
 * it was compared with had `then`. Never more than that of a share. */
uint32_t estimate_value_margin(const struct estimate *estimate, double now, double then);

/* 100 only if every entry was read. */
uint32_t estimate_coverage(const struct estimate *estimate);

#endif
