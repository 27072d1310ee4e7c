/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the collector knows and the subagent shows: plain data, immutable once published.
 *
 * Three shapes, because they age apart: the agent's own figures, the sample of an instance (every
 * sample-interval) and the scan of an instance (at the end of every scan). An instance is one
 * conntrack table, that is one network namespace. Pure: no I/O. */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec.h"
#include "counters.h"

#define SNAPSHOT_NAME_SIZE      64
#define SNAPSHOT_TEXT_SIZE      192
#define SNAPSHOT_THRESHOLDS_MAX 16
#define SNAPSHOT_PROTOCOLS_MAX  512
#define SNAPSHOT_STATES_MAX     64

/* nfctAgent */
struct snapshot_agent {
	uint32_t sample_interval;  /* seconds */
	uint32_t refresh_interval; /* seconds */
	uint32_t cpu_budget;       /* percent of one core */
	uint64_t notifications_sent, notifications_suppressed, notifications_lost;
	uint64_t start_time; /* wall clock, ms */
};

/* nfctInstanceStatus */
enum snapshot_status { STATUS_OK = 1, STATUS_STALE = 2, STATUS_UNAVAILABLE = 3 };

/* nfctThresholdEntry */
struct snapshot_threshold {
	char name[SNAPSHOT_NAME_SIZE];
	uint32_t rising, falling; /* percent */
	bool raised;
	uint64_t transitions;
	uint64_t since; /* wall clock, ms; 0: no figure yet */
};

/* nfctInstanceEntry, nfctCpuEntry, nfctThresholdEntry */
struct snapshot_sample {
	uint32_t instance; /* nfctInstanceIndex, from 1 */
	char name[SNAPSHOT_NAME_SIZE];
	uint8_t status; /* enum snapshot_status */
	char status_text[SNAPSHOT_TEXT_SIZE];
	bool has_figures; /* entries, max_entries, peaks and counters are real */
	uint32_t entries, max_entries;
	uint32_t peak_entries, recent_peak_entries;
	uint64_t peak_time; /* wall clock, ms */
	bool has_buckets, has_expect_max;
	uint32_t buckets, expect_max;
	bool dropping;
	uint64_t discontinuity; /* monotonic ms */
	struct counters total;
	size_t cpu_count;
	struct counters *cpus; /* by the kernel's CPU number; owned */
	size_t threshold_count;
	struct snapshot_threshold thresholds[SNAPSHOT_THRESHOLDS_MAX];
};

/* nfctProtocolEntry; sorted by (address type, number) */
struct snapshot_protocol {
	uint8_t address_type; /* InetAddressType: ipv4(1), ipv6(2) */
	uint8_t number;       /* IANA; 255: everything past the cap */
	uint32_t entries, assured, unreplied, peak_entries;
	uint64_t packets, octets; /* of the entries alive; with has_accounting */
};

/* nfctStateEntry; sorted by (protocol, number) */
struct snapshot_state {
	uint8_t protocol; /* IANA: tcp 6, sctp 132 */
	uint8_t number;   /* the kernel's state + 1 */
	uint32_t entries;
};

/* nfctSnapshotEntry, nfctProtocolEntry, nfctStateEntry */
struct snapshot_scan {
	uint32_t instance;
	uint64_t end_wall, end_monotonic; /* ms; 0: no scan has ended yet */
	uint32_t duration;                /* ms, wall */
	uint32_t cpu_time;                /* microseconds */
	uint32_t scanned;                 /* entries read */
	uint32_t coverage;                /* percent */
	uint64_t scans, failures;
	uint32_t assured, unreplied, evictable, source_nat, destination_nat, offloaded;
	uint32_t ipv4, ipv6, helped;
	uint32_t firm_utilization; /* percent */
	uint32_t margin;           /* hundredths of a percentage point */
	bool has_accounting;       /* nf_conntrack_acct is on */
	size_t protocol_count;
	struct snapshot_protocol *protocols; /* owned */
	size_t state_count;
	struct snapshot_state *states; /* owned */
};

/* Encode or decode, by the codec's direction. After decoding, the arrays belong to the struct, also
 * when the codec has failed. */
void snapshot_agent_code(struct codec *codec, struct snapshot_agent *agent);
void snapshot_sample_code(struct codec *codec, struct snapshot_sample *sample);
void snapshot_scan_code(struct codec *codec, struct snapshot_scan *scan);

/* Frees what the struct owns, not the struct. */
void snapshot_sample_clear(struct snapshot_sample *sample);
void snapshot_scan_clear(struct snapshot_scan *scan);

#endif
