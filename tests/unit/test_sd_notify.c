/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the service manager receives, over a socket of the test. */
#include "collector/sd_notify.c"

#include "test.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int manager;

static int listen_as_manager(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length = sizeof(address);
	char name[sizeof(address.sun_path) + 1];

	(void)state;
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	/* the kernel chooses an abstract name */
	if (manager < 0 || bind(manager, (struct sockaddr *)&address, sizeof(sa_family_t)) != 0 ||
	    getsockname(manager, (struct sockaddr *)&address, &length) != 0)
		return -1;
	snprintf(name, sizeof(name), "@%.*s", (int)(length - sizeof(sa_family_t) - 1),
		 address.sun_path + 1);
	return setenv("NOTIFY_SOCKET", name, 1);
}

static int stop_listening(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	return close(manager);
}

/* A line feed would begin another assignment, and a status that is not UTF-8 would be dropped. */
static void a_status_is_one_line_of_utf_8(void **state)
{
	char received[256] = "";

	(void)state;
#ifndef HAVE_SYSTEMD
	skip();
#endif
	sd_notify_status("caf\xc3\xa9: 1 of 2\nMAINPID=1\ncaf\xe9.");
	assert_true(recv(manager, received, sizeof(received) - 1, 0) > 0);
	assert_string_equal(received, "STATUS=caf\xc3\xa9: 1 of 2?MAINPID=1?caf?.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_status_is_one_line_of_utf_8, listen_as_manager,
						stop_listening),
	};

	return cmocka_run_group_tests_name("sd_notify", tests, NULL, NULL);
}
