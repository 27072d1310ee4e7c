/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the collector knows and the subagent shows: plain data, immutable once published.
 *
 * A snapshot is one block of memory: a struct, and then the rows that its pointers point to. It is
 * sent as it is, because both ends are one program. To add a value is to add its field here.
 *
 * There are three kinds, because each has its own age: the agent's own values, the sample of an
 * instance (every sample-interval) and the scan of an instance (at the end of every scan). An
 * instance is one conntrack table: one network namespace. Pure: no I/O. */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/address.h"
#include "common/counters.h"
#include "common/ct_names.h"

/* The limits, also those of the configuration. */
#define SNAPSHOT_NAME_SIZE      64
#define SNAPSHOT_TEXT_SIZE      192
#define SNAPSHOT_FILTER_SIZE    256
#define SNAPSHOT_INSTANCES_MAX  257 /* the agent's own, and other namespaces */
#define SNAPSHOT_THRESHOLDS_MAX 16
#define SNAPSHOT_WATCHES_MAX    64
#define SNAPSHOT_RATES_MAX      64
#define SNAPSHOT_COUNTER_SIZE   16  /* the name of a counter whose rate is taken */
#define SNAPSHOT_TOP_MAX        100 /* rows of a kind */
#define SNAPSHOT_ZONES_MAX      1024
#define SNAPSHOT_PROTOCOLS_MAX  32 /* rows of a family; the last one counts all other protocols */
#define SNAPSHOT_STATES_MAX     (CT_TCP_STATES + CT_SCTP_STATES + 2) /* each has OFFLOADED */

enum snapshot_kind { SNAPSHOT_AGENT = 1, SNAPSHOT_SAMPLE, SNAPSHOT_SCAN };

/* Each kind begins with this. */
struct snapshot {
	uint32_t kind; /* enum snapshot_kind */
};

/* nfctAgent */
struct snapshot_agent {
	struct snapshot base;
	uint32_t sample_interval;  /* seconds */
	uint32_t refresh_interval; /* seconds */
	uint32_t cpu_budget;       /* percent of one core */
	uint64_t notifications_sent, notifications_suppressed, notifications_lost;
	uint64_t start_time; /* wall clock, ms */
	uint32_t namespaces_left_out;
	/* the existing instances; the subagent forgets all others */
	size_t instance_count;
	uint32_t *instances;
};

/* nfctInstanceStatus */
enum snapshot_status { STATUS_OK = 1, STATUS_STALE = 2, STATUS_UNAVAILABLE = 3 };

/* nfctInstanceLossCause, by their number there */
enum loss_cause {
	LOSS_NONE = 1,
	LOSS_EVICTING = 2,
	LOSS_TABLE_FULL = 3,
	LOSS_CHAIN_TOO_LONG = 4,
	LOSS_REFUSED = 5,
};

/* nfctThresholdEntry */
struct snapshot_threshold {
	uint32_t index; /* nfctThresholdIndex */
	char name[SNAPSHOT_NAME_SIZE];
	uint32_t rising, falling; /* percent */
	bool raised;
	uint64_t transitions;
	uint64_t since; /* wall clock, ms; 0: no value yet */
};

/* nfctRateEntry; sorted by index */
struct snapshot_rate {
	uint32_t index;
	char name[SNAPSHOT_NAME_SIZE];
	char counter[SNAPSHOT_COUNTER_SIZE];
	bool has_value;
	uint32_t value;           /* per second */
	uint32_t seconds;         /* over so many */
	uint32_t rising, falling; /* per second; rising 0: no alarm */
	bool raised;
};

