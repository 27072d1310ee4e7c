/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which events wake somebody, and what their texts may not contain. */
#include "common/event.c"

#include "test.h"

static void what_begins_is_an_alarm_and_what_ends_is_not(void **state)
{
	static const enum event_kind begins[] = { EVENT_UTILIZATION_RISING, EVENT_DROPPING_STARTED,
						  EVENT_SOURCE_RISING, EVENT_WATCH_RISING,
						  EVENT_INSTANCE_DEGRADED };
	static const enum event_kind ends[] = { EVENT_UTILIZATION_FALLING, EVENT_DROPPING_STOPPED,
						EVENT_SOURCE_FALLING, EVENT_WATCH_FALLING,
						EVENT_INSTANCE_RECOVERED };

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
	assert_string_equal(event.text,
			    "conntrack table is a was filled by one source: 192.0.2.7 held 52% of "
			    "the limit (520 of 1000 entries), above source-rising (50%) (at "
			    "2026-10-25 00:00:00 UTC)");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_begins_is_an_alarm_and_what_ends_is_not),
		cmocka_unit_test(the_text_is_plain_whatever_is_quoted),
		cmocka_unit_test(a_text_has_no_quotation_marks),
		cmocka_unit_test(a_text_that_is_cut_ends_with_a_whole_character),
		cmocka_unit_test(a_text_that_is_told_late_is_in_the_past),
		cmocka_unit_test(without_a_limit_no_source_holds_a_part_of_it),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
