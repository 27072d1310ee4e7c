/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An event as the notification of the MIB. Its objects have their OIDs, types and values from the
 * columns that answer requests for them. */
#ifndef MIB_NOTIFY_H
#define MIB_NOTIFY_H

#include "common/event.h"
#include "subagent/agentx.h"

/* Hands the notification to the connected master; agentx_notify() says what becomes of `fate`. An
 * event of an unknown kind counts as answered, with a log line. */
void mib_notify_send(const struct event *event, enum agentx_fate *fate);

#endif
