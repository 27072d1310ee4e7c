/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a look: values of what was gathered. */
#include <stdlib.h>
#include <string.h>

#include "scan/aggregate_private.h"
#include "scan/estimate.h"
#include "scan/nat_ports.h"

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
	const uint32_t read = (uint32_t)estimate->read, entries = (uint32_t)estimate->entries;
	/* only if all was read they are equal */
	const struct churn_part part = { start_ms, end_ms, read,
					 entries > read || estimate->part >= 1 ? entries
									       : read + 1 };
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
	head.nat_count = tally->tops[TOP_NAT - 1].count;
	if (head.nat_count > aggregate->config->top)
		head.nat_count = aggregate->config->top;
	if (tally->zones)
		head.zone_count = zones_count_rows(tally->zones, memory->zones);
	head.watch_count = aggregate->config->watch_count;
	return (struct snapshot_scan *)snapshot_new(&head.base);
}

/* Turns the tally into values of the whole table. */
static int estimate_tally(struct aggregate *aggregate, uint64_t middle_ms, double part,
			  struct estimate *estimate)
{
	struct aggregate_memory *memory = aggregate->memory;
	double read = aggregate->tally.totals.scanned;

	if (part < 1)
		return difference_end_look(memory->difference, &aggregate->tally, part, middle_ms,
					   estimate);
	/* a table that ended before its part was read may be far from what it was */
	aggregate_forget_difference(memory);
	*estimate = (struct estimate){ .part = 1, .entries = read, .read = read };
	return 0;
}

/* How far off the entries of a key may be. */
static uint32_t key_margin(const struct aggregate *aggregate, const struct estimate *estimate,
			   enum top_kind kind, const struct sketch_key *key)
{
	double then = estimate->is_compared
			      ? difference_top_then(aggregate->memory->difference, kind, key)
			      : 0;

	return estimate_value_margin(estimate, top_talkers_read(aggregate->top, kind, key), then);
}

static void fill_tops(struct aggregate *aggregate, const struct estimate *estimate,
		      const struct snapshot_culprits *culprits, struct aggregate_result *result)
{
	struct tally *tally = &aggregate->tally;
	uint32_t entries = tally->totals.scanned, max = aggregate->config->top;
	struct snapshot_top *rows = result->scan->tops;
	struct sketch_key key;

	/* before the lists are sorted by rank */
	top_talkers_find_source(aggregate->top, &tally->tops[TOP_SOURCE - 1],
				culprits ? culprits->source : NULL, entries, &result->source);
	key = top_talkers_key(&result->source);
	if (result->source.rank)
		result->source.margin = key_margin(aggregate, estimate, TOP_SOURCE, &key);
	nat_ports_find(&tally->tops[TOP_NAT - 1], culprits ? culprits->nat : NULL, &result->nat);
	key = nat_ports_row_key(&result->nat);
	if (result->nat.rank)
		result->nat.margin = key_margin(aggregate, estimate, TOP_NAT, &key);
	for (int kind = TOP_SOURCE; kind <= TOP_KINDS; kind++)
		rows += top_talkers_fill(aggregate->top, (enum top_kind)kind,
					 &tally->tops[kind - 1], entries, max, rows);
	nat_ports_fill(&tally->tops[TOP_NAT - 1], max, result->scan->nats);
}

int aggregate_finish(struct aggregate *aggregate, uint64_t start_ms, uint64_t end_ms, double part,
		     const struct snapshot_culprits *culprits, struct aggregate_result *result)
{
	struct aggregate_memory *memory = aggregate->memory;
	const struct tally *tally = &aggregate->tally;
	struct watch_memory *watches;
	struct churn_change change;
	struct estimate estimate;
	struct snapshot_scan *scan;
	uint64_t before_ms;

	aggregate_take_tally(aggregate, culprits);
	/* what can fail comes first, so that the memory gets all of a look or nothing */
	watches = calloc(aggregate->config->watch_count + 1, sizeof(*watches));
	if (!watches || prepare_zones(aggregate) != 0 ||
	    estimate_tally(aggregate, (start_ms + end_ms) / 2, part, &estimate) != 0)
		goto fail;
	scan = new_scan(aggregate);
	if (!scan)
		goto fail;
	totals_fill(&tally->totals, &memory->rows, scan);
	result->scan = scan;
	fill_tops(aggregate, &estimate, culprits, result);
	if (tally->zones)
		zones_fill(tally->zones, memory->zones, scan->zone_count, scan->zones);
	scan->scanned = (uint32_t)estimate.read;
	scan->coverage = estimate_coverage(&estimate);
	scan->margin = estimate_margin(&estimate);
	before_ms = finish_churn(aggregate, start_ms, end_ms, &estimate, scan, &change);
	finish_watches(aggregate, &estimate, &change, before_ms, scan, watches);
	result->own_snmp = &aggregate->own_snmp;
	return 0;
fail:
	free(watches);
	return -1;
}
