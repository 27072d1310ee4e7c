/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of an instance, for instance.c (the sample tier) and instance_scan.c (the scan tier).
 */
#ifndef INSTANCE_PRIVATE_H
#define INSTANCE_PRIVATE_H

#include "alarm/instance_alarms.h"
#include "collector/instance.h"
#include "collector/peak_window.h"
#include "common/counters.h"

#define INSTANCE_REASON_SIZE (SNAPSHOT_TEXT_SIZE - 32)

struct instance {
	struct netns *netns; /* NULL: the agent's own */
	int netns_error;     /* why it could not be entered; 0: no error */
	bool is_gone;        /* it was deleted; the next one with this name is a new one */
	/* sample tier */
	struct ctnl *ctnl; /* NULL until it could be opened */
	struct counters_table counters;
	uint64_t counted_ms; /* when they were last read; monotonic */
	struct peak_window recent;
	uint32_t sample_interval, peak_window; /* seconds, of `recent` */
	struct snapshot_sample *sample;        /* owned */
	struct instance_alarms alarms;
	/* scan tier */
	struct scan *running_scan; /* that runs for this instance; NULL: none. Not owned */
	struct aggregate_memory *memory;
	struct snapshot_scan *last_scan; /* owned */
	bool has_accounting;
	int scan_errno; /* why the last scan failed; 0: it did not */
	/* hash buckets at the start of this scan, and of the scan in `memory`; 0: unknown */
	uint32_t scan_buckets, memory_buckets;
	bool is_spoilt;    /* they have changed since */
	unsigned int vain; /* spoilt scans in a row */
	struct hints hints;
};

/* Enters the instance's namespace, until instance_leave(). -1 with errno. */
int instance_enter(struct instance *instance);
void instance_leave(const struct instance *instance);

/* Hash buckets. Call it in the instance's namespace. 0: unknown. */
uint32_t instance_read_buckets(void);

#endif
