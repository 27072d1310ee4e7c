/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/aggregate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "scan/churn.h"
#include "scan/own_snmp.h"
#include "scan/top_talkers.h"
#include "scan/totals.h"
#include "scan/watches.h"
#include "scan/zones.h"

struct aggregate {
	const struct config *config;
	struct aggregate_memory *memory; /* of the table being read */
	struct totals totals;
	struct ct_entry waiting; /* the last entry read, while its memory is fetched */
	bool is_waiting;
	struct sampling sampling; /* of a scan that has ended */
	struct churn_scan churn;
	struct own_snmp own_snmp;
	struct top_talkers *top;
	struct zones *zones;     /* NULL: not asked for */
	struct watches *watches; /* NULL: there are none */
};

/* A watch continues under its name, whatever happens to the others. */
struct watch_memory {
	char name[SNAPSHOT_NAME_SIZE];
	uint64_t created;
};

struct aggregate_memory {
	struct totals_rows rows;
	struct churn before;
	struct zones_seen *zones; /* NULL until zones are counted */
	uint64_t created, destroyed;
	size_t watch_count;
	struct watch_memory *watches;
};

struct aggregate *aggregate_new(const struct config *config)
{
	struct aggregate *aggregate = calloc(1, sizeof(*aggregate));
	const struct top_talkers_settings settings = {
		.rows = config->top,
		.prefix_ipv4 = config->top_prefix_ipv4,
		.prefix_ipv6 = config->top_prefix_ipv6,
		.follows_sources = config->source_rising > 0,
	};
	const struct filter *filters[SNAPSHOT_WATCHES_MAX];
	uint64_t seeds[SKETCH_SEEDS];

	if (!aggregate)
		return NULL;
	aggregate->config = config;
	if (getrandom(seeds, sizeof(seeds), 0) != sizeof(seeds))
		goto fail;
	aggregate->own_snmp.random = seeds[0];
	aggregate->top = top_talkers_new(&settings, seeds);
	if (!aggregate->top)
		goto fail;
	if (config->zones) {
		aggregate->zones = calloc(1, sizeof(*aggregate->zones));
		if (!aggregate->zones)
			goto fail;
	}
	if (config->watch_count) {
		for (size_t i = 0; i < config->watch_count; i++)
			filters[i] = &config->watches[i].filter;
		aggregate->watches = watches_new(filters, config->watch_count);
		if (!aggregate->watches)
			goto fail;
	}
	return aggregate;
fail:
	aggregate_free(aggregate);
	return NULL;
}

void aggregate_free(struct aggregate *aggregate)
{
	if (!aggregate)
		return;
	churn_abandon(&aggregate->churn);
	top_talkers_free(aggregate->top);
	free(aggregate->zones);
	watches_free(aggregate->watches);
	free(aggregate);
}

static bool is_same_filter(const struct filter *one, const struct filter *other)
{
	char texts[2][2 * SNAPSHOT_FILTER_SIZE];

	filter_text(one, texts[0], sizeof(texts[0]));
	filter_text(other, texts[1], sizeof(texts[1]));
	return strcmp(texts[0], texts[1]) == 0;
}

/* Names and limits of watches matter only at the end. */
static bool has_same_filters(const struct config *one, const struct config *other)
{
	if (one->watch_count != other->watch_count)
		return false;
	for (size_t i = 0; i < one->watch_count; i++) {
		if (!is_same_filter(&one->watches[i].filter, &other->watches[i].filter))
			return false;
	}
	return true;
}

bool aggregate_suits(const struct aggregate *aggregate, const struct config *config)
{
	const struct config *own = aggregate->config;

	return own->top == config->top && own->top_prefix_ipv4 == config->top_prefix_ipv4 &&
	       own->top_prefix_ipv6 == config->top_prefix_ipv6 &&
	       (own->source_rising > 0) == (config->source_rising > 0) &&
	       own->zones == config->zones && own->identities == config->identities &&
	       own->scan_sample == config->scan_sample && has_same_filters(own, config);
}

void aggregate_adopt(struct aggregate *aggregate, const struct config *config)
{
	aggregate->config = config;
}

struct aggregate_memory *aggregate_memory_new(void)
{
	return calloc(1, sizeof(struct aggregate_memory));
}

