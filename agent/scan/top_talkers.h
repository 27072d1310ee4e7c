/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who fills the table: the sources, destinations and services with the most entries, by one sketch
 * each. Pure: no I/O. */
#ifndef TOP_H
#define TOP_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/ct_parse.h"
#include "scan/sampling.h"
#include "scan/sketch.h"
#include "common/snapshot.h"

/* Keys that a sketch holds: the error of a count stays below a two-thousandth of the table. */
#define TOP_CAPACITY 2048

struct top;

struct top_settings {
	uint32_t rows;                         /* per kind; 0: none */
	unsigned int prefix_ipv4, prefix_ipv6; /* bits by which addresses are put together */
	bool follows_sources;                  /* also without rows: for the alarm */
};

/* NULL with ENOMEM. */
struct top *top_new(const struct top_settings *settings, const uint64_t seeds[SKETCH_SEEDS]);
void top_free(struct top *top);

void top_clear(struct top *top);
void top_add(struct top *top, const struct ct_entry *entry);

/* How many rows there are. */
size_t top_count_rows(const struct top *top);

/* Fills them, for a scan that has read so much of the table, sorted by (kind, rank). */
void top_fill(struct top *top, const struct estimate *estimate, struct snapshot_top *rows);

/* The source that the alarm is to judge: `culprit` as it is in this scan (all 0 if it is not held
 * any more); with NULL the source with the most entries, of rank 0 if there is none. */
void top_find_source(struct top *top, const struct estimate *estimate,
		     const struct snapshot_top *culprit, struct snapshot_top *row);

#endif
