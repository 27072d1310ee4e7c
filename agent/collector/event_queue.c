/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/event_queue.h"

bool event_queue_push(struct event_queue *queue, const struct event *event)
{
	bool had_room = queue->count < EVENT_QUEUE_SIZE;

	if (!had_room)
		event_queue_pop(queue);
	queue->events[(queue->first + queue->count) % EVENT_QUEUE_SIZE] = *event;
	queue->count++;
	return had_room;
}

const struct event *event_queue_peek(const struct event_queue *queue)
{
	return queue->count ? &queue->events[queue->first] : NULL;
}

void event_queue_pop(struct event_queue *queue)
{
	queue->first = (queue->first + 1) % EVENT_QUEUE_SIZE;
	queue->count--;
}
