/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/aggregate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "scan/churn.h"
#include "scan/difference.h"
#include "scan/estimate.h"
#include "scan/own_snmp.h"
#include "scan/tally.h"
#include "scan/top_talkers.h"
#include "scan/watches.h"
#include "scan/zones.h"

struct aggregate {
	const struct config *config;
	enum aggregate_use use;
	struct aggregate_plan plan;
	uint64_t serial;                 /* random: tells it from others that gather other things */
	struct aggregate_memory *memory; /* of the table being read */
	struct tally tally;
	struct ct_entry waiting; /* the last entry read, while its memory is fetched */
	bool is_waiting;
	struct churn_scan churn;
	struct own_snmp own_snmp;
	struct top_talkers *top;
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
	struct difference *difference; /* NULL: the last look read the whole table */
	uint64_t serial;               /* of the aggregate that `difference` was made with */
	struct zones_seen *zones;      /* NULL until zones are counted */
	struct churn_count count;
	size_t watch_count;
	struct watch_memory *watches;
};

/* The kinds of top talkers that are counted. */
static uint32_t kinds_of(const struct config *config, enum aggregate_use use)
{
	const uint32_t source = 1U << TOP_SOURCE, service = 1U << TOP_SERVICE;

	if (use == AGGREGATE_ALARM)
		return source | service;
	if (config->top)
		return source | service | 1U << TOP_DESTINATION;
	return config->source_rising ? source : 0;
}

static int make_watches(struct aggregate *aggregate)
{
	const struct config *config = aggregate->config;
	const struct filter *filters[SNAPSHOT_WATCHES_MAX];

	for (size_t i = 0; i < config->watch_count; i++)
		filters[i] = &config->watches[i].filter;
	aggregate->watches = watches_new(filters, config->watch_count);
	return aggregate->watches ? 0 : -1;
}

struct aggregate *aggregate_new(const struct config *config, enum aggregate_use use)
{
	struct aggregate *aggregate = calloc(1, sizeof(*aggregate));
	const struct top_talkers_settings settings = {
		.kinds = kinds_of(config, use),
		.prefix_ipv4 = config->top_prefix_ipv4,
		.prefix_ipv6 = config->top_prefix_ipv6,
	};
	uint64_t seeds[SKETCH_SEEDS];

	if (!aggregate)
		return NULL;
	aggregate->config = config;
	aggregate->use = use;
	if (getrandom(seeds, sizeof(seeds), 0) != sizeof(seeds))
		goto fail;
	aggregate->serial = seeds[0];
	aggregate->own_snmp.random = seeds[1];
	aggregate->top = top_talkers_new(&settings, seeds);
	if (!aggregate->top)
		goto fail;
	if (use == AGGREGATE_ALARM)
		return aggregate;
	if (config->zones) {
		aggregate->tally.zones = calloc(1, sizeof(*aggregate->tally.zones));
		if (!aggregate->tally.zones)
			goto fail;
	}
	if (config->watch_count && make_watches(aggregate) != 0)
		goto fail;
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
	free(aggregate->tally.zones);
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
	difference_free(memory->difference);
	free(memory->zones);
	free(memory->watches);
	free(memory);
}

static void forget_difference(struct aggregate_memory *memory)
{
	difference_free(memory->difference);
	memory->difference = NULL;
}

void aggregate_memory_restart(struct aggregate_memory *memory)
{
	memset(&memory->rows, 0, sizeof(memory->rows));
	churn_clear(&memory->before);
	forget_difference(memory);
	free(memory->zones);
	memory->zones = NULL;
}

void aggregate_memory_reorder(struct aggregate_memory *memory)
{
	churn_reorder(&memory->before);
	forget_difference(memory);
}

double aggregate_memory_part(const struct aggregate_memory *memory)
{
	return memory->difference ? difference_part(memory->difference) : 0;
}

bool aggregate_memory_wants_round(const struct aggregate_memory *memory)
{
	return memory->difference && difference_wants_round(memory->difference);
}

bool aggregate_memory_has_round(const struct aggregate_memory *memory)
{
	return memory->difference && difference_has_round(memory->difference);
}

