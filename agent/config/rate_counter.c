/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/rate_counter.h"

#include <stdio.h>
#include <string.h>

static const struct rate_counter counters[] = {
	{ "created", RATE_OF_CREATED },
	{ "destroyed", RATE_OF_DESTROYED },
	{ "drops", COUNTER_DROPS },
	{ "early-drops", COUNTER_EARLY_DROPS },
	{ "insert-failed", COUNTER_INSERT_FAILED },
	{ "invalid", COUNTER_INVALID },
	{ "errors", COUNTER_ERRORS },
	{ "chain-too-long", COUNTER_CHAIN_TOO_LONG },
};
#define COUNT (sizeof(counters) / sizeof(counters[0]))

const struct rate_counter *rate_counter_find(const char *name)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (strcmp(counters[i].name, name) == 0)
			return &counters[i];
	}
	return NULL;
}

void rate_counter_list(char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < COUNT && used < size; i++) {
		const char *before = i == 0 ? "" : i + 1 < COUNT ? ", " : " or ";

		used += (size_t)snprintf(text + used, size - used, "%s%s", before,
					 counters[i].name);
	}
}
