/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/scan_pacer.h"

#include <stdlib.h>

#include "common/clock.h"
#include "scan/scan.h"

/* Whose turn it is. One scan runs at a time, so that all of them together stay within the budget.
 * The first scans follow each other at once; then the turns are spread over the interval. Zeroed at
 * start, and to start again. */
struct place {
	uint64_t due_ms; /* monotonic; 0: at once */
	bool has_run;
};

/* What depends on the configuration. */
struct plan {
	const struct config *config;
	struct scan *scan;
	size_t count;
	struct place *places; /* of the instances, in their order */
};

struct scan_pacer {
	scan_pacer_ended *ended;
	void *context;
	struct loop_timer *timer;
	struct plan plan, prepared;
	struct instance *const *instances;
	size_t position; /* whose turn it is */
	bool is_running;
	uint64_t cpu_mark_ns; /* of this thread, at the end of the last step */
};

/* A sampling scan leaves a fifth of the interval's budget unused, so that it ends, and is
 * published, before the next is due. */
#define SAMPLE_PARTS 4 / 5

/* The position of the instance that is due first, of `count`, at least 1. */
static size_t place_next(const struct place *places, size_t count)
{
	size_t first = 0;

	for (size_t i = 1; i < count; i++) {
		if (places[i].due_ms < places[first].due_ms)
			first = i;
	}
	return first;
}

/* When a scan at this position begins: sets when its next one is due. */
static void place_begin(struct place *places, size_t count, size_t position, uint64_t now_ms,
			uint64_t interval_ms)
{
	struct place *place = &places[position];

	/* the second scan comes early, at each position one step later than at the one before */
	place->due_ms =
		now_ms + (place->has_run ? interval_ms : interval_ms * (position + 1) / count);
	place->has_run = true;
}

static void plan_clear(struct plan *plan)
{
	scan_free(plan->scan);
	free(plan->places);
	*plan = (struct plan){ 0 };
}

/* How long to rest after a step of `cpu_ns`, so that steps take cpu-budget percent of a core. */
static uint64_t pause_after(const struct config *config, uint64_t cpu_ns)
{
	return cpu_ns * (100 - config->cpu_budget) / config->cpu_budget;
}

/* Rests until the next turn, but at least for `pause_ns`, even if the turn is late. */
static void await_turn(struct scan_pacer *pacer, uint64_t pause_ns)
{
	const struct plan *plan = &pacer->plan;
	uint64_t now_ms = clock_monotonic_ms(), due_ms, wait_ns;

	pacer->position = place_next(plan->places, plan->count);
	due_ms = plan->places[pacer->position].due_ms;
	wait_ns = due_ms > now_ms ? (due_ms - now_ms) * NS_PER_MS : 0;
	loop_timer_once(pacer->timer, wait_ns > pause_ns ? wait_ns : pause_ns);
}

static void step(void *context)
{
	struct scan_pacer *pacer = context;
	const struct plan *plan = &pacer->plan;
	uint64_t before_ns = pacer->cpu_mark_ns, pause_ns;
	bool ended;

	if (!pacer->is_running) {
		place_begin(plan->places, plan->count, pacer->position, clock_monotonic_ms(),
			    (uint64_t)plan->config->refresh_interval * 1000);
		before_ns = clock_thread_cpu_ns();
	}
	ended = instance_scan_step(pacer->instances[pacer->position], plan->scan);
	pacer->is_running = !ended;
	/* from the end of the last step: waking up is part of the cost */
	pacer->cpu_mark_ns = clock_thread_cpu_ns();
	pause_ns = pause_after(plan->config, pacer->cpu_mark_ns - before_ns);
	if (!ended) {
		loop_timer_once(pacer->timer, pause_ns);
		return;
	}
	pacer->ended(pacer->context, pacer->position);
	await_turn(pacer, pause_ns);
}

struct scan_pacer *scan_pacer_new(struct loop *loop, scan_pacer_ended *ended, void *context)
{
	struct scan_pacer *pacer = calloc(1, sizeof(*pacer));

	if (!pacer)
		return NULL;
	pacer->ended = ended;
	pacer->context = context;
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
	scan_pacer_stop(pacer);
	plan_clear(&pacer->plan);
	plan_clear(&pacer->prepared);
	free(pacer);
}

int scan_pacer_prepare(struct scan_pacer *pacer, const struct config *config, size_t count)
{
	struct plan plan = { .config = config, .count = count };

	plan.scan = scan_new(config);
	plan.places = calloc(count, sizeof(*plan.places));
	if (!plan.scan || !plan.places) {
		plan_clear(&plan);
		return -1;
	}
	if (config->scan_sample)
		scan_set_budget(plan.scan, (uint64_t)config->refresh_interval * NS_PER_S *
						   config->cpu_budget / 100 * SAMPLE_PARTS / count);
	plan_clear(&pacer->prepared);
	pacer->prepared = plan;
	return 0;
}

void scan_pacer_start(struct scan_pacer *pacer, struct instance *const *instances)
{
	plan_clear(&pacer->plan);
	pacer->plan = pacer->prepared;
	pacer->prepared = (struct plan){ 0 };
	pacer->instances = instances;
	await_turn(pacer, 0);
}

void scan_pacer_stop(struct scan_pacer *pacer)
{
	loop_timer_stop(pacer->timer);
	if (pacer->is_running)
		instance_scan_abandon(pacer->instances[pacer->position]);
	pacer->is_running = false;
}
