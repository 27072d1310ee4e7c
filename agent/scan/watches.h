/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operator's own filters: all of them are matched against each entry at once. Pure: no I/O.
 *
 * A set of watches is a 64-bit number. For protocol, status, zone, mark, addresses and ports, a
 * table each gives the watches that an entry can still match. Only those that remain are compared
 * in full. */
#ifndef WATCHES_H
#define WATCHES_H

#include <stddef.h>
#include <stdint.h>

#include "common/snapshot.h"
#include "config/filter.h"
#include "kernel/ct_parse.h"
#include "scan/churn.h"

_Static_assert(SNAPSHOT_WATCHES_MAX <= 64, "a bit for each watch");

struct watches;

/* `count` filters, which are copied. NULL with ENOMEM. */
struct watches *watches_new(const struct filter *const *filters, size_t count);
void watches_free(struct watches *watches);

/* Forgets what was counted. */
void watches_clear(struct watches *watches);

/* Counts an entry for each watch that it matches. `sign`, from churn_add(), tells whether it is a
 * new one. */
void watches_add(struct watches *watches, const struct ct_entry *entry, enum churn_sign sign);

/* By position among the filters: the entries that matched, and the new ones of them, scaled up from
 * the 1 in 2^bits that was compared. If two scans were compared in part only, new ones after the
 * last entry that was met again do not count. */
uint32_t watches_entries(const struct watches *watches, size_t position);
uint64_t watches_created(const struct watches *watches, size_t position, unsigned int bits,
			 bool is_whole);

#endif
