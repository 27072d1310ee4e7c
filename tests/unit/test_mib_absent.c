/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is unknown is absent, and what is old says so: by the tables of the module, from outside. */
#include "subagent/mib_table.h"

#include <stdio.h>

#include "test.h"

/* nfctInstanceTable's columns are 2 to this one. */
#define INSTANCE_COLUMNS 31

struct fixture {
	struct mib_view view;
	struct mib_instance instance;
	struct snapshot_sample sample;
	struct snapshot_scan scan;
	struct counters cpu;
	struct snapshot_watch watches[2];
	struct snapshot_rate rates[2];
};

/* One table of which everything is known. */
static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	fixture->view.instances = &fixture->instance;
	fixture->view.instance_count = 1;
	mib_view_set_time(&fixture->view, 21000, 1500);
	fixture->instance = (struct mib_instance){ .index = 1,
						   .sample = &fixture->sample,
						   .scan = &fixture->scan };
	fixture->sample = (struct snapshot_sample){ .name = "default",
						    .status = STATUS_OK,
						    .has_values = true,
						    .has_max_entries = true,
						    .has_buckets = true,
						    .has_expect_max = true,
						    .has_loss = true,
						    .loss_cause = LOSS_NONE,
						    .entries = 91,
						    .peak_time = 1,
						    .discontinuity = 10000,
						    .taken = 20000,
						    .fresh_ms = 30000,
						    .cpu_count = 1,
						    .cpus = &fixture->cpu,
						    .rate_count = 2,
						    .rates = fixture->rates };
	fixture->rates[0] = (struct snapshot_rate){ .index = 1 };
	fixture->rates[1] = (struct snapshot_rate){ .index = 2, .has_value = true };
	fixture->sample.total.present = fixture->cpu.present = (1U << COUNTER_COUNT) - 1;
	fixture->scan = (struct snapshot_scan){ .end_wall = 1,
						.end_monotonic = 15000,
						.has_firm_utilization = true,
						.has_unlisted = true,
						.has_churn = true,
						.has_create_rate = true,
						.has_identity_share = true,
						.churn_began = 12000,
						.watch_count = 2,
						.watches = fixture->watches };
	fixture->watches[0] = (struct snapshot_watch){ .index = 3 };
	fixture->watches[1] =
		(struct snapshot_watch){ .index = 4, .has_created = true, .created_began = 13000 };
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

/* "2.1.5.1", below nfctObjects. False: it is absent. */
static bool ask(const struct fixture *fixture, const char *text, struct mib_value *value)
{
	oid name[MIB_OID_MAX] = { MIB_ROOT, MIB_OBJECTS };
	size_t length = MIB_ROOT_LENGTH + 1;
	char *end;

	for (; *text; text = *end ? end + 1 : end)
		name[length++] = strtoul(text, &end, 10);
	return mib_get(&fixture->view, name, length, value);
}

static bool is_there(const struct fixture *fixture, const char *text)
{
	struct mib_value value;

	return ask(fixture, text, &value);
}

static uint64_t number(const struct fixture *fixture, const char *text)
{
	struct mib_value value;

	if (!ask(fixture, text, &value))
		fail_msg("%s is not there", text);
	return value.number;
}

/* Takes a `has_` away: these objects, which were there, go with it. */
static void take_away(const struct fixture *fixture, bool *has, const char *const *names)
{
	for (const char *const *name = names; *name; name++) {
		if (!is_there(fixture, *name))
			fail_msg("%s is not there", *name);
	}
	*has = false;
	for (const char *const *name = names; *name; name++) {
		if (is_there(fixture, *name))
			fail_msg("%s is there", *name);
	}
}
#define TAKE_AWAY(fixture, has, ...)                                                               \
	take_away(fixture, has, (const char *const[]){ __VA_ARGS__, NULL })

