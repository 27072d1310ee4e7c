/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a random part of a table to the whole. Pure: no I/O. */
#ifndef ESTIMATE_H
#define ESTIMATE_H

#include <stdint.h>

/* How much of the table was read; `read` of `entries`, which are not fewer. */
struct estimate {
	uint32_t read, entries;
};

/* A count of what was read, scaled up to the table; the count itself if all of it was read. */
uint32_t estimate_scale(const struct estimate *estimate, uint32_t count);
uint64_t estimate_scale64(const struct estimate *estimate, uint64_t count);

/* Percent that was read: 100 only for all of it. */
uint32_t estimate_coverage(const struct estimate *estimate);

/* The half-width of the 95 percent confidence interval of a share in the table, in hundredths of a
 * percentage point: that of a share of one half, which is the widest. 0 if all was read. */
uint32_t estimate_margin(const struct estimate *estimate);

#endif
