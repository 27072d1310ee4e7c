/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarm/alarm_state.h"

void alarm_state_set(struct alarm_state *state, bool raised, uint64_t wall_ms)
{
	if (state->since_ms == 0)
		state->since_ms = wall_ms;
	if (state->raised == raised)
		return;
	state->raised = raised;
	state->held_back = false;
	state->transitions++;
	state->since_ms = wall_ms;
}

void alarm_state_follow(struct alarm_state *state, uint64_t value, uint64_t rising,
			uint64_t falling, uint64_t wall_ms)
{
	bool raised = rising > 0 && (value >= rising || (state->raised && value > falling));

	alarm_state_set(state, raised, wall_ms);
}

enum alarm_notice alarm_state_poll(struct alarm_state *state, uint64_t now_ms, uint64_t interval_ms,
				   uint64_t *suppressed)
{
	int kind = state->raised ? 1 : 0;

	if (state->raised == state->notified)
		return ALARM_QUIET;
	if (state->has_sent[kind] && now_ms - state->sent_ms[kind] < interval_ms) {
		if (!state->held_back) {
			state->held_back = true;
			(*suppressed)++;
		}
		return ALARM_QUIET;
	}
	state->notified = state->raised;
	state->held_back = false;
	state->has_sent[kind] = true;
	state->sent_ms[kind] = now_ms;
	return state->raised ? ALARM_RISING : ALARM_FALLING;
}
