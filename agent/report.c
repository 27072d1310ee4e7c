/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ct_names.h"
#include "threshold.h"

#define BAR_WIDTH 40

static void print_fill(const struct snapshot_sample *sample, const struct snapshot_scan *scan)
{
	bool terminal = isatty(STDOUT_FILENO);
	uint32_t percent = threshold_percent(sample->entries, sample->max_entries);
	uint32_t filled = percent < 100 ? percent * BAR_WIDTH / 100 : BAR_WIDTH;
	/* red from 95 percent, yellow from 80, as the standard thresholds are */
	const char *colour = percent >= 95 ? "\033[31m" : percent >= 80 ? "\033[33m" : "\033[32m";
	char bar[BAR_WIDTH + 1];

	printf("conntrack table \"%s\"\n", sample->name);
	if (sample->max_entries == 0) {
		printf("  entries       %" PRIu32 ", no limit\n", sample->entries);
		return;
	}
	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', filled);
	bar[BAR_WIDTH] = '\0';
	printf("  entries       %" PRIu32 " of %" PRIu32 "\n", sample->entries,
	       sample->max_entries);
	printf("  utilization   [%s%s%s] %" PRIu32 "%%\n", terminal ? colour : "", bar,
	       terminal ? "\033[0m" : "", percent);
	printf("  firm          %" PRIu32 "%% (assured: eviction cannot relieve it)\n",
	       scan->firm_utilization);
}

static void print_scan(const struct snapshot_scan *scan)
{
	printf("  assured       %" PRIu32 "\n", scan->assured);
	printf("  evictable     %" PRIu32 "\n", scan->evictable);
	printf("  unreplied     %" PRIu32 "\n", scan->unreplied);
	printf("  nat           %" PRIu32 " source, %" PRIu32 " destination\n", scan->source_nat,
	       scan->destination_nat);
	if (scan->offloaded || scan->helped)
		printf("  offloaded     %" PRIu32 ", with a helper %" PRIu32 "\n", scan->offloaded,
		       scan->helped);
	if (scan->has_create_rate)
		printf("  created       %" PRIu32 " per second (%" PRIu32
		       "%% of the entries followed)\n",
		       scan->create_rate, scan->identity_share);
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

	printf("\n%-18s %10s\n", "since boot", "count");
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

static void print_watches(const struct snapshot_scan *scan)
{
	if (scan->watch_count)
		printf("\n%-20s %10s  %s\n", "watch", "entries", "of");
	for (size_t i = 0; i < scan->watch_count; i++)
		printf("%-20s %10" PRIu32 "  %s%s\n", scan->watches[i].name,
		       scan->watches[i].entries, scan->watches[i].filter,
		       scan->watches[i].raised ? "  [above rising]" : "");
}

static void print_zones(const struct snapshot_scan *scan)
{
	if (scan->zone_count)
		printf("\n%-12s %10s\n", "zone", "entries");
	for (size_t i = 0; i < scan->zone_count; i++)
		printf("%-12u %10" PRIu32 "\n", scan->zones[i].zone, scan->zones[i].entries);
}

void report_print(const struct snapshot_sample *sample, const struct snapshot_scan *scan,
		  const struct hints *hints)
{
	print_fill(sample, scan);
	print_scan(scan);
	print_hints(hints);
	print_protocols(scan);
	print_states(scan);
	print_tops(scan);
	print_watches(scan);
	print_zones(scan);
	print_counters(sample);
}
