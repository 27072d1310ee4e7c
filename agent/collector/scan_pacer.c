/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/scan_pacer.h"

#include <stdlib.h>

#include "collector/pace.h"
#include "collector/scan_plan.h"
#include "collector/shares.h"
#include "common/clock.h"
#include "common/log.h"
#include "scan/scan.h"

/* No position. */
#define NONE SIZE_MAX

struct scan_pacer {
	struct scan_pacer_listener listener;
	struct loop_timer *timer;
	struct scan_plan plan, prepared;
	struct instance *const *instances;
	struct pace pace;
	uint64_t cpu_mark_ns;          /* of this thread, at the end of the last step */
	size_t running[SCAN_USES];     /* for which instance each is under way; NONE: it is not */
	uint64_t wanted_ms[SCAN_USES]; /* when a scan was last wanted; monotonic */
	bool is_short[SCAN_USES];      /* there was no memory for the scan, and it was told */
	bool look_is_part;             /* of the look that is under way, as far as it is known */
	bool round_waits;              /* for a look to end, as there was no memory for the round */
	size_t round_last;             /* who had the last round */
	uint64_t alarm_until_ms;       /* when the alarm look that is under way must end */
};

/* A step that may come next. */
struct choice {
	enum scan_use use;
	size_t position;
	uint64_t at_ns; /* monotonic */
};

/* A scan that nobody has wanted for so long is freed. */
#define UNUSED_MS 60000

/* A table is read whole, and its values are exact, if the budget has read it after this time, even
 * where the interval is shorter. */
#define WHOLE_MS 3000

/* What a look costs at least, roughly. */
#define LOOK_NS_LEAST 2000000ULL

/* Values are stale after so many intervals and turns of all, and some time for a busy machine. */
#define PATIENCE_TIMES 3
#define PATIENCE_MS    10000

static uint64_t interval_ms(const struct config *config)
{
	return (uint64_t)config->refresh_interval * 1000;
}

/* ---- what comes next ------------------------------------------------------------------------- */

/* The alarm look that is under way, or the first that is wanted. */
static bool choose_alarm(struct scan_pacer *pacer, struct choice *choice)
{
	const struct scan_plan *plan = &pacer->plan;
	uint64_t until_ns = pacer->alarm_until_ms * NS_PER_MS;
	size_t position;

	choice->use = SCAN_ALARM;
	choice->position = pacer->running[SCAN_ALARM];
	choice->at_ns = pace_ready(&pacer->pace, PACE_ALARM);
	if (choice->position != NONE) {
		if (choice->at_ns > until_ns)
			choice->at_ns = until_ns;
		return true;
	}
	while ((position = wishes_next(plan->wishes, plan->count)) < plan->count) {
		if (instance_wants_alarm_look(pacer->instances[position])) {
			choice->position = position;
			return true;
		}
		plan->wishes[position].since_ms = 0; /* it has waited too long */
	}
	return false;
}

static enum pace_kind look_kind(const struct scan_pacer *pacer)
{
	return pacer->look_is_part ? PACE_PART : PACE_WHOLE;
}

/* The look that is under way, or the first that may begin, now or later. */
static struct choice choose_look(const struct scan_pacer *pacer, uint64_t now_ns)
{
	struct choice choice = { .use = SCAN_LOOK, .position = pacer->running[SCAN_LOOK] };
	const struct turns_ready ready = {
		.first_ms = pace_ready(&pacer->pace, PACE_WHOLE) / NS_PER_MS,
		.pass_ms = pace_ready_to_begin_part(&pacer->pace) / NS_PER_MS,
		.other_ms = pace_ready_after_round(&pacer->pace) / NS_PER_MS,
		.interval_ms = interval_ms(pacer->plan.config),
	};
	uint64_t at_ms = 0;

	if (choice.position != NONE) {
		choice.at_ns = pace_ready(&pacer->pace, look_kind(pacer));
		return choice;
	}
	choice.position =
		turns_next(pacer->plan.turns, pacer->plan.count, ready, now_ns / NS_PER_MS, &at_ms);
	choice.at_ns = at_ms * NS_PER_MS;
	return choice;
}

/* The round that is under way, or the next in turn that may begin. */
static bool choose_round(const struct scan_pacer *pacer, struct choice *choice)
{
	choice->use = SCAN_ROUND;
	choice->position = pacer->running[SCAN_ROUND];
	choice->at_ns = pace_ready(&pacer->pace, PACE_ROUND);
	if (choice->position != NONE)
		return true;
	for (size_t i = 1; i <= pacer->plan.count && !pacer->round_waits; i++) {
		choice->position = (pacer->round_last + i) % pacer->plan.count;
		if (instance_wants_round(pacer->instances[choice->position]))
			return true;
	}
	return false;
}

