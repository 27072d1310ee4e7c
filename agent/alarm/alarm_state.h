/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An alarm with two states and the rule of when it may speak. Pure: no I/O, the clock is given.
 *
 * The state follows the figures at once. A notification of a state is sent when it differs from the
 * last one sent and when the last one of the same kind (rising or falling) is at least the interval
 * ago. So rising and falling alternate at the receiver, repeats are delayed, and the state that
 * stays is always told. */
#ifndef LATCH_H
#define LATCH_H

#include <stdbool.h>
#include <stdint.h>

struct latch {
	bool raised;      /* the state now */
	bool notified;    /* the state that was last told */
	bool held_back;   /* the latest transition waits for its interval */
	bool has_sent[2]; /* by kind: [0] falling, [1] rising */
	uint64_t sent_ms[2];
	uint64_t transitions; /* of the state, told or not */
	uint64_t
		since_ms; /* wall clock of the latest transition, or of the first figure; 0: none */
};

enum latch_notice { LATCH_QUIET, LATCH_RISING, LATCH_FALLING };

/* Takes the state that the figures give. `wall_ms` dates a transition. */
void latch_set(struct latch *latch, bool raised, uint64_t wall_ms);

/* What is to be told now. Counts a transition that has to wait, once, in `suppressed`. */
enum latch_notice latch_poll(struct latch *latch, uint64_t now_ms, uint64_t interval_ms,
			     uint64_t *suppressed);

#endif
