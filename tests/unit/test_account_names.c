/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of users and groups without asking for them. */
#include "sandbox/account_names.c"

#include "test.h"

#include <unistd.h>

static char path[] = "/tmp/nfct-names-XXXXXX";

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void expect_group(const struct account_names *names, gid_t group, const char *expected)
{
	char text[ACCOUNT_NAME_SIZE];

	account_names_group(names, group, text);
	assert_string_equal(text, expected);
}

static void without_files_there_is_root_and_there_are_numbers(void **state)
{
	struct account_names names = { 0 };
	char text[ACCOUNT_NAME_SIZE];

	(void)state;
	load_groups(&names, "/nonexistent/group");
	expect_group(&names, 0, "root");
	expect_group(&names, 4294967294U, "4294967294");
	account_names_user(&names, 0, text);
	assert_string_equal(text, "root");
}

static void names_are_those_of_the_files(void **state)
{
	struct account_names names = { 0 };
	char text[ACCOUNT_NAME_SIZE];

	(void)state;
	write_file("wheel:x:0:\nfrr:x:118:a,b\nbroken\nother:x:119:\n");
	load_groups(&names, path);
	write_file("snmp:x:118:5::/:/bin/false\n");
	load_users(&names, path);
	expect_group(&names, 0, "wheel");
	expect_group(&names, 118, "frr");
	expect_group(&names, 119, "other");
	expect_group(&names, 120, "120");
	account_names_user(&names, 118, text);
	assert_string_equal(text, "snmp");
	account_names_clear(&names);
	assert_int_equal(names.group_count, 0);
}

static void a_large_file_is_read_up_to_a_bound(void **state)
{
	struct account_names names = { 0 };
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	for (unsigned int i = 0; i < NAMES_MAX + 10; i++)
		fprintf(file, "group-with-a-name-of-forty-characters-%04u:x:%u:\n", i, i + 1);
	fclose(file);
	load_groups(&names, path);
	assert_int_equal(names.group_count, NAMES_MAX);
	expect_group(&names, 1, "group-with-a-name-of-forty-chara");
	account_names_clear(&names);
}

static int make(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int clean(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_files_there_is_root_and_there_are_numbers),
		cmocka_unit_test(names_are_those_of_the_files),
		cmocka_unit_test(a_large_file_is_read_up_to_a_bound),
	};

	return cmocka_run_group_tests_name("account_names", tests, make, clean);
}
