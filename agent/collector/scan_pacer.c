/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/scan_pacer.h"

#include <stdlib.h>
#include <string.h>

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
	uint64_t budget_ns; /* of a scan; 0: it is never cut */
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

/* Waking up takes at most this part of a step. */
#define WAKING_PART 4

/* What a scan costs, roughly: at the default budget, with cold caches. Beside the entries of a
 * table it walks the hash table, which all namespaces share. */
#define SCAN_NS   20000000ULL /* of 262,144 empty buckets, and more */
#define ENTRY_NS  6000ULL
#define OTHERS_NS 300ULL /* an entry of another table */

/* Values are stale after so many intervals and turns of all, and some time for a busy machine. */
#define PATIENCE_TIMES 3
#define PATIENCE_MS    10000

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

/* How many are due before this one. */
static size_t place_rank(const struct place *places, size_t count, size_t position)
{
	size_t rank = 0;

	for (size_t i = 0; i < count; i++) {
		if (places[i].due_ms < places[position].due_ms ||
		    (i < position && places[i].due_ms == places[position].due_ms))
			rank++;
	}
	return rank;
}

/* All are due at once, in the order in which they would have been: so that each gets its turn
 * however often this happens. */
static void places_hurry(struct place *places, size_t count)
{
	size_t ranks[SNAPSHOT_INSTANCES_MAX];

	for (size_t i = 0; i < count; i++)
		ranks[i] = place_rank(places, count, i);
	/* the first milliseconds after the machine was started are long gone */
	for (size_t i = 0; i < count; i++)
		places[i].due_ms = ranks[i];
}

