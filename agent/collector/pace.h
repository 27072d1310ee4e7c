/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long to rest after a step, so that all steps together keep the budget. Pure: no I/O. All
 * times are monotonic nanoseconds. */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>
#include <stdint.h>

enum pace_kind {
	PACE_WHOLE, /* a look that reads the whole table */
	PACE_PART, /* a look at a part: it is quicker than the budget, and the others wait for it */
	PACE_ROUND,
	PACE_ALARM, /* as quick; nobody waits for it */
};

/* Zeroed at start, and then pace_set_budget(). */
struct pace {
	uint32_t budget;      /* percent of a core */
	uint64_t interval_ns; /* between the looks at one table */
	uint64_t even_ns;     /* when enough time has passed for all steps but those of alarms */
	uint64_t quick_ns;    /* when enough has passed for the last quick step */
	uint64_t owed_ns;     /* CPU time that rounds should get before the next look begins */
};

/* Another budget or interval. A debt of CPU time stays; what it takes to pay it changes. */
void pace_set_budget(struct pace *pace, uint32_t budget, uint64_t interval_ns, uint64_t now_ns);

/* After a step that cost so much and ended now. */
void pace_pay(struct pace *pace, enum pace_kind kind, uint64_t cost_ns, uint64_t now_ns);

/* What a look of this cost takes, with what rounds are owed for it. */
uint64_t pace_with_debt(uint64_t cost_ns);

/* When the next step of this kind may come. */
uint64_t pace_ready(const struct pace *pace, enum pace_kind kind);
/* When a look may begin: after the rounds have had what they are owed. */
uint64_t pace_ready_after_round(const struct pace *pace);
/* When a look at a part may begin. It waits for no debt, but debts have a limit. */
uint64_t pace_ready_to_begin_part(const struct pace *pace);

/* The next quick step comes at once. */
void pace_skip_rest(struct pace *pace);

/* No round is wanted: nothing is owed to it. */
void pace_forgive(struct pace *pace);

/* The time in which the budget has so much CPU time. */
uint64_t pace_time(uint32_t budget, uint64_t cpu_ns);

/* What a step costs: its own CPU time, and that of waking up for it, `between_ns` after the last
 * step. But samples and reloads come between too. They are no cost of a scan, and where they alone
 * need more than the budget, each pause would be longer than the one before, without end. */
uint64_t pace_cost(uint64_t own_ns, uint64_t between_ns);

#endif
