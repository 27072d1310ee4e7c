/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarm/alarm_state.h"

#include <string.h>

/* Whether the state was told, is on its way, or waits for its interval. */
static bool is_accounted_for(const struct alarm_state *state)
{
	if (state->is_under_way)
		return state->under_way_raised == state->raised;
	return state->held_back || (!state->is_in_doubt && state->raised == state->told);
}

void alarm_state_set(struct alarm_state *state, bool raised, uint64_t wall_ms)
{
	if (state->since_ms == 0)
		state->since_ms = wall_ms;
	if (state->raised == raised)
		return;
	if (!is_accounted_for(state))
		state->untold++;
	state->raised = raised;
	state->held_back = false;
	state->transitions++;
	state->since_ms = wall_ms;
}

void alarm_state_follow(struct alarm_state *state, struct alarm_value value, uint64_t rising,
			uint64_t falling, uint64_t wall_ms)
{
	bool raised =
		rising > 0 && (value.least >= rising || (state->raised && value.most > falling));

	alarm_state_set(state, raised, wall_ms);
}

enum alarm_notice alarm_state_due(struct alarm_state *state, uint64_t now_ms, uint64_t interval_ms,
				  uint64_t *suppressed)
{
	int kind = state->raised ? 1 : 0;

	if (state->is_under_way || alarm_state_is_settled(state))
		return ALARM_QUIET;
	if (state->has_told[kind] && now_ms - state->told_ms[kind] < interval_ms) {
		if (!state->held_back) {
			state->held_back = true;
			(*suppressed)++;
		}
		return ALARM_QUIET;
	}
	return state->raised ? ALARM_RISING : ALARM_FALLING;
}

void alarm_state_hand_over(struct alarm_state *state)
{
	state->is_under_way = true;
	state->under_way_raised = state->raised;
	state->held_back = false;
}

void alarm_state_settle(struct alarm_state *state, enum alarm_fate fate, uint64_t now_ms)
{
	int kind = state->under_way_raised ? 1 : 0;

	state->is_under_way = false;
	if (fate == ALARM_IN_DOUBT)
		state->is_in_doubt = true;
	if (fate != ALARM_TAKEN)
		return;
	state->is_in_doubt = false;
	state->told = state->under_way_raised;
	state->has_told[kind] = true;
	state->told_ms[kind] = now_ms;
}

bool alarm_state_is_settled(const struct alarm_state *state)
{
	return !state->is_under_way && !state->is_in_doubt && state->raised == state->told;
}

struct alarm_state alarm_state_successor(const struct alarm_state *state)
{
	struct alarm_state successor = { .raised = false };

	memcpy(successor.has_told, state->has_told, sizeof(successor.has_told));
	memcpy(successor.told_ms, state->told_ms, sizeof(successor.told_ms));
	return successor;
}
