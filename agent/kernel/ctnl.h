/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to ctnetlink over one NETLINK_NETFILTER socket, in the network namespace that the
 * socket was opened in. Nothing here blocks: the kernel has its answer, or the next part of a dump,
 * ready when the request returns. Every function that fails returns -1 with errno; EPERM means that
 * CAP_NET_ADMIN is missing. */
#ifndef CTNL_H
#define CTNL_H

#include <stddef.h>
#include <stdint.h>

#include "common/counters.h"
#include "kernel/ct_parse.h"

struct ctnl;

struct ctnl_stats {
	uint32_t entries;     /* CTA_STATS_GLOBAL_ENTRIES */
	uint32_t max_entries; /* CTA_STATS_GLOBAL_MAX_ENTRIES, 0: no limit */
};

/* The kernel builds a dump in buffers as large as the reader's, 32 KiB at most, and lets nothing
 * else run on the core meanwhile. Of packets forwarded on the same core during a scan at the
 * default budget, 1 in 1,000 is held up by 0.4 to 0.7 ms with 32 KiB, 0.3 to 0.4 ms with 16 KiB,
 * 0.2 to 0.3 ms with 8 KiB. The smaller, the more packets meet a step: about 1 in 100 with 16 KiB,
 * so that the 99th percentile is now that of an idle table (60 us), now a step (260 us); 2 in 100
 * with 8 KiB, where it is 130 to 200 us. 8 KiB has the shortest of the longest waits, and costs a
 * tenth more CPU time at a small budget. SCHED_BATCH and nice make no difference beyond the noise:
 * a step is one system call. A scan that is not to rest at all takes the largest, which costs the
 * least. */
#define CTNL_BUFFER_PACED   8192
#define CTNL_BUFFER_LARGEST 32768

#define CTNL_PROTOCOL 12 /* of its socket: NETLINK_NETFILTER */

/* A socket that reads up to so many octets at once; NULL with errno on failure. It is
 * close-on-exec. */
struct ctnl *ctnl_open(size_t buffer_size);
void ctnl_close(struct ctnl *ctnl);

/* IPCTNL_MSG_CT_GET_STATS. */
int ctnl_get_stats(struct ctnl *ctnl, struct ctnl_stats *stats);

/* IPCTNL_MSG_CT_GET_STATS_CPU and IPCTNL_MSG_EXP_GET_STATS_CPU: one reading per CPU goes into
 * `table`. */
int ctnl_get_cpu_stats(struct ctnl *ctnl, struct counters_table *table);
int ctnl_get_expect_stats(struct ctnl *ctnl, struct counters_table *table);

/* Whether anything makes packets go through connection tracking: it is hooked into the way of IPv4
 * or IPv6 packets as long as a rule of this namespace uses it. 1 or 0. -1: the kernel does not say
 * (EINVAL: no nfnetlink_hook, Linux 5.14). */
int ctnl_is_hooked(struct ctnl *ctnl);

/* What an errno of ctnl_open() or of a question means, and what to do. */
void ctnl_explain(int error, char *text, size_t size);

/* A dump of the whole table, AF_UNSPEC, unfiltered. After ctnl_dump_start() each call of
 * ctnl_dump_step() reads one receive buffer and hands its entries to `visit`: 1 there is more,
 * 0 the dump is complete, -1 it failed (EAGAIN: nothing there yet). A dump is abandoned by
 * ctnl_close(); no other question may be asked of the socket while one runs. */
typedef void ctnl_visit(const struct ct_entry *entry, void *context);
int ctnl_dump_start(struct ctnl *ctnl);
int ctnl_dump_step(struct ctnl *ctnl, ctnl_visit *visit, void *context);

#endif
