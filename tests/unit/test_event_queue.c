/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/event_queue.c"

#include "test.h"

static void first_in_is_first_out_and_the_oldest_gives_way(void **state)
{
	struct event_queue *queue = calloc(1, sizeof(*queue));
	struct event event = { 0 };

	(void)state;
	assert_null(event_queue_peek(queue));
	for (uint32_t i = 0; i < EVENT_QUEUE_SIZE + 5; i++) {
		event.sample.entries = i;
		assert_int_equal(event_queue_push(queue, &event), i < EVENT_QUEUE_SIZE);
	}
	for (uint32_t i = 5; i < EVENT_QUEUE_SIZE + 5; i++) {
		assert_int_equal(event_queue_peek(queue)->sample.entries, i);
		event_queue_pop(queue);
	}
	assert_null(event_queue_peek(queue));
	free(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_in_is_first_out_and_the_oldest_gives_way),
	};

	return cmocka_run_group_tests_name("event_queue", tests, NULL, NULL);
}
