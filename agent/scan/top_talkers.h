/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who fills the table: the sources, destinations and services with the most entries, also of those
 * that nobody has answered, and who uses up the ports of source NAT (nat_ports.h makes its rows).
 * With one sketch for each kind. Pure: no I/O. */
#ifndef TOP_TALKERS_H
#define TOP_TALKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/snapshot.h"
#include "kernel/ct_parse.h"
#include "scan/top_list.h"

/* Keys that a sketch holds: the error of a count stays below 1/2000 of the table. */
#define TOP_TALKERS_CAPACITY 2048
#define TOP_TALKERS_MANY     SKETCH_MANY

struct top_talkers;

struct top_talkers_settings {
	uint32_t kinds; /* those that are counted: a bit for each, 1 << enum top_kind */
	unsigned int prefix_ipv4,
		prefix_ipv6; /* addresses with these bits in common count as one */
};

/* NULL with ENOMEM. */
struct top_talkers *top_talkers_new(const struct top_talkers_settings *settings,
				    const uint64_t seeds[SKETCH_SEEDS]);
void top_talkers_free(struct top_talkers *top);

void top_talkers_clear(struct top_talkers *top);

/* Adds at most TOP_TALKERS_MANY entries. */
void top_talkers_add(struct top_talkers *top, const struct ct_entry *entries, size_t count);

/* The first of a kind, and `wanted` (NULL: none). Empty if the kind is not counted. */
void top_talkers_take(const struct top_talkers *top, enum top_kind kind,
		      const struct sketch_key *wanted, struct top_list *list);

/* How many entries with the key were read, as far as the sketch tells. */
uint32_t top_talkers_read(const struct top_talkers *top, enum top_kind kind,
			  const struct sketch_key *key);

/* Makes `max` rows at most of the list, which it sorts by rank; returns how many. `entries`: of the
 * table. */
size_t top_talkers_fill(const struct top_talkers *top, enum top_kind kind, struct top_list *list,
			uint32_t entries, size_t max, struct snapshot_top *rows);

/* The source that the alarm must judge: `culprit` with its values in this list (all 0 if it is not
 * there). With NULL, the source with the most entries; rank 0 if there is none. */
void top_talkers_find_source(const struct top_talkers *top, const struct top_list *list,
			     const struct snapshot_top *culprit, uint32_t entries,
			     struct snapshot_top *row);

/* The key that a row of sources or destinations is about. */
struct sketch_key top_talkers_key(const struct snapshot_top *row);

#endif
