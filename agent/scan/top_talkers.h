/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who fills the table: the sources, destinations and services with the most entries, with one
 * sketch for each kind. Pure: no I/O. */
#ifndef TOP_TALKERS_H
#define TOP_TALKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/snapshot.h"
#include "kernel/ct_parse.h"
#include "scan/sampling.h"
#include "scan/sketch.h"

/* Keys that a sketch holds: the error of a count stays below 1/2000 of the table. */
#define TOP_TALKERS_CAPACITY 2048

struct top_talkers;

struct top_talkers_settings {
	uint32_t rows; /* per kind; 0: none */
	unsigned int prefix_ipv4,
		prefix_ipv6;  /* addresses with these bits in common count as one */
	bool follows_sources; /* even without rows: for the alarm */
};

/* NULL with ENOMEM. */
struct top_talkers *top_talkers_new(const struct top_talkers_settings *settings,
				    const uint64_t seeds[SKETCH_SEEDS]);
void top_talkers_free(struct top_talkers *top);

void top_talkers_clear(struct top_talkers *top);
void top_talkers_add(struct top_talkers *top, const struct ct_entry *entry);

/* How many rows there are. */
size_t top_talkers_count_rows(const struct top_talkers *top);

/* Fills the rows, sorted by (kind, rank). `sampling` tells how much of the table was read. */
void top_talkers_fill(struct top_talkers *top, const struct sampling *sampling,
		      struct snapshot_top *rows);

/* The source that the alarm must judge: `culprit` with its values in this scan (all 0 if the sketch
 * does not hold it any more). With NULL, the source with the most entries; rank 0 if there is none.
 */
void top_talkers_find_source(struct top_talkers *top, const struct sampling *sampling,
			     const struct snapshot_top *culprit, struct snapshot_top *row);

#endif
