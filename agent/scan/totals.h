/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts entries into totals, in memory that does not depend on their number. Pure: no I/O. */
#ifndef TOTALS_H
#define TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ct_names.h"
#include "common/snapshot.h"
#include "kernel/ct_parse.h"

/* Totals of one reading. All members before `volumes` are counts of 32 bits: totals_counts(). */
struct totals {
	uint32_t scanned, assured, closing, idle, unreplied;
	uint32_t source_nat, destination_nat, offloaded;
	uint32_t family[2], helped; /* [0] IPv4, [1] IPv6 */
	struct totals_protocol {
		uint32_t entries, assured, unreplied;
	} protocols[2][256];
	uint32_t tcp_states[CT_TCP_STATES + 1];   /* the last one: CT_STATE_OFFLOADED */
	uint32_t sctp_states[CT_SCTP_STATES + 1]; /* likewise */
	struct totals_volume {
		uint64_t packets, octets;
	} volumes[2][256];
	/* nf_conntrack_tcp_timeout_established, seconds; 0: unknown, then none is idle */
	uint32_t established_timeout;
};

#define TOTALS_COUNTS (offsetof(struct totals, volumes) / sizeof(uint32_t))

/* What lasts from scan to scan: which rows exist, and their peaks. Zeroed at start. */
struct totals_rows {
	bool protocol_seen[2][256];
	uint32_t protocol_count[2];
	uint32_t protocol_peak[2][256];
	bool sctp_seen, tcp_offloaded_seen, sctp_offloaded_seen;
};

/* Whether the entry is a TCP connection that has been silent for a day: each packet of an
 * established one sets its timeout anew to `established_timeout`. The kernel sets less where data
 * is not acknowledged (minutes): who ends within the hour is not counted. A timeout policy that
 * sets more than an hour, and a day less than this, looks the same. */
bool totals_is_idle(const struct ct_entry *entry, uint32_t established_timeout);

/* Counts one entry. */
void totals_add(struct totals *totals, const struct ct_entry *entry);

/* All counts, TOTALS_COUNTS of them: what can be added, subtracted and scaled. */
static inline uint32_t *totals_counts(struct totals *totals)
{
	return (uint32_t *)totals;
}

/* Makes estimated totals agree with each other: no part is larger than the whole. */
void totals_reconcile(struct totals *totals);

/* Sets how many rows of protocols and states `scan` needs; adds new ones to `rows`. */
void totals_count_rows(const struct totals *totals, struct totals_rows *rows,
		       struct snapshot_scan *scan);

/* Writes the totals into `scan`, which has the rows: entry values, protocols and states. Updates
 * the peaks in `rows`. */
void totals_fill(const struct totals *totals, struct totals_rows *rows, struct snapshot_scan *scan);

#endif
