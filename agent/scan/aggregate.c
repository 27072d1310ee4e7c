/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/aggregate_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "scan/estimate.h"
#include "scan/nat_ports.h"

/* The kinds of top talkers that are counted. */
static uint32_t kinds_of(const struct config *config, enum aggregate_use use)
{
	const uint32_t source = 1U << TOP_SOURCE, service = 1U << TOP_SERVICE, nat = 1U << TOP_NAT;

	if (use == AGGREGATE_ALARM)
		return source | service;
	if (config->top)
		return source | service | nat | 1U << TOP_DESTINATION | 1U << TOP_UNREPLIED_SOURCE |
		       1U << TOP_UNREPLIED_DESTINATION;
	return (config->source_rising ? source : 0) | (config->nat_rising ? nat : 0);
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
	       (own->nat_rising > 0) == (config->nat_rising > 0) && own->zones == config->zones &&
	       own->identities == config->identities && has_same_filters(own, config);
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

void aggregate_forget_difference(struct aggregate_memory *memory)
{
	difference_free(memory->difference);
	memory->difference = NULL;
}

void aggregate_memory_restart(struct aggregate_memory *memory)
{
	memset(&memory->rows, 0, sizeof(memory->rows));
	churn_clear(&memory->before);
	aggregate_forget_difference(memory);
	free(memory->zones);
	memory->zones = NULL;
}

void aggregate_memory_reorder(struct aggregate_memory *memory)
{
	churn_reorder(&memory->before);
	aggregate_forget_difference(memory);
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
		aggregate_forget_difference(memory);
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
	tally_clear(&aggregate->tally);
	aggregate->waiting_count = 0;
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
	aggregate->tally.totals.established_timeout = plan->established_timeout;
	if (aggregate->use == AGGREGATE_ROUND && memory->difference)
		difference_begin_round(memory->difference, plan->begin_ms);
	if (aggregate->use != AGGREGATE_LOOK)
		return 0;
	begin_churn(aggregate);
	return prepare_difference(aggregate);
}

/* A number that differs, most often, if the entry counts elsewhere than before. */
static uint8_t kind_of(const struct ct_entry *entry, uint32_t established_timeout)
{
	const uint32_t counted = CT_STATUS_SEEN_REPLY | CT_STATUS_ASSURED | CT_STATUS_SOURCE_NAT |
				 CT_STATUS_DESTINATION_NAT | CT_STATUS_OFFLOAD |
				 CT_STATUS_HARDWARE_OFFLOAD;
	uint32_t mixed = (entry->status & counted) * 0x9e3779b1U + entry->mark * 0x85ebca6bU +
			 (entry->has_state ? entry->state + 1U : 0) * 0xc2b2ae35U +
			 totals_is_idle(entry, established_timeout) * 0x27d4eb2fU;

	return (uint8_t)(mixed >> 24 ^ mixed >> 16);
}

static void count(struct aggregate *aggregate, const struct ct_entry *entry)
{
	enum churn_sign sign = CHURN_UNKNOWN;
	struct tally *tally = &aggregate->tally;

	totals_add(&tally->totals, entry);
	if (tally->zones)
		zones_add(tally->zones, entry->zone);
	if (aggregate->use == AGGREGATE_LOOK) {
		if (aggregate->config->identities && entry->has_id)
			sign = churn_add(&aggregate->churn, entry->id, tally->totals.scanned);
		if (aggregate->plan.part < 1 && entry->has_id)
			difference_meet(aggregate->memory->difference, entry->id,
					kind_of(entry, aggregate->plan.established_timeout));
		own_snmp_add(&aggregate->own_snmp, entry);
	}
	if (aggregate->watches)
		watches_add(aggregate->watches, entry, sign);
}

static void count_waiting(struct aggregate *aggregate)
{
	const struct ct_entry *entries = aggregate->waiting;
	size_t waiting = aggregate->waiting_count;

	aggregate->waiting_count = 0;
	if (aggregate->use == AGGREGATE_LOOK && aggregate->config->identities) {
		for (size_t i = 0; i < waiting; i++)
			churn_expect(&aggregate->churn, entries[i].id);
	}
	for (size_t i = 0; i < waiting; i++)
		count(aggregate, &entries[i]);
	top_talkers_add(aggregate->top, entries, waiting);
}

void aggregate_add(struct aggregate *aggregate, const struct ct_entry *entry)
{
	aggregate->waiting[aggregate->waiting_count++] = *entry;
	if (aggregate->waiting_count == TOP_TALKERS_MANY)
		count_waiting(aggregate);
}

uint32_t aggregate_scanned(const struct aggregate *aggregate)
{
	return aggregate->tally.totals.scanned + (uint32_t)aggregate->waiting_count;
}

void aggregate_take_tally(struct aggregate *aggregate, const struct snapshot_culprits *culprits)
{
	struct sketch_key wanted[TOP_LISTS];
	bool is_wanted[TOP_LISTS] = { false };

	count_waiting(aggregate);
	for (size_t i = 0; aggregate->watches && i < aggregate->config->watch_count; i++)
		aggregate->tally.watches[i] = watches_entries(aggregate->watches, i);
	is_wanted[TOP_SOURCE - 1] = culprits && culprits->source;
	if (is_wanted[TOP_SOURCE - 1])
		wanted[TOP_SOURCE - 1] = top_talkers_key(culprits->source);
	is_wanted[TOP_NAT - 1] = culprits && culprits->nat;
	if (is_wanted[TOP_NAT - 1])
		wanted[TOP_NAT - 1] = nat_ports_row_key(culprits->nat);
	for (int i = 0; i < TOP_LISTS; i++)
		top_talkers_take(aggregate->top, (enum top_kind)(i + 1),
				 is_wanted[i] ? &wanted[i] : NULL, &aggregate->tally.tops[i]);
}

void aggregate_advance_round(struct aggregate *aggregate, double part, uint64_t now_ms)
{
	if (aggregate->memory->difference)
		difference_advance_round(aggregate->memory->difference, part, now_ms);
}

void aggregate_finish_round(struct aggregate *aggregate, const struct snapshot_culprits *culprits)
{
	aggregate_take_tally(aggregate, culprits);
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
	aggregate_take_tally(aggregate, NULL);
	estimate.read = tally->totals.scanned;
	if (part <= 0 || estimate.read <= 0)
		return;
	findings->is_known = true;
	findings->margin = estimate_margin(&estimate);
	findings->unreplied_share =
		(uint32_t)((uint64_t)tally->totals.unreplied * 100 / tally->totals.scanned);
	tally_estimate(tally, NULL, NULL, part < 1 ? part : 1);
	findings->unreplied = tally->totals.unreplied;
	findings->idle = tally->totals.idle;
	findings->established_timeout = tally->totals.established_timeout;
	top_talkers_fill(aggregate->top, TOP_SOURCE, &tally->tops[TOP_SOURCE - 1],
			 tally->totals.scanned, 1, &findings->source);
	top_talkers_fill(aggregate->top, TOP_SERVICE, &tally->tops[TOP_SERVICE - 1],
			 tally->totals.scanned, 1, &findings->service);
}
