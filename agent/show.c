/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collector/instances.h"
#include "common/clock.h"
#include "common/ct_names.h"
#include "common/log.h"
#include "config/config.h"
#include "scan/scan.h"

#define PROGRESS_AFTER_MS 1000
#define PROGRESS_EVERY_MS 200

#define BAR_WIDTH 40

/* A rate needs two readings, which begin at least this far apart. */
#define RATE_MS 1000
/* The CPU time of the second one. */
#define RATE_LOOK_NS 100000000ULL

/* On a terminal: the progress of a long scan. */
static void show_progress(const struct instance *instance, const struct scan *scan,
			  uint64_t started_ms, uint64_t *shown_ms)
{
	uint64_t now = clock_monotonic_ms();

	if (now - started_ms < PROGRESS_AFTER_MS || now - *shown_ms < PROGRESS_EVERY_MS)
		return;
	*shown_ms = now;
	fprintf(stderr, "\rreading the table: %" PRIu32 " of about %" PRIu32 " entries",
		scan_progress(scan), instance_get_sample(instance)->entries);
}

static void read_instance(struct instance *instance, struct scan *scan)
{
	bool terminal = isatty(STDERR_FILENO);
	uint64_t started_ms = clock_monotonic_ms(), shown_ms = 0;

	instance_sample(instance);
	if (!instance_get_sample(instance)->has_values)
		return;
	while (!instance_look_step(instance, scan)) {
		if (terminal)
			show_progress(instance, scan, started_ms, &shown_ms);
	}
	if (shown_ms)
		fputs("\r\033[K", stderr);
}

static void print_fill(const struct snapshot_sample *sample, const struct snapshot_scan *scan)
{
	bool terminal = isatty(STDOUT_FILENO);
	uint32_t percent = snapshot_percent(sample->entries, sample->max_entries);
	uint32_t filled = percent < 100 ? percent * BAR_WIDTH / 100 : BAR_WIDTH;
	/* red from 95 percent, yellow from 80, as the standard thresholds are */
	const char *colour = percent >= 95 ? "\033[31m" : percent >= 80 ? "\033[33m" : "\033[32m";
	char bar[BAR_WIDTH + 1];

	printf("conntrack table \"%s\"\n", sample->name);
	if (sample->max_entries == 0) {
		printf("  entries       %" PRIu32 "%s\n", sample->entries,
		       sample->has_max_entries ? ", no limit" : "");
		return;
	}
	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', filled);
	bar[BAR_WIDTH] = '\0';
	printf("  entries       %" PRIu32 " of %" PRIu32 "\n", sample->entries,
	       sample->max_entries);
	printf("  utilization   [%s%s%s] %" PRIu32 "%%\n", terminal ? colour : "", bar,
	       terminal ? "\033[0m" : "", percent);
	printf("  firm          %" PRIu32
	       "%% (assured and not closing: the kernel does not evict these)\n",
	       scan->firm_utilization);
}

static void print_scan(const struct snapshot_scan *scan)
{
	printf("  assured       %" PRIu32 "\n", scan->assured);
	printf("  closing       %" PRIu32 " of these\n", scan->closing);
	printf("  evictable     %" PRIu32 "\n", scan->evictable);
	printf("  unreplied     %" PRIu32 "\n", scan->unreplied);
	printf("  nat           %" PRIu32 " source, %" PRIu32 " destination\n", scan->source_nat,
	       scan->destination_nat);
	if (scan->offloaded || scan->helped)
		printf("  offloaded     %" PRIu32 ", with a helper %" PRIu32 "\n", scan->offloaded,
		       scan->helped);
	if (scan->idle > scan->scanned / 2)
		printf("  idle          %" PRIu32 " for a day or more "
		       "(nf_conntrack_tcp_timeout_established: %" PRIu32 " seconds)\n",
		       scan->idle, scan->established_timeout);
	if (scan->has_unlisted && scan->unlisted)
		printf("  unlisted      %" PRIu32 " (counted by the kernel, but not listed)\n",
		       scan->unlisted);
	printf("  scan          %" PRIu32 " entries read in %" PRIu32 " ms (%" PRIu32
	       " us of CPU time)\n",
	       scan->scanned, scan->duration, scan->cpu_time);
}

static void print_hints(const struct hints *hints)
{
	const char *sentences[HINTS_MAX];
	size_t count = hints_get(hints, sentences);

	for (size_t i = 0; i < count; i++)
		printf("  note          %s\n", sentences[i]);
}

