/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to ctnetlink over one NETLINK_NETFILTER socket, in the network namespace where the
 * socket was opened. Nothing here blocks: when a request returns, the kernel has the answer, or the
 * next part of a dump, ready. Every function that fails returns -1 with errno; EPERM means that
 * CAP_NET_ADMIN is missing. */
#ifndef CTNL_H
#define CTNL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/counters.h"
#include "kernel/ct_parse.h"

struct ctnl;

struct ctnl_stats {
	uint32_t entries;     /* CTA_STATS_GLOBAL_ENTRIES */
	uint32_t max_entries; /* CTA_STATS_GLOBAL_MAX_ENTRIES, 0: no limit */
	bool has_max_entries;
};

/* The kernel builds a dump in buffers as large as the reader's, 32 KiB at most, and lets nothing
 * else run on the core meanwhile. Of packets forwarded on the same core during a scan at the
 * default budget, 1 in 1,000 is held up by 0.4 to 0.7 ms with 32 KiB, 0.3 to 0.4 ms with 16 KiB,
 * 0.2 to 0.3 ms with 8 KiB. Smaller buffers mean more steps, so more packets meet one. With 16 KiB
 * about 1 in 100 does: the 99th percentile is either that of an idle table (60 us) or a step (260
 * us). With 8 KiB 2 in 100 do, and it is 130 to 200 us. 8 KiB has the shortest worst wait, and
 * costs a tenth more CPU time at a small budget. SCHED_BATCH and nice make no difference beyond the
 * noise: a step is one system call. A scan without pauses uses the largest buffer, which costs
 * least. */
#define CTNL_BUFFER_PACED   8192
#define CTNL_BUFFER_LARGEST 32768

#define CTNL_PROTOCOL 12 /* of its socket: NETLINK_NETFILTER */

/* Opens a socket that reads up to `buffer_size` octets at once. It is close-on-exec. NULL with
 * errno. */
struct ctnl *ctnl_open(size_t buffer_size);
void ctnl_close(struct ctnl *ctnl);

/* IPCTNL_MSG_CT_GET_STATS. */
int ctnl_get_stats(struct ctnl *ctnl, struct ctnl_stats *stats);

/* IPCTNL_MSG_CT_GET_STATS_CPU and IPCTNL_MSG_EXP_GET_STATS_CPU: one reading per CPU goes into
 * `table`. */
int ctnl_get_cpu_stats(struct ctnl *ctnl, struct counters_table *table);
int ctnl_get_expect_stats(struct ctnl *ctnl, struct counters_table *table);

/* Whether packets go through connection tracking: the kernel hooks it into IPv4 or IPv6 only while
 * a rule of this namespace uses it. 1 or 0. -1: the kernel does not tell (EINVAL: no
 * nfnetlink_hook, Linux 5.14). */
int ctnl_is_hooked(struct ctnl *ctnl);

/* What an errno of ctnl_open() or of a request means, and what to do. */
void ctnl_explain(int error, char *text, size_t size);

/* A dump of the whole table, AF_UNSPEC, unfiltered. After ctnl_dump_start() each call of
 * ctnl_dump_step() reads one receive buffer and hands its entries to `visit`: 1 there is more, 0
 * the dump is complete, -1 it failed (EAGAIN: nothing there yet). ctnl_close() ends a dump early.
 * While a dump runs, the socket can serve no other request. */
typedef void ctnl_visit(const struct ct_entry *entry, void *context);
int ctnl_dump_start(struct ctnl *ctnl);
int ctnl_dump_step(struct ctnl *ctnl, ctnl_visit *visit, void *context);

#endif
