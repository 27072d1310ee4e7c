/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An event as the notification of the MIB. */
#ifndef NOTIFY_H
#define NOTIFY_H

#include "common/event.h"

/* Hands the notification to the connected master. An event of an unknown kind is dropped with a
 * log line. */
void notify_send(const struct event *event);

#endif
