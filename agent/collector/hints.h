/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an operator should know about a table although nothing is wrong now. Each hint is one
 * sentence, logged once and shown by -1. */
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

/* At the start of a scan: if the table is empty, asks whether anything uses it. `name` is the name
 * of the instance. */
void hints_judge_use(struct hints *hints, const char *name, struct ctnl *ctnl, bool is_empty);

/* At the end of a scan of the agent's own namespace: snmpd usually runs there, and its packets need
 * entries. */
void hints_judge_snmp(struct hints *hints, const char *name, const struct own_snmp *snmp,
		      uint64_t now_ms);

/* Fills in the sentences that are true now; they are constant strings. Returns how many. */
size_t hints_get(const struct hints *hints, const char *sentences[HINTS_MAX]);

#endif
