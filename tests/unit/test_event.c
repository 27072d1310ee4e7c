/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which events wake somebody, and what their texts may not contain. */
#include "common/event.c"

#include "test.h"

static void what_begins_is_an_alarm_and_what_ends_is_not(void **state)
{
	static const enum event_kind begins[] = { EVENT_UTILIZATION_RISING, EVENT_DROPPING_STARTED,
						  EVENT_SOURCE_RISING,      EVENT_WATCH_RISING,
						  EVENT_INSTANCE_DEGRADED,  EVENT_NAT_RISING,
						  EVENT_RATE_RISING };
	static const enum event_kind ends[] = { EVENT_UTILIZATION_FALLING, EVENT_DROPPING_STOPPED,
						EVENT_SOURCE_FALLING,      EVENT_WATCH_FALLING,
						EVENT_INSTANCE_RECOVERED,  EVENT_NAT_FALLING,
						EVENT_RATE_FALLING };

	(void)state;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		assert_true(event_is_alarm(&(struct event){ .kind = (uint8_t)begins[i] }));
		assert_false(event_is_alarm(&(struct event){ .kind = (uint8_t)ends[i] }));
	}
}

/* SnmpAdminString is UTF-8: what is cut at 255 octets is not cut within a character. */
static void the_text_is_plain_whatever_is_quoted(void **state)
{
	struct snapshot_sample sample = { .status = STATUS_UNAVAILABLE };
	union event_subject none = { 0 };
	struct event event;
	char fault[TEXT_FAULT_SIZE];

	(void)state;
	strcpy(sample.name, "a\nb");
	for (size_t i = 0; i + 2 < sizeof(sample.status_text); i += 2)
		strcpy(sample.status_text + i, "\xc3\xa9");
	for (size_t pad = 0; pad < 2; pad++) {
		memset(sample.name + 3, 'x', 60 - pad);
		sample.name[63 - pad] = '\0';
		event_compose(&event, EVENT_INSTANCE_DEGRADED, &sample, &none, 0, 0);
		assert_true(strlen(event.text) >= EVENT_TEXT_SIZE - 2);
		if (!text_is_plain(event.text, strlen(event.text), fault))
			fail_msg("\"%s\" contains %s", event.text, fault);
		assert_non_null(strstr(event.text, " a?bx"));
	}
}

static struct event degraded(const char *name, const char *status_text)
{
	struct snapshot_sample sample = { .instance = 1, .status = STATUS_UNAVAILABLE };
	const union event_subject none = { .threshold = { .index = 0 } };
	struct event event;

	strcpy(sample.name, name);
	strcpy(sample.status_text, status_text);
	event_compose(&event, EVENT_INSTANCE_DEGRADED, &sample, &none, 0, 0);
	return event;
}

static void a_text_has_no_quotation_marks(void **state)
{
	struct event event = degraded("a \"b\"", "the \"reason\"");

	(void)state;
	assert_string_equal(event.text, "conntrack table a 'b' cannot be read: the 'reason'");
}

/* The text is cut at 255 octets, but not within a character; a time that follows is whole. */
static void a_text_that_is_cut_ends_with_a_whole_character(void **state)
{
	char name[SNAPSHOT_NAME_SIZE], reason[SNAPSHOT_TEXT_SIZE];
	struct event event;

	(void)state;
	for (size_t shift = 0; shift < 4; shift++) {
		memset(name, 'n', sizeof(name) - 1);
		name[sizeof(name) - 1 - shift] = '\0';
		reason[0] = '\0';
		while (strlen(reason) + 3 < sizeof(reason))
			strcat(reason, "\xe2\x82\xac");
		event = degraded(name, reason);
		assert_in_range(strlen(event.text), 253, 255);
		assert_string_equal(event.text + strlen(event.text) - 3, "\xe2\x82\xac");
		event.wall_ms = 1792886400000;
		event_say_when(&event, event.wall_ms + 3001);
		assert_in_range(strlen(event.text), 250, 255);
		assert_non_null(strstr(event.text, "\xe2\x82\xac (at 2026-10-25 00:00:00 UTC)"));
		assert_non_null(strstr(event.text, " could not be read: "));
	}
}

static void a_text_that_is_told_late_is_in_the_past(void **state)
{
	struct snapshot_sample sample = { .name = "is a", .entries = 520, .max_entries = 1000 };
	const union event_subject subject = { .source = { .entries = 520, .text = "192.0.2.7" } };
	struct event event;

	(void)state;
	event_compose(&event, EVENT_SOURCE_RISING, &sample, &subject, 50, 40);
	event.wall_ms = 1792886400000;
	event_say_when(&event, event.wall_ms + 3000);
	assert_non_null(strstr(event.text, " is filled "));
	event_say_when(&event, event.wall_ms + 3001);
	event_say_when(&event, event.wall_ms + 9000); /* it waited once more */
	assert_string_equal(
		event.text,
		"conntrack table is a was filled by one source: 192.0.2.7 held 52% of "
		"the limit (520 of 1000 entries), above source-rising (50%): 0% unreplied (at "
		"2026-10-25 00:00:00 UTC)");
}

