/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The subagent seen from the collector: starting it, feeding it, ending it when it hangs, and
 * starting it again when it died. Events are its post: one that the subagent had not read when it
 * died goes to the next one. */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/instances.h"
#include "collector/loop.h"
#include "common/agentx_master.h"
#include "common/event.h"
#include "common/snapshot.h"

struct supervisor;

/* The address in `master` must stay until it is replaced or the supervisor is freed. `forget` is
 * called in the subagent's process before it begins, to free what is the collector's alone. NULL
 * with errno. */
struct supervisor *supervisor_new(struct loop *loop, const struct agentx_master *master,
				  loop_callback *forget, void *context);
/* Ends the subagent, within a second whatever it is doing. */
void supervisor_free(struct supervisor *supervisor);

/* What the subagent is to show: both must stay until they are replaced. To be called before the
 * first start, and whenever the instances are others. The counts of notifications in `agent` are
 * the supervisor's to set. */
void supervisor_show(struct supervisor *supervisor, const struct instances *instances,
		     struct snapshot_agent *agent);

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

/* The instance at that position has a new sample, a new scan. */
void supervisor_sampled(struct supervisor *supervisor, size_t position);
void supervisor_scanned(struct supervisor *supervisor, size_t position);

/* Gives the subagent what it lacks, if it reads; what it cannot take now, it gets when it has read
 * on, and then the newest. */
void supervisor_publish(struct supervisor *supervisor);

#endif
