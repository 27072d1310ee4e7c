/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The collector's side of the subagent: starts it, feeds it, ends it when it has not read for some
 * ten seconds, and starts it again when it has died. An event that was under way then is in doubt:
 * its alarm is told again.
 */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/instances.h"
#include "collector/loop.h"
#include "collector/teller.h"
#include "common/agentx_master.h"
#include "common/snapshot.h"

struct supervisor;

/* The address in `master` must stay until it is replaced or the supervisor is freed. `forget` is
 * called first in the subagent's process, to free what only the collector needs. NULL with errno.
 */
struct supervisor *supervisor_new(struct loop *loop, const struct agentx_master *master,
				  loop_callback *forget, void *context);

/* Where its events come from; it must stay. Call it before the first start. */
void supervisor_set_teller(struct supervisor *supervisor, struct teller *teller);

/* Ends the subagent, within a second whatever it is doing. */
void supervisor_free(struct supervisor *supervisor);

/* Sets what the subagent shows; both must stay until they are replaced. Call it before the first
 * start, and whenever the instances have changed. */
void supervisor_show(struct supervisor *supervisor, const struct instances *instances,
		     const struct snapshot_agent *agent);

/* Starts the subagent. */
void supervisor_start(struct supervisor *supervisor);

/* If the master has changed, starts a new subagent for it. */
void supervisor_set_master(struct supervisor *supervisor, const struct agentx_master *master);

/* Call it when a child may have died (SIGCHLD). It asks for the status of every child: the caller
 * must have no others. */
void supervisor_reap(struct supervisor *supervisor);

/* An event may be due: it goes out as soon as the subagent has a master for it. */
void supervisor_tell(struct supervisor *supervisor);

/* The instance at this position has a new sample, a new scan. */
void supervisor_sampled(struct supervisor *supervisor, size_t position);
void supervisor_scanned(struct supervisor *supervisor, size_t position);

/* Sends the subagent what it lacks. What it has no room for now is sent later, and then the newest.
 */
void supervisor_publish(struct supervisor *supervisor);

#endif
