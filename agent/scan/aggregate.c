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

/* Counters of what came and went, since began_ms. Without is_counting nothing could be compared. */
struct churn_count {
	bool is_counting;
	uint64_t created, destroyed, began_ms;
};

/* A watch continues in its row, while it has its name and filter, whatever happens to the others.
 */
struct watch_memory {
	uint32_t index;
	char name[SNAPSHOT_NAME_SIZE];
	struct filter filter;
	struct churn_count count;
};

struct aggregate_memory {
	struct totals_rows rows;
	struct churn before;
	struct zones_seen *zones; /* NULL until zones are counted */
	struct churn_count count;
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

/* Names and limits of watches matter only at the end. */
static bool has_same_filters(const struct config *one, const struct config *other)
{
	if (one->watch_count != other->watch_count)
		return false;
	for (size_t i = 0; i < one->watch_count; i++) {
		if (!filter_equal(&one->watches[i].filter, &other->watches[i].filter))
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
	       has_same_filters(own, config);
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

static void begin_churn(struct aggregate *aggregate, uint32_t expected)
{
	const struct config *config = aggregate->config;

	churn_begin(&aggregate->churn, &aggregate->memory->before, expected, config->identities,
		    false);
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
	if (aggregate->config->identities && entry->has_id)
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
	if (aggregate->config->identities && entry->has_id)
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

/* The watch of the last scan; one that counts from now on if that was another one. */
static struct watch_memory recall_watch(const struct aggregate_memory *memory,
					const struct config_watch *watch)
{
	struct watch_memory fresh = { .index = watch->index, .filter = watch->filter };

	for (size_t i = 0; i < memory->watch_count; i++) {
		const struct watch_memory *before = &memory->watches[i];

		if (before->index == watch->index && strcmp(before->name, watch->name) == 0 &&
		    filter_equal(&before->filter, &watch->filter))
			return *before;
	}
	memcpy(fresh.name, watch->name, sizeof(fresh.name));
	return fresh;
}

/* Adds what came and went since the scan that ended at `before_ms`. A gap ends the counters; the
 * next comparison begins them again. */
static void count_on(struct churn_count *count, const struct churn_change *change,
		     uint64_t before_ms, uint64_t created, uint64_t destroyed)
{
	if (change->elapsed_ms && !count->is_counting)
		*count = (struct churn_count){ .is_counting = true, .began_ms = before_ms };
	if (change->elapsed_ms) {
		count->created += created;
		count->destroyed += destroyed;
	}
	if (change->is_gap)
		count->is_counting = false;
}

/* The rows of the watches, without the state of their alarms. */
static void finish_watches(struct aggregate *aggregate, const struct churn_change *change,
			   uint64_t before_ms, struct snapshot_scan *scan,
			   struct watch_memory *remembered)
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
		remembered[i] = recall_watch(memory, watch);
		count_on(&remembered[i].count, change, before_ms,
			 churn_scale(change, watches_created(aggregate->watches, i, change->bits,
							     change->is_whole)),
			 0);
		row->has_created = remembered[i].count.is_counting;
		row->created = remembered[i].count.created;
		row->created_began = remembered[i].count.began_ms;
	}
	free(memory->watches);
	memory->watches = remembered;
	memory->watch_count = config->watch_count;
}

static uint32_t identity_share(const struct churn_change *change)
{
	uint64_t share = 100;

	if (!change->is_whole && change->entries)
		share = (uint64_t)change->read * 100 / change->entries;
	return (uint32_t)(share >> change->bits);
}

static uint32_t create_rate(const struct churn_change *change)
{
	uint64_t rate;

	if (!change->elapsed_ms)
		return 0;
	rate = (change->created * 1000 + change->elapsed_ms / 2) / change->elapsed_ms;
	return rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;
}

/* Returns when the scan ended that this one was compared with; monotonic. */
static uint64_t finish_churn(struct aggregate *aggregate, uint64_t start_ms, uint64_t end_ms,
			     struct snapshot_scan *scan, struct churn_change *change)
{
	const struct sampling *sampling = &aggregate->sampling;
	const struct churn_part part = { start_ms, end_ms, sampling->read, sampling->entries };
	struct churn_count *count = &aggregate->memory->count;
	uint64_t before_ms = aggregate->memory->before.part.end_ms;

	*change = (struct churn_change){ .is_whole = true, .is_gap = true };
	if (aggregate->config->identities) {
		churn_finish(&aggregate->churn, &part, change);
		/* but for a scan that could not follow them */
		scan->has_identity_share = change->elapsed_ms || change->is_gap;
		scan->identity_share = identity_share(change);
		scan->has_create_rate = change->elapsed_ms > 0;
		scan->create_rate = create_rate(change);
	}
	count_on(count, change, before_ms, change->created, change->destroyed);
	scan->has_churn = count->is_counting;
	scan->created = count->created;
	scan->destroyed = count->destroyed;
	scan->churn_began = count->began_ms;
	return before_ms;
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
	uint64_t before_ms;

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
	before_ms = finish_churn(aggregate, start_ms, end_ms, scan, &change);
	finish_watches(aggregate, &change, before_ms, scan, watches);
	result->scan = scan;
	result->own_snmp = &aggregate->own_snmp;
	return 0;
}
