/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/channel.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/snapshot.h"

_Static_assert(sizeof(struct snapshot_sample) + COUNTERS_CPU_MAX * sizeof(struct counters) +
			       SNAPSHOT_THRESHOLDS_MAX * sizeof(struct snapshot_threshold) + 64 <=
		       CHANNEL_MESSAGE_MAX,
	       "the largest snapshot");

/* By default a message may have about 200 KiB, which some 1,800 CPUs fill. CAP_NET_ADMIN lifts the
 * limit net.core.wmem_max; without it the limit, doubled, is what there is. */
static void make_room(int end)
{
	int room = CHANNEL_MESSAGE_MAX;

	if (setsockopt(end, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) != 0)
		setsockopt(end, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
}

int channel_open(struct channel *collector, struct channel *subagent)
{
	int snapshots[2], events[2], saved;
	int type = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;

	if (socketpair(AF_UNIX, type, 0, snapshots) != 0)
		return -1;
	if (socketpair(AF_UNIX, type, 0, events) != 0) {
		saved = errno;
		close(snapshots[0]);
		close(snapshots[1]);
		errno = saved;
		return -1;
	}
	*collector = (struct channel){ snapshots[0], events[0] };
	*subagent = (struct channel){ snapshots[1], events[1] };
	make_room(collector->snapshots);
	/* one way: nobody could read what the subagent writes */
	shutdown(collector->snapshots, SHUT_RD);
	shutdown(collector->events, SHUT_RD);
	return 0;
}

void channel_close(struct channel *channel)
{
	if (channel->snapshots >= 0)
		close(channel->snapshots);
	if (channel->events >= 0)
		close(channel->events);
	*channel = (struct channel){ -1, -1 };
}

int channel_send(int end, const void *block, size_t length)
{
	return send(end, block, length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
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

/* MSG_PEEK | MSG_TRUNC gives the length of the whole message. */
static ssize_t next_length(int end)
{
	ssize_t length;
	char first;

	do {
		length = recv(end, &first, sizeof(first), MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
	} while (length < 0 && errno == EINTR);
	return length;
}

static int receive(int end, int flags, void **block, size_t *length)
{
	ssize_t expected = next_length(end), received;
	char *bytes;

	if (expected <= 0)
		return (int)expected;
	bytes = malloc((size_t)expected + 1);
	if (!bytes)
		return -1;
	received = recv(end, bytes, (size_t)expected, flags | MSG_DONTWAIT);
	if (received <= 0) {
		int saved = errno;

		free(bytes);
		errno = saved;
		return (int)received;
	}
	bytes[received] = '\0';
	*block = bytes;
	*length = (size_t)received;
	return 1;
}

int channel_receive(int end, void **block, size_t *length)
{
	return receive(end, 0, block, length);
}

int channel_peek(int end, void **block, size_t *length)
{
	return receive(end, MSG_PEEK, block, length);
}

void channel_drop(int end)
{
	char first;

	while (recv(end, &first, sizeof(first), MSG_DONTWAIT) < 0 && errno == EINTR)
		continue;
}
