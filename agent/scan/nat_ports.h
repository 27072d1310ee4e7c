/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who runs out of ports. Source NAT gives each connection a port of the translated address, and
 * towards one destination address and port a port can serve once in a zone. So entries are counted
 * by zone, translated address, protocol, destination and destination port. Pure: no I/O. */
#ifndef NAT_PORTS_H
#define NAT_PORTS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/snapshot.h"
#include "kernel/ct_parse.h"
#include "scan/top_list.h"

#define NAT_KEY_WORDS 5

/* False: the entry uses no port of a translated address. */
bool nat_ports_key(const struct ct_entry *entry, struct sketch_key *key);

/* The key that a row is about. */
struct sketch_key nat_ports_row_key(const struct snapshot_nat *row);

/* Makes `max` rows at most of the list, which it sorts by rank; returns how many. */
size_t nat_ports_fill(struct top_list *list, size_t max, struct snapshot_nat *rows);

/* The row that the alarm must judge: `culprit` with its values in this list (all 0 if it is not
 * there). With NULL, the one with the most entries; rank 0 if there is none. */
void nat_ports_find(const struct top_list *list, const struct snapshot_nat *culprit,
		    struct snapshot_nat *row);

#endif
