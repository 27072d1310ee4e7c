/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "aggregate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "identities.h"
#include "own_snmp.h"
#include "top.h"
#include "totals.h"
#include "watches.h"
#include "zones.h"

_Static_assert(CONFIG_WATCHES_MAX <= WATCHES_MAX, "a place for each watch");
_Static_assert(CONFIG_WATCHES_MAX <= SNAPSHOT_WATCHES_MAX, "a row for each watch");

struct aggregate {
	const struct config *config;
	struct aggregate_memory *memory; /* of the table being read */
	struct totals totals;
	struct ct_entry waiting; /* the last one read, while its memory is fetched */
	bool is_waiting;
	struct estimate estimate; /* of a scan that has ended */
	struct identities_scan identities;
	struct own_snmp own_snmp;
	struct top *top;
	struct zones *zones;     /* NULL: not asked for */
	struct watches *watches; /* NULL: there are none */
};

/* A watch goes on under its name, whatever becomes of the others. */
struct watch_memory {
	char name[CONFIG_NAME_SIZE];
	uint64_t created;
};

struct aggregate_memory {
	struct totals_rows rows;
	struct identities before;
	struct zones_seen *zones; /* NULL until zones are counted */
	uint64_t created, destroyed;
	size_t watch_count;
	struct watch_memory *watches;
};

struct aggregate *aggregate_new(const struct config *config)
{
	struct aggregate *aggregate = calloc(1, sizeof(*aggregate));
	const struct top_settings settings = {
		.rows = config->top,
		.prefix_ipv4 = config->top_prefix_ipv4,
		.prefix_ipv6 = config->top_prefix_ipv6,
		.follows_sources = config->source_rising > 0,
	};
	const struct filter *filters[CONFIG_WATCHES_MAX];
	uint64_t seeds[SKETCH_SEEDS];

	if (!aggregate)
		return NULL;
	aggregate->config = config;
	if (getrandom(seeds, sizeof(seeds), 0) != sizeof(seeds))
		goto fail;
	aggregate->own_snmp.random = seeds[0];
	aggregate->top = top_new(&settings, seeds);
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
	identities_abandon(&aggregate->identities);
	top_free(aggregate->top);
	free(aggregate->zones);
	watches_free(aggregate->watches);
	free(aggregate);
}

struct aggregate_memory *aggregate_memory_new(void)
{
	return calloc(1, sizeof(struct aggregate_memory));
}

void aggregate_memory_free(struct aggregate_memory *memory)
{
	if (!memory)
		return;
	identities_clear(&memory->before);
	free(memory->zones);
	free(memory->watches);
	free(memory);
}

void aggregate_memory_restart(struct aggregate_memory *memory)
{
	memset(&memory->rows, 0, sizeof(memory->rows));
	identities_clear(&memory->before);
	free(memory->zones);
	memory->zones = NULL;
}

void aggregate_memory_reorder(struct aggregate_memory *memory)
{
	identities_reorder(&memory->before);
}

