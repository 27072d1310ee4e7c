/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a random part of a table to the whole. Pure: no I/O. */
#ifndef SAMPLING_H
#define SAMPLING_H

#include <stdint.h>

/* How much of the table was read; `read` of `entries`, which are not fewer. */
struct sampling {
	uint32_t read, entries;
};

/* A count of what was read, scaled up to the table; the count itself if all of it was read. */
uint32_t sampling_scale(const struct sampling *sampling, uint32_t count);
uint64_t sampling_scale64(const struct sampling *sampling, uint64_t count);

/* Percent that was read: 100 only for all of it. */
uint32_t sampling_coverage(const struct sampling *sampling);

/* The half-width of the 95 percent confidence interval of a share in the table, in hundredths of a
 * percentage point: that of a share of one half, which is the widest. 0 if all was read. */
uint32_t sampling_margin(const struct sampling *sampling);

#endif
