/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is counted of the entries of one reading, and what can be calculated with it: means, and
 * the estimate of a whole table. Pure: no I/O. */
#ifndef TALLY_H
#define TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "common/snapshot.h"
#include "scan/top_list.h"
#include "scan/totals.h"
#include "scan/zones.h"

/* Counts of one reading. */
struct tally {
	struct totals totals;
	uint32_t watches[SNAPSHOT_WATCHES_MAX];
	struct zones *zones; /* NULL: not counted */
	struct top_list tops[TOP_LISTS];
};

/* The mean of several readings, each with its weight. A count that is the same in all of them is
 * exactly that in the mean. Zeroed at start, but for the zones. */
struct tally_mean {
	double weight; /* of all readings */
	double counts[TOTALS_COUNTS];
	double volumes[sizeof(((struct totals *)0)->volumes) / sizeof(uint64_t)];
	double watches[SNAPSHOT_WATCHES_MAX];
	double *zones;        /* ZONES_COUNT of them; NULL: not counted */
	uint64_t zone_blocks; /* those that are in use, as in zones.h */
	struct top_mean tops[TOP_LISTS];
};

/* All counts are 0 again; the zones stay. */
void tally_clear(struct tally *tally);

/* Copies a tally into another one that has memory for its zones if those are counted. */
void tally_copy(struct tally *to, const struct tally *from);

void tally_mean_clear(struct tally_mean *mean);
void tally_mean_add(struct tally_mean *mean, const struct tally *tally, double weight);

/* Turns the counts of a look at `part` of a table into estimates of the whole. With a round and the
 * mean of the looks during that round: the round's counts, and what has changed since. Both NULL:
 * the look alone. */
void tally_estimate(struct tally *look, const struct tally *round, const struct tally_mean *mean,
		    double part);

#endif
