/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The collector's events on their way to the master, one at a time. An event stays in the channel
 * until the master has answered it: if this process or the connection ends before, it is not lost,
 * but told to the next master. */
#ifndef NOTIFIER_H
#define NOTIFIER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel.h"
#include "subagent/agentx.h"

/* Zeroed at start. The library writes to it: it must stay until agentx_stop() has returned. */
struct notifier {
	enum agentx_fate fate; /* of the event under way */
	uint64_t failed_ms;    /* monotonic; 0: the last one did not fail */
};

/* Whether to look for an event: there is a master, and none is under way. */
bool notifier_is_ready(const struct notifier *notifier);

/* Passes on the next event of the channel, if there is one. */
void notifier_pass(struct notifier *notifier, const struct channel *channel);

/* Call it after agentx_process(): takes an event that was answered out of the channel. */
void notifier_settle(struct notifier *notifier, const struct channel *channel);

#endif
