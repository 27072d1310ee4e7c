/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarm/alarm_state.h"

void latch_set(struct latch *latch, bool raised, uint64_t wall_ms)
{
	if (latch->since_ms == 0)
		latch->since_ms = wall_ms;
	if (latch->raised == raised)
		return;
	latch->raised = raised;
	latch->held_back = false;
	latch->transitions++;
	latch->since_ms = wall_ms;
}

enum latch_notice latch_poll(struct latch *latch, uint64_t now_ms, uint64_t interval_ms,
			     uint64_t *suppressed)
{
	int kind = latch->raised ? 1 : 0;

	if (latch->raised == latch->notified)
		return LATCH_QUIET;
	if (latch->has_sent[kind] && now_ms - latch->sent_ms[kind] < interval_ms) {
		if (!latch->held_back) {
			latch->held_back = true;
			(*suppressed)++;
		}
		return LATCH_QUIET;
	}
	latch->notified = latch->raised;
	latch->held_back = false;
	latch->has_sent[kind] = true;
	latch->sent_ms[kind] = now_ms;
	return latch->raised ? LATCH_RISING : LATCH_FALLING;
}