static void a_rate_is_told_with_its_name_first(void **state)
{
	const struct snapshot_sample sample = { .name = "blue" };
	const union event_subject subject = { .rate = { .name = "is \"new\"",
							.counter = "created",
							.has_value = true,
							.value = 7350,
							.seconds = 60 } };
	struct event event;

	(void)state;
	event_compose(&event, EVENT_RATE_RISING, &sample, &subject, 5000, 3000);
	assert_string_equal(event.text, "conntrack table blue: is 'new' is 7350 per second "
					"(created, over 60 s), at or above rising (5000)");
	event.wall_ms = 1792886400000;
	event_say_when(&event, event.wall_ms + 3001);
	assert_string_equal(event.text, "conntrack table blue: is 'new' was 7350 per second "
					"(created, over 60 s), at or above rising (5000) (at "
					"2026-10-25 00:00:00 UTC)");
	event_compose(&event, EVENT_RATE_FALLING, &sample, &subject, 5000, 3000);
	assert_string_equal(event.text, "conntrack table blue: is 'new' is 7350 per second "
					"(created, over 60 s), no longer above rising (5000; "
					"cleared at 3000)");
	event_compose_end(&event, EVENT_RATE_FALLING, &sample, &subject, "for a reason");
	assert_string_equal(event.text,
			    "conntrack table blue: is 'new' is no longer checked: for a reason");
}

static void without_a_limit_no_source_holds_a_part_of_it(void **state)
{
	const union event_subject subject = { .source = { .entries = 80, .text = "192.0.2.7" } };
	const struct snapshot_sample sample = { .name = "default", .entries = 80 };
	struct event event;

	(void)state;
	event_compose(&event, EVENT_SOURCE_FALLING, &sample, &subject, 50, 40);
	assert_string_equal(event.text, "conntrack table default has no limit any more, which a "
					"source could fill: 192.0.2.7 holds 80 entries");
}

/* A fill of 80 % of the limit; the shares are in percent of the entries, the error of both rows and
 * the margin are those of a look at a large table. */
static struct event crossing(uint32_t unreplied, const char *service, uint32_t service_share,
			     const char *source, uint32_t source_share)
{
	struct snapshot_sample sample = {
		.instance = 1, .name = "default", .entries = 210937, .max_entries = 262144
	};
	const union event_subject subject = { .threshold = { .index = 1, .name = "warning" } };
	struct findings findings = { .is_known = true,
				     .entries = 210937,
				     .margin = 40,
				     .unreplied = 210937 / 100 * unreplied,
				     .unreplied_share = unreplied };
	struct event event;

	findings.service = (struct snapshot_top){ .kind = TOP_SERVICE,
						  .rank = 1,
						  .error = 100,
						  .entries = 210937 / 100 * service_share + 200,
						  .share = service_share };
	findings.source = findings.service;
	findings.source.kind = TOP_SOURCE;
	findings.source.entries = 210937 / 100 * source_share + 200;
	findings.source.share = source_share;
	strcpy(findings.service.text, service);
	strcpy(findings.source.text, source);
	event_compose(&event, EVENT_UTILIZATION_RISING, &sample, &subject, 80, 70);
	event_add_findings(&event, &findings);
	return event;
}

#define CROSSING                                                                                   \
	"conntrack table default is 80% full (210937 of 262144 entries), above the threshold "     \
	"warning (80%)"

/* What somebody at night must be able to tell apart, with nothing but the text. */
static void the_text_tells_a_flood_from_honest_load(void **state)
{
	struct event event;

	(void)state;
	/* SYN packets from forged addresses to one server */
	event = crossing(93, "tcp/80", 92, "198.51.100.9", 0);
	assert_string_equal(event.text,
			    CROSSING ": 93% unreplied; 92% to tcp/80; from many sources");
	/* one source floods */
	event = crossing(88, "tcp/80", 87, "10.200.0.1", 41);
	assert_string_equal(event.text,
			    CROSSING ": 88% unreplied; 87% to tcp/80; 41% from 10.200.0.1");
	/* one source tries all ports */
	event = crossing(96, "tcp/443", 3, "203.0.113.5", 95);
	assert_string_equal(event.text,
			    CROSSING ": 96% unreplied; to many services; 95% from 203.0.113.5");
	/* a NAT gateway, behind which many people work */
	event = crossing(2, "tcp/443", 78, "10.0.0.1", 60);
	assert_string_equal(event.text,
			    CROSSING ": 2% unreplied; 78% to tcp/443; 60% from 10.0.0.1");
	/* a table that is too small */
	event = crossing(3, "tcp/443", 71, "10.20.3.4", 1);
	assert_string_equal(event.text,
			    CROSSING ": 3% unreplied; 71% to tcp/443; from many sources");
}

