/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A world for the scan pacer: its clock and CPU time move only when somebody works, and its tables
 * know nothing but what reading them costs. To be included before the pacer: what it calls is made
 * here. */
#ifndef SCAN_WORLD_H
#define SCAN_WORLD_H

#include "test.h"

/* The real ones are linked for the other modules; these get other names. */
#define clock_monotonic_ns  real_clock_monotonic_ns
#define clock_monotonic_ms  real_clock_monotonic_ms
#define clock_thread_cpu_ns real_clock_thread_cpu_ns
#include "common/clock.h"
#undef clock_monotonic_ns
#undef clock_monotonic_ms
#undef clock_thread_cpu_ns
#define clock_monotonic_ns        world_monotonic_ns
#define clock_monotonic_ms        world_monotonic_ms
#define clock_thread_cpu_ns       world_cpu_ns
#define loop_timer_new            world_timer_new
#define loop_timer_once           world_timer_once
#define log_warning               world_warning
#define scan_new                  world_scan_new
#define scan_free                 world_scan_free
#define scan_suits                world_scan_suits
#define scan_adopt                world_scan_adopt
#define instance_scan_allow       world_scan_allow
#define instance_scan_cost        world_scan_cost
#define instance_look_step        world_look_step
#define instance_look_is_part     world_look_is_part
#define instance_is_large         world_is_large
#define instance_wants_round      world_wants_round
#define instance_round_step       world_round_step
#define instance_has_changed      world_has_changed
#define instance_wants_alarm_look world_wants_alarm_look
#define instance_alarm_step       world_alarm_step
#define instance_alarm_end        world_alarm_end
#define instance_scan_abandon     world_scan_abandon
#define instance_scan_expect      world_scan_expect
#define instance_get_last_scan    world_get_last_scan
#define scan_plan_init            world_plan_init
#define scan_plan_clear           world_plan_clear
#define scan_plan_find            world_plan_find
#define scan_plan_take_turns      world_plan_take_turns
#define scan_plan_take_scans      world_plan_take_scans
#define scan_plan_ends_alike      world_plan_ends_alike

#include "collector/instance.h"
#include "collector/loop.h"
#include "common/log.h"
#include "scan/scan.h"

#define MS          NS_PER_MS
#define MINUTE_MS   60000
#define TABLES_MOST 257
#define STEP_NS     200000 /* of one receive buffer */
#define LAG_NS      60000  /* from a timer to its callback */
#define WAKING_NS   10000  /* CPU time for that */
#define SAMPLE_NS   100000
#define ALARM_NS    (100 * MS)

struct scan {
	enum scan_use use;
	uint32_t what; /* it gathers: config.top */
};

/* One reading of a table. */
struct reading {
	bool runs, is_part;
	uint64_t began_ns, left_ns, cpu_ns;
};

/* What one kind of readings has done. */
struct record {
	uint32_t begun, ended;
	uint64_t cpu_ns, longest_ns;                        /* longest: from beginning to end */
	uint64_t began_ns, longest_gap_ns, shortest_gap_ns; /* from beginning to beginning */
};

struct instance {
	uint64_t cost_ns; /* to read it whole */
	uint64_t step_ns; /* 0: STEP_NS */
	bool is_large, wants_round, has_changed, wants_alarm;
	bool changes; /* all the time */
	uint64_t interval_ns, look_ns, patience_ms;
	struct reading readings[3];
	struct record records[3];
	struct snapshot_scan last_scan;
};

static struct {
	uint64_t now_ns, cpu_ns, timer_ns, sample_ns;
	loop_callback *callback;
	void *context;
	struct instance tables[TABLES_MOST];
	/* `next` takes the place of `list` with the next configuration */
	struct instance *list[TABLES_MOST], *next[TABLES_MOST];
	size_t count;
	uint32_t scans[3];     /* that exist */
	uint32_t found, ended; /* that were told */
	uint32_t warnings;
	uint64_t alarm_wanted_ns;
	bool is_short; /* of memory */
	bool is_idle;  /* no samples */
} world;

static uint64_t world_monotonic_ns(void)
{
	return world.now_ns;
}

static uint64_t world_monotonic_ms(void)
{
	return world.now_ns / NS_PER_MS;
}

static uint64_t world_cpu_ns(void)
{
	return world.cpu_ns;
}

static void work(uint64_t cpu_ns)
{
	world.now_ns += cpu_ns;
	world.cpu_ns += cpu_ns;
}

struct loop_timer *world_timer_new(struct loop *loop, loop_callback *callback, void *context)
{
	(void)loop;
	world.callback = callback;
	world.context = context;
	return (struct loop_timer *)&world;
}