void aggregate_memory_free(struct aggregate_memory *memory)
{
	if (!memory)
		return;
	churn_clear(&memory->before);
	free(memory->zones);
	free(memory->watches);
	free(memory);
}

void aggregate_memory_restart(struct aggregate_memory *memory)
{
	memset(&memory->rows, 0, sizeof(memory->rows));
	churn_clear(&memory->before);
	free(memory->zones);
	memory->zones = NULL;
}

void aggregate_memory_reorder(struct aggregate_memory *memory)
{
	churn_reorder(&memory->before);
}

/* A scan that may end early follows half as many, in the same memory. */
static void begin_churn(struct aggregate *aggregate, uint32_t expected)
{
	const struct config *config = aggregate->config;

	churn_begin(&aggregate->churn, &aggregate->memory->before, expected,
		    config->scan_sample ? config->identities / 2 : config->identities,
		    config->scan_sample);
}

void aggregate_begin(struct aggregate *aggregate, struct aggregate_memory *memory,
		     uint32_t expected)
{
	aggregate->memory = memory;
	memset(&aggregate->totals, 0, sizeof(aggregate->totals));
	aggregate->is_waiting = false;
	own_snmp_clear(&aggregate->own_snmp);
	top_talkers_clear(aggregate->top);
	if (aggregate->zones)
		memset(aggregate->zones, 0, sizeof(*aggregate->zones));
	if (aggregate->watches)
		watches_clear(aggregate->watches);
	if (aggregate->config->identities)
		begin_churn(aggregate, expected);
	else
		churn_clear(&memory->before); /* too old to compare when they are asked for again */
}

static void count(struct aggregate *aggregate, const struct ct_entry *entry)
{
	enum churn_sign sign = CHURN_UNKNOWN;

	totals_add(&aggregate->totals, entry);
	if (aggregate->config->identities)
		sign = churn_add(&aggregate->churn, entry->id, aggregate->totals.scanned);
	top_talkers_add(aggregate->top, entry);
	own_snmp_add(&aggregate->own_snmp, entry);
	if (aggregate->zones)
		zones_add(aggregate->zones, entry->zone);
	if (aggregate->watches)
		watches_add(aggregate->watches, entry, sign);
}

void aggregate_add(struct aggregate *aggregate, const struct ct_entry *entry)
{
	if (aggregate->config->identities)
		churn_expect(&aggregate->churn, entry->id);
	if (aggregate->is_waiting)
		count(aggregate, &aggregate->waiting);
	aggregate->waiting = *entry;
	aggregate->is_waiting = true;
}

uint32_t aggregate_scanned(const struct aggregate *aggregate)
{
	return aggregate->totals.scanned + aggregate->is_waiting;
}

/* What the memory needs for the zones. */
static int prepare_zones(struct aggregate *aggregate)
{
	struct aggregate_memory *memory = aggregate->memory;

	if (!aggregate->zones) {
		free(memory->zones);
		memory->zones = NULL;
	} else if (!memory->zones) {
		memory->zones = calloc(1, sizeof(*memory->zones));
	}
	return !aggregate->zones || memory->zones ? 0 : -1;
}

static uint64_t created_before(const struct aggregate_memory *memory, const char *name)
{
	for (size_t i = 0; i < memory->watch_count; i++) {
		if (strcmp(memory->watches[i].name, name) == 0)
			return memory->watches[i].created;
	}
	return 0;
}

/* The rows of the watches, without the state of their alarms. */
static void finish_watches(struct aggregate *aggregate, const struct churn_change *change,
			   struct snapshot_scan *scan, struct watch_memory *remembered)
{
	const struct config *config = aggregate->config;
	struct aggregate_memory *memory = aggregate->memory;

	for (size_t i = 0; i < config->watch_count; i++) {
		const struct config_watch *watch = &config->watches[i];
		struct snapshot_watch *row = &scan->watches[i];

		row->index = watch->index;
		memcpy(row->name, watch->name, sizeof(watch->name));
		filter_text(&watch->filter, row->filter, sizeof(row->filter));
		row->entries = sampling_scale(&aggregate->sampling,
					      watches_entries(aggregate->watches, i));
		row->rising = watch->rising;
		row->falling = watch->falling;
		row->created = created_before(memory, watch->name) +
			       churn_scale(change, watches_created(aggregate->watches, i,
								   change->bits, change->is_whole));
		memcpy(remembered[i].name, watch->name, sizeof(remembered[i].name));
		remembered[i].created = row->created;
	}
	free(memory->watches);
	memory->watches = remembered;
	memory->watch_count = config->watch_count;
}