static struct choice choose(struct scan_pacer *pacer, uint64_t now_ns)
{
	struct choice alarm, look, round;
	bool wants_round;

	if (choose_alarm(pacer, &alarm))
		return alarm;
	wants_round = choose_round(pacer, &round);
	if (!wants_round)
		pace_forgive(&pacer->pace);
	look = choose_look(pacer, now_ns);
	if (!wants_round || pacer->running[SCAN_LOOK] != NONE)
		return look;
	if (round.at_ns < now_ns)
		round.at_ns = now_ns;
	return look.at_ns <= round.at_ns ? look : round;
}

static void schedule(struct scan_pacer *pacer)
{
	uint64_t now_ns = clock_monotonic_ns();
	struct choice choice = choose(pacer, now_ns);

	loop_timer_once(pacer->timer, choice.at_ns > now_ns ? choice.at_ns - now_ns : 0);
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* CPU time, of so many milliseconds; see shares_level(). */
static uint64_t find_level(const struct scan_pacer *pacer, uint64_t time_ms)
{
	const struct scan_plan *plan = &pacer->plan;
	uint64_t budget_ns = time_ms * NS_PER_MS * plan->config->cpu_budget / 100;
	uint64_t costs[SNAPSHOT_INSTANCES_MAX];

	for (size_t i = 0; i < plan->count; i++) {
		costs[i] = instance_scan_cost(pacer->instances[i]);
		/* no share is larger, and the sum stays small */
		if (costs[i] > budget_ns)
			costs[i] = budget_ns;
	}
	return shares_level(costs, plan->count, budget_ns);
}

/* The levels of all tables, for looks and for whole readings. */
struct levels {
	uint64_t look_ns, whole_ns;
};

static struct levels find_levels(const struct scan_pacer *pacer)
{
	uint64_t time_ms = interval_ms(pacer->plan.config);
	uint64_t look_ns = find_level(pacer, time_ms);

	return (struct levels){ look_ns,
				time_ms < WHOLE_MS ? find_level(pacer, WHOLE_MS) : look_ns };
}

/* Of a table that costs so much to read whole. */
static struct share share_of(const struct levels *levels, uint64_t cost_ns)
{
	return (struct share){ shares_cut(cost_ns, levels->whole_ns).interval_ns,
			       shares_cut(cost_ns, levels->look_ns).look_ns };
}

static void begin_look(struct scan_pacer *pacer, size_t position)
{
	const struct scan_plan *plan = &pacer->plan;
	struct instance *instance = pacer->instances[position];
	const struct levels levels = find_levels(pacer);
	struct share share = share_of(&levels, instance_scan_cost(instance));

	turns_begin(plan->turns, plan->count, position, clock_monotonic_ms(),
		    interval_ms(plan->config));
	instance_scan_allow(instance, share.interval_ns, share.look_ns);
	pacer->look_is_part = false; /* it is known after the first step */
}

static bool step_look(struct scan_pacer *pacer, size_t position)
{
	struct instance *instance = pacer->instances[position];

	if (pacer->running[SCAN_LOOK] == NONE)
		begin_look(pacer, position);
	if (!instance_look_step(instance, pacer->plan.scans[SCAN_LOOK])) {
		pacer->look_is_part = instance_look_is_part(instance);
		return false;
	}
	pacer->plan.turns[position].is_large = instance_is_large(instance);
	pacer->round_waits = false;
	return true;
}

static bool step_round(struct scan_pacer *pacer, size_t position)
{
	struct instance *instance = pacer->instances[position];

	pacer->round_last = position;
	if (pacer->running[SCAN_ROUND] == NONE || instance_wants_round(instance))
		return instance_round_step(instance, pacer->plan.scans[SCAN_ROUND]);
	instance_scan_abandon(instance); /* no look is under way */
	return true;
}

static bool step_alarm(struct scan_pacer *pacer, size_t position)
{
	const struct scan_plan *plan = &pacer->plan;
	struct instance *instance = pacer->instances[position];
	uint64_t now_ms = clock_monotonic_ms();
	bool ended = true;

	if (pacer->running[SCAN_ALARM] == NONE)
		pacer->alarm_until_ms = wishes_until(plan->wishes, plan->count, position, now_ms);
	/* even without time it gets one step */
	if (pacer->running[SCAN_ALARM] == NONE || now_ms < pacer->alarm_until_ms)
		ended = instance_alarm_step(instance, plan->scans[SCAN_ALARM]);
	else
		instance_alarm_end(instance);
	if (ended)
		plan->wishes[position].since_ms = 0;
	return ended;
}

/* There is no memory: rounds wait for the end of a look, alarms for the next sample. */
static void give_up(struct scan_pacer *pacer, enum scan_use use)
{
	if (use == SCAN_ROUND)
		pacer->round_waits = true;
	for (size_t i = 0; use == SCAN_ALARM && i < pacer->plan.count; i++)
		pacer->plan.wishes[i].since_ms = 0;
	if (!pacer->is_short[use] && use == SCAN_ROUND)
		log_warning("out of memory: a large table is not read whole; its values come from "
			    "looks alone");
	else if (!pacer->is_short[use])
		log_warning("out of memory: an alarm gets no look of its own");
	pacer->is_short[use] = true;
}

/* The scan for this use, made if there is none. */
static bool has_scan(struct scan_pacer *pacer, enum scan_use use)
{
	struct scan **scan = &pacer->plan.scans[use];

	pacer->wanted_ms[use] = clock_monotonic_ms();
	if (!*scan)
		*scan = scan_new(pacer->plan.config, use);
	if (*scan)
		pacer->is_short[use] = false;
	else
		give_up(pacer, use);
	return *scan != NULL;
}

/* One step, and what it costs. True when the activity has ended. */
static bool run(struct scan_pacer *pacer, const struct choice *choice)
{
	uint64_t begin_ns = clock_thread_cpu_ns(), between_ns = begin_ns - pacer->cpu_mark_ns;
	enum pace_kind kind = PACE_ALARM;
	bool ended;

	switch (choice->use) {
	case SCAN_ALARM:
		ended = step_alarm(pacer, choice->position);
		break;
	case SCAN_LOOK:
		ended = step_look(pacer, choice->position);
		kind = look_kind(pacer);
		break;
	default:
		ended = step_round(pacer, choice->position);
		kind = PACE_ROUND;
	}
	pacer->running[choice->use] = ended ? NONE : choice->position;
	pacer->cpu_mark_ns = clock_thread_cpu_ns();
	pace_pay(&pacer->pace, kind, pace_cost(pacer->cpu_mark_ns - begin_ns, between_ns),
		 clock_monotonic_ns());
	return ended;
}

static void step(void *context)
{
	struct scan_pacer *pacer = context;
	const struct scan_pacer_listener *listener = &pacer->listener;
	uint64_t now_ns = clock_monotonic_ns();
	struct choice choice = choose(pacer, now_ns);

	if (choice.at_ns <= now_ns && has_scan(pacer, choice.use) && run(pacer, &choice)) {
		if (choice.use == SCAN_LOOK)
			listener->ended(listener->context, choice.position);
		else if (choice.use == SCAN_ALARM)
			listener->found(listener->context, choice.position);
	}
	schedule(pacer);
}

/* ---- the door -------------------------------------------------------------------------------- */

struct scan_pacer *scan_pacer_new(struct loop *loop, const struct scan_pacer_listener *listener)
{
	struct scan_pacer *pacer = calloc(1, sizeof(*pacer));

	if (!pacer)
		return NULL;
	pacer->listener = *listener;
	for (size_t use = 0; use < SCAN_USES; use++)
		pacer->running[use] = NONE;
	pacer->timer = loop_timer_new(loop, step, pacer);
	if (!pacer->timer) {
		free(pacer);
		return NULL;
	}
	return pacer;
}

void scan_pacer_free(struct scan_pacer *pacer)
{
	if (!pacer)
		return;
	for (size_t use = 0; use < SCAN_USES; use++) {
		if (pacer->running[use] != NONE)
			instance_scan_abandon(pacer->instances[pacer->running[use]]);
	}
	scan_plan_clear(&pacer->plan);
	scan_plan_clear(&pacer->prepared);
	free(pacer);
}

/* What is under way goes on for instances that stay, and stops for the others. */
static void take_running(struct scan_pacer *pacer, struct instance *const *instances, bool goes_on)
{
	size_t count = pacer->prepared.count;

	for (size_t use = 0; use < SCAN_USES; use++) {
		struct instance *instance;
		size_t position = count;

		if (pacer->running[use] == NONE)
			continue;
		instance = pacer->instances[pacer->running[use]];
		if (goes_on)
			position = scan_plan_find(instances, count, instance);
		if (position == count)
			instance_scan_abandon(instance);
		pacer->running[use] = position == count ? NONE : position;
	}
}

int scan_pacer_prepare(struct scan_pacer *pacer, const struct config *config, size_t count)
{
	struct scan_plan plan;

	if (scan_plan_init(&plan, config, count) != 0)
		return -1;
	scan_plan_clear(&pacer->prepared);
	pacer->prepared = plan;
	return 0;
}

void scan_pacer_start(struct scan_pacer *pacer, struct instance *const *instances)
{
	struct scan_plan *after = &pacer->prepared;
	const struct config *config = after->config;
	uint64_t now_ns = clock_monotonic_ns();
	bool goes_on = scan_plan_take_scans(after, &pacer->plan);

	scan_plan_take_turns(after, instances, &pacer->plan, pacer->instances, now_ns / NS_PER_MS);
	take_running(pacer, instances, goes_on);
	if (goes_on && scan_plan_ends_alike(pacer->plan.config, config))
		turns_limit(after->turns, after->count, now_ns / NS_PER_MS, interval_ms(config));
	else
		turns_hurry(after->turns, after->count);
	pace_set_budget(&pacer->pace, config->cpu_budget, interval_ms(config) * NS_PER_MS, now_ns);
	scan_plan_clear(&pacer->plan);
	pacer->plan = *after;
	*after = (struct scan_plan){ 0 };
	pacer->instances = instances;
	schedule(pacer);
}

/* Whether a scan may be freed: rounds while a table is large, looks never. */
static bool is_wanted(const struct scan_pacer *pacer, size_t use)
{
	if (use == SCAN_LOOK || pacer->running[use] != NONE)
		return true;
	for (size_t i = 0; use == SCAN_ROUND && i < pacer->plan.count; i++) {
		if (pacer->plan.turns[i].is_large)
			return true;
	}
	return false;
}

static void free_unused(struct scan_pacer *pacer, uint64_t now_ms)
{
	for (size_t use = 0; use < SCAN_USES; use++) {
		if (is_wanted(pacer, use))
			pacer->wanted_ms[use] = now_ms;
		if (now_ms - pacer->wanted_ms[use] < UNUSED_MS)
			continue;
		scan_free(pacer->plan.scans[use]);
		pacer->plan.scans[use] = NULL;
	}
}

void scan_pacer_hurry(struct scan_pacer *pacer)
{
	uint64_t now_ms = clock_monotonic_ms();
	size_t alarm = pacer->running[SCAN_ALARM];

	if (pacer->plan.count == 0)
		return; /* not started yet */
	for (size_t i = 0; i < pacer->plan.count; i++) {
		const struct instance *instance = pacer->instances[i];

		turns_change(&pacer->plan.turns[i], instance_has_changed(instance), now_ms);
		if (wish_note(&pacer->plan.wishes[i], instance_wants_alarm_look(instance),
			      now_ms) &&
		    alarm == NONE)
			pace_skip_rest(&pacer->pace); /* the first begins at once */
	}
	free_unused(pacer, now_ms);
	schedule(pacer);
}

/* How long a look at this instance takes, with what is owed for it: as the last one did, or as its
 * table lets expect. However small its share is, a look has a cost of its own. */
static uint64_t turn_ms(const struct scan_pacer *pacer, const struct instance *instance,
			const struct levels *levels)
{
	const struct snapshot_scan *last = instance_get_last_scan(instance);
	uint64_t cost_ns = instance_scan_cost(instance), last_ns = last->cpu_time * 1000ULL, ms;
	struct share share = share_of(levels, cost_ns);

	if (cost_ns > share.interval_ns)
		cost_ns = share.look_ns;
	if (cost_ns < LOOK_NS_LEAST)
		cost_ns = LOOK_NS_LEAST;
	if (cost_ns < last_ns)
		cost_ns = last_ns;
	ms = pace_time(pacer->plan.config->cpu_budget, pace_with_debt(cost_ns)) / NS_PER_MS;
	return ms > last->duration ? ms : last->duration;
}

void scan_pacer_expect(const struct scan_pacer *pacer)
{
	const struct scan_plan *plan = &pacer->plan;
	struct levels levels;
	uint64_t expected_ms;

	if (plan->count == 0)
		return; /* not started yet */
	levels = find_levels(pacer);
	expected_ms = interval_ms(plan->config);
	for (size_t i = 0; i < plan->count; i++)
		expected_ms += turn_ms(pacer, pacer->instances[i], &levels);
	for (size_t i = 0; i < plan->count; i++)
		instance_scan_expect(pacer->instances[i],
				     PATIENCE_TIMES * expected_ms + PATIENCE_MS);
}
