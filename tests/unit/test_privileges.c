/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users who do not exist, and users of whom nothing is known. */
#include <errno.h>
#include <pwd.h>
#include <stddef.h>

/* In place of the library's: finds nobody, and says why as it sometimes does. */
static int answer;

static struct passwd *find_nobody(const char *name)
{
	(void)name;
	errno = answer;
	return NULL;
}

#define getpwnam find_nobody
#include "sandbox/privileges.c"

#include "test.h"

static void a_user_that_does_not_exist_is_told_so(void **state)
{
	static const int reasons[] = { 0, ENOENT, ESRCH, EBADF, EPERM };
	char error[256];
	uid_t uid = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		answer = reasons[i];
		assert_int_equal(privileges_check_user("who", error, sizeof(error)), -1);
		assert_string_equal(error, "user \"who\" does not exist; create it, or set user "
					   "to an existing one");
		assert_false(privileges_find_user("who", &uid));
		assert_int_equal(errno, ENOENT);
	}
}

static void a_list_that_cannot_be_read_is_no_missing_user(void **state)
{
	static const int reasons[] = { EMFILE, ENFILE, ENOMEM, EIO };
	char error[256], expected[256];
	uid_t uid = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		answer = reasons[i];
		snprintf(expected, sizeof(expected), "user \"who\" cannot be looked up: %s",
			 strerror(answer));
		assert_int_equal(privileges_check_user("who", error, sizeof(error)), -1);
		assert_string_equal(error, expected);
		assert_false(privileges_find_user("who", &uid));
		assert_int_equal(errno, answer);
		/* a number needs no list */
		assert_true(privileges_find_user("1000", &uid));
		assert_int_equal(uid, 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_that_does_not_exist_is_told_so),
		cmocka_unit_test(a_list_that_cannot_be_read_is_no_missing_user),
	};

	return cmocka_run_group_tests_name("privileges", tests, NULL, NULL);
}
