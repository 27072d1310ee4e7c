/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An alarm with two states: when it is raised and cleared (hysteresis), and when it may speak.
 * Pure: no I/O, the clock is given.
 *
 * The state follows the values at once. It is told when a master has taken a notification of it. A
 * state is due when two things hold: it differs from the state told last, and the last notification
 * of the same kind (rising or falling) was taken at least one interval ago. So rising and falling
 * alternate at the receiver, repeats are delayed, and the state that lasts is always told. */
#ifndef ALARM_STATE_H
#define ALARM_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed at start. */
struct alarm_state {
	bool raised;      /* the state now */
	bool told;        /* the state told last */
	bool is_in_doubt; /* nobody knows whether the latest notification was taken: the state that
			   * stands is told in any case */
	bool is_under_way, under_way_raised; /* a notification, and of which state */
	bool held_back;                      /* the latest transition waits for its interval */
	bool has_told[2];                    /* by kind: [0] falling, [1] rising */
	uint64_t told_ms[2];
	uint64_t transitions; /* of the state, told or not */
	uint64_t untold;      /* states that ended before a master could take their notification */
	uint64_t since_ms; /* wall clock of the latest transition, or of the first value; 0: none */
};

enum alarm_notice { ALARM_QUIET, ALARM_RISING, ALARM_FALLING };

/* What became of a notification under way: a master has taken it; it was not even sent; who should
 * have taken it is gone, and left no word. */
enum alarm_fate { ALARM_TAKEN, ALARM_UNSENT, ALARM_IN_DOUBT };

/* Sets the state. `wall_ms` becomes the time of a transition. */
void alarm_state_set(struct alarm_state *state, bool raised, uint64_t wall_ms);

/* What is certain of a value: it is between these two. */
struct alarm_value {
	uint64_t least, most;
};

/* Judges a value: raised if it is certainly at or above `rising`, clear if it is certainly at or
 * below `falling`, unchanged in between. `rising` 0: no alarm, the state is clear. */
void alarm_state_follow(struct alarm_state *state, struct alarm_value value, uint64_t rising,
			uint64_t falling, uint64_t wall_ms);

/* What is due now; nothing while a notification is under way. A transition that has to wait for its
 * interval is counted once in `suppressed`. */
enum alarm_notice alarm_state_due(struct alarm_state *state, uint64_t now_ms, uint64_t interval_ms,
				  uint64_t *suppressed);

/* What is due is under way from now on, until its fate is known. */
void alarm_state_hand_over(struct alarm_state *state);
void alarm_state_settle(struct alarm_state *state, enum alarm_fate fate, uint64_t now_ms);

/* Nothing has to be told, and nothing is under way. */
bool alarm_state_is_settled(const struct alarm_state *state);

/* The state of another alarm of this kind, which takes the place of this one: clear, and held to
 * the same interval. */
struct alarm_state alarm_state_successor(const struct alarm_state *state);

#endif
