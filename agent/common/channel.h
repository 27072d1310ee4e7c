/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one way from the collector to the subagent: two sequenced-packet socketpairs, whole messages.
 *
 * Figures and events travel apart, because they wait apart: the subagent always takes figures, but
 * takes an event only while it has a master to give it to. How far the other side has read, the
 * collector asks the kernel (SIOCOUTQ), so nothing needs to come back. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/event.h"
#include "common/snapshot.h"

/* A message that is larger than this is a bug: the largest holds 8,192 CPUs' or 1,964 rows. */
#define CHANNEL_MESSAGE_MAX (1U << 20)

/* One side's ends. */
struct channel {
	int figures, events;
};

enum channel_kind { CHANNEL_AGENT = 1, CHANNEL_SAMPLE, CHANNEL_SCAN, CHANNEL_EVENT };

/* A decoded message; what it points to belongs to the receiver. */
struct channel_message {
	enum channel_kind kind;
	union {
		struct snapshot_agent agent;
		struct snapshot_sample sample;
		struct snapshot_scan scan;
		struct event event;
	};
};

/* Both sides' ends, non-blocking and close-on-exec. -1 with errno. */
int channel_open(struct channel *collector, struct channel *subagent);
void channel_close(struct channel *channel);

/* Sends one message; 0, or -1 with errno (EAGAIN: no room). */
int channel_send_agent(const struct channel *channel, const struct snapshot_agent *agent);
int channel_send_sample(const struct channel *channel, const struct snapshot_sample *sample);
int channel_send_scan(const struct channel *channel, const struct snapshot_scan *scan);
int channel_send_event(const struct channel *channel, const struct event *event);

/* How far the other side has read what was sent to that end. A reader that closed its end with
 * messages unread is BROKEN, once: asking takes the error off the socket. */
enum channel_progress { CHANNEL_READ, CHANNEL_UNREAD, CHANNEL_BROKEN };
enum channel_progress channel_progress(int end);

/* Reads one message: 1, 0 at the end of the stream, -1 with errno (EAGAIN: none; EBADMSG: one that
 * cannot be understood, and is gone). */
int channel_receive(int end, struct channel_message *message);
void channel_message_clear(struct channel_message *message);

/* The bytes of a message and back; for channel_send_*(), channel_receive() and their tests. -1
 * with EMSGSIZE or EBADMSG. */
ptrdiff_t channel_encode(const struct channel_message *message, void *bytes, size_t size);
int channel_decode(const void *bytes, size_t size, struct channel_message *message);

#endif
