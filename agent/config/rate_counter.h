/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a rate can be taken of. Pure: no I/O. */
#ifndef RATE_COUNTER_H
#define RATE_COUNTER_H

#include <stddef.h>
#include <stdint.h>

#include "common/counters.h"

/* A counter of the kernel, by its number in enum counter, which comes with samples; or one of
 * these, which come with snapshots. */
enum { RATE_OF_CREATED = COUNTER_COUNT, RATE_OF_DESTROYED };

struct rate_counter {
	const char *name; /* in the configuration */
	uint32_t counter;
};

/* NULL: no counter has this name. */
const struct rate_counter *rate_counter_find(const char *name);

/* Writes the names: "created, ... or chain-too-long". */
void rate_counter_list(char *text, size_t size);

#endif
