/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line that `systemctl status` shows, and how often it is told. */
#include "collector/status_line.c"

#include "test.h"

static struct snapshot_sample table(const char *name, uint32_t entries, uint32_t max_entries)
{
	struct snapshot_sample sample = { .status = STATUS_OK,
					  .has_values = true,
					  .entries = entries,
					  .max_entries = max_entries };

	snprintf(sample.name, sizeof(sample.name), "%s", name);
	return sample;
}

static struct snapshot_sample unreadable(const char *name)
{
	struct snapshot_sample sample = table(name, 1, 2);

	sample.status = STATUS_UNAVAILABLE;
	sample.has_values = false;
	snprintf(sample.status_text, sizeof(sample.status_text),
		 "ctnetlink: Operation not permitted (CAP_NET_ADMIN is needed)");
	return sample;
}

static void a_table_has_count_and_limit(void **state)
{
	struct snapshot_sample sample = table("default", 238551, 262144);
	char text[SD_NOTIFY_STATUS_SIZE] = "";

	(void)state;
	status_line_add(text, &sample);
	assert_string_equal(text, "default: 238551 of 262144 entries (90%)");
	assert_false(status_line_is_trouble(&sample));
}

static void a_table_may_have_no_limit(void **state)
{
	struct snapshot_sample sample = table("default", 7, 0);
	char text[SD_NOTIFY_STATUS_SIZE] = "";

	(void)state;
	status_line_add(text, &sample);
	assert_string_equal(text, "default: 7 entries, no limit");
}

static void a_deleted_namespace_of_a_pattern_is_no_trouble(void **state)
{
	struct snapshot_sample gone = unreadable("red");

	(void)state;
	assert_true(status_line_is_trouble(&gone));
	gone.is_deleted = true;
	assert_false(status_line_is_trouble(&gone));
}

static void what_is_wrong_is_said(void **state)
{
	struct snapshot_sample full = table("default", 100, 100), stale = table("blue", 5, 100),
			       gone = unreadable("red");
	char text[SD_NOTIFY_STATUS_SIZE] = "";

	(void)state;
	full.dropping = true;
	stale.status = STATUS_STALE;
	snprintf(stale.status_text, sizeof(stale.status_text), "the last scan failed");
	status_line_add(text, &full);
	status_line_add(text, &stale);
	assert_string_equal(text, "default: 100 of 100 entries (100%), dropping; "
				  "blue: 5 of 100 entries (5%): the last scan failed");
	text[0] = '\0';
	status_line_add(text, &gone);
	assert_string_equal(text,
			    "red: ctnetlink: Operation not permitted (CAP_NET_ADMIN is needed)");
	assert_true(status_line_is_trouble(&full));
	assert_true(status_line_is_trouble(&stale));
	assert_true(status_line_is_trouble(&gone));
}

static void what_does_not_fit_is_cut_between_characters(void **state)
{
	struct snapshot_sample sample = table("", 1, 2);
	char text[SD_NOTIFY_STATUS_SIZE] = "";

	(void)state;
	/* 31 characters of two octets each, after one of one or none */
	for (size_t shift = 0; shift < 2; shift++) {
		size_t length;

		memset(sample.name, 'x', shift);
		for (size_t i = shift; i + 2 < sizeof(sample.name); i += 2)
			memcpy(sample.name + i, "\xc3\xa9", 2);
		text[0] = '\0';
		for (size_t i = 0; i < 10; i++)
			status_line_add(text, &sample);
		length = strlen(text);
		assert_true(length < SD_NOTIFY_STATUS_SIZE);
		assert_string_equal(text + length - 3, "...");
		assert_int_not_equal((unsigned char)text[length - 4] & 0xc0, 0xc0);
	}
}

static void it_is_told_when_it_is_new_and_not_at_each_sample(void **state)
{
	struct status_line line = { 0 };

	(void)state;
	assert_true(status_line_is_due(&line, "1 of 9", 0, 1000));
	assert_false(status_line_is_due(&line, "1 of 9", 0, 900000));
	assert_true(status_line_is_due(&line, "2 of 9", 0, 900001));
	assert_false(status_line_is_due(&line, "3 of 9", 0, 905000));
	assert_true(status_line_is_due(&line, "3 of 9", 0, 905001));
	assert_string_equal(line.text, "3 of 9");
}

static void trouble_is_told_at_once_and_so_is_its_end(void **state)
{
	struct status_line line = { 0 };

	(void)state;
	assert_true(status_line_is_due(&line, "1 of 9", 0, 1000));
	assert_true(status_line_is_due(&line, "unreadable", 1, 2000));
	assert_true(status_line_is_due(&line, "2 of 9", 0, 3000));
	assert_false(status_line_is_due(&line, "3 of 9", 0, 4000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_has_count_and_limit),
		cmocka_unit_test(a_table_may_have_no_limit),
		cmocka_unit_test(a_deleted_namespace_of_a_pattern_is_no_trouble),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(what_does_not_fit_is_cut_between_characters),
		cmocka_unit_test(it_is_told_when_it_is_new_and_not_at_each_sample),
		cmocka_unit_test(trouble_is_told_at_once_and_so_is_its_end),
	};

	return cmocka_run_group_tests_name("status_line", tests, NULL, NULL);
}
