/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which events wake somebody. */
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
		assert_non_null(strstr(event.text, "\"a?bx"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_begins_is_an_alarm_and_what_ends_is_not),
		cmocka_unit_test(the_text_is_plain_whatever_is_quoted),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
