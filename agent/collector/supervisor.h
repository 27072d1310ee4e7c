/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The subagent seen from the collector: starting it, feeding it, ending it when it hangs, and
 * starting it again when it died. Events are its post: one that the subagent had not read when it
 * died goes to the next one. */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/agentx_master.h"
#include "common/event.h"
#include "collector/loop.h"
#include "common/snapshot.h"

struct supervisor;

/* The address in `master` must stay until it is replaced or the supervisor is freed. `started` is
 * called after each start of a subagent, which knows nothing yet; `forget` in the subagent's
 * process before it begins, to free what is the collector's alone. NULL with errno. */
struct supervisor *supervisor_new(struct loop *loop, const struct agentx_master *master,
				  loop_callback *started, loop_callback *forget, void *context);
/* Ends the subagent, within a second whatever it is doing. */
void supervisor_free(struct supervisor *supervisor);

/* Starts the subagent. */
void supervisor_start(struct supervisor *supervisor);

/* If it is another master, the subagent is started anew for it. */
void supervisor_set_master(struct supervisor *supervisor, const struct agentx_master *master);

/* To be called when a child may have died (SIGCHLD). */
void supervisor_reap(struct supervisor *supervisor);

/* To be called at least every few seconds: ends a subagent that has not read for too long. */
void supervisor_check(struct supervisor *supervisor);

/* Queues an event. */
void supervisor_notify(struct supervisor *supervisor, const struct event *event);

/* Events handed to a subagent with a master, and events that found the queue full. */
uint64_t supervisor_events_taken(const struct supervisor *supervisor);
uint64_t supervisor_events_lost(const struct supervisor *supervisor);

/* Whether figures would be read now; a subagent that is behind gets the newest ones later. */
bool supervisor_wants_figures(const struct supervisor *supervisor);
void supervisor_send_agent(struct supervisor *supervisor, const struct snapshot_agent *agent);
/* False if there is no room for it now. */
bool supervisor_send_sample(struct supervisor *supervisor, const struct snapshot_sample *sample);
bool supervisor_send_scan(struct supervisor *supervisor, const struct snapshot_scan *scan);

#endif
