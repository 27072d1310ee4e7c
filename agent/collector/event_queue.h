/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events that wait for a subagent with a master: first in, first out, bounded. Pure: no I/O. */
#ifndef EVENT_QUEUE_H
#define EVENT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/event.h"

#define EVENT_QUEUE_SIZE 128

/* Zeroed at start. */
struct event_queue {
	struct event events[EVENT_QUEUE_SIZE];
	size_t first, count;
};

/* Appends a copy. False if the queue was full: then the oldest event was dropped, because the
 * newest ones tell the present state. */
bool event_queue_push(struct event_queue *queue, const struct event *event);

/* The oldest event, NULL if there is none. It stays until event_queue_pop(). */
const struct event *event_queue_peek(const struct event_queue *queue);
void event_queue_pop(struct event_queue *queue);

#endif
