/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose look comes next. One runs at a time. The first looks follow each other at once; then the
 * turns are spread over the interval. Pure: no I/O. All times are monotonic milliseconds. */
#ifndef TURNS_H
#define TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one instance. Zeroed at start. */
struct turn {
	uint64_t due_ms;   /* 0: at once */
	uint64_t early_ms; /* when it may come before it is due, as the table has changed; 0: not */
	uint64_t began_ms; /* when its last look began */
	bool has_run;
	bool is_large; /* the last look read a part only */
};

/* When a look may begin. */
struct turns_ready {
	uint64_t first_ms; /* the first one of a table */
	uint64_t pass_ms; /* of a large table that has had none for an interval: it passes others */
	uint64_t other_ms;
	uint64_t interval_ms;
};

/* The position of the turn that comes first, of `count`, at least 1: the first that may begin; of
 * those that may now, the one that is due first. `at_ms`: when it may begin. */
size_t turns_next(const struct turn *turns, size_t count, struct turns_ready ready, uint64_t now_ms,
		  uint64_t *at_ms);

/* A table comes while others have their turns: it waits for those that are due. However many come,
 * each of the others still gets its turn. */
void turns_join(struct turn *turn, uint64_t now_ms);

/* When a look at this position begins: sets when its next one is due. */
void turns_begin(struct turn *turns, size_t count, size_t position, uint64_t now_ms,
		 uint64_t interval_ms);

/* Whether the table has changed so much that the look should come before it is due. */
void turns_change(struct turn *turn, bool has_changed, uint64_t now_ms);

/* All are due at once, in the order in which they would have been: so that each gets its turn
 * however often this happens. */
void turns_hurry(struct turn *turns, size_t count);

/* None is due later than one interval from now. */
void turns_limit(struct turn *turns, size_t count, uint64_t now_ms, uint64_t interval_ms);

#endif