static void print_protocols(const struct snapshot_scan *scan)
{
	printf("\n%-12s %-6s %10s %10s %10s%s\n", "protocol", "family", "entries", "assured",
	       "unreplied", scan->has_accounting ? "         octets" : "");
	for (size_t i = 0; i < scan->protocol_count; i++) {
		const struct snapshot_protocol *row = &scan->protocols[i];
		const char *name = ct_protocol_name(row->number);
		char digits[8];

		if (row->entries == 0)
			continue;
		snprintf(digits, sizeof(digits), "%u", row->number);
		printf("%-12s %-6s %10" PRIu32 " %10" PRIu32 " %10" PRIu32, name ? name : digits,
		       row->address_type == 1 ? "ipv4" : "ipv6", row->entries, row->assured,
		       row->unreplied);
		if (scan->has_accounting)
			printf(" %14" PRIu64, row->octets);
		putchar('\n');
	}
}

static void print_states(const struct snapshot_scan *scan)
{
	bool headed = false;

	for (size_t i = 0; i < scan->state_count; i++) {
		const struct snapshot_state *row = &scan->states[i];

		if (row->entries == 0)
			continue;
		if (!headed)
			printf("\n%-12s %-18s %10s\n", "protocol", "state", "entries");
		headed = true;
		printf("%-12s %-18s %10" PRIu32 "\n", ct_protocol_name(row->protocol),
		       ct_state_name(row->protocol, (uint8_t)(row->number - 1)), row->entries);
	}
}

static void print_counters(const struct snapshot_sample *sample)
{
	static const struct {
		enum counter counter;
		const char *name;
	} shown[] = {
		{ COUNTER_DROPS, "drops" },
		{ COUNTER_EARLY_DROPS, "early drops" },
		{ COUNTER_INSERT_FAILED, "insert failed" },
		{ COUNTER_INVALID, "invalid" },
		{ COUNTER_CHAIN_TOO_LONG, "chain too long" },
	};

	printf("\n%-18s %10s\n", "counter", "total");
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		if (sample->total.present & (1U << shown[i].counter))
			printf("%-18s %10" PRIu64 "\n", shown[i].name,
			       sample->total.value[shown[i].counter]);
	}
}

static void print_tops(const struct snapshot_scan *scan)
{
	static const char *const titles[] = {
		[TOP_SOURCE] = "source",
		[TOP_DESTINATION] = "destination",
		[TOP_SERVICE] = "service",
		[TOP_UNREPLIED_SOURCE] = "source of unreplied entries",
		[TOP_UNREPLIED_DESTINATION] = "destination of unreplied entries",
	};
	uint8_t kind = 0;

	for (size_t i = 0; i < scan->top_count; i++) {
		const struct snapshot_top *row = &scan->tops[i];

		if (row->kind != kind)
			printf("\n%-44s %10s %10s %6s\n", titles[row->kind], "entries", "unreplied",
			       "share");
		kind = row->kind;
		printf("%-44s %10" PRIu32 " %10" PRIu32 " %5" PRIu32 "%%", row->text, row->entries,
		       row->unreplied, row->share);
		if (row->error)
			printf("  (at most %" PRIu32 " too many)", row->error);
		putchar('\n');
	}
}

static void print_nats(const struct snapshot_scan *scan)
{
	if (scan->nat_count)
		printf("\n%-44s %10s %10s\n", "source nat", "entries", "of ports");
	for (size_t i = 0; i < scan->nat_count; i++) {
		const struct snapshot_nat *row = &scan->nats[i];

		printf("%-44s %10" PRIu32 " %9" PRIu32 "%%", row->text, row->entries,
		       row->utilization);
		if (row->error)
			printf("  (at most %" PRIu32 " too many)", row->error);
		putchar('\n');
	}
}

static void print_watches(const struct snapshot_scan *scan)
{
	if (scan->watch_count)
		printf("\n%-20s %10s  %s\n", "watch", "entries", "filter");
	for (size_t i = 0; i < scan->watch_count; i++)
		printf("%-20s %10" PRIu32 "  %s%s\n", scan->watches[i].name,
		       scan->watches[i].entries, scan->watches[i].filter,
		       scan->watches[i].raised ? "  [alarm raised]" : "");
}

static void print_zones(const struct snapshot_scan *scan)
{
	if (scan->zone_count)
		printf("\n%-12s %10s\n", "zone", "entries");
	for (size_t i = 0; i < scan->zone_count; i++)
		printf("%-12u %10" PRIu32 "\n", scan->zones[i].zone, scan->zones[i].entries);
}

