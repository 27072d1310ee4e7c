/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child process: shows the latest values to the master and hands it the notifications. */
#ifndef SUBAGENT_H
#define SUBAGENT_H

#include <stdint.h>

#include "common/agentx_master.h"
#include "common/channel.h"

/* Runs until SIGTERM or until the collector is gone; returns the exit status. `master_connects`
 * goes on counting from one subagent to the next. */
int subagent_run(const struct channel *channel, const struct agentx_master *master,
		 uint64_t *master_connects);

#endif
