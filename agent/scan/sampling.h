/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scales from a random part of a table to the whole. Pure: no I/O. */
#ifndef SAMPLING_H
#define SAMPLING_H

#include <stdint.h>

/* How much of the table was read: `read` of `entries`, which is at least `read`. */
struct sampling {
	uint32_t read, entries;
};

/* A count of what was read, scaled up to the table. If all was read, the count itself. */
uint32_t sampling_scale(const struct sampling *sampling, uint32_t count);
uint64_t sampling_scale64(const struct sampling *sampling, uint64_t count);

/* The percentage that was read: 100 only if all was read. */
uint32_t sampling_coverage(const struct sampling *sampling);

/* The half-width of the 95 percent confidence interval of a share in the table, in hundredths of a
 * percentage point, for a share of one half, where it is widest. 0 if all was read. */
uint32_t sampling_margin(const struct sampling *sampling);

#endif
