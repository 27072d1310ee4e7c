/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session with the AgentX master (RFC 2741), by libnetsnmpagent, which has one per process. */
#ifndef AGENTX_H
#define AGENTX_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/agentx_master.h"
#include "sandbox/account_names.h"
#include "subagent/mib_view.h"

#define AGENTX_POLL_MAX 16

/* Shows the module, with the values in `views`, and begins to connect to `master`; it keeps trying
 * by itself. `views`, `master` and `names` must stay. `*master_connects` counts connections. -1
 * with a log line if the library refuses. */
int agentx_start(const struct agentx_master *master, const struct account_names *names,
		 struct mib_views *views, uint64_t *master_connects);
void agentx_stop(void);

/* Whether to look for events: a master is connected, and no question whether it is alive is under
 * way. */
bool agentx_awaits_events(void);

/* An event is there. True if the master has just answered: it takes the notification. If not, asks
 * the master to answer; an event must wait, because a master that hangs would never read it. */
bool agentx_takes_event(void);

/* What became of a notification. */
enum agentx_fate { AGENTX_NOTHING, AGENTX_UNDER_WAY, AGENTX_ANSWERED, AGENTX_FAILED };

/* Sends a notification, and frees its objects. `fate` changes when the master has answered, or when
 * it cannot answer any more; until then it must stay. */
struct variable_list;
void agentx_notify(struct variable_list *objects, enum agentx_fate *fate);

/* The descriptors that the library wants to read, at most AGENTX_POLL_MAX of them; returns how many
 * and lowers `*timeout_ms` to its next alarm. They may change each time. */
size_t agentx_poll_set(struct pollfd *fds, int *timeout_ms);

/* Lets the library read what poll(2) has found, and run its timers. */
void agentx_process(const struct pollfd *fds, size_t count);

#endif
