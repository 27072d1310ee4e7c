/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An event as the notification of the MIB. Its objects have their OIDs, types and values from the
 * columns that answer requests for them. */
#ifndef MIB_NOTIFY_H
#define MIB_NOTIFY_H

#include "common/event.h"

/* Hands the notification to the connected master. An event of an unknown kind is dropped with a
 * log line. */
void mib_notify_send(const struct event *event);

#endif