/* None is due later than one interval from now. */
static void places_limit(struct place *places, size_t count, uint64_t now_ms, uint64_t interval_ms)
{
	for (size_t i = 0; i < count; i++) {
		if (places[i].due_ms > now_ms + interval_ms)
			places[i].due_ms = now_ms + interval_ms;
	}
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

/* What a step costs: its own CPU time, and that of waking up for it, `between_ns` after the last
 * step. But samples and reloads come between too. They are no cost of a scan, and where they alone
 * need more than the budget, each pause would be longer than the one before, without end. */
static uint64_t step_cost(uint64_t own_ns, uint64_t between_ns)
{
	return own_ns + (between_ns < own_ns / WAKING_PART ? between_ns : own_ns / WAKING_PART);
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
	uint64_t begin_ns = clock_thread_cpu_ns(), between_ns = begin_ns - pacer->cpu_mark_ns;
	uint64_t pause_ns;
	bool ended;

	if (!pacer->is_running) {
		place_begin(plan->places, plan->count, pacer->position, clock_monotonic_ms(),
			    (uint64_t)plan->config->refresh_interval * 1000);
		between_ns = 0;
	}
	ended = instance_look_step(pacer->instances[pacer->position], plan->scan);
	pacer->is_running = !ended;
	pacer->cpu_mark_ns = clock_thread_cpu_ns();
	pause_ns = pause_after(plan->config, step_cost(pacer->cpu_mark_ns - begin_ns, between_ns));
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
	if (pacer->is_running)
		instance_scan_abandon(pacer->instances[pacer->position]);
	plan_clear(&pacer->plan);
	plan_clear(&pacer->prepared);
	free(pacer);
}

int scan_pacer_prepare(struct scan_pacer *pacer, const struct config *config, size_t count)
{
	struct plan plan = { .config = config, .count = count };

	plan.scan = scan_new(config, SCAN_LOOK);
	plan.places = calloc(count, sizeof(*plan.places));
	if (!plan.scan || !plan.places) {
		plan_clear(&plan);
		return -1;
	}
	if (config->scan_sample)
		plan.budget_ns = (uint64_t)config->refresh_interval * NS_PER_S *
				 config->cpu_budget / 100 * SAMPLE_PARTS / count;
	plan_clear(&pacer->prepared);
	pacer->prepared = plan;
	return 0;
}

/* Returns `count` if it is not among them. */
static size_t find(struct instance *const *instances, size_t count, const struct instance *instance)
{
	size_t i = 0;

	while (i < count && instances[i] != instance)
		i++;
	return i;
}

/* The prepared places get what is known of the instances that stay. */
static void take_places(struct scan_pacer *pacer, struct instance *const *instances)
{
	const struct plan *before = &pacer->plan;
	struct plan *after = &pacer->prepared;

	for (size_t i = 0; i < after->count; i++) {
		size_t at = find(pacer->instances, before->count, instances[i]);

		if (at < before->count)
			after->places[i] = before->places[at];
	}
}

/* The prepared plan gets the scan that is in use, if it can go on with it. */
static bool take_scan(struct scan_pacer *pacer)
{
	struct plan *before = &pacer->plan, *after = &pacer->prepared;
	struct scan *unused = after->scan;

	if (!before->scan || !scan_suits(before->scan, after->config))
		return false;
	scan_adopt(before->scan, after->config);
	after->scan = before->scan;
	before->scan = unused;
	return true;
}

/* Whether the end of a scan shows and judges the same: it does both by the configuration. */
static bool ends_alike(const struct config *one, const struct config *other)
{
	if (one->source_rising != other->source_rising ||
	    one->source_falling != other->source_falling || one->watch_count != other->watch_count)
		return false;
	for (size_t i = 0; i < one->watch_count; i++) {
		const struct config_watch *watch = &one->watches[i], *with = &other->watches[i];

		if (watch->index != with->index || strcmp(watch->name, with->name) != 0 ||
		    watch->rising != with->rising || watch->falling != with->falling)
			return false;
	}
	return true;
}

static void abandon(struct scan_pacer *pacer)
{
	loop_timer_stop(pacer->timer);
	if (pacer->is_running)
		instance_scan_abandon(pacer->instances[pacer->position]);
	pacer->is_running = false;
}

void scan_pacer_start(struct scan_pacer *pacer, struct instance *const *instances)
{
	struct plan *after = &pacer->prepared;
	uint64_t now_ms = clock_monotonic_ms();
	bool goes_on = take_scan(pacer);
	size_t position = after->count;

	take_places(pacer, instances);
	if (goes_on && pacer->is_running)
		position = find(instances, after->count, pacer->instances[pacer->position]);
	if (position == after->count)
		abandon(pacer);
	if (goes_on && ends_alike(pacer->plan.config, after->config))
		places_limit(after->places, after->count, now_ms,
			     (uint64_t)after->config->refresh_interval * 1000);
	else
		places_hurry(after->places, after->count);
	scan_set_budget(after->scan, after->budget_ns);
	plan_clear(&pacer->plan);
	pacer->plan = *after;
	*after = (struct plan){ 0 };
	pacer->instances = instances;
	pacer->position = position;
	if (!pacer->is_running)
		await_turn(pacer, 0);
}

/* How many entries all tables have, as far as they can be read. */
static uint64_t count_entries(const struct scan_pacer *pacer)
{
	uint64_t entries = 0;

	for (size_t i = 0; i < pacer->plan.count; i++) {
		const struct snapshot_sample *sample = instance_get_sample(pacer->instances[i]);

		entries += sample->has_values ? sample->entries : 0;
	}
	return entries;
}

/* How long a scan of this instance takes: as the last one did, or as its table lets expect.
 * `entries`: of all tables. */
static uint64_t turn_ms(const struct plan *plan, const struct instance *instance, uint64_t entries)
{
	const struct snapshot_sample *sample = instance_get_sample(instance);
	uint64_t own = sample->has_values ? sample->entries : 0;
	uint64_t cpu_ns = SCAN_NS + entries * OTHERS_NS + own * ENTRY_NS;
	uint64_t last_ms = instance_get_last_scan(instance)->duration, ms;

	if (plan->budget_ns && cpu_ns > plan->budget_ns)
		cpu_ns = plan->budget_ns;
	ms = (cpu_ns + pause_after(plan->config, cpu_ns)) / NS_PER_MS;
	return ms > last_ms ? ms : last_ms;
}

void scan_pacer_expect(const struct scan_pacer *pacer)
{
	const struct plan *plan = &pacer->plan;
	uint64_t entries = count_entries(pacer), expected_ms;

	if (plan->count == 0)
		return; /* not started yet */
	expected_ms = (uint64_t)plan->config->refresh_interval * 1000;
	for (size_t i = 0; i < plan->count; i++)
		expected_ms += turn_ms(plan, pacer->instances[i], entries);
	for (size_t i = 0; i < plan->count; i++)
		instance_scan_expect(pacer->instances[i],
				     PATIENCE_TIMES * expected_ms + PATIENCE_MS);
}
