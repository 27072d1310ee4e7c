/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an operator should know of a table, though nothing is wrong with it now: a sentence each, in
 * the log once, and in the view of -1. */
#ifndef HINTS_H
#define HINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct own_snmp;
struct ctnl;

#define HINTS_MAX 2

/* Zeroed at start. */
struct hints {
	bool is_unused;       /* the table is empty, and nothing makes use of it */
	bool is_use_unknown;  /* the kernel does not tell */
	bool tracks_own_snmp; /* the last scan has seen it */
	uint64_t snmp_ms;     /* when a scan last did; monotonic; 0: never */
};

/* As a scan begins: asks, if the table is empty, whether anything uses it. `name` is the table's.
 */
void hints_judge_use(struct hints *hints, const char *name, struct ctnl *ctnl, bool is_empty);

/* As a scan has ended, of the table of the agent's own namespace: snmpd runs in it, most of the
 * time, and its packets need entries. */
void hints_judge_snmp(struct hints *hints, const char *name, const struct own_snmp *snmp,
		      uint64_t now_ms);

/* The sentences that hold now, which are constant. Returns how many. */
size_t hints_get(const struct hints *hints, const char *sentences[HINTS_MAX]);

#endif
