/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a line looks in the journal, and how elsewhere. */
#include "common/log.c"

#include "test.h"

#include <fcntl.h>

static int saved_stderr, written[2];

static void read_line(char *line, size_t size)
{
	ssize_t length = read(written[0], line, size - 1);

	assert_true(length >= 0);
	line[length] = '\0';
}

/* JOURNAL_STREAM of what stderr is now, with other numbers added. */
static void set_stream(unsigned int device, unsigned int inode, const char *rest)
{
	struct stat status;
	char stream[64];

	assert_int_equal(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju%s", (uintmax_t)status.st_dev + device,
		 (uintmax_t)status.st_ino + inode, rest);
	setenv("JOURNAL_STREAM", stream, 1);
}

static void expect(const char *expected)
{
	char line[256];

	log_open();
	log_warning("the table is full\n");
	read_line(line, sizeof(line));
	assert_string_equal(line, expected);
}

static void elsewhere_a_line_begins_with_the_name(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	expect("conntrack-agentx: warning: the table is full\n");
}

static void in_the_journal_it_begins_with_the_priority(void **state)
{
	char line[256];

	(void)state;
	set_stream(0, 0, "");
	expect("<4>warning: the table is full\n");
	log_error("no");
	log_info("well");
	read_line(line, sizeof(line));
	assert_string_equal(line, "<3>no\n<6>well\n");
}

static void a_journal_that_is_not_ours_does_not_count(void **state)
{
	(void)state;
	set_stream(0, 1, "");
	expect("conntrack-agentx: warning: the table is full\n");
	set_stream(1, 0, "");
	expect("conntrack-agentx: warning: the table is full\n");
	set_stream(0, 0, "0x");
	expect("conntrack-agentx: warning: the table is full\n");
	setenv("JOURNAL_STREAM", "", 1);
	expect("conntrack-agentx: warning: the table is full\n");
}

static void it_is_decided_once(void **state)
{
	char line[256];

	(void)state;
	set_stream(0, 0, "");
	log_open();
	unsetenv("JOURNAL_STREAM");
	log_set_role("subagent");
	log_info("connected");
	log_set_role(NULL);
	read_line(line, sizeof(line));
	assert_string_equal(line, "<6>subagent: connected\n");
}

/* What a message quotes may come from a file, a master or the command line. */
static void a_message_is_one_line_of_plain_text(void **state)
{
	char line[2048], long_text[1100];

	(void)state;
	unsetenv("JOURNAL_STREAM");
	log_open();
	log_error("user \"a\n<0>b\033[2J\" does not exist\n\n");
	read_line(line, sizeof(line));
	assert_string_equal(line, "conntrack-agentx: user \"a?<0>b?[2J\" does not exist\n");
	log_error("caf\xe9 caf\xc3\xa9 \xe2\x80\xa8 \xc2\x9b");
	read_line(line, sizeof(line));
	assert_string_equal(line, "conntrack-agentx: caf? caf\xc3\xa9 ? ?\n");
	memset(long_text, 'x', sizeof(long_text));
	strcpy(long_text + 1022, "\xc3\xa9");
	log_error("%s", long_text);
	read_line(line, sizeof(line));
	assert_string_equal(line + strlen(line) - 3, "xx\n");
}

static int redirect(void **state)
{
	(void)state;
	saved_stderr = dup(STDERR_FILENO);
	return pipe2(written, O_NONBLOCK) == 0 && dup2(written[1], STDERR_FILENO) >= 0 ? 0 : -1;
}

static int restore(void **state)
{
	(void)state;
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(written[0]);
	close(written[1]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(elsewhere_a_line_begins_with_the_name, redirect,
						restore),
		cmocka_unit_test_setup_teardown(in_the_journal_it_begins_with_the_priority,
						redirect, restore),
		cmocka_unit_test_setup_teardown(a_journal_that_is_not_ours_does_not_count, redirect,
						restore),
		cmocka_unit_test_setup_teardown(it_is_decided_once, redirect, restore),
		cmocka_unit_test_setup_teardown(a_message_is_one_line_of_plain_text, redirect,
						restore),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