/* What the memory needs for a look at a part of the table. */
static int prepare_difference(struct aggregate *aggregate)
{
	struct aggregate_memory *memory = aggregate->memory;
	double part = aggregate->plan.part;

	if (memory->difference && (part >= 1 || difference_part(memory->difference) != part ||
				   memory->serial != aggregate->serial))
		forget_difference(memory);
	if (part >= 1)
		return 0;
	if (!memory->difference)
		memory->difference = difference_new(part, aggregate->tally.zones);
	memory->serial = aggregate->serial;
	return memory->difference ? difference_begin_look(memory->difference) : -1;
}

/* A look at a part follows half as many, in the same memory: their positions too. */
static void begin_churn(struct aggregate *aggregate)
{
	const struct config *config = aggregate->config;
	bool has_positions = aggregate->plan.part < 1 || aggregate->plan.keeps_order;

	if (config->identities)
		churn_begin(&aggregate->churn, &aggregate->memory->before, aggregate->plan.expected,
			    has_positions ? config->identities / 2 : config->identities,
			    has_positions);
	else /* too old to compare when they are asked for again */
		churn_clear(&aggregate->memory->before);
}

static void clear(struct aggregate *aggregate)
{
	struct zones *zones = aggregate->tally.zones;

	memset(&aggregate->tally, 0, sizeof(aggregate->tally));
	aggregate->tally.zones = zones;
	if (zones)
		memset(zones, 0, sizeof(*zones));
	aggregate->is_waiting = false;
	own_snmp_clear(&aggregate->own_snmp);
	top_talkers_clear(aggregate->top);
	if (aggregate->watches)
		watches_clear(aggregate->watches);
}

int aggregate_begin(struct aggregate *aggregate, struct aggregate_memory *memory,
		    const struct aggregate_plan *plan)
{
	aggregate->memory = memory;
	aggregate->plan = *plan;
	clear(aggregate);
	if (aggregate->use == AGGREGATE_ROUND && memory->difference)
		difference_begin_round(memory->difference, plan->begin_ms);
	if (aggregate->use != AGGREGATE_LOOK)
		return 0;
	begin_churn(aggregate);
	return prepare_difference(aggregate);
}

/* A number that differs, most often, if the entry counts elsewhere than before. */
static uint8_t kind_of(const struct ct_entry *entry)
{
	const uint32_t counted = CT_STATUS_SEEN_REPLY | CT_STATUS_ASSURED | CT_STATUS_SOURCE_NAT |
				 CT_STATUS_DESTINATION_NAT | CT_STATUS_OFFLOAD |
				 CT_STATUS_HARDWARE_OFFLOAD;
	uint32_t mixed = (entry->status & counted) * 0x9e3779b1U + entry->mark * 0x85ebca6bU +
			 (entry->has_state ? entry->state + 1U : 0) * 0xc2b2ae35U;

	return (uint8_t)(mixed >> 24 ^ mixed >> 16);
}

static void count(struct aggregate *aggregate, const struct ct_entry *entry)
{
	enum churn_sign sign = CHURN_UNKNOWN;
	struct tally *tally = &aggregate->tally;

	totals_add(&tally->totals, entry);
	top_talkers_add(aggregate->top, entry);
	if (tally->zones)
		zones_add(tally->zones, entry->zone);
	if (aggregate->use == AGGREGATE_LOOK) {
		if (aggregate->config->identities && entry->has_id)
			sign = churn_add(&aggregate->churn, entry->id, tally->totals.scanned);
		if (aggregate->plan.part < 1 && entry->has_id)
			difference_meet(aggregate->memory->difference, entry->id, kind_of(entry));
		own_snmp_add(&aggregate->own_snmp, entry);
	}
	if (aggregate->watches)
		watches_add(aggregate->watches, entry, sign);
}

void aggregate_add(struct aggregate *aggregate, const struct ct_entry *entry)
{
	if (aggregate->use == AGGREGATE_LOOK && aggregate->config->identities && entry->has_id)
		churn_expect(&aggregate->churn, entry->id);
	if (aggregate->is_waiting)
		count(aggregate, &aggregate->waiting);
	aggregate->waiting = *entry;
	aggregate->is_waiting = true;
}

