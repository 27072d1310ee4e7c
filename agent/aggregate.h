/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries into totals, in memory that does not depend on how many there are. Pure: no I/O. */
#ifndef AGGREGATE_H
#define AGGREGATE_H

#include <stdbool.h>
#include <stdint.h>

#include "ct_names.h"
#include "ct_parse.h"
#include "snapshot.h"

/* Protocols per family that get a row of their own; the others share row 255. */
#define AGGREGATE_PROTOCOLS_MAX 32

/* Totals of one scan. */
struct aggregate {
	uint32_t scanned, assured, unreplied, source_nat, destination_nat, offloaded;
	uint32_t family[2], helped; /* [0] IPv4, [1] IPv6 */
	struct aggregate_protocol {
		uint32_t entries, assured, unreplied;
		uint64_t packets, octets;
	} protocols[2][256];
	uint32_t tcp_states[CT_TCP_STATES];
	uint32_t sctp_states[CT_SCTP_STATES];
};

/* What outlives a scan: which rows exist, and their peaks. Zeroed at start. */
struct aggregate_rows {
	bool protocol_seen[2][256];
	uint32_t protocol_count[2];
	uint32_t protocol_peak[2][256];
	bool sctp_seen;
};

/* Counts one entry. */
void aggregate_add(struct aggregate *aggregate, const struct ct_entry *entry);

/* Puts the totals into `scan`: its entry figures and the rows of protocols and states, for which it
 * must own none yet. `rows` learns the new rows and peaks. -1 with ENOMEM. */
int aggregate_finish(const struct aggregate *aggregate, struct aggregate_rows *rows,
		     struct snapshot_scan *scan);

#endif
