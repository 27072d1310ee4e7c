/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/event.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

__attribute__((format(printf, 2, 3))) static void say(struct event *event, const char *format, ...)
{
	va_list arguments;
	int used = snprintf(event->text, sizeof(event->text), "conntrack table \"%s\" ",
			    event->sample.name);

	if (used < 0 || (size_t)used >= sizeof(event->text))
		return;
	va_start(arguments, format);
	vsnprintf(event->text + used, sizeof(event->text) - (size_t)used, format, arguments);
	va_end(arguments);
	text_make_plain(event->text); /* it may have been cut within a character */
}

static void say_utilization(struct event *event, uint32_t rising, uint32_t falling)
{
	const struct snapshot_sample *sample = &event->sample;
	const char *name = event->subject.threshold.name;
	char fill[96];

	if (sample->max_entries)
		snprintf(fill, sizeof(fill),
			 "is %" PRIu32 "%% full (%" PRIu32 " of %" PRIu32 " entries)",
			 snapshot_percent(sample->entries, sample->max_entries), sample->entries,
			 sample->max_entries);
	else
		snprintf(fill, sizeof(fill), "has no limit (%" PRIu32 " entries)", sample->entries);
	if (event->kind == EVENT_UTILIZATION_RISING)
		say(event, "%s, above the threshold %s (%" PRIu32 "%%)", fill, name, rising);
	else
		say(event, "%s, no longer above the threshold %s (cleared at %" PRIu32 "%%)", fill,
		    name, falling);
}

static const char *loss_text(enum loss_cause cause)
{
	switch (cause) {
	case LOSS_EVICTING:
		return "the table is full, and entries are evicted for new connections";
	case LOSS_TABLE_FULL:
		return "the table is full, and new connections are refused";
	case LOSS_CHAIN_TOO_LONG:
		return "hash chains are too long, and new connections are refused";
	default:
		return "packets are refused, although the table is not full";
	}
}

static void say_dropping(struct event *event)
{
	const struct snapshot_sample *sample = &event->sample;
	char fill[64];

	if (sample->max_entries)
		snprintf(fill, sizeof(fill), "%" PRIu32 " of %" PRIu32 " entries", sample->entries,
			 sample->max_entries);
	else
		snprintf(fill, sizeof(fill), "%" PRIu32 " entries, no limit", sample->entries);
	if (event->kind == EVENT_DROPPING_STARTED)
		say(event, "is dropping: %s (%" PRIu64 " lost in the last minute; %s)",
		    loss_text((enum loss_cause)sample->loss_cause), sample->lost, fill);
	else
		say(event, "has dropped nothing for a minute (%s)", fill);
}

static void say_source(struct event *event, uint32_t rising, uint32_t falling)
{
	const struct snapshot_top *source = &event->subject.source;
	uint32_t limit = event->sample.max_entries;
	uint32_t held = snapshot_percent(source->entries, limit);

	if (event->kind == EVENT_SOURCE_RISING)
		say(event,
		    "is filled by one source: %s holds %" PRIu32 "%% of the limit (%" PRIu32
		    " of %" PRIu32 " entries), above source-rising (%" PRIu32 "%%)",
		    source->text, held, source->entries, limit, rising);
	else
		say(event,
		    "is no longer filled by one source: %s holds %" PRIu32
		    "%% of the limit (%" PRIu32 " of %" PRIu32
		    " entries; cleared at source-falling, %" PRIu32 "%%)",
		    source->text, held, source->entries, limit, falling);
}

static void say_watch(struct event *event, uint32_t rising, uint32_t falling)
{
	const struct snapshot_watch *watch = &event->subject.watch;

	if (event->kind == EVENT_WATCH_RISING)
		say(event,
		    "has %" PRIu32 " entries that match the watch %s, at or above rising (%" PRIu32
		    ")",
		    watch->entries, watch->name, rising);
	else
		say(event,
		    "has %" PRIu32
		    " entries that match the watch %s, no longer above rising (%" PRIu32
		    "; cleared at %" PRIu32 ")",
		    watch->entries, watch->name, rising, falling);
}

void event_compose(struct event *event, enum event_kind kind, const struct snapshot_sample *sample,
		   const union event_subject *subject, uint32_t rising, uint32_t falling)
{
	memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->sample = *sample;
	event->sample.cpu_count = event->sample.threshold_count = 0;
	event->subject = *subject;
	switch (kind) {
	case EVENT_UTILIZATION_RISING:
	case EVENT_UTILIZATION_FALLING:
		say_utilization(event, rising, falling);
		break;
	case EVENT_DROPPING_STARTED:
	case EVENT_DROPPING_STOPPED:
		say_dropping(event);
		break;
	case EVENT_SOURCE_RISING:
	case EVENT_SOURCE_FALLING:
		say_source(event, rising, falling);
		break;
	case EVENT_WATCH_RISING:
	case EVENT_WATCH_FALLING:
		say_watch(event, rising, falling);
		break;
	case EVENT_INSTANCE_DEGRADED:
		say(event, "%s: %s",
		    sample->status == STATUS_STALE ? "shows stale values" : "cannot be read",
		    sample->status_text);
		break;
	case EVENT_INSTANCE_RECOVERED:
		say(event, "can be read again");
		break;
	}
}
