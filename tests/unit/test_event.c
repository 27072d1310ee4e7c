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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_begins_is_an_alarm_and_what_ends_is_not),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
