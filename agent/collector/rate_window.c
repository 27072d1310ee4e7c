/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/rate_window.h"

#define LENGTH_MIN_MS 2000

/* Readings come a little early or late: a time is reached when this part of it, 1/32, is missing.
 */
#define EARLY_SHIFT 5

/* What is kept is at least this part of the window apart: so with the newest and the one before the
 * window there is always room. */
#define STEPS (RATE_WINDOW_POINTS - 4)

/* A time that differs from the window's length by less than this part of it, 1/16, is called so. */
#define LENGTH_SHIFT 4

void rate_window_init(struct rate_window *window, uint32_t length_s)
{
	uint64_t length_ms = (uint64_t)length_s * 1000;

	*window = (struct rate_window){
		.length_ms = length_ms > LENGTH_MIN_MS ? length_ms : LENGTH_MIN_MS,
	};
}

static size_t ring_index(const struct rate_window *window, size_t position)
{
	return (window->first + position) % RATE_WINDOW_POINTS;
}

static uint64_t time_at(const struct rate_window *window, size_t position)
{
	return window->points[ring_index(window, position)].time_ms;
}

static bool has_reached(uint64_t elapsed_ms, uint64_t time_ms)
{
	return elapsed_ms >= time_ms - (time_ms >> EARLY_SHIFT);
}

static void drop_oldest(struct rate_window *window)
{
	window->first = ring_index(window, 1);
	window->count--;
}

void rate_window_forget(struct rate_window *window)
{
	window->first = window->count = 0;
}

void rate_window_add(struct rate_window *window, uint64_t value, uint64_t now_ms)
{
	size_t count = window->count;

	if (count) {
		const struct rate_point *newest = &window->points[ring_index(window, count - 1)];

		if (value < newest->value || now_ms < newest->time_ms)
			rate_window_forget(window);
	}
	/* the newest reading gives way as long as it is close to the one before */
	if (window->count > 1 &&
	    time_at(window, count - 1) - time_at(window, count - 2) < window->length_ms / STEPS)
		window->count--;
	if (window->count == RATE_WINDOW_POINTS)
		drop_oldest(window);
	window->points[ring_index(window, window->count)] = (struct rate_point){ now_ms, value };
	window->count++;
	while (window->count > 2 && has_reached(now_ms - time_at(window, 1), window->length_ms))
		drop_oldest(window);
}

static bool is_about(uint64_t time_ms, uint64_t length_ms)
{
	uint64_t difference = time_ms > length_ms ? time_ms - length_ms : length_ms - time_ms;

	return difference < length_ms >> LENGTH_SHIFT;
}

bool rate_window_get(const struct rate_window *window, uint32_t *rate, uint32_t *seconds)
{
	const struct rate_point *oldest = &window->points[window->first], *newest;
	uint64_t elapsed_ms, growth, least_ms = window->length_ms / 4;

	if (window->count < 2)
		return false;
	newest = &window->points[ring_index(window, window->count - 1)];
	elapsed_ms = newest->time_ms - oldest->time_ms;
	if (!has_reached(elapsed_ms, least_ms > LENGTH_MIN_MS ? least_ms : LENGTH_MIN_MS))
		return false;
	growth = newest->value - oldest->value;
	/* beyond any real counter: no overflow below */
	if (growth / 1000 >= UINT32_MAX / 1000 * elapsed_ms)
		*rate = UINT32_MAX;
	else
		*rate = (uint32_t)((growth * 1000 + elapsed_ms / 2) / elapsed_ms);
	if (is_about(elapsed_ms, window->length_ms))
		elapsed_ms = window->length_ms;
	*seconds = (uint32_t)((elapsed_ms + 500) / 1000);
	return true;
}
