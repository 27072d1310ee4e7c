/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/pace.h"

/* Percent of a core, for quick steps: they are few, and somebody waits for them. Forwarding on the
 * same core hardly feels it. */
#define QUICK_BUDGET 10

/* A quick step that comes late makes up for it with the next ones, which rest for at least this
 * many times their cost; but not for more than so many nanoseconds. */
#define REST_LEAST 2
#define LATE_MOST  500000000ULL

/* Waking up takes at most this part of a step. */
#define WAKING_PART 4

/* Rounds are owed this part of what looks take: so that they end, even where looks could use the
 * whole budget. */
#define OWED_PART 2

/* The debt is at most this part of what an interval has. A look at each table makes less. */
#define DEBT_PART 2

uint64_t pace_time(uint32_t budget, uint64_t cpu_ns)
{
	return cpu_ns * 100 / budget;
}

static uint32_t quick_budget(const struct pace *pace)
{
	return pace->budget > QUICK_BUDGET ? pace->budget : QUICK_BUDGET;
}

/* The time from the beginning of a step of this cost, or from `after_ns` if this is later. */
static uint64_t pay_from(uint64_t after_ns, uint32_t budget, uint64_t cost_ns, uint64_t now_ns)
{
	uint64_t begin_ns = now_ns > cost_ns ? now_ns - cost_ns : 0;

	return (after_ns > begin_ns ? after_ns : begin_ns) + pace_time(budget, cost_ns);
}

/* When the next quick step may come. On a busy machine each one wakes up late, and a look would
 * take several times as long as it should. */
static uint64_t pay_quick(const struct pace *pace, uint64_t cost_ns, uint64_t now_ns)
{
	uint64_t begin_ns = now_ns > cost_ns ? now_ns - cost_ns : 0;
	bool is_late = pace->quick_ns < begin_ns && begin_ns - pace->quick_ns < LATE_MOST;
	uint64_t time_ns = pace_time(quick_budget(pace), cost_ns), rest_ns = time_ns - cost_ns;
	uint64_t ready_ns = (is_late ? pace->quick_ns : begin_ns) + time_ns;
	uint64_t least_ns =
		now_ns + (rest_ns < REST_LEAST * cost_ns ? rest_ns : REST_LEAST * cost_ns);

	return ready_ns > least_ns ? ready_ns : least_ns;
}

void pace_pay(struct pace *pace, enum pace_kind kind, uint64_t cost_ns, uint64_t now_ns)
{
	if (kind == PACE_PART || kind == PACE_ALARM)
		pace->quick_ns = pay_quick(pace, cost_ns, now_ns);
	if (kind != PACE_ALARM)
		pace->even_ns = pay_from(pace->even_ns, pace->budget, cost_ns, now_ns);
	if (kind == PACE_WHOLE || kind == PACE_PART)
		pace->owed_ns += cost_ns / OWED_PART;
	else if (kind == PACE_ROUND)
		pace->owed_ns -= cost_ns < pace->owed_ns ? cost_ns : pace->owed_ns;
}

uint64_t pace_with_debt(uint64_t cost_ns)
{
	return cost_ns + cost_ns / OWED_PART;
}

uint64_t pace_ready(const struct pace *pace, enum pace_kind kind)
{
	return kind == PACE_PART || kind == PACE_ALARM ? pace->quick_ns : pace->even_ns;
}

uint64_t pace_ready_after_round(const struct pace *pace)
{
	return pace->even_ns + pace_time(pace->budget, pace->owed_ns);
}

uint64_t pace_ready_to_begin_part(const struct pace *pace)
{
	uint64_t most_ns = pace->interval_ns / DEBT_PART;
	uint64_t ready_ns = pace->even_ns > most_ns ? pace->even_ns - most_ns : 0;

	return ready_ns > pace->quick_ns ? ready_ns : pace->quick_ns;
}

void pace_skip_rest(struct pace *pace)
{
	pace->quick_ns = 0;
}

void pace_forgive(struct pace *pace)
{
	pace->owed_ns = 0;
}

void pace_set_budget(struct pace *pace, uint32_t budget, uint64_t interval_ns, uint64_t now_ns)
{
	if (pace->budget && pace->even_ns > now_ns) {
		uint64_t debt_ns = (pace->even_ns - now_ns) / 100 * pace->budget;

		pace->even_ns = now_ns + pace_time(budget, debt_ns);
	}
	pace->budget = budget;
	pace->interval_ns = interval_ns;
}

uint64_t pace_cost(uint64_t own_ns, uint64_t between_ns)
{
	return own_ns + (between_ns < own_ns / WAKING_PART ? between_ns : own_ns / WAKING_PART);
}