static void findings_that_are_told_late_stand_before_the_time(void **state)
{
	struct event event = crossing(88, "tcp/80", 87, "10.200.0.1", 41);

	(void)state;
	event.wall_ms = 1792886400000;
	event_say_when(&event, event.wall_ms + 3001);
	event_say_when(&event, event.wall_ms + 9000);
	assert_string_equal(
		event.text,
		"conntrack table default was 80% full (210937 of 262144 entries), above "
		"the threshold warning (80%): 88% unreplied; 87% to tcp/80; 41% from "
		"10.200.0.1 (at 2026-10-25 00:00:00 UTC)");
}

static void findings_are_added_once_and_only_to_what_wants_them(void **state)
{
	struct event event = crossing(88, "tcp/80", 87, "10.200.0.1", 41), other;

	(void)state;
	other = event;
	other.findings.source.share = 40;
	event_add_findings(&event, &other.findings);
	assert_string_equal(event.text, other.text);
	event = degraded("default", "why");
	event_add_findings(&event, &other.findings);
	assert_string_equal(event.text, "conntrack table default cannot be read: why");
	assert_false(event.findings.is_known);
}

static const char *const found[] = {
	": 88% unreplied; 87% to tcp/80; 41% from 2001:db8:aaaa:bbbb::/64",
	": 88% unreplied; 41% from 2001:db8:aaaa:bbbb::/64",
	": 41% from 2001:db8:aaaa:bbbb::/64",
	": 88% unreplied; 87% to tcp/80",
	": 88% unreplied",
	"",
};
#define FOUND (sizeof(found) / sizeof(found[0]))

/* How much of `found` the text has, between `threshold` (80%) and `end`. */
static size_t find_found(const struct event *event, const char *threshold, const char *end)
{
	char fault[TEXT_FAULT_SIZE], tail[2 * EVENT_TEXT_SIZE];

	assert_true(strlen(event->text) < EVENT_TEXT_SIZE);
	assert_true(text_is_plain(event->text, strlen(event->text), fault));
	for (size_t i = 0; i < FOUND; i++) {
		int length = snprintf(tail, sizeof(tail), " the threshold %s (80%%)%s%s", threshold,
				      found[i], end);

		if (strlen(event->text) > (size_t)length &&
		    strcmp(event->text + strlen(event->text) - length, tail) == 0)
			return i;
	}
	fail_msg("\"%s\"", event->text);
	return FOUND;
}

/* However long the names are, the crossing is told whole, and after it only whole findings. */
static void names_of_any_length_leave_no_half_a_number(void **state)
{
	bool seen[FOUND] = { false };

	(void)state;
	for (size_t length = 1; length < SNAPSHOT_NAME_SIZE; length++) {
		struct event event = crossing(88, "tcp/80", 87, "2001:db8:aaaa:bbbb::/64", 41);
		const struct findings findings = event.findings;
		struct snapshot_sample sample = event.sample;
		union event_subject subject = event.subject;

		memset(sample.name, 'n', length % 2);
		for (size_t end = length % 2; end < length; end += 2)
			memcpy(sample.name + end, "\xc3\xa9", 2);
		sample.name[length] = '\0';
		strcpy(subject.threshold.name, sample.name);
		event_compose(&event, EVENT_UTILIZATION_RISING, &sample, &subject, 80, 70);
		event_add_findings(&event, &findings);
		seen[find_found(&event, sample.name, "")] = true;
		event.wall_ms = 1792886400000;
		event_say_when(&event, event.wall_ms + 3001);
		seen[find_found(&event, sample.name, " (at 2026-10-25 00:00:00 UTC)")] = true;
	}
	for (size_t i = 0; i < FOUND - 1; i++)
		assert_true(seen[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_begins_is_an_alarm_and_what_ends_is_not),
		cmocka_unit_test(the_text_is_plain_whatever_is_quoted),
		cmocka_unit_test(a_text_has_no_quotation_marks),
		cmocka_unit_test(a_text_that_is_cut_ends_with_a_whole_character),
		cmocka_unit_test(a_text_that_is_told_late_is_in_the_past),
		cmocka_unit_test(a_rate_is_told_with_its_name_first),
		cmocka_unit_test(without_a_limit_no_source_holds_a_part_of_it),
		cmocka_unit_test(the_text_tells_a_flood_from_honest_load),
		cmocka_unit_test(findings_that_are_told_late_stand_before_the_time),
		cmocka_unit_test(findings_are_added_once_and_only_to_what_wants_them),
		cmocka_unit_test(names_of_any_length_leave_no_half_a_number),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
