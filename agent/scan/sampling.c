/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/sampling.h"

/* 1.96 standard deviations, in hundredths of a percentage point, of a share of one half: a standard
 * deviation is 0.5 / sqrt(n). */
#define HALF_WIDTH 9800ULL

uint64_t sampling_scale64(const struct sampling *sampling, uint64_t count)
{
	uint64_t whole, rest;

	if (sampling->read == sampling->entries || sampling->read == 0)
		return count;
	/* octets times entries may need more than 64 bits: split them */
	whole = count / sampling->read;
	rest = count % sampling->read;
	return whole * sampling->entries +
	       (rest * sampling->entries + sampling->read / 2) / sampling->read;
}

uint32_t sampling_scale(const struct sampling *sampling, uint32_t count)
{
	uint64_t scaled = sampling_scale64(sampling, count);

	return scaled < UINT32_MAX ? (uint32_t)scaled : UINT32_MAX;
}

uint32_t sampling_coverage(const struct sampling *sampling)
{
	uint64_t percent;

	if (sampling->read >= sampling->entries)
		return 100;
	percent = (uint64_t)sampling->read * 100 / sampling->entries;
	return (uint32_t)percent;
}

/* Rounded up. */
static uint64_t square_root(uint64_t square)
{
	uint64_t low = 0, high = UINT32_MAX;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (middle * middle >= square)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

uint32_t sampling_margin(const struct sampling *sampling)
{
	uint64_t unread = sampling->entries - sampling->read;

	if (unread == 0)
		return 0;
	if (sampling->read == 0)
		return 10000;
	/* the finite population: what was read cannot err; HALF_WIDTH^2 * 2^32 fits into 64 bits */
	return (uint32_t)square_root(HALF_WIDTH * HALF_WIDTH * unread / sampling->entries /
				     sampling->read);
}