/* Each by itself: the next one is still there. */
static void what_is_unknown_is_absent(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot_sample *sample = &fixture->sample;
	struct snapshot_scan *scan = &fixture->scan;

	TAKE_AWAY(fixture, &sample->has_max_entries, "2.1.6.1", "2.1.7.1");
	TAKE_AWAY(fixture, &sample->has_buckets, "2.1.11.1");
	TAKE_AWAY(fixture, &sample->has_expect_max, "2.1.22.1");
	TAKE_AWAY(fixture, &sample->has_loss, "2.1.26.1", "2.1.29.1", "2.1.30.1");
	TAKE_AWAY(fixture, &scan->has_firm_utilization, "4.1.18.1");
	TAKE_AWAY(fixture, &scan->has_unlisted, "4.1.24.1");
	TAKE_AWAY(fixture, &scan->has_churn, "4.1.20.1", "4.1.21.1", "4.1.26.1");
	TAKE_AWAY(fixture, &scan->has_create_rate, "4.1.22.1");
	TAKE_AWAY(fixture, &scan->has_identity_share, "4.1.23.1");
	assert_false(is_there(fixture, "10.1.8.1.3")); /* this one has not counted yet */
	assert_false(is_there(fixture, "10.1.9.1.3"));
	TAKE_AWAY(fixture, &fixture->watches[1].has_created, "10.1.8.1.4", "10.1.9.1.4");
	assert_true(is_there(fixture, "13.1.7.1.1"));
	assert_false(is_there(fixture, "13.1.4.1.1")); /* its window has just begun */
	TAKE_AWAY(fixture, &fixture->rates[1].has_value, "13.1.4.1.2");
	/* expectations need both of their counters */
	assert_true(is_there(fixture, "2.1.31.1"));
	sample->total.present &= ~(1U << COUNTER_EXPECT_DELETES);
	assert_false(is_there(fixture, "2.1.31.1"));
}

static void a_time_stamp_is_the_uptime_of_its_moment(void **state)
{
	const struct fixture *fixture = *state;

	/* at 21 s the uptime was 15 s */
	assert_int_equal(number(fixture, "2.1.27.1"), 400);
	assert_int_equal(number(fixture, "4.1.26.1"), 600);
	assert_int_equal(number(fixture, "10.1.9.1.4"), 700);
}

/* But for the peak with its time, and for what tells of the row itself. */
static void while_unavailable_every_sampled_value_is_absent(void **state)
{
	static const unsigned int kept[] = { 2, 3, 4, 8, 9, 27, 28 };
	struct fixture *fixture = *state;
	char text[32];

	for (unsigned int column = 2; column <= INSTANCE_COLUMNS; column++) {
		snprintf(text, sizeof(text), "2.1.%u.1", column);
		if (!is_there(fixture, text))
			fail_msg("%s is not there", text);
	}
	assert_true(is_there(fixture, "3.1.2.1.1"));
	fixture->sample.has_values = false;
	fixture->sample.status = STATUS_UNAVAILABLE;
	for (unsigned int column = 2; column <= INSTANCE_COLUMNS; column++) {
		bool expected = false;

		for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
			expected = expected || kept[i] == column;
		snprintf(text, sizeof(text), "2.1.%u.1", column);
		if (is_there(fixture, text) != expected)
			fail_msg("%s is %s", text, expected ? "not there" : "there");
	}
	assert_false(is_there(fixture, "3.1.2.1.1"));
}

static void expect_text(const struct fixture *fixture, const char *name, const char *expected)
{
	struct mib_value value;

	assert_true(ask(fixture, name, &value));
	assert_int_equal(value.length, strlen(expected));
	assert_memory_equal(value.bytes, expected, value.length);
}

/* The collector cannot tell that it stands still: the age tells it, at the request. */
static void a_sample_that_is_too_old_is_stale(void **state)
{
	struct fixture *fixture = *state;

	mib_view_set_time(&fixture->view, 49999, 4500);
	assert_int_equal(number(fixture, "2.1.3.1"), STATUS_OK);
	expect_text(fixture, "2.1.4.1", "");
	mib_view_set_time(&fixture->view, 50000, 4500);
	assert_int_equal(number(fixture, "2.1.3.1"), STATUS_STALE);
	expect_text(fixture, "2.1.4.1",
		    "the sampled values are 30 seconds old: nothing newer has come from the "
		    "collector");
	assert_int_equal(number(fixture, "2.1.5.1"), 91); /* it is told, and so is its age */
	assert_int_equal(number(fixture, "2.1.28.1"), 3000);
	/* a notification says how it was when it arose: it has no time of a request */
	mib_view_set_time(&fixture->view, 0, 0);
	assert_int_equal(number(fixture, "2.1.3.1"), STATUS_OK);
	/* unavailable goes before stale */
	mib_view_set_time(&fixture->view, 50000, 4500);
	fixture->sample.has_values = false;
	fixture->sample.status = STATUS_UNAVAILABLE;
	snprintf(fixture->sample.status_text, sizeof(fixture->sample.status_text), "why");
	assert_int_equal(number(fixture, "2.1.3.1"), STATUS_UNAVAILABLE);
	expect_text(fixture, "2.1.4.1", "why");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_unknown_is_absent),
		TEST(a_time_stamp_is_the_uptime_of_its_moment),
		TEST(while_unavailable_every_sampled_value_is_absent),
		TEST(a_sample_that_is_too_old_is_stale),
	};

	return cmocka_run_group_tests_name("mib_absent", tests, NULL, NULL);
}
