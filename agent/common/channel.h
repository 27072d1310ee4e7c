/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one way from the collector to the subagent: two sequenced-packet socketpairs, whole messages.
 *
 * Snapshots and events travel apart, because they wait apart: the subagent always takes snapshots,
 * but takes an event only while it has a master to give it to. How far the other side has read, the
 * collector asks the kernel (SIOCOUTQ), so nothing needs to come back. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stddef.h>

/* One side's ends. */
struct channel {
	int snapshots, events;
};

/* Both sides' ends, non-blocking and close-on-exec. -1 with errno. */
int channel_open(struct channel *collector, struct channel *subagent);
void channel_close(struct channel *channel);

/* Sends a block of memory as one message; 0, or -1 with errno (EAGAIN: no room). */
int channel_send(int end, const void *block, size_t length);

/* How far the other side has read what was sent to that end. A reader that closed its end with
 * messages unread is BROKEN, once: asking takes the error off the socket. */
enum channel_progress { CHANNEL_READ, CHANNEL_UNREAD, CHANNEL_BROKEN };
enum channel_progress channel_progress(int end);

/* Reads one message, as one block that the caller frees. A 0 octet stands behind it, so that a
 * string that should have ended before ends there. 1, 0 at the end of the stream, -1 with errno
 * (EAGAIN: none). */
int channel_receive(int end, void **block, size_t *length);

#endif