/* nfctInstanceEntry, nfctCpuEntry, nfctThresholdEntry, nfctRateEntry */
struct snapshot_sample {
	struct snapshot base;
	uint32_t instance; /* nfctInstanceIndex, from 1 */
	char name[SNAPSHOT_NAME_SIZE];
	uint8_t status; /* enum snapshot_status */
	char status_text[SNAPSHOT_TEXT_SIZE];
	/* a pattern had found its namespace, which was deleted: nothing is wrong */
	bool is_deleted;
	bool has_values; /* entries, recent peak and counters are valid */
	bool has_max_entries;
	uint32_t entries, max_entries; /* max_entries 0: no limit */
	uint32_t peak_entries, recent_peak_entries;
	uint64_t peak_time; /* wall clock, ms; 0: no peak yet */
	bool has_buckets, has_expect_max;
	uint32_t buckets, expect_max;
	/* what was lost in the last minute; has_loss: two samples were compared */
	bool has_loss, dropping;
	uint8_t loss_cause;     /* enum loss_cause */
	uint32_t loss_rate;     /* packets and entries per second, rounded up */
	uint64_t lost;          /* packets and entries */
	uint64_t discontinuity; /* monotonic ms */
	uint64_t taken;         /* the values; monotonic ms; 0: never */
	uint32_t fresh_ms;      /* values that are so old are stale */
	struct counters total;
	size_t cpu_count;
	struct counters *cpus; /* by the kernel's CPU number */
	size_t threshold_count;
	struct snapshot_threshold *thresholds;
	size_t rate_count;
	struct snapshot_rate *rates;
};

/* nfctProtocolEntry; sorted by (address type, number) */
struct snapshot_protocol {
	uint8_t address_type; /* InetAddressType: ipv4(1), ipv6(2) */
	uint8_t number;       /* IANA; 255: all protocols without a row of their own */
	uint32_t entries, assured, unreplied, peak_entries;
	uint64_t packets, octets; /* of the entries alive; with has_accounting */
};

/* nfctStateEntry; sorted by (protocol, number) */
struct snapshot_state {
	uint8_t protocol; /* IANA: tcp 6, sctp 132 */
	uint8_t number;   /* the kernel's state + 1; 255: CT_STATE_OFFLOADED */
	uint32_t entries;
};

/* nfctZoneEntry; sorted by zone */
struct snapshot_zone {
	uint16_t zone;
	uint32_t entries;
};

/* nfctTopKind; and the last one, which has a table of its own: nfctNatTable */
enum top_kind {
	TOP_SOURCE = 1,
	TOP_DESTINATION = 2,
	TOP_SERVICE = 3,
	TOP_UNREPLIED_SOURCE = 4,
	TOP_UNREPLIED_DESTINATION = 5,
	TOP_NAT = 6,
};
#define TOP_KINDS 5 /* of nfctTopTable */
#define TOP_LISTS 6 /* of both */

/* nfctTopEntry; sorted by (kind, rank) */
struct snapshot_top {
	uint8_t kind;           /* enum top_kind */
	uint32_t rank;          /* from 1 */
	uint8_t address_type;   /* InetAddressType: unknown(0) for a service, ipv4(1), ipv6(2) */
	struct address address; /* the prefix's first */
	uint32_t prefix_length; /* bits */
	uint8_t protocol;       /* of a service, IANA */
	uint16_t port;          /* of a service */
	uint32_t entries;       /* at most `error` too high */
	uint32_t unreplied;     /* of them; at most `error` too low */
	uint32_t share;         /* percent of the entries read */
	uint32_t error;
	uint32_t margin; /* entries: half-width of `entries`; of the source that an alarm judges */
	char text[ADDRESS_TEXT_SIZE];
};

/* 1024 to 65535: the ports that source NAT gives to connections */
#define SNAPSHOT_NAT_PORTS     64512
#define SNAPSHOT_NAT_TEXT_SIZE (2 * ADDRESS_TEXT_SIZE + 32)