void world_timer_once(struct loop_timer *timer, uint64_t delay_ns)
{
	(void)timer;
	world.timer_ns = world.now_ns + delay_ns;
}

void world_warning(const char *format, ...)
{
	(void)format;
	world.warnings++;
}

struct scan *world_scan_new(const struct config *config, enum scan_use use)
{
	struct scan *scan = world.is_short ? NULL : calloc(1, sizeof(*scan));

	if (!scan)
		return NULL;
	scan->use = use;
	scan->what = config->top;
	world.scans[use]++;
	return scan;
}

void world_scan_free(struct scan *scan)
{
	if (scan)
		world.scans[scan->use]--;
	free(scan);
}

bool world_scan_suits(const struct scan *scan, const struct config *config)
{
	return scan->what == config->top;
}

void world_scan_adopt(struct scan *scan, const struct config *config)
{
	assert_int_equal(scan->what, config->top);
}

void world_scan_allow(struct instance *table, uint64_t interval_ns, uint64_t look_ns)
{
	assert_false(table->readings[SCAN_LOOK].runs);
	table->interval_ns = interval_ns;
	table->look_ns = look_ns;
}

uint64_t world_scan_cost(const struct instance *table)
{
	return table->cost_ns;
}

static void reading_begin(struct instance *table, enum scan_use use, uint64_t left_ns)
{
	struct record *record = &table->records[use];
	uint64_t gap_ns = world.now_ns - record->began_ns;

	if (record->begun && gap_ns > record->longest_gap_ns)
		record->longest_gap_ns = gap_ns;
	if (record->begun && (gap_ns < record->shortest_gap_ns || !record->shortest_gap_ns))
		record->shortest_gap_ns = gap_ns;
	record->begun++;
	record->began_ns = world.now_ns;
	table->readings[use] =
		(struct reading){ .runs = true, .began_ns = world.now_ns, .left_ns = left_ns };
}

static void reading_end(struct instance *table, enum scan_use use)
{
	struct record *record = &table->records[use];
	uint64_t took_ns = world.now_ns - table->readings[use].began_ns;

	if (took_ns > record->longest_ns)
		record->longest_ns = took_ns;
	record->ended++;
	table->readings[use].runs = false;
}

/* Nobody else may be under way with the same scan. */
static void assert_scan_is_free(const struct instance *table, const struct scan *scan,
				enum scan_use use)
{
	assert_non_null(scan);
	assert_int_equal(scan->use, use);
	for (size_t i = 0; i < TABLES_MOST; i++)
		assert_false(&world.tables[i] != table && world.tables[i].readings[use].runs);
}

/* True when it has read all. */
static bool reading_step(struct instance *table, enum scan_use use)
{
	struct reading *reading = &table->readings[use];
	uint64_t cpu_ns = table->step_ns ? table->step_ns : STEP_NS;

	if (cpu_ns > reading->left_ns)
		cpu_ns = reading->left_ns ? reading->left_ns : 1;
	work(cpu_ns);
	reading->left_ns -= cpu_ns < reading->left_ns ? cpu_ns : reading->left_ns;
	table->records[use].cpu_ns += cpu_ns;
	return reading->left_ns == 0;
}

bool world_look_step(struct instance *table, struct scan *scan)
{
	struct reading *look = &table->readings[SCAN_LOOK];

	assert_scan_is_free(table, scan, SCAN_LOOK);
	if (!look->runs) {
		uint64_t most_ns =
			table->is_large ? table->interval_ns * 9 / 10 : table->interval_ns;
		bool is_part = table->cost_ns > most_ns;

		reading_begin(table, SCAN_LOOK, is_part ? table->look_ns : table->cost_ns);
		look->is_part = is_part;
	}
	if (!reading_step(table, SCAN_LOOK))
		return false;
	reading_end(table, SCAN_LOOK);
	table->is_large = table->wants_round = look->is_part;
	table->has_changed = false;
	return true;
}

bool world_look_is_part(const struct instance *table)
{
	assert_true(table->readings[SCAN_LOOK].runs);
	return table->readings[SCAN_LOOK].is_part;
}

bool world_is_large(const struct instance *table)
{
	return table->is_large;
}

bool world_wants_round(const struct instance *table)
{
	return table->wants_round;
}

bool world_round_step(struct instance *table, struct scan *scan)
{
	assert_scan_is_free(table, scan, SCAN_ROUND);
	if (!table->readings[SCAN_ROUND].runs)
		reading_begin(table, SCAN_ROUND, table->cost_ns);
	if (!reading_step(table, SCAN_ROUND))
		return false;
	reading_end(table, SCAN_ROUND);
	table->wants_round = false;
	return true;
}

