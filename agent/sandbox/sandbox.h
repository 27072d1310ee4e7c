/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits what a compromised process can still do: system calls (seccomp), files, ports and signals
 * (Landlock). If the kernel lacks one of these, a message says so.
 *
 * A child inherits both, and can only make them stricter. The subagent is a child of the collector,
 * so the collector keeps what the subagent needs as well. */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "common/agentx_master.h"
#include "config/config.h"

/* Reads configuration, /proc and namespaces; talks to ctnetlink; starts and ends its subagent.
 * After privileges_reduce(). `config_path` as in config_load(). */
void sandbox_collector(const struct config *config, const char *config_path);

/* Talks to the master and over its channel. It opens no file, except to look up the master's name.
 * After privileges_drop_all(). */
void sandbox_subagent(const struct agentx_master *master);

#endif
