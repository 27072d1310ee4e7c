/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/event.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/text.h"

/* An event that is told later than this says when it arose. */
#define PROMPT_MS 3000

/* Makes the text plain, of at most `length` octets: it ends with a whole character. */
static void cut(char *text, size_t length)
{
	if (strlen(text) > length)
		text[length] = '\0';
	text_make_plain(text);
}

/* Receivers break on quotation marks, which a configured name may contain. */
static void replace_quotation_marks(char *text)
{
	for (char *mark = strchr(text, '"'); mark; mark = strchr(mark, '"'))
		*mark = '\'';
}

/* "192.0.2.1", of "192.0.2.1 to 198.51.100.7 tcp/443". */
static int nat_address_length(const struct snapshot_nat *nat)
{
	return (int)strcspn(nat->text, " ");
}

/* "198.51.100.7 tcp/443" */
static const char *nat_destination(const struct snapshot_nat *nat)
{
	const char *to = strstr(nat->text, " to ");

	return to ? to + strlen(" to ") : "";
}

/* Whose state the text tells, until its verb: the table's, or that of something in it. Returns its
 * length; quotation marks are replaced later. */
static size_t say_head(const struct event *event, char *text, size_t size)
{
	const struct snapshot_nat *nat = &event->subject.nat;
	int length;

	if (event->kind == EVENT_NAT_RISING || event->kind == EVENT_NAT_FALLING)
		length = snprintf(text, size, "conntrack table %s: %.*s ", event->sample.name,
				  nat_address_length(nat), nat->text);
	else if (event->kind == EVENT_RATE_RISING || event->kind == EVENT_RATE_FALLING)
		length = snprintf(text, size, "conntrack table %s: %s ", event->sample.name,
				  event->subject.rate.name);
	else
		length = snprintf(text, size, "conntrack table %s ", event->sample.name);
	return (size_t)length;
}

__attribute__((format(printf, 2, 3))) static void say(struct event *event, const char *format, ...)
{
	char text[2 * EVENT_TEXT_SIZE];
	va_list arguments;
	size_t used = say_head(event, text, sizeof(text)); /* two names: there is room */

	va_start(arguments, format);
	vsnprintf(text + used, sizeof(text) - used, format, arguments);
	va_end(arguments);
	replace_quotation_marks(text);
	cut(text, EVENT_TEXT_SIZE - 1);
	memcpy(event->text, text, strlen(text) + 1);
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
		    " of %" PRIu32 " entries), above source-rising (%" PRIu32 "%%): %" PRIu32
		    "%% unreplied",
		    source->text, held, source->entries, limit, rising,
		    snapshot_percent(source->unreplied, source->entries));
	else if (limit == 0)
		say(event,
		    "has no limit any more, which a source could fill: %s holds %" PRIu32
		    " entries",
		    source->text, source->entries);
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

static void say_nat(struct event *event, uint32_t falling)
{
	const struct snapshot_nat *nat = &event->subject.nat;
	char used[2 * SNAPSHOT_NAT_TEXT_SIZE];

	snprintf(used, sizeof(used),
		 "has used %" PRIu32 "%% of its ports towards %s (%" PRIu32 " of %d",
		 nat->utilization, nat_destination(nat), nat->entries, SNAPSHOT_NAT_PORTS);
	if (event->kind == EVENT_NAT_RISING)
		say(event, "%s)", used);
	else
		say(event, "%s; cleared at nat-falling, %" PRIu32 "%%)", used, falling);
}

static void say_rate(struct event *event, uint32_t rising, uint32_t falling)
{
	const struct snapshot_rate *rate = &event->subject.rate;

	if (event->kind == EVENT_RATE_RISING)
		say(event,
		    "is %" PRIu32 " per second (%s, over %" PRIu32
		    " s), at or above rising (%" PRIu32 ")",
		    rate->value, rate->counter, rate->seconds, rising);
	else
		say(event,
		    "is %" PRIu32 " per second (%s, over %" PRIu32
		    " s), no longer above rising (%" PRIu32 "; cleared at %" PRIu32 ")",
		    rate->value, rate->counter, rate->seconds, rising, falling);
}

