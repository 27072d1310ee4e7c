/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of an instance, for instance.c (the sample tier) and instance_scan.c (the scan tier).
 */
#ifndef INSTANCE_PRIVATE_H
#define INSTANCE_PRIVATE_H

#include "alarm/instance_alarms.h"
#include "collector/instance.h"
#include "collector/loss_window.h"
#include "collector/peak_window.h"
#include "collector/rates.h"
#include "common/counters.h"
#include "scan/scan.h"

#define INSTANCE_REASON_SIZE (SNAPSHOT_TEXT_SIZE - 32)

/* What depends on the configuration: made by instance_configure(), taken by instance_apply(). */
struct instance_settings {
	struct snapshot_sample *sample; /* owned; NULL: nothing is prepared */
	bool has_window;                /* else the present one stays */
	struct peak_window recent;
	uint32_t sample_interval, peak_window; /* seconds, of `recent` */
	struct rates rates;
	struct instance_alarms alarms;
	bool may_go;
};

struct instance {
	struct netns *netns; /* NULL: the agent's own */
	bool may_go;         /* it comes and goes by itself */
	const char *end;     /* why it parts; NULL: it does not */
	/* sample tier */
	struct ctnl *ctnl; /* NULL until it could be opened */
	struct counters_table counters;
	uint64_t counted_ms; /* when they were last read; monotonic */
	struct peak_window recent;
	struct loss_window loss;
	struct rates rates;
	uint32_t sample_interval, peak_window; /* seconds, of `recent` */
	struct snapshot_sample *sample;        /* owned */
	struct instance_alarms alarms;
	struct instance_settings next;
	/* scan tier */
	/* those that run for this instance; NULL: none. Not owned */
	struct scan *running_look, *running_round, *running_alarm;
	uint64_t interval_ns, look_ns; /* CPU time for all readings, and for a look at a part */
	bool is_large;                 /* the last look read a part */
	/* what reading the whole table would have cost, the last time; entries 0: not known */
	uint64_t whole_ns;
	uint32_t whole_entries;
	uint32_t steps;        /* of the running look or round, to count the table now and then */
	uint32_t seen_entries; /* of the table, as the last look saw it */
	uint64_t changed_ms;   /* since when the table has had another size; 0: it has not */
	bool has_settled;      /* the size does not change any more */
	struct aggregate_memory *memory;
	struct snapshot_scan *last_scan; /* owned */
	bool has_forgotten; /* it is empty, since a new namespace has the name; not yet asked */
	bool has_accounting;
	char scan_reason[INSTANCE_REASON_SIZE]; /* why the last scan failed; "": it did not */
	uint64_t scan_patience_ms; /* after this long without a scan the values are stale; 0: never
				    */
	uint64_t stale_at_ms;      /* when they become stale; monotonic; 0: not judged yet */
	uint64_t readable_ms;      /* since when the table can be read; monotonic; 0: it cannot */
	/* hash buckets at the start of this look, of the round, and of the look in `memory`; 0:
	 * unknown
	 */
	uint32_t scan_buckets, round_buckets, memory_buckets;
	bool is_spoilt; /* they have changed since the look began */
	/* entries that the kernel counted at the start of this scan */
	bool has_counted;
	uint32_t counted;
	unsigned int vain; /* spoilt scans in a row */
	struct hints hints;
};

/* What failed; errno says why. What an errno means depends on what was done. */
enum instance_step { STEP_NONE, STEP_ENTER, STEP_ASK, STEP_MEMORY };

/* The reason in words. */
void instance_explain(const struct instance *instance, enum instance_step step, int error,
		      char *text, size_t size);

/* Enters the instance's namespace, until instance_leave(). -1 with errno. If the namespace was
 * deleted or replaced, a running scan is stopped and the socket is closed. */
int instance_enter(struct instance *instance);
void instance_leave(const struct instance *instance);

/* Opens the instance's socket if it is not open. */
enum instance_step instance_open(struct instance *instance);

/* Notices that the table has another size than at its last look; `before`: entries at the last
 * sample. */
void instance_scan_notice(struct instance *instance, uint32_t before, uint64_t now_ms);

/* How many entries the table has now; 0: unknown, or not asked, which it is at each step or now and
 * then. */
uint32_t instance_count_now(struct instance *instance, bool each_step);

/* Learns from a scan what an entry costs. */
void instance_learn_cost(struct instance *instance, const struct scan *scan);

/* Begins a dump of the whole table, by a round or the look of an alarm, which `running` names from
 * then on. `failed` is set if it fails before. */
enum scan_result instance_begin_whole(struct instance *instance, struct scan *scan,
				      struct scan **running, struct aggregate_memory *memory,
				      enum instance_step *failed);

/* Stops a scan that runs for an instance. */
void instance_stop(struct scan **scan);

/* A look or a round has failed. */
void instance_scan_fail(struct instance *instance, enum instance_step failed, int error);

/* Sets the status of a sample with values: ok, or stale with its reason. */
void instance_scan_judge(struct instance *instance, uint64_t now_ms);

/* Hash buckets. Call it in the instance's namespace. 0: unknown. */
uint32_t instance_read_buckets(void);
/* Whether the hash table has another size than when the running scan began. An unknown size is no
 * other one. */
bool instance_is_resized(const struct instance *instance, uint32_t buckets);

#endif
