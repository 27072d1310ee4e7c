/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast a counter grows, over a time window, in bounded memory. Pure: no I/O.
 *
 * The rate is the growth between the newest reading and the last one that is as old as the window,
 * divided by the time between the two: so it is right whenever the readings come. Of a long window
 * not every reading is kept, and the older of the two may be up to a sixtieth older than the
 * window. At its beginning the rate is over the time there is, from a quarter of the window on. */
#ifndef RATE_WINDOW_H
#define RATE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATE_WINDOW_POINTS 64

struct rate_window {
	uint64_t length_ms;
	size_t first, count;
	/* a ring, rising in time; only the newest may be close to the one before it */
	struct rate_point {
		uint64_t time_ms, value;
	} points[RATE_WINDOW_POINTS];
};

/* An empty window. Its length is at least two seconds: over less time, when exactly a reading was
 * made would matter too much. */
void rate_window_init(struct rate_window *window, uint32_t length_s);

/* Adds a reading. If the counter was set back, the window begins anew with it. */
void rate_window_add(struct rate_window *window, uint64_t value, uint64_t now_ms);

/* The window begins anew with the next reading: it cannot be compared with the ones before. */
void rate_window_forget(struct rate_window *window);

/* The rate per second, rounded, and over how many seconds: the length of the window if it is about
 * that. False while the readings cover too little time. */
bool rate_window_get(const struct rate_window *window, uint32_t *rate, uint32_t *seconds);

#endif
