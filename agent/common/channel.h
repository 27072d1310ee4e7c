/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the collector to the subagent, one way: two sequenced-packet socketpairs, whole messages.
 *
 * Snapshots and events have a socketpair each: the subagent always reads snapshots, but reads an
 * event only while it has a master for it, and takes it out only when the master has answered. The
 * collector asks the kernel how far the subagent has read (SIOCOUTQ), so nothing needs to come
 * back. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stddef.h>

/* The longest message, in octets. */
#define CHANNEL_MESSAGE_MAX (1 << 20)

/* One side's ends. */
struct channel {
	int snapshots, events;
};

/* Both sides' ends, non-blocking and close-on-exec. -1 with errno. */
int channel_open(struct channel *collector, struct channel *subagent);
void channel_close(struct channel *channel);

/* Sends a block of memory as one message; 0, or -1 with errno (EAGAIN: no room; EMSGSIZE: longer
 * than this socket takes; EPIPE, ECONNRESET: the reader is gone). */
int channel_send(int end, const void *block, size_t length);

/* How far the other side has read what was sent. BROKEN: the reader closed its end and left
 * messages unread. It is returned once: asking clears the error of the socket. */
enum channel_progress { CHANNEL_READ, CHANNEL_UNREAD, CHANNEL_BROKEN };
enum channel_progress channel_progress(int end);

/* Reads one message, as one block that the caller frees. A 0 octet follows it, to end a string that
 * the sender did not end. 1, 0 at the end of the stream, -1 with errno (EAGAIN: none). */
int channel_receive(int end, void **block, size_t *length);

/* The same, but the message stays where it is, unread for the other side, until channel_drop(). */
int channel_peek(int end, void **block, size_t *length);
void channel_drop(int end);

#endif