static void begin(struct event *event, enum event_kind kind, const struct snapshot_sample *sample,
		  const union event_subject *subject)
{
	memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->sample = *sample;
	event->sample.has_values |= sample->taken != 0;
	event->sample.cpu_count = event->sample.threshold_count = event->sample.rate_count = 0;
	event->subject = *subject;
}

void event_compose(struct event *event, enum event_kind kind, const struct snapshot_sample *sample,
		   const union event_subject *subject, uint32_t rising, uint32_t falling)
{
	begin(event, kind, sample, subject);
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
	case EVENT_NAT_RISING:
	case EVENT_NAT_FALLING:
		say_nat(event, falling);
		break;
	case EVENT_RATE_RISING:
	case EVENT_RATE_FALLING:
		say_rate(event, rising, falling);
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

void event_compose_end(struct event *event, enum event_kind falling,
		       const struct snapshot_sample *sample, const union event_subject *subject,
		       const char *reason)
{
	begin(event, falling, sample, subject);
	if (falling == EVENT_UTILIZATION_FALLING)
		say(event, "is no longer checked against the threshold %s: %s",
		    subject->threshold.name, reason);
	else if (falling == EVENT_DROPPING_STOPPED)
		say(event, "is no longer checked for dropping: %s", reason);
	else if (falling == EVENT_SOURCE_FALLING)
		say(event, "is no longer checked for the source %s: %s", subject->source.text,
		    reason);
	else if (falling == EVENT_WATCH_FALLING)
		say(event, "is no longer checked against the watch %s: %s", subject->watch.name,
		    reason);
	else if (falling == EVENT_NAT_FALLING)
		say(event, "is no longer checked for its ports towards %s: %s",
		    nat_destination(&subject->nat), reason);
	else if (falling == EVENT_RATE_FALLING)
		say(event, "is no longer checked: %s", reason);
	else
		say(event, "is no longer read: %s", reason);
}

void event_add_findings(struct event *event, const struct findings *findings)
{
	size_t length = strlen(event->text);

	if (!findings->is_known || !event_wants_findings(event->kind) || event->findings.is_known ||
	    event->is_dated)
		return;
	event->findings = *findings;
	event->crossing_length = length;
	findings_say(findings, event->text + length, sizeof(event->text) - length);
}

/* The text with its verb in the past; unchanged if it does not begin with one of these. */
static void say_in_the_past(const struct event *event, char *text, size_t size)
{
	static const struct {
		const char *now, *then;
	} verbs[] = { { "is ", "was " },
		      { "has ", "had " },
		      { "cannot ", "could not " },
		      { "can ", "could " },
		      { "shows ", "showed " } };
	char *holds, head_text[EVENT_TEXT_SIZE];
	size_t head = say_head(event, head_text, sizeof(head_text));
	const char *rest = event->text + head;

	snprintf(text, size, "%s", event->text);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		size_t length = strlen(verbs[i].now);

		if (strncmp(rest, verbs[i].now, length) == 0)
			snprintf(text + head, size - head, "%s%s", verbs[i].then, rest + length);
	}
	holds = strstr(text + head, " holds ");
	if (holds) {
		memcpy(holds, " held ", 6);
		memmove(holds + 6, holds + 7, strlen(holds + 7) + 1);
	}
}

void event_say_when(struct event *event, uint64_t now_wall_ms)
{
	time_t seconds = (time_t)(event->wall_ms / 1000);
	char text[EVENT_TEXT_SIZE + 16], when[64];
	size_t room, length;
	struct tm utc;

	if (event->is_dated || now_wall_ms <= event->wall_ms + PROMPT_MS)
		return;
	event->is_dated = true;
	if (event->findings.is_known)
		event->text[event->crossing_length] = '\0';
	say_in_the_past(event, text, sizeof(text));
	gmtime_r(&seconds, &utc);
	strftime(when, sizeof(when), " (at %Y-%m-%d %H:%M:%S UTC)", &utc);
	room = EVENT_TEXT_SIZE - strlen(when);
	cut(text, room - 1);
	length = strlen(text);
	findings_say(&event->findings, text + length, room - length);
	snprintf(event->text, sizeof(event->text), "%s%s", text, when);
}
