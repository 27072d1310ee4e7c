/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An alarm with two states: when it is raised and cleared (hysteresis), and when it may speak.
 * Pure: no I/O, the clock is given.
 *
 * The state follows the values at once. A state is notified when two things hold: it differs from
 * the state last sent, and the last notification of the same kind (rising or falling) is at least
 * one interval old. So rising and falling alternate at the receiver, repeats are delayed, and the
 * state that lasts is always sent. */
#ifndef ALARM_STATE_H
#define ALARM_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed at start. */
struct alarm_state {
	bool raised;      /* the state now */
	bool notified;    /* the state last sent */
	bool held_back;   /* the latest transition waits for its interval */
	bool has_sent[2]; /* by kind: [0] falling, [1] rising */
	uint64_t sent_ms[2];
	uint64_t transitions; /* of the state, sent or not */
	uint64_t since_ms; /* wall clock of the latest transition, or of the first value; 0: none */
};

enum alarm_notice { ALARM_QUIET, ALARM_RISING, ALARM_FALLING };

/* Sets the state. `wall_ms` becomes the time of a transition. */
void alarm_state_set(struct alarm_state *state, bool raised, uint64_t wall_ms);

/* Judges a value: raised at or above `rising`, clear at or below `falling`, unchanged in between.
 * `rising` 0: no alarm, the state is clear. */
void alarm_state_follow(struct alarm_state *state, uint64_t value, uint64_t rising,
			uint64_t falling, uint64_t wall_ms);

/* What must be sent now. A transition that has to wait is counted once in `suppressed`. */
enum alarm_notice alarm_state_poll(struct alarm_state *state, uint64_t now_ms, uint64_t interval_ms,
				   uint64_t *suppressed);

#endif
