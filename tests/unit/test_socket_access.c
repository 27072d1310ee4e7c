/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of a socket that this user may not reach. */
#include "subagent/socket_access.c"

#include "test.h"

#include <sys/wait.h>

#define NOBODY 65534

static struct account_name users[] = { { NOBODY, "somebody" } }, groups[] = { { 1, "frr" } };
static const struct account_names names = { users, groups, 1, 1 };
static char top[] = "/tmp/nfct-access-XXXXXX", middle[64], path[96];

/* What a process without any right of root's is told, "" if nothing. */
static void explain(char *text, size_t size)
{
	int ends[2], status;
	ssize_t length;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		char answer[512] = "";

		if (setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
		    setresuid(NOBODY, NOBODY, NOBODY) != 0)
			_exit(1);
		socket_access_explain(path, &names, answer, sizeof(answer));
		_exit(write(ends[1], answer, strlen(answer)) < 0);
	}
	close(ends[1]);
	length = read(ends[0], text, size - 1);
	close(ends[0]);
	assert_true(length >= 0);
	text[length] = '\0';
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void expect(const char *subject, const char *rest)
{
	char text[512], expected[512];

	explain(text, sizeof(text));
	snprintf(expected, sizeof(expected), "%s is %s", subject, rest);
	assert_string_equal(text, expected);
}

static void expect_directory(const char *directory, const char *ownership)
{
	char rest[384];

	snprintf(rest, sizeof(rest),
		 "%s: this user (somebody) may not enter it; chmod 755 %s (a tmpfiles.d line keeps "
		 "it: \"d %s 0755 root root\").",
		 ownership, directory, directory);
	expect(directory, rest);
}

static void the_first_directory_that_is_closed_is_named(void **state)
{
	(void)state;
	assert_int_equal(chmod(middle, 0700), 0);
	expect_directory(middle, "root:root 0700");
	assert_int_equal(chown(top, 0, 1), 0);
	assert_int_equal(chmod(top, 0750), 0);
	expect_directory(top, "root:frr 0750");
}

static void behind_open_directories_the_socket_is_named(void **state)
{
	(void)state;
	expect(path, "root:root 0755: this user (somebody) may not write to it; give snmpd "
		     "\"agentXPerms 0660 0755 somebody 65534\" and restart it.");
	assert_int_equal(chown(path, 2, 0), 0);
	assert_int_equal(chmod(path, 0660), 0);
	expect(path, "2:root 0660: this user (somebody) may not write to it; give snmpd "
		     "\"agentXPerms 0660 0755 somebody 65534\" and restart it.");
}

static void a_socket_of_another_group_is_reached_by_that_group(void **state)
{
	(void)state;
	assert_int_equal(chown(path, 0, 1), 0);
	assert_int_equal(chmod(path, 0660), 0);
	expect(path, "root:frr 0660: this user (somebody) may not write to it; put it into the "
		     "group frr and restart the agent.");
}

static void what_modes_do_not_explain_is_left_alone(void **state)
{
	char text[512];

	(void)state;
	assert_int_equal(chown(path, 0, NOBODY), 0);
	assert_int_equal(chmod(path, 0660), 0);
	explain(text, sizeof(text));
	assert_string_equal(text, "");
	assert_int_equal(unlink(path), 0);
	explain(text, sizeof(text));
	assert_string_equal(text, "");
}

static int make(void **state)
{
	FILE *file;

	(void)state;
	if (!mkdtemp(top))
		return -1;
	snprintf(middle, sizeof(middle), "%s/agentx", top);
	snprintf(path, sizeof(path), "%s/master", middle);
	if (chmod(top, 0755) != 0 || mkdir(middle, 0755) != 0 || chmod(middle, 0755) != 0)
		return -1;
	file = fopen(path, "w"); /* for its mode, any file will do */
	return file && fclose(file) == 0 && chmod(path, 0755) == 0 ? 0 : -1;
}

static int clean(void **state)
{
	(void)state;
	unlink(path);
	rmdir(middle);
	rmdir(top);
	memcpy(top + strlen(top) - 6, "XXXXXX", 6);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_directory_that_is_closed_is_named, make,
						clean),
		cmocka_unit_test_setup_teardown(behind_open_directories_the_socket_is_named, make,
						clean),
		cmocka_unit_test_setup_teardown(a_socket_of_another_group_is_reached_by_that_group,
						make, clean),
		cmocka_unit_test_setup_teardown(what_modes_do_not_explain_is_left_alone, make,
						clean),
	};

	return cmocka_run_group_tests_name("socket_access", tests, NULL, NULL);
}
