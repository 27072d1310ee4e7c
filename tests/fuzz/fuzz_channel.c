/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subagent reads from the collector: a message that can be decoded is encoded to bytes
 * that mean the same, and can be shown. */
#include <stdlib.h>
#include <string.h>

#include "common/channel.h"
#include "subagent/mib_view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t encoded(const uint8_t *data, size_t size, unsigned char *bytes)
{
	struct channel_message message;
	ptrdiff_t length;

	if (channel_decode(data, size, &message) != 0)
		return 0;
	length = channel_encode(&message, bytes, CHANNEL_MESSAGE_MAX);
	channel_message_clear(&message);
	if (length <= 0)
		abort(); /* what was read can be written */
	return (size_t)length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char first[CHANNEL_MESSAGE_MAX], second[CHANNEL_MESSAGE_MAX];
	struct mib_view view = { 0 };
	struct channel_message message;
	size_t length = encoded(data, size, first);

	if (length == 0)
		return 0;
	if (encoded(first, length, second) != length || memcmp(first, second, length) != 0)
		abort();
	if (channel_decode(first, length, &message) != 0)
		abort();
	if (message.kind == CHANNEL_EVENT)
		channel_message_clear(&message);
	else if (mib_view_stage(&view, &message) != 0)
		abort();
	mib_view_commit(&view);
	mib_view_clear(&view);
	return 0;
}
