/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the AgentX master is, and who may be it. Pure: no I/O. */
#ifndef AGENTX_MASTER_H
#define AGENTX_MASTER_H

#include <sys/types.h>

#define AGENTX_MASTER_NO_OWNER ((uid_t)-1)

struct agentx_master {
	const char *address; /* a path, or net-snmp's notation: "unix:/path", "tcp:host:port" */
	uid_t owner;         /* trusted like root and our own user; or AGENTX_MASTER_NO_OWNER */
};

/* The path of a Unix socket; NULL for a network address. */
const char *agentx_master_path(const char *address);

#endif
