/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries into totals, in memory that does not depend on how many there are. Pure: no I/O. */
#ifndef TOTALS_H
#define TOTALS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/ct_names.h"
#include "common/snapshot.h"
#include "kernel/ct_parse.h"
#include "scan/sampling.h"

/* Totals of one scan. */
struct totals {
	uint32_t scanned, assured, unreplied, source_nat, destination_nat, offloaded;
	uint32_t family[2], helped; /* [0] IPv4, [1] IPv6 */
	struct totals_protocol {
		uint32_t entries, assured, unreplied;
		uint64_t packets, octets;
	} protocols[2][256];
	uint32_t tcp_states[CT_TCP_STATES];
	uint32_t sctp_states[CT_SCTP_STATES];
};

/* What outlives a scan: which rows exist, and their peaks. Zeroed at start. */
struct totals_rows {
	bool protocol_seen[2][256];
	uint32_t protocol_count[2];
	uint32_t protocol_peak[2][256];
	bool sctp_seen;
};

/* Counts one entry. */
void totals_add(struct totals *totals, const struct ct_entry *entry);

/* Turns the counts of what was read into estimates of the whole table. */
void totals_scale(struct totals *totals, const struct sampling *sampling);

/* How many rows `scan` is to have of protocols and states; `rows` learns the new ones. */
void totals_count_rows(const struct totals *totals, struct totals_rows *rows,
		       struct snapshot_scan *scan);

/* Puts the totals into `scan`, which has the rows: its entry values, protocols and states. `rows`
 * learns the peaks. */
void totals_fill(const struct totals *totals, struct totals_rows *rows, struct snapshot_scan *scan);

#endif