/* A scan that may end early follows half as many, in the same memory. */
static void begin_identities(struct aggregate *aggregate, uint32_t expected)
{
	const struct config *config = aggregate->config;

	identities_begin(&aggregate->identities, &aggregate->memory->before, expected,
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
	top_clear(aggregate->top);
	if (aggregate->zones)
		memset(aggregate->zones, 0, sizeof(*aggregate->zones));
	if (aggregate->watches)
		watches_clear(aggregate->watches);
	if (aggregate->config->identities)
		begin_identities(aggregate, expected);
	else
		identities_clear(&memory->before); /* too old when they are asked for again */
}

static void count(struct aggregate *aggregate, const struct ct_entry *entry)
{
	enum identity identity = IDENTITY_UNKNOWN;

	totals_add(&aggregate->totals, entry);
	if (aggregate->config->identities)
		identity = identities_add(&aggregate->identities, entry->id,
					  aggregate->totals.scanned);
	top_add(aggregate->top, entry);
	own_snmp_add(&aggregate->own_snmp, entry);
	if (aggregate->zones)
		zones_add(aggregate->zones, entry->zone);
	if (aggregate->watches)
		watches_add(aggregate->watches, entry, identity);
}

void aggregate_add(struct aggregate *aggregate, const struct ct_entry *entry)
{
	if (aggregate->config->identities)
		identities_expect(&aggregate->identities, entry->id);
	if (aggregate->is_waiting)
		count(aggregate, &aggregate->waiting);
	aggregate->waiting = *entry;
	aggregate->is_waiting = true;
}

uint32_t aggregate_scanned(const struct aggregate *aggregate)
{
	return aggregate->totals.scanned + aggregate->is_waiting;
}

static int finish_zones(struct aggregate *aggregate, struct snapshot_scan *figures)
{
	struct aggregate_memory *memory = aggregate->memory;

	if (!aggregate->zones) {
		free(memory->zones);
		memory->zones = NULL;
		return 0;
	}
	if (!memory->zones)
		memory->zones = calloc(1, sizeof(*memory->zones));
	if (!memory->zones)
		return -1;
	return zones_finish(aggregate->zones, memory->zones, &figures->zones, &figures->zone_count);
}

static uint64_t created_before(const struct aggregate_memory *memory, const char *name)
{
	for (size_t i = 0; i < memory->watch_count; i++) {
		if (strcmp(memory->watches[i].name, name) == 0)
			return memory->watches[i].created;
	}
	return 0;
}

/* Room for the watches' rows and for what is to be remembered of them. */
static int prepare_watches(const struct config *config, struct snapshot_scan *figures,
			   struct watch_memory **remembered)
{
	*remembered = NULL;
	if (config->watch_count == 0)
		return 0;
	figures->watches = calloc(config->watch_count, sizeof(*figures->watches));
	if (!figures->watches)
		return -1;
	figures->watch_count = config->watch_count;
	*remembered = calloc(config->watch_count, sizeof(**remembered));
	return *remembered ? 0 : -1;
}

/* The watches' rows, but for the state of their alarms. */
static void finish_watches(struct aggregate *aggregate, const struct identities_change *change,
			   struct snapshot_scan *figures, struct watch_memory *remembered)
{
	const struct config *config = aggregate->config;
	struct aggregate_memory *memory = aggregate->memory;

	for (size_t i = 0; i < config->watch_count; i++) {
		const struct config_watch *watch = &config->watches[i];
		struct snapshot_watch *row = &figures->watches[i];

		row->index = watch->index;
		memcpy(row->name, watch->name, sizeof(watch->name));
		filter_text(&watch->filter, row->filter, sizeof(row->filter));
		row->entries = estimate_scale(&aggregate->estimate,
					      watches_entries(aggregate->watches, i));
		row->rising = watch->rising;
		row->falling = watch->falling;
		row->created =
			created_before(memory, watch->name) +
			identities_scale(change, watches_created(aggregate->watches, i,
								 change->bits, change->is_whole));
		memcpy(remembered[i].name, watch->name, sizeof(remembered[i].name));
		remembered[i].created = row->created;
	}
	free(memory->watches);
	memory->watches = remembered;
	memory->watch_count = config->watch_count;
}

static void finish_identities(struct aggregate *aggregate, uint64_t start_ms, uint64_t end_ms,
			      struct snapshot_scan *figures, struct identities_change *change)
{
	struct aggregate_memory *memory = aggregate->memory;
	const struct estimate *estimate = &aggregate->estimate;
	const struct identities_part part = { start_ms, end_ms, estimate->read, estimate->entries };
	uint64_t rate, share = 100;

	*change = (struct identities_change){ .is_whole = true };
	if (!aggregate->config->identities)
		return;
	identities_finish(&aggregate->identities, &part, change);
	memory->created += change->created;
	memory->destroyed += change->destroyed;
	figures->has_identities = true;
	figures->created = memory->created;
	figures->destroyed = memory->destroyed;
	if (!change->is_whole && change->entries)
		share = (uint64_t)change->read * 100 / change->entries;
	figures->identity_share = (uint32_t)(share >> change->bits);
	figures->has_create_rate = change->elapsed_ms > 0;
	if (figures->has_create_rate) {
		rate = (change->created * 1000 + change->elapsed_ms / 2) / change->elapsed_ms;
		figures->create_rate = rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;
	}
}

int aggregate_finish(struct aggregate *aggregate, uint64_t start_ms, uint64_t end_ms,
		     uint32_t entries, struct snapshot_scan *figures)
{
	struct watch_memory *remembered = NULL;
	struct identities_change change;
	uint32_t read;

	if (aggregate->is_waiting)
		count(aggregate, &aggregate->waiting);
	aggregate->is_waiting = false;
	read = aggregate->totals.scanned;
	aggregate->estimate = (struct estimate){ read, entries > read ? entries : read };
	figures->coverage = estimate_coverage(&aggregate->estimate);
	figures->margin = estimate_margin(&aggregate->estimate);
	totals_scale(&aggregate->totals, &aggregate->estimate);
	if (aggregate->zones)
		zones_scale(aggregate->zones, &aggregate->estimate);
	/* what can fail comes first, so that the memory learns all of a scan or nothing */
	if (totals_finish(&aggregate->totals, &aggregate->memory->rows, figures) != 0 ||
	    top_finish(aggregate->top, &aggregate->estimate, &figures->tops, &figures->top_count) !=
		    0 ||
	    finish_zones(aggregate, figures) != 0 ||
	    prepare_watches(aggregate->config, figures, &remembered) != 0)
		goto fail;
	figures->scanned = read;
	finish_identities(aggregate, start_ms, end_ms, figures, &change);
	finish_watches(aggregate, &change, figures, remembered);
	return 0;
fail:
	snapshot_scan_clear(figures);
	return -1;
}

bool aggregate_first_source(struct aggregate *aggregate, struct snapshot_top *row)
{
	return top_first_source(aggregate->top, &aggregate->estimate, row);
}

void aggregate_refresh_source(const struct aggregate *aggregate, struct snapshot_top *row)
{
	top_refresh_source(aggregate->top, &aggregate->estimate, row);
}

bool aggregate_has_own_snmp(const struct aggregate *aggregate)
{
	return own_snmp_is_tracked(&aggregate->own_snmp);
}