bool world_has_changed(const struct instance *table)
{
	return table->has_changed || (table->changes && !table->readings[SCAN_LOOK].runs);
}

bool world_wants_alarm_look(const struct instance *table)
{
	return table->wants_alarm;
}

void world_alarm_end(struct instance *table)
{
	assert_true(table->readings[SCAN_ALARM].runs);
	reading_end(table, SCAN_ALARM);
	table->wants_alarm = false;
}

bool world_alarm_step(struct instance *table, struct scan *scan)
{
	assert_scan_is_free(table, scan, SCAN_ALARM);
	if (!table->readings[SCAN_ALARM].runs)
		reading_begin(table, SCAN_ALARM, ALARM_NS);
	if (!reading_step(table, SCAN_ALARM))
		return false;
	world_alarm_end(table);
	return true;
}

void world_scan_abandon(struct instance *table)
{
	for (size_t use = 0; use < 3; use++)
		table->readings[use].runs = false;
}

void world_scan_expect(struct instance *table, uint64_t patience_ms)
{
	table->patience_ms = patience_ms;
}

const struct snapshot_scan *world_get_last_scan(const struct instance *table)
{
	return &table->last_scan;
}

#include "collector/scan_plan.c"
#include "collector/scan_pacer.c"

static void tell_ended(void *context, size_t position)
{
	assert_ptr_equal(context, &world);
	assert_false(world.list[position]->readings[SCAN_LOOK].runs);
	world.ended++;
}

static void tell_found(void *context, size_t position)
{
	assert_ptr_equal(context, &world);
	assert_false(world.list[position]->readings[SCAN_ALARM].runs);
	world.found++;
}

static struct scan_pacer *world_begin(size_t count)
{
	const struct scan_pacer_listener listener = { tell_ended, tell_found, &world };

	memset(&world, 0, sizeof(world));
	world.now_ns = 5000 * MS;
	world.sample_ns = world.now_ns;
	world.timer_ns = UINT64_MAX;
	for (size_t i = 0; i < count; i++)
		world.next[i] = &world.tables[i];
	world.count = count;
	return scan_pacer_new(NULL, &listener);
}

static void world_configure(struct scan_pacer *pacer, const struct config *config)
{
	assert_int_equal(scan_pacer_prepare(pacer, config, world.count), 0);
	scan_pacer_start(pacer, world.next);
	memcpy(world.list, world.next, sizeof(world.list));
	pacer->instances = world.list;
}

/* Whatever comes next: a sample or the pacer's timer. */
static void world_turn(struct scan_pacer *pacer)
{
	if (world.sample_ns <= world.timer_ns) {
		if (world.sample_ns > world.now_ns)
			world.now_ns = world.sample_ns;
		world.sample_ns += 1000 * MS;
		work(SAMPLE_NS);
		scan_pacer_expect(pacer);
		scan_pacer_hurry(pacer);
		return;
	}
	if (world.timer_ns > world.now_ns)
		world.now_ns = world.timer_ns + LAG_NS;
	world.timer_ns = UINT64_MAX;
	work(WAKING_NS);
	world.callback(world.context);
}

static void world_run(struct scan_pacer *pacer, uint64_t for_ms)
{
	uint64_t until_ns = world.now_ns + for_ms * MS;

	while (world.now_ns < until_ns)
		world_turn(pacer);
}

/* CPU time of all readings of these kinds, in ns. */
static uint64_t world_cost(enum scan_use first, enum scan_use last)
{
	uint64_t cpu_ns = 0;

	for (size_t i = 0; i < world.count; i++) {
		for (size_t use = first; use <= last; use++)
			cpu_ns += world.list[i]->records[use].cpu_ns;
	}
	return cpu_ns;
}

static bool world_runs(size_t position, enum scan_use use)
{
	return world.list[position]->readings[use].runs;
}

static struct config config_of(uint32_t budget)
{
	return (struct config){ .cpu_budget = budget, .refresh_interval = 10, .top = 10 };
}

/* CPU time that the budget has in an interval. */
static uint64_t interval_budget(uint32_t budget)
{
	return 100 * MS * budget;
}

/* One large table, of six intervals' budget, and small ones that use this percentage of it. */
static struct scan_pacer *world_of(size_t large, size_t small, uint32_t budget, uint64_t percent)
{
	struct scan_pacer *pacer = world_begin(large + small);

	for (size_t i = 0; i < large + small; i++) {
		world.tables[i].cost_ns = i < large
						  ? 6 * interval_budget(budget)
						  : interval_budget(budget) * percent / 100 / small;
	}
	return pacer;
}

#endif