static void finish_churn(struct aggregate *aggregate, uint64_t start_ms, uint64_t end_ms,
			 struct snapshot_scan *scan, struct churn_change *change)
{
	struct aggregate_memory *memory = aggregate->memory;
	const struct sampling *sampling = &aggregate->sampling;
	const struct churn_part part = { start_ms, end_ms, sampling->read, sampling->entries };
	uint64_t rate, share = 100;

	*change = (struct churn_change){ .is_whole = true };
	if (!aggregate->config->identities)
		return;
	churn_finish(&aggregate->churn, &part, change);
	memory->created += change->created;
	memory->destroyed += change->destroyed;
	scan->has_churn = true;
	scan->created = memory->created;
	scan->destroyed = memory->destroyed;
	if (!change->is_whole && change->entries)
		share = (uint64_t)change->read * 100 / change->entries;
	scan->identity_share = (uint32_t)(share >> change->bits);
	scan->has_create_rate = change->elapsed_ms > 0;
	if (scan->has_create_rate) {
		rate = (change->created * 1000 + change->elapsed_ms / 2) / change->elapsed_ms;
		scan->create_rate = rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;
	}
}

/* A block with room for all rows. NULL with ENOMEM. */
static struct snapshot_scan *new_scan(struct aggregate *aggregate)
{
	struct aggregate_memory *memory = aggregate->memory;
	struct snapshot_scan head;

	memset(&head, 0, sizeof(head));
	head.base.kind = SNAPSHOT_SCAN;
	totals_count_rows(&aggregate->totals, &memory->rows, &head);
	head.top_count = top_talkers_count_rows(aggregate->top);
	if (aggregate->zones)
		head.zone_count = zones_count_rows(aggregate->zones, memory->zones);
	head.watch_count = aggregate->config->watch_count;
	return (struct snapshot_scan *)snapshot_new(&head.base);
}

/* Scales from what was read to the whole table. */
static void scale(struct aggregate *aggregate, uint32_t entries)
{
	uint32_t read = aggregate->totals.scanned;

	aggregate->sampling = (struct sampling){ read, entries > read ? entries : read };
	totals_scale(&aggregate->totals, &aggregate->sampling);
	if (aggregate->zones)
		zones_scale(aggregate->zones, &aggregate->sampling);
}

int aggregate_finish(struct aggregate *aggregate, uint64_t start_ms, uint64_t end_ms,
		     uint32_t entries, const struct snapshot_top *culprit,
		     struct aggregate_result *result)
{
	struct aggregate_memory *memory = aggregate->memory;
	const struct sampling *sampling = &aggregate->sampling;
	struct watch_memory *watches;
	struct churn_change change;
	struct snapshot_scan *scan;

	if (aggregate->is_waiting)
		count(aggregate, &aggregate->waiting);
	aggregate->is_waiting = false;
	scale(aggregate, entries);
	/* what can fail comes first, so that the memory gets all of a scan or nothing */
	watches = calloc(aggregate->config->watch_count + 1, sizeof(*watches));
	scan = watches && prepare_zones(aggregate) == 0 ? new_scan(aggregate) : NULL;
	if (!scan) {
		free(watches);
		return -1;
	}
	totals_fill(&aggregate->totals, &memory->rows, scan);
	top_talkers_fill(aggregate->top, sampling, scan->tops);
	top_talkers_find_source(aggregate->top, sampling, culprit, &result->source);
	if (aggregate->zones)
		zones_fill(aggregate->zones, memory->zones, scan->zone_count, scan->zones);
	scan->scanned = sampling->read;
	scan->coverage = sampling_coverage(sampling);
	scan->margin = sampling_margin(sampling);
	finish_churn(aggregate, start_ms, end_ms, scan, &change);
	finish_watches(aggregate, &change, scan, watches);
	result->scan = scan;
	result->own_snmp = &aggregate->own_snmp;
	return 0;
}