/* nfctNatEntry; sorted by rank */
struct snapshot_nat {
	uint32_t rank;          /* from 1 */
	uint8_t address_type;   /* of both; InetAddressType: ipv4(1), ipv6(2) */
	uint8_t protocol;       /* IANA */
	uint16_t port;          /* of the destination */
	uint16_t zone;          /* conntrack zone of the reply direction */
	struct address address; /* the translated one */
	struct address destination;
	uint32_t entries; /* at most `error` too high */
	uint32_t error;
	uint32_t margin;      /* entries: half-width of `entries`; of the row that an alarm
			       * judges */
	uint32_t utilization; /* percent of SNAPSHOT_NAT_PORTS */
	char text[SNAPSHOT_NAT_TEXT_SIZE]; /* "192.0.2.1 to 198.51.100.7 tcp/443", and the zone if
					    * it is not 0 */
};

/* The rows that raised alarms are about; NULL: that alarm is not raised. */
struct snapshot_culprits {
	const struct snapshot_top *source;
	const struct snapshot_nat *nat;
};

/* nfctWatchEntry; sorted by index */
struct snapshot_watch {
	uint32_t index;
	char name[SNAPSHOT_NAME_SIZE];
	char filter[SNAPSHOT_FILTER_SIZE];
	uint32_t entries;
	uint32_t margin;          /* entries: half-width of `entries` */
	uint32_t rising, falling; /* entries; rising 0: no alarm */
	bool raised;
	bool has_created;                /* as has_churn of the scan */
	uint64_t created, created_began; /* entries since then; monotonic ms */
};

/* nfctSnapshotEntry, and the rows of every scanned table */
struct snapshot_scan {
	struct snapshot base;
	uint32_t instance;
	uint64_t end_wall, end_monotonic; /* ms; 0: no scan has ended yet */
	uint32_t duration;                /* ms, wall */
	uint32_t cpu_time;                /* microseconds */
	uint32_t scanned;                 /* entries read */
	uint32_t coverage;                /* percent */
	uint64_t scans, failures;
	uint32_t assured, closing, unreplied, evictable, source_nat, destination_nat, offloaded;
	uint32_t ipv4, ipv6, helped;
	uint32_t idle;                /* TCP, established, and silent for a day */
	uint32_t established_timeout; /* seconds, of TCP; 0: unknown */
	bool has_firm_utilization;    /* the limit is known */
	uint32_t firm_utilization;    /* percent */
	uint32_t margin;              /* hundredths of a percentage point */
	bool has_accounting;          /* nf_conntrack_acct is on */
	bool has_unlisted;
	uint32_t unlisted; /* entries that the kernel counts and did not list */
	bool has_churn;    /* created and destroyed: scans have been compared since churn_began */
	bool has_create_rate;                     /* this scan was compared with the one before */
	bool has_identity_share;                  /* identities are followed */
	uint64_t created, destroyed, churn_began; /* entries since then; monotonic ms */
	uint32_t create_rate;                     /* entries per second */
	uint32_t identity_share;                  /* percent of the entries */
	size_t protocol_count;
	struct snapshot_protocol *protocols;
	size_t state_count;
	struct snapshot_state *states;
	size_t zone_count;
	struct snapshot_zone *zones;
	size_t top_count;
	struct snapshot_top *tops;
	size_t nat_count;
	struct snapshot_nat *nats;
	size_t watch_count;
	struct snapshot_watch *watches;
};

/* Entries in whole percent of the limit, rounded down; 0 without a limit; may be over 100. */
static inline uint32_t snapshot_percent(uint32_t entries, uint32_t max_entries)
{
	return max_entries ? (uint32_t)((uint64_t)entries * 100 / max_entries) : 0;
}

/* What the kernel does not evict: assured, and not closing. */
static inline uint32_t snapshot_firm(const struct snapshot_scan *scan)
{
	return scan->assured - scan->closing;
}

/* A new block: a copy of `head`, whose pointers are ignored, and zeroed room for the rows that it
 * counts. The caller frees it with free(3). NULL with ENOMEM. */
struct snapshot *snapshot_new(const struct snapshot *head);

/* How long the block is. */
size_t snapshot_size(const struct snapshot *snapshot);

/* Checks a block that was received, and sets its pointers. NULL if its kind is unknown, if it
 * counts too many rows, or if its length does not match its rows. */
struct snapshot *snapshot_accept(void *block, size_t length);

#endif