static void print_values(const struct snapshot_sample *sample, const struct snapshot_scan *scan,
			 const struct hints *hints)
{
	print_fill(sample, scan);
	print_scan(scan);
	print_hints(hints);
	print_protocols(scan);
	print_states(scan);
	print_tops(scan);
	print_nats(scan);
	print_watches(scan);
	print_zones(scan);
	print_counters(sample);
}

/* -1, with a message, if the table could not be read. */
static int print_instance(struct instance *instance, bool is_first)
{
	const struct snapshot_sample *sample = instance_get_sample(instance);
	const struct snapshot_scan *scan = instance_get_last_scan(instance);

	if (sample->has_values && scan->scans == 0)
		instance_sample(instance); /* its status text says why */
	if (!sample->has_values || scan->scans == 0) {
		log_error("conntrack table \"%s\": %s", sample->name,
			  sample->status_text[0] ? sample->status_text
						 : "nf_conntrack_buckets was changed during each "
						   "scan; try again");
		return -1;
	}
	if (!is_first)
		putchar('\n');
	print_values(sample, scan, instance_get_hints(instance));
	return 0;
}

static int print_instances(const struct instances *instances)
{
	int status = 0;

	for (size_t i = 0; i < instances->count; i++) {
		if (print_instance(instances->list[i], i == 0) != 0)
			status = -1;
	}
	return status;
}

/* -1, with a message, if something could not be written. */
static int flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	log_error("cannot write the output");
	return -1;
}

static void sleep_ms(uint64_t ms)
{
	struct timespec left = { (time_t)(ms / 1000), (long)(ms % 1000 * NS_PER_MS) };

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

/* Waits until a rate can be measured, and reads the table once more for it. */
static void read_again(struct instance *instance, struct scan *scan)
{
	const struct snapshot_scan *first = instance_get_last_scan(instance);
	uint64_t due_ms = first->end_monotonic - first->duration + RATE_MS;
	uint64_t now_ms = clock_monotonic_ms();

	if (now_ms < due_ms)
		sleep_ms(due_ms - now_ms);
	/* the first part is enough */
	instance_scan_allow(instance, 0, RATE_LOOK_NS);
	read_instance(instance, scan);
}

static void print_rate(const struct snapshot_sample *sample, const struct snapshot_scan *scan,
		       bool is_only)
{
	if (!scan->has_create_rate)
		return;
	putchar('\n');
	if (!is_only)
		printf("conntrack table \"%s\"\n", sample->name);
	printf("  created       %" PRIu32 " per second (%" PRIu32 "%% of the entries followed)\n",
	       scan->create_rate, scan->identity_share);
}

static int show_rates(const struct instances *instances, struct scan *scan)
{
	for (size_t i = 0; i < instances->count; i++) {
		struct instance *instance = instances->list[i];

		if (instance_get_last_scan(instance)->scans == 0)
			continue; /* it could not be read */
		read_again(instance, scan);
		print_rate(instance_get_sample(instance), instance_get_last_scan(instance),
			   instances->count == 1);
	}
	return flush();
}

int show_run(const struct config *config)
{
	const struct instances none = { 0 };
	const struct namespaces no_namespaces = { 0 };
	struct namespaces_told told = { 0 };
	struct namespaces namespaces = { 0 };
	struct instances instances = { 0 };
	struct scan *scan = scan_new(config, SCAN_LOOK);
	int status = 1;

	if (!scan ||
	    namespaces_find(&namespaces, &no_namespaces, config, clock_monotonic_ms()) != 0 ||
	    instances_build(&instances, &none, config, &namespaces) != 0) {
		log_error("cannot start: %s", strerror(errno));
		goto done;
	}
	namespaces_tell(&namespaces, &told, clock_monotonic_ms());
	log_set_level(LOG_LEVEL_ERROR); /* failures are reported once, below */
	scan_keep_order(scan);          /* for the rate */
	for (size_t i = 0; i < instances.count; i++) {
		instance_scan_allow(instances.list[i], UINT64_MAX, 0);
		read_instance(instances.list[i], scan);
	}
	status = print_instances(&instances) == 0 ? 0 : 1;
	/* written before a rate is measured, which takes its time */
	if (flush() != 0 || (config->identities && show_rates(&instances, scan) != 0))
		status = 1;
done:
	instances_clear(&instances);
	namespaces_clear(&namespaces);
	scan_free(scan);
	return status;
}
