/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/channel.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int channel_open(struct channel *collector, struct channel *subagent)
{
	int figures[2], events[2], saved;
	int type = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;

	if (socketpair(AF_UNIX, type, 0, figures) != 0)
		return -1;
	if (socketpair(AF_UNIX, type, 0, events) != 0) {
		saved = errno;
		close(figures[0]);
		close(figures[1]);
		errno = saved;
		return -1;
	}
	*collector = (struct channel){ figures[0], events[0] };
	*subagent = (struct channel){ figures[1], events[1] };
	/* one way: what the subagent might write, nobody could read */
	shutdown(collector->figures, SHUT_RD);
	shutdown(collector->events, SHUT_RD);
	return 0;
}

void channel_close(struct channel *channel)
{
	if (channel->figures >= 0)
		close(channel->figures);
	if (channel->events >= 0)
		close(channel->events);
	*channel = (struct channel){ -1, -1 };
}

static void message_code(struct codec *codec, struct channel_message *message)
{
	uint32_t kind = message->kind;

	codec_u32(codec, &kind);
	message->kind = kind;
	switch (message->kind) {
	case CHANNEL_AGENT:
		snapshot_agent_code(codec, &message->agent);
		break;
	case CHANNEL_SAMPLE:
		snapshot_sample_code(codec, &message->sample);
		break;
	case CHANNEL_SCAN:
		snapshot_scan_code(codec, &message->scan);
		break;
	case CHANNEL_EVENT:
		event_code(codec, &message->event);
		break;
	default:
		codec->failed = true;
	}
}

ptrdiff_t channel_encode(const struct channel_message *message, void *bytes, size_t size)
{
	struct channel_message shallow = *message; /* encoding reads through its pointers only */
	struct codec codec = codec_encoder(bytes, size);

	message_code(&codec, &shallow);
	if (codec.failed) {
		errno = EMSGSIZE;
		return -1;
	}
	return (ptrdiff_t)codec.position;
}

int channel_decode(const void *bytes, size_t size, struct channel_message *message)
{
	struct codec codec = codec_decoder(bytes, size);

	memset(message, 0, sizeof(*message));
	message_code(&codec, message);
	if (codec_complete(&codec))
		return 0;
	channel_message_clear(message);
	errno = EBADMSG;
	return -1;
}

void channel_message_clear(struct channel_message *message)
{
	if (message->kind == CHANNEL_SAMPLE)
		snapshot_sample_clear(&message->sample);
	else if (message->kind == CHANNEL_SCAN)
		snapshot_scan_clear(&message->scan);
}

/* Fixed shapes take less than this; rows and CPUs take less than 128 bytes each, watches less than
 * 512. */
static size_t message_bound(const struct channel_message *message)
{
	size_t bound = 8192;

	if (message->kind == CHANNEL_SAMPLE)
		bound += message->sample.cpu_count * 128;
	else if (message->kind == CHANNEL_SCAN)
		bound += (message->scan.protocol_count + message->scan.state_count +
			  message->scan.zone_count + message->scan.top_count) *
				 128 +
			 message->scan.watch_count * 512;
	return bound;
}

static int channel_send(int end, const struct channel_message *message)
{
	size_t bound = message_bound(message);
	void *bytes = malloc(bound);
	ptrdiff_t length;
	ssize_t sent = -1;
	int saved;

	if (!bytes)
		return -1;
	length = channel_encode(message, bytes, bound);
	if (length >= 0)
		sent = send(end, bytes, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
	saved = errno;
	free(bytes);
	errno = saved;
	return sent < 0 ? -1 : 0;
}

int channel_send_agent(const struct channel *channel, const struct snapshot_agent *agent)
{
	struct channel_message message = { .kind = CHANNEL_AGENT, .agent = *agent };

	return channel_send(channel->figures, &message);
}

int channel_send_sample(const struct channel *channel, const struct snapshot_sample *sample)
{
	struct channel_message message = { .kind = CHANNEL_SAMPLE, .sample = *sample };

	return channel_send(channel->figures, &message);
}

int channel_send_scan(const struct channel *channel, const struct snapshot_scan *scan)
{
	struct channel_message message = { .kind = CHANNEL_SCAN, .scan = *scan };

	return channel_send(channel->figures, &message);
}

int channel_send_event(const struct channel *channel, const struct event *event)
{
	struct channel_message message = { .kind = CHANNEL_EVENT, .event = *event };

	return channel_send(channel->events, &message);
}

enum channel_progress channel_progress(int end)
{
	int unread = 0, error = 0;
	socklen_t size = sizeof(error);

	if (ioctl(end, SIOCOUTQ, &unread) != 0 || unread > 0)
		return CHANNEL_UNREAD;
	/* closing with unread messages frees them too, but leaves ECONNRESET at this end */
	if (getsockopt(end, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error)
		return CHANNEL_BROKEN;
	return CHANNEL_READ;
}

int channel_receive(int end, struct channel_message *message)
{
	unsigned char peeked;
	ssize_t length;
	void *bytes;
	int result = -1, saved;

	/* MSG_TRUNC gives the length of the whole message */
	do {
		length = recv(end, &peeked, sizeof(peeked), MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
	} while (length < 0 && errno == EINTR);
	if (length <= 0)
		return (int)length;
	if (length > (ssize_t)CHANNEL_MESSAGE_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	bytes = malloc((size_t)length);
	if (!bytes)
		return -1;
	length = recv(end, bytes, (size_t)length, MSG_DONTWAIT);
	if (length > 0)
		result = channel_decode(bytes, (size_t)length, message) == 0 ? 1 : -1;
	saved = errno;
	free(bytes);
	errno = saved;
	return result;
}
