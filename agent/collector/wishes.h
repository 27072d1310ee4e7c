/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alarms that wait for a look: which is next, and how long its look may take. Pure: no I/O. All
 * times are monotonic milliseconds. */
#ifndef WISHES_H
#define WISHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one instance. Zeroed at start. */
struct wish {
	uint64_t since_ms; /* 0: no alarm waits */
};

/* Notes whether an alarm waits. True if it is new. */
bool wish_note(struct wish *wish, bool is_wanted, uint64_t now_ms);

/* The first that waits; `count` if none does. */
size_t wishes_next(const struct wish *wishes, size_t count);

/* When the look that begins now at this position must end, so that those that wait after it get as
 * much time: each alarm waits for a second. Ten that come together have 100 ms each, and read a
 * tenth of what one alone could; that one begins late takes nothing from the others. */
uint64_t wishes_until(const struct wish *wishes, size_t count, size_t position, uint64_t now_ms);

#endif