uint32_t aggregate_scanned(const struct aggregate *aggregate)
{
	return aggregate->tally.totals.scanned + aggregate->is_waiting;
}

/* What the memory needs for the zones. */
static int prepare_zones(struct aggregate *aggregate)
{
	struct aggregate_memory *memory = aggregate->memory;

	if (!aggregate->tally.zones) {
		free(memory->zones);
		memory->zones = NULL;
	} else if (!memory->zones) {
		memory->zones = calloc(1, sizeof(*memory->zones));
	}
	return !aggregate->tally.zones || memory->zones ? 0 : -1;
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
static void finish_watches(struct aggregate *aggregate, const struct estimate *estimate,
			   const struct churn_change *change, uint64_t before_ms,
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
		row->entries = aggregate->tally.watches[i];
		row->margin = estimate_value_margin(
			estimate, watches_entries(aggregate->watches, i),
			estimate->is_compared ? difference_watch_then(memory->difference, i) : 0);
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

/* Returns when the look ended that this one was compared with; monotonic. */
static uint64_t finish_churn(struct aggregate *aggregate, uint64_t start_ms, uint64_t end_ms,
			     const struct estimate *estimate, struct snapshot_scan *scan,
			     struct churn_change *change)
{
	const struct churn_part part = { start_ms, end_ms, (uint32_t)estimate->read,
					 (uint32_t)estimate->entries };
	struct churn_count *count = &aggregate->memory->count;
	uint64_t before_ms = aggregate->memory->before.part.end_ms;

	*change = (struct churn_change){ .is_whole = true, .is_gap = true };
	if (aggregate->config->identities) {
		churn_finish(&aggregate->churn, &part, change);
		/* but for a look that could not follow them */
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
	const struct tally *tally = &aggregate->tally;
	struct snapshot_scan head;

	memset(&head, 0, sizeof(head));
	head.base.kind = SNAPSHOT_SCAN;
	totals_count_rows(&tally->totals, &memory->rows, &head);
	for (int kind = 0; kind < TOP_KINDS; kind++)
		head.top_count += tally->tops[kind].count < aggregate->config->top
					  ? tally->tops[kind].count
					  : aggregate->config->top;
	if (tally->zones)
		head.zone_count = zones_count_rows(tally->zones, memory->zones);
	head.watch_count = aggregate->config->watch_count;
	return (struct snapshot_scan *)snapshot_new(&head.base);
}

/* Completes the tally of what was read. */
static void take_tally(struct aggregate *aggregate, const struct snapshot_top *culprit)
{
	if (aggregate->is_waiting)
		count(aggregate, &aggregate->waiting);
	aggregate->is_waiting = false;
	for (size_t i = 0; aggregate->watches && i < aggregate->config->watch_count; i++)
		aggregate->tally.watches[i] = watches_entries(aggregate->watches, i);
	for (int kind = TOP_SOURCE; kind <= TOP_KINDS; kind++)
		top_talkers_take(aggregate->top, (enum top_kind)kind,
				 kind == TOP_SOURCE ? culprit : NULL,
				 &aggregate->tally.tops[kind - 1]);
}

/* Turns the tally into values of the whole table. */
static int estimate_tally(struct aggregate *aggregate, uint64_t middle_ms, bool is_whole,
			  struct estimate *estimate)
{
	struct aggregate_memory *memory = aggregate->memory;
	double read = aggregate->tally.totals.scanned;

	if (aggregate->plan.part < 1 && !is_whole)
		return difference_end_look(memory->difference, &aggregate->tally, middle_ms,
					   estimate);
	/* a table that ended before its part was read may be far from what it was */
	forget_difference(memory);
	*estimate = (struct estimate){ .part = 1, .entries = read, .read = read };
	return 0;
}

static void fill_tops(struct aggregate *aggregate, const struct estimate *estimate,
		      const struct snapshot_top *culprit, struct snapshot_scan *scan,
		      struct snapshot_top *source)
{
	struct tally *tally = &aggregate->tally;
	uint32_t entries = tally->totals.scanned;
	struct snapshot_top *rows = scan->tops;

	top_talkers_find_source(aggregate->top, &tally->tops[TOP_SOURCE - 1], culprit, entries,
				source);
	if (source->rank) {
		const struct sketch_key key = top_talkers_key(source);
		double then = estimate->is_compared
				      ? difference_top_then(aggregate->memory->difference,
							    TOP_SOURCE, &key)
				      : 0;

		source->margin = estimate_value_margin(
			estimate, top_talkers_read(aggregate->top, source), then);
	}
	for (int kind = TOP_SOURCE; kind <= TOP_KINDS; kind++)
		rows += top_talkers_fill(aggregate->top, (enum top_kind)kind,
					 &tally->tops[kind - 1], entries, aggregate->config->top,
					 rows);
}

int aggregate_finish(struct aggregate *aggregate, uint64_t start_ms, uint64_t end_ms, bool is_whole,
		     const struct snapshot_top *culprit, struct aggregate_result *result)
{
	struct aggregate_memory *memory = aggregate->memory;
	const struct tally *tally = &aggregate->tally;
	struct watch_memory *watches;
	struct churn_change change;
	struct estimate estimate;
	struct snapshot_scan *scan;
	uint64_t before_ms;

	take_tally(aggregate, culprit);
	/* what can fail comes first, so that the memory gets all of a look or nothing */
	watches = calloc(aggregate->config->watch_count + 1, sizeof(*watches));
	if (!watches || prepare_zones(aggregate) != 0 ||
	    estimate_tally(aggregate, (start_ms + end_ms) / 2, is_whole, &estimate) != 0)
		goto fail;
	scan = new_scan(aggregate);
	if (!scan)
		goto fail;
	totals_fill(&tally->totals, &memory->rows, scan);
	fill_tops(aggregate, &estimate, culprit, scan, &result->source);
	if (tally->zones)
		zones_fill(tally->zones, memory->zones, scan->zone_count, scan->zones);
	scan->scanned = (uint32_t)estimate.read;
	scan->coverage = estimate_coverage(&estimate);
	scan->margin = estimate_margin(&estimate);
	before_ms = finish_churn(aggregate, start_ms, end_ms, &estimate, scan, &change);
	finish_watches(aggregate, &estimate, &change, before_ms, scan, watches);
	result->scan = scan;
	result->own_snmp = &aggregate->own_snmp;
	return 0;
fail:
	free(watches);
	return -1;
}

void aggregate_advance_round(struct aggregate *aggregate, double part, uint64_t now_ms)
{
	if (aggregate->memory->difference)
		difference_advance_round(aggregate->memory->difference, part, now_ms);
}

void aggregate_finish_round(struct aggregate *aggregate, const struct snapshot_top *culprit)
{
	take_tally(aggregate, culprit);
	if (aggregate->memory->difference)
		difference_end_round(aggregate->memory->difference, &aggregate->tally);
	aggregate->memory = NULL;
}

void aggregate_abandon_round(struct aggregate *aggregate)
{
	if (aggregate->memory && aggregate->memory->difference)
		difference_abandon_round(aggregate->memory->difference);
	aggregate->memory = NULL;
}

void aggregate_find(struct aggregate *aggregate, double part, uint32_t entries,
		    struct findings *findings)
{
	struct tally *tally = &aggregate->tally;
	struct estimate estimate = { .part = part, .entries = entries };

	*findings = (struct findings){ .entries = entries };
	take_tally(aggregate, NULL);
	estimate.read = tally->totals.scanned;
	if (part <= 0 || estimate.read <= 0)
		return;
	findings->is_known = true;
	findings->margin = estimate_margin(&estimate);
	findings->unreplied_share =
		(uint32_t)((uint64_t)tally->totals.unreplied * 100 / tally->totals.scanned);
	tally_estimate(tally, NULL, NULL, part < 1 ? part : 1);
	findings->unreplied = tally->totals.unreplied;
	top_talkers_fill(aggregate->top, TOP_SOURCE, &tally->tops[TOP_SOURCE - 1],
			 tally->totals.scanned, 1, &findings->source);
	top_talkers_fill(aggregate->top, TOP_SERVICE, &tally->tops[TOP_SERVICE - 1],
			 tally->totals.scanned, 1, &findings->service);
}
