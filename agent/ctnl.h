/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to ctnetlink over one NETLINK_NETFILTER socket, in the network namespace that the
 * socket was opened in. Nothing here blocks: the kernel has its answer, or the next part of a dump,
 * ready when the request returns. Every function that fails returns -1 with errno; EPERM means that
 * CAP_NET_ADMIN is missing. */
#ifndef CTNL_H
#define CTNL_H

#include <stddef.h>
#include <stdint.h>

#include "counters.h"
#include "ct_parse.h"

struct ctnl;

struct ctnl_stats {
	uint32_t entries;     /* CTA_STATS_GLOBAL_ENTRIES */
	uint32_t max_entries; /* CTA_STATS_GLOBAL_MAX_ENTRIES, 0: no limit */
};

/* NULL with errno on failure. The socket is close-on-exec. */
struct ctnl *ctnl_open(void);
void ctnl_close(struct ctnl *ctnl);

/* IPCTNL_MSG_CT_GET_STATS. */
int ctnl_get_stats(struct ctnl *ctnl, struct ctnl_stats *stats);

/* IPCTNL_MSG_CT_GET_STATS_CPU and IPCTNL_MSG_EXP_GET_STATS_CPU: one reading per CPU goes into
 * `table`. */
int ctnl_get_cpu_stats(struct ctnl *ctnl, struct counters_table *table);
int ctnl_get_expect_stats(struct ctnl *ctnl, struct counters_table *table);

/* A dump of the whole table, AF_UNSPEC, unfiltered. After ctnl_dump_start() each call of
 * ctnl_dump_step() reads one receive buffer and hands its entries to `visit`: 1 there is more,
 * 0 the dump is complete, -1 it failed (EAGAIN: nothing there yet). A dump is abandoned by
 * ctnl_close(); no other question may be asked of the socket while one runs. */
typedef void ctnl_visit(const struct ct_entry *entry, void *context);
int ctnl_dump_start(struct ctnl *ctnl);
int ctnl_dump_step(struct ctnl *ctnl, ctnl_visit *visit, void *context);

/* The socket, to wait on. */
int ctnl_fd(const struct ctnl *ctnl);

#endif
