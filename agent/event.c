/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "threshold.h"

__attribute__((format(printf, 2, 3))) static void say(struct event *event, const char *format, ...)
{
	va_list arguments;
	int used = snprintf(event->text, sizeof(event->text), "conntrack table \"%s\" ",
			    event->instance_name);

	if (used < 0 || (size_t)used >= sizeof(event->text))
		return;
	va_start(arguments, format);
	vsnprintf(event->text + used, sizeof(event->text) - (size_t)used, format, arguments);
	va_end(arguments);
}

static void compose_utilization(struct event *event, const struct snapshot_threshold *threshold,
				size_t position)
{
	char fill[96];

	event->threshold = (uint32_t)position + 1;
	event->threshold_rising = threshold->rising;
	event->threshold_falling = threshold->falling;
	memcpy(event->threshold_name, threshold->name, sizeof(event->threshold_name));
	if (event->max_entries)
		snprintf(fill, sizeof(fill),
			 "is %" PRIu32 "%% full (%" PRIu32 " of %" PRIu32 " entries)",
			 event->utilization, event->entries, event->max_entries);
	else
		snprintf(fill, sizeof(fill), "has no limit (%" PRIu32 " entries)", event->entries);
	if (event->kind == EVENT_UTILIZATION_RISING)
		say(event, "%s, above the threshold %s (%" PRIu32 "%%)", fill, threshold->name,
		    threshold->rising);
	else
		say(event, "%s, no longer above the threshold %s (cleared at %" PRIu32 "%%)", fill,
		    threshold->name, threshold->falling);
}

/* What every event has. */
static void compose_common(struct event *event, enum event_kind kind,
			   const struct snapshot_sample *sample)
{
	memset(event, 0, sizeof(*event));
	event->kind = (uint8_t)kind;
	event->instance = sample->instance;
	memcpy(event->instance_name, sample->name, sizeof(event->instance_name));
	event->entries = sample->entries;
	event->max_entries = sample->max_entries;
	event->utilization = threshold_percent(sample->entries, sample->max_entries);
	event->drops = sample->total.value[COUNTER_DROPS];
	event->early_drops = sample->total.value[COUNTER_EARLY_DROPS];
	event->status = sample->status;
	memcpy(event->status_text, sample->status_text, sizeof(event->status_text));
}

void event_compose_source(struct event *event, enum event_kind kind,
			  const struct snapshot_sample *sample, const struct snapshot_top *source,
			  uint32_t rising, uint32_t falling)
{
	uint32_t held = threshold_percent(source->entries, sample->max_entries);

	compose_common(event, kind, sample);
	event->source_rank = source->rank;
	event->source_entries = source->entries;
	event->source_share = source->share;
	memcpy(event->source_text, source->text, sizeof(event->source_text));
	if (kind == EVENT_SOURCE_RISING)
		say(event,
		    "is filled by one source: %s holds %" PRIu32 "%% of the limit (%" PRIu32
		    " of %" PRIu32 " entries), above source-rising (%" PRIu32 "%%)",
		    source->text, held, source->entries, sample->max_entries, rising);
	else
		say(event,
		    "is no longer filled by one source: %s holds %" PRIu32
		    "%% of the limit (%" PRIu32 " of %" PRIu32
		    " entries; cleared at source-falling, %" PRIu32 "%%)",
		    source->text, held, source->entries, sample->max_entries, falling);
}

void event_compose_watch(struct event *event, enum event_kind kind,
			 const struct snapshot_sample *sample, const struct snapshot_watch *watch)
{
	compose_common(event, kind, sample);
	event->watch = watch->index;
	memcpy(event->watch_name, watch->name, sizeof(event->watch_name));
	event->watch_entries = watch->entries;
	event->watch_rising = watch->rising;
	event->watch_falling = watch->falling;
	if (kind == EVENT_WATCH_RISING)
		say(event,
		    "has %" PRIu32 " entries that match the watch %s, at or above rising (%" PRIu32
		    ")",
		    watch->entries, watch->name, watch->rising);
	else
		say(event,
		    "has %" PRIu32
		    " entries that match the watch %s, no longer above rising (%" PRIu32
		    "; cleared at %" PRIu32 ")",
		    watch->entries, watch->name, watch->rising, watch->falling);
}

