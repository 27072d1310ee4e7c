/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which addresses are Unix sockets, whose peer is looked at, and which are not. */
#include "subagent/agentx_socket.c"

#include "test.h"

static void a_path_is_told_from_an_address_of_a_network(void **state)
{
	static const struct {
		const char *address, *path;
	} cases[] = {
		{ "/var/agentx/master", "/var/agentx/master" },
		{ "unix:/var/agentx/master", "/var/agentx/master" },
		{ "unix:master", "master" },
		{ "./master", "./master" },
		{ "run/a:b", "run/a:b" },
		{ "tcp:localhost:705", NULL },
		{ "tcp6:[::1]:705", NULL },
		{ "localhost:705", NULL },
		{ "localhost", NULL },
		{ "tcp:/run/master", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *path = agentx_master_path(cases[i].address);

		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
		else
			assert_null(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_told_from_an_address_of_a_network),
	};

	return cmocka_run_group_tests_name("agentx_socket", tests, NULL, NULL);
}
