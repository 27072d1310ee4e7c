/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/peak_window.h"

#include <stdlib.h>
#include <string.h>

int peak_window_init(struct peak_window *window, uint32_t length_s, uint32_t interval_s)
{
	memset(window, 0, sizeof(*window));
	window->capacity = length_s / interval_s + 2;
	window->length_ms = (uint64_t)length_s * 1000;
	window->samples = calloc(window->capacity, sizeof(*window->samples));
	return window->samples ? 0 : -1;
}

static struct peak_sample *peak_at(struct peak_window *window, size_t position)
{
	return &window->samples[(window->first + position) % window->capacity];
}

uint32_t peak_window_add(struct peak_window *window, uint64_t now_ms, uint32_t value)
{
	while (window->count && peak_at(window, 0)->time_ms + window->length_ms < now_ms) {
		window->first = (window->first + 1) % window->capacity;
		window->count--;
	}
	/* a sample that is not higher than the newest can never be the highest again */
	while (window->count && peak_at(window, window->count - 1)->value <= value)
		window->count--;
	if (window->count == window->capacity)
		window->count--; /* samples came faster than announced: the newest low one gives way
				  */
	*peak_at(window, window->count) = (struct peak_sample){ now_ms, value };
	window->count++;
	return peak_at(window, 0)->value;
}

void peak_window_forget(struct peak_window *window)
{
	window->first = window->count = 0;
}

void peak_window_clear(struct peak_window *window)
{
	free(window->samples);
	memset(window, 0, sizeof(*window));
}
