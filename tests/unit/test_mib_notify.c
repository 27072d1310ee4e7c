/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which objects a notification carries, and with which values: what a look found comes last. */
#include "subagent/mib_notify.c"

#include <stdio.h>

#include "test.h"

static struct event event_of(enum event_kind kind)
{
	struct event event = {
		.kind = kind,
		.wall_ms = 1,
		.text = "a text",
		.sample = { .instance = 7,
			    .name = "blue",
			    .has_values = true,
			    .has_max_entries = true,
			    .has_loss = true,
			    .loss_cause = LOSS_TABLE_FULL,
			    .entries = 850,
			    .max_entries = 1000 },
		.subject = { .threshold = { .index = 2, .name = "warning", .rising = 80 } },
	};

	return event;
}

static struct findings found(void)
{
	return (struct findings){
		.is_known = true,
		.entries = 900,
		.unreplied = 792,
		.service = { .kind = TOP_SERVICE, .rank = 1, .entries = 783, .text = "tcp/80" },
		.source = { .kind = TOP_SOURCE, .rank = 1, .entries = 369, .text = "10.200.0.1" },
	};
}

/* "table.1.column.index=value" of each object after the first `skipped`, below nfctObjects. */
static const char *objects_of(const struct event *event, size_t skipped)
{
	static char text[1024];
	netsnmp_variable_list *list = NULL;
	size_t used = 0;

	text[0] = '\0';
	add_objects(&list, event);
	for (netsnmp_variable_list *object = list; object; object = object->next_variable) {
		if (skipped) {
			skipped--;
			continue;
		}
		for (size_t i = MIB_ROOT_LENGTH + 1; i < object->name_length; i++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, ".%lu",
						 (unsigned long)object->name[i]);
		if (object->type == ASN_OCTET_STR)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "=%.*s ",
						 (int)object->val_len, object->val.string);
		else
			used += (size_t)snprintf(text + used, sizeof(text) - used, "=%ld ",
						 *object->val.integer);
		assert_int_not_equal(object->type, ASN_COUNTER64);
	}
	snmp_free_varbind(list);
	return text;
}

static void without_findings_nothing_is_appended(void **state)
{
	struct event event = event_of(EVENT_UTILIZATION_RISING);

	(void)state;
	assert_string_equal(objects_of(&event, 0),
			    ".11.1.0=a text .2.1.2.7=blue .2.1.5.7=850 .2.1.6.7=1000 .2.1.7.7=85 "
			    ".9.1.2.7.2=warning .9.1.3.7.2=80 ");
	event = event_of(EVENT_DROPPING_STARTED);
	assert_string_equal(objects_of(&event, 6), "");
}

static void what_was_found_comes_last(void **state)
{
	static const char appended[] = ".4.1.10.7=792 .8.1.12.7.1.1=10.200.0.1 .8.1.8.7.1.1=369 "
				       ".8.1.12.7.3.1=tcp/80 .8.1.8.7.3.1=783 ";
	struct event event = event_of(EVENT_UTILIZATION_RISING);

	(void)state;
	event.findings = found();
	assert_string_equal(objects_of(&event, 7), appended);
	event = event_of(EVENT_DROPPING_STARTED);
	event.findings = found();
	assert_string_equal(objects_of(&event, 6), appended);
}

static void who_was_not_counted_is_left_out(void **state)
{
	struct event event = event_of(EVENT_UTILIZATION_RISING);

	(void)state;
	event.findings = found();
	event.findings.service.rank = 0;
	assert_string_equal(objects_of(&event, 7),
			    ".4.1.10.7=792 .8.1.12.7.1.1=10.200.0.1 .8.1.8.7.1.1=369 ");
	event.findings.source.rank = 0;
	event.findings.unreplied = 0;
	assert_string_equal(objects_of(&event, 7), ".4.1.10.7=0 ");
}

static void a_rate_carries_its_row(void **state)
{
	struct event event = event_of(EVENT_RATE_RISING);

	(void)state;
	event.subject.rate = (struct snapshot_rate){ .index = 5,
						     .name = "setup",
						     .counter = "created",
						     .has_value = true,
						     .value = 7350,
						     .seconds = 60,
						     .rising = 5000,
						     .falling = 3000 };
	assert_string_equal(objects_of(&event, 0),
			    ".11.1.0=a text .2.1.2.7=blue .13.1.2.7.5=setup .13.1.4.7.5=7350 "
			    ".13.1.5.7.5=5000 ");
	event.kind = EVENT_RATE_FALLING;
	assert_string_equal(objects_of(&event, 2), ".13.1.2.7.5=setup .13.1.4.7.5=7350 "
						   ".13.1.5.7.5=5000 .13.1.6.7.5=3000 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_findings_nothing_is_appended),
		cmocka_unit_test(what_was_found_comes_last),
		cmocka_unit_test(who_was_not_counted_is_left_out),
		cmocka_unit_test(a_rate_carries_its_row),
	};

	return cmocka_run_group_tests_name("mib_notify", tests, NULL, NULL);
}
