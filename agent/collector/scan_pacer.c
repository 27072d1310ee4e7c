/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/scan_pacer.h"

#include <stdlib.h>

#include "common/clock.h"
#include "scan/scan.h"
#include "collector/schedule.h"

#define NS_PER_S  1000000000ULL
#define NS_PER_MS 1000000ULL

/* What a configuration needs. */
struct plan {
	const struct config *config;
	struct scan *scan;
	size_t count;
	struct schedule *places; /* of the instances, in their order */
};

struct scanner {
	scanner_ended *ended;
	void *context;
	struct loop_timer *timer;
	struct plan plan, prepared;
	struct instance *const *instances;
	size_t position; /* whose turn it is */
	bool is_running;
	uint64_t cpu_mark_ns; /* of this thread, at the end of the last step */
};

/* Of an interval's budget, a sampling scan leaves a fifth: so that it has ended, and been
 * published, before the next is due. */
#define SAMPLE_PARTS 4 / 5

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

/* Rests until the next turn, and for `pause_ns` at least, also if the turn is late. */
static void await_turn(struct scanner *scanner, uint64_t pause_ns)
{
	const struct plan *plan = &scanner->plan;
	uint64_t now_ms = clock_monotonic_ms(), due_ms, wait_ns;

	scanner->position = schedule_next(plan->places, plan->count);
	due_ms = plan->places[scanner->position].due_ms;
	wait_ns = due_ms > now_ms ? (due_ms - now_ms) * NS_PER_MS : 0;
	loop_timer_once(scanner->timer, wait_ns > pause_ns ? wait_ns : pause_ns);
}

static void step(void *context)
{
	struct scanner *scanner = context;
	const struct plan *plan = &scanner->plan;
	uint64_t before_ns = scanner->cpu_mark_ns, pause_ns;
	bool ended;

	if (!scanner->is_running) {
		schedule_begin(plan->places, plan->count, scanner->position, clock_monotonic_ms(),
			       (uint64_t)plan->config->refresh_interval * 1000);
		before_ns = clock_thread_cpu_ns();
	}
	ended = instance_scan_step(scanner->instances[scanner->position], plan->scan);
	scanner->is_running = !ended;
	/* from the end of the last step: waking up is part of the cost */
	scanner->cpu_mark_ns = clock_thread_cpu_ns();
	pause_ns = pause_after(plan->config, scanner->cpu_mark_ns - before_ns);
	if (!ended) {
		loop_timer_once(scanner->timer, pause_ns);
		return;
	}
	scanner->ended(scanner->context, scanner->position);
	await_turn(scanner, pause_ns);
}

struct scanner *scanner_new(struct loop *loop, scanner_ended *ended, void *context)
{
	struct scanner *scanner = calloc(1, sizeof(*scanner));

	if (!scanner)
		return NULL;
	scanner->ended = ended;
	scanner->context = context;
	scanner->timer = loop_timer_new(loop, step, scanner);
	if (!scanner->timer) {
		free(scanner);
		return NULL;
	}
	return scanner;
}

void scanner_free(struct scanner *scanner)
{
	if (!scanner)
		return;
	scanner_stop(scanner);
	plan_clear(&scanner->plan);
	plan_clear(&scanner->prepared);
	free(scanner);
}

int scanner_prepare(struct scanner *scanner, const struct config *config, size_t count)
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
	plan_clear(&scanner->prepared);
	scanner->prepared = plan;
	return 0;
}

void scanner_start(struct scanner *scanner, struct instance *const *instances)
{
	plan_clear(&scanner->plan);
	scanner->plan = scanner->prepared;
	scanner->prepared = (struct plan){ 0 };
	scanner->instances = instances;
	await_turn(scanner, 0);
}

void scanner_stop(struct scanner *scanner)
{
	loop_timer_stop(scanner->timer);
	if (scanner->is_running)
		instance_scan_abandon(scanner->instances[scanner->position]);
	scanner->is_running = false;
}
