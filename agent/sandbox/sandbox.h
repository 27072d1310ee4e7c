/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a compromised process of ours can still do: system calls (seccomp),
 * files, ports and signals (Landlock). What a kernel lacks of that is left out, with a message.
 *
 * Both are inherited and only ever grow stricter. The subagent is forked from the collector, so
 * the collector is left what the subagent needs as well. */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "common/agentx_master.h"
#include "config/config.h"

/* Reads configuration, /proc and namespaces; talks to ctnetlink; starts and ends its subagent.
 * After privileges_reduce(). `config_path` as in config_load(). */
void sandbox_collector(const struct config *config, const char *config_path);

/* Talks to the master and over its channel. It opens no file, unless the master's name is to be
 * looked up. After privileges_drop_all(). */
void sandbox_subagent(const struct agentx_master *master);

#endif
