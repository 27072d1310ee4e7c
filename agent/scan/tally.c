/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/tally.h"

#include <string.h>

#define VOLUMES (sizeof(((struct totals *)0)->volumes) / sizeof(uint64_t))

/* Lists have room for hundreds of keys, and most of them have few: what is not used is not touched,
 * so that it takes no memory. */
static void copy_list(struct top_list *to, const struct top_list *from)
{
	to->count = from->count;
	to->floor = from->floor;
	memcpy(to->items, from->items, from->count * sizeof(from->items[0]));
}

void tally_clear(struct tally *tally)
{
	memset(&tally->totals, 0, sizeof(tally->totals));
	memset(tally->watches, 0, sizeof(tally->watches));
	if (tally->zones)
		zones_clear(tally->zones);
	for (int kind = 0; kind < TOP_LISTS; kind++)
		tally->tops[kind].count = tally->tops[kind].floor = 0;
}

void tally_copy(struct tally *to, const struct tally *from)
{
	to->totals = from->totals;
	memcpy(to->watches, from->watches, sizeof(to->watches));
	if (to->zones && from->zones)
		zones_copy(to->zones, from->zones);
	for (int kind = 0; kind < TOP_LISTS; kind++)
		copy_list(&to->tops[kind], &from->tops[kind]);
}

void tally_mean_clear(struct tally_mean *mean)
{
	mean->weight = 0;
	memset(mean->counts, 0, sizeof(mean->counts));
	memset(mean->volumes, 0, sizeof(mean->volumes));
	memset(mean->watches, 0, sizeof(mean->watches));
	for (size_t i = 0; zones_next(mean->zone_blocks, &i); i += ZONES_BLOCK)
		memset(&mean->zones[i], 0, ZONES_BLOCK * sizeof(*mean->zones));
	mean->zone_blocks = 0;
	for (int kind = 0; kind < TOP_LISTS; kind++) {
		mean->tops[kind].weight = 0;
		mean->tops[kind].count = 0;
		mean->tops[kind].floor = 0;
	}
}

static void add_counts(double *mean, const uint32_t *counts, size_t count, double share)
{
	for (size_t i = 0; i < count; i++)
		mean[i] += (counts[i] - mean[i]) * share;
}

static void add_zones(struct tally_mean *mean, const struct zones *zones, double share)
{
	mean->zone_blocks |= zones->blocks;
	for (size_t i = 0; zones_next(mean->zone_blocks, &i); i += ZONES_BLOCK)
		add_counts(&mean->zones[i], &zones->entries[i], ZONES_BLOCK, share);
}

void tally_mean_add(struct tally_mean *mean, const struct tally *tally, double weight)
{
	const uint64_t *volumes = &tally->totals.volumes[0][0].packets;
	double share;

	if (weight <= 0)
		return;
	mean->weight += weight;
	share = weight / mean->weight;
	add_counts(mean->counts, (const uint32_t *)&tally->totals, TOTALS_COUNTS, share);
	add_counts(mean->watches, tally->watches, SNAPSHOT_WATCHES_MAX, share);
	if (mean->zones && tally->zones)
		add_zones(mean, tally->zones, share);
	for (size_t i = 0; i < VOLUMES; i++)
		mean->volumes[i] += ((double)volumes[i] - mean->volumes[i]) * share;
	for (int kind = 0; kind < TOP_LISTS; kind++)
		top_mean_add(&mean->tops[kind], &tally->tops[kind], weight);
}

/* `round` and `mean` NULL: there are none. */
static void estimate_counts(uint32_t *look, const uint32_t *round, const double *mean, size_t count,
			    double part)
{
	for (size_t i = 0; i < count; i++) {
		double value =
			(look[i] - (mean ? mean[i] : 0)) / part + (round ? round[i] : 0) + 0.5;

		look[i] = value < 0.5 ? 0 : value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
	}
}

static void estimate_zones(struct zones *look, const struct zones *round,
			   const struct tally_mean *mean, double part)
{
	look->blocks |= (round ? round->blocks : 0) | (mean ? mean->zone_blocks : 0);
	for (size_t i = 0; zones_next(look->blocks, &i); i += ZONES_BLOCK)
		estimate_counts(&look->entries[i], round ? &round->entries[i] : NULL,
				mean ? &mean->zones[i] : NULL, ZONES_BLOCK, part);
}

/* Neither below 0 nor above what the type holds. */
static uint64_t add_change(uint64_t base, double change)
{
	if (change < 0)
		return -change < (double)base ? base - (uint64_t)-change : 0;
	return change < (double)(UINT64_MAX - base) ? base + (uint64_t)(change + 0.5) : UINT64_MAX;
}

static void estimate_volumes(uint64_t *look, const uint64_t *round, const double *mean, double part)
{
	for (size_t i = 0; i < VOLUMES; i++)
		look[i] = add_change(round ? round[i] : 0,
				     ((double)look[i] - (mean ? mean[i] : 0)) / part);
}

void tally_estimate(struct tally *look, const struct tally *round, const struct tally_mean *mean,
		    double part)
{
	estimate_counts(totals_counts(&look->totals),
			round ? (const uint32_t *)&round->totals : NULL, mean ? mean->counts : NULL,
			TOTALS_COUNTS, part);
	totals_reconcile(&look->totals);
	estimate_counts(look->watches, round ? round->watches : NULL, mean ? mean->watches : NULL,
			SNAPSHOT_WATCHES_MAX, part);
	if (look->zones)
		estimate_zones(look->zones, round ? round->zones : NULL, mean, part);
	estimate_volumes(&look->totals.volumes[0][0].packets,
			 round ? &round->totals.volumes[0][0].packets : NULL,
			 mean ? mean->volumes : NULL, part);
	for (int kind = 0; kind < TOP_LISTS; kind++)
		top_list_estimate(&look->tops[kind], round ? &round->tops[kind] : NULL,
				  mean ? &mean->tops[kind] : NULL, part);
}