void event_compose(struct event *event, enum event_kind kind, const struct snapshot_sample *sample,
		   size_t threshold)
{
	compose_common(event, kind, sample);
	switch (kind) {
	case EVENT_UTILIZATION_RISING:
	case EVENT_UTILIZATION_FALLING:
		compose_utilization(event, &sample->thresholds[threshold], threshold);
		break;
	case EVENT_DROPPING_STARTED:
		say(event,
		    "is dropping: new connections are refused or others evicted for them "
		    "(%" PRIu64 " drops, %" PRIu64 " early drops so far; %" PRIu32 " of %" PRIu32
		    " entries)",
		    event->drops, event->early_drops, event->entries, event->max_entries);
		break;
	case EVENT_DROPPING_STOPPED:
		say(event,
		    "has dropped nothing for a minute (%" PRIu64 " drops, %" PRIu64
		    " early drops so far; %" PRIu32 " of %" PRIu32 " entries)",
		    event->drops, event->early_drops, event->entries, event->max_entries);
		break;
	case EVENT_INSTANCE_DEGRADED:
		say(event, "%s: %s",
		    sample->status == STATUS_STALE ? "shows stale figures" : "cannot be read",
		    sample->status_text);
		break;
	case EVENT_INSTANCE_RECOVERED:
		say(event, "can be read again");
		break;
	case EVENT_SOURCE_RISING:
	case EVENT_SOURCE_FALLING:
	case EVENT_WATCH_RISING:
	case EVENT_WATCH_FALLING:
		break; /* of the functions above */
	}
}

bool event_is_alarm(const struct event *event)
{
	switch ((enum event_kind)event->kind) {
	case EVENT_UTILIZATION_RISING:
	case EVENT_DROPPING_STARTED:
	case EVENT_SOURCE_RISING:
	case EVENT_WATCH_RISING:
	case EVENT_INSTANCE_DEGRADED:
		return true;
	case EVENT_UTILIZATION_FALLING:
	case EVENT_DROPPING_STOPPED:
	case EVENT_SOURCE_FALLING:
	case EVENT_WATCH_FALLING:
	case EVENT_INSTANCE_RECOVERED:
		return false;
	}
	return false;
}

void event_code(struct codec *codec, struct event *event)
{
	codec_u8(codec, &event->kind);
	codec_u32(codec, &event->instance);
	codec_string(codec, event->instance_name, sizeof(event->instance_name));
	codec_string(codec, event->text, sizeof(event->text));
	codec_u32(codec, &event->entries);
	codec_u32(codec, &event->max_entries);
	codec_u32(codec, &event->utilization);
	codec_u64(codec, &event->drops);
	codec_u64(codec, &event->early_drops);
	codec_u8(codec, &event->status);
	codec_string(codec, event->status_text, sizeof(event->status_text));
	codec_u32(codec, &event->threshold);
	codec_string(codec, event->threshold_name, sizeof(event->threshold_name));
	codec_u32(codec, &event->threshold_rising);
	codec_u32(codec, &event->threshold_falling);
	codec_u32(codec, &event->source_rank);
	codec_string(codec, event->source_text, sizeof(event->source_text));
	codec_u32(codec, &event->source_entries);
	codec_u32(codec, &event->source_share);
	codec_u32(codec, &event->watch);
	codec_string(codec, event->watch_name, sizeof(event->watch_name));
	codec_u32(codec, &event->watch_entries);
	codec_u32(codec, &event->watch_rising);
	codec_u32(codec, &event->watch_falling);
}
