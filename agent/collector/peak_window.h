/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exact maximum of the samples in a time window, in O(1) per sample. Pure: no I/O. */
#ifndef PEAK_WINDOW_H
#define PEAK_WINDOW_H

#include <stddef.h>
#include <stdint.h>

/* A queue of samples that may still become the highest: falling in value, rising in time. */
struct peak_window {
	struct peak_sample {
		uint64_t time_ms;
		uint32_t value;
	} * samples; /* a ring of `capacity`; owned */
	size_t capacity, first, count;
	uint64_t length_ms;
};

/* For `length_s` seconds of samples at least `interval_s` apart. -1 with ENOMEM. */
int peak_window_init(struct peak_window *window, uint32_t length_s, uint32_t interval_s);

/* Adds a sample and returns the highest one not older than the window. */
uint32_t peak_window_add(struct peak_window *window, uint64_t now_ms, uint32_t value);

/* Forgets the samples. */
void peak_window_forget(struct peak_window *window);

void peak_window_clear(struct peak_window *window);

#endif
