/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "subagent/notifier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "subagent/mib_notify.h"

#define RETRY_MS 1000 /* after a failure */

bool notifier_is_ready(const struct notifier *notifier)
{
	return notifier->fate == AGENTX_NOTHING && agentx_awaits_events() &&
	       (notifier->failed_ms == 0 || clock_monotonic_ms() - notifier->failed_ms >= RETRY_MS);
}

/* One octet is no event, but an invitation to read it: the collector makes the event only now. */
static bool is_invitation(size_t length)
{
	return length == 1;
}

void notifier_pass(struct notifier *notifier, const struct channel *channel)
{
	size_t length;
	void *event;
	int result;

	if (!notifier_is_ready(notifier) || !agentx_takes_event())
		return;
	result = channel_peek(channel->events, &event, &length);
	if (result < 0 && errno != EAGAIN)
		log_warning("channel: %s", strerror(errno));
	if (result <= 0)
		return;
	if (length == sizeof(struct event)) {
		event_say_when(event, clock_wall_ms()); /* it may have waited in the channel */
		mib_notify_send(event, &notifier->fate);
	} else {
		if (!is_invitation(length))
			log_warning("channel: a message of %zu octets is not an event", length);
		notifier->fate = AGENTX_ANSWERED;
	}
	free(event);
	notifier_settle(notifier, channel);
}

void notifier_settle(struct notifier *notifier, const struct channel *channel)
{
	switch (notifier->fate) {
	case AGENTX_NOTHING:
	case AGENTX_UNDER_WAY:
		return;
	case AGENTX_ANSWERED:
		channel_drop(channel->events);
		notifier->failed_ms = 0;
		break;
	case AGENTX_FAILED:
		notifier->failed_ms = clock_monotonic_ms();
		break;
	}
	notifier->fate = AGENTX_NOTHING;
}
