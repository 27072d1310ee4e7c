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

/* The rows of a scan that has read so much of the table, sorted by (kind, rank): owned by the
 * caller. -1 with ENOMEM. */
int top_finish(struct top *top, const struct estimate *estimate, struct snapshot_top **rows,
	       size_t *count);

/* The source with the most entries. False if there is none. */
bool top_first_source(struct top *top, const struct estimate *estimate, struct snapshot_top *row);

/* Brings the figures of a source's row to this scan's; all 0 if it is not held any more. */
void top_refresh_source(const struct top *top, const struct estimate *estimate,
			struct snapshot_top *row);

#endif
