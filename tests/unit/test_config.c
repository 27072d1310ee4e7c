/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../agent/config.c"

#include "test.h"

static struct config *parse(const char *text, char error[CONFIG_ERROR_SIZE])
{
	return config_parse("t.conf", text, strlen(text), error);
}

static void an_empty_file_is_the_defaults(void **state)
{
	char error[CONFIG_ERROR_SIZE];
	struct config *config = parse("", error);

	(void)state;
	assert_non_null(config);
	assert_string_equal(config->agentx_address, "/var/agentx/master");
	assert_null(config->user);
	assert_int_equal(config->sample_interval, 1);
	assert_int_equal(config->refresh_interval, 10);
	assert_int_equal(config->cpu_budget, 5);
	assert_int_equal(config->peak_window, 300);
	assert_int_equal(config->notification_interval, 30);
	assert_int_equal(config->threshold_count, 2);
	assert_string_equal(config->thresholds[1].name, "critical");
	assert_int_equal(config->thresholds[1].rising, 95);
	config_free(config);
}

static void every_key_is_taken(void **state)
{
	char error[CONFIG_ERROR_SIZE];
	struct config *config = parse("agentx-address = \"tcp:127.0.0.1:705\"\n"
				      "user = \"\"\n"
				      "sample-interval = 60 # comment\n"
				      "refresh-interval = 3600\n"
				      "cpu-budget = 100\n"
				      "peak-window = 3600\n"
				      "notification-interval = 0\n"
				      "threshold \"a b\" { rising = 100 falling = 0 }\n",
				      error);

	(void)state;
	assert_string_equal(error, "");
	assert_non_null(config);
	assert_string_equal(config->agentx_address, "tcp:127.0.0.1:705");
	assert_string_equal(config->user, "");
	assert_int_equal(config->sample_interval, 60);
	assert_int_equal(config->notification_interval, 0);
	assert_int_equal(config->threshold_count, 1);
	assert_string_equal(config->thresholds[0].name, "a b");
	assert_int_equal(config->thresholds[0].falling, 0);
	config_free(config);
}

/* Each wrong file, the line that is named, and a word of the remedy. */
static void what_is_wrong_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text, *where, *remedy;
	} cases[] = {
		{ "\nsample-intervall = 1\n", "t.conf:2:", "known here: agentx-address" },
		{ "sample-interval = 0\n", "t.conf:1:", "from 1 to 60" },
		{ "sample-interval = 61\n", "t.conf:1:", "from 1 to 60" },
		{ "sample-interval = -1\n", "t.conf:1:", "from 1 to 60" },
		{ "sample-interval = 1.5\n", "t.conf:1:", "whole number" },
		{ "sample-interval = often\n", "t.conf:1:", "whole number" },
		{ "sample-interval = 99999999999999999999\n", "t.conf:1:", "whole number" },
		{ "refresh-interval = 3601\n", "t.conf:1:", "from 1 to 3600" },
		{ "\n\ncpu-budget = 101\n", "t.conf:3:", "from 1 to 100" },
		{ "peak-window = 9\n", "t.conf:1:", "from 10 to 3600" },
		{ "notification-interval = 3601\n", "t.conf:1:", "from 0 to 3600" },
		{ "agentx-address = \"\"\n", "t.conf:1:", "give the path" },
		{ "threshold \"x\" { rising = 70 falling = 80 }\n",
		  "t.conf:1:", "below rising = 70" },
		{ "threshold \"x\" { rising = 70 falling = 70 }\n",
		  "t.conf:1:", "below rising = 70" },
		{ "threshold \"x\" { rising = 101 falling = 70 }\n", "t.conf:1:", "from 1 to 100" },
		{ "threshold \"x\" { falling = 70 }\n", "t.conf:1:", "rising is missing" },
		{ "threshold \"x\" { rising = 70 }\n", "t.conf:1:", "falling is missing" },
		{ "threshold \"\" { rising = 70 falling = 60 }\n", "t.conf:1:", "1 to 63" },
		{ "threshold \"x\" {\n rising = 70\n fallin = 60 }\n",
		  "t.conf:3:", "rising, falling" },
		{ "threshold { rising = 70 falling = 60 }\n", "t.conf:1:", "threshold \"name\"" },
		{ "threshold \"x\" { rising = 70 falling = 60 }\n"
		  "threshold \"x\" { rising = 80 falling = 60 }\n",
		  "t.conf:2:", "name of its own" },
		{ "sample-interval 5\n", "t.conf:1:", "key = value" },
		{ "sample-interval = \n", "t.conf:", "" },
		{ "threshold \"x\" { rising = 70\n", "t.conf:", "" },
		{ "\001\002\377\n", "t.conf:1:", "" },
		{ "zones = true\n", "t.conf:1:", "unknown key" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char error[CONFIG_ERROR_SIZE];
		struct config *config = parse(cases[i].text, error);

		if (config || strncmp(error, cases[i].where, strlen(cases[i].where)) != 0 ||
		    !strstr(error, cases[i].remedy) || strchr(error, '\n'))
			fail_msg("of \"%s\": expected one line at %s with \"%s\", got \"%s\"",
				 cases[i].text, cases[i].where, cases[i].remedy, error);
	}
}

static void seventeen_thresholds_are_too_many(void **state)
{
	char text[4096] = "", error[CONFIG_ERROR_SIZE];

	(void)state;
	for (int i = 0; i < 17; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "threshold \"t%d\" { rising = 70 falling = 60 }\n", i);
	assert_null(parse(text, error));
	assert_non_null(strstr(error, "t.conf:17: too many thresholds"));
}

static void a_nul_byte_is_no_text(void **state)
{
	char error[CONFIG_ERROR_SIZE];

	(void)state;
	assert_null(config_parse("t.conf", "user = \"\"\0x", 12, error));
	assert_non_null(strstr(error, "NUL"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_is_the_defaults),
		cmocka_unit_test(every_key_is_taken),
		cmocka_unit_test(what_is_wrong_is_named_with_its_line),
		cmocka_unit_test(seventeen_thresholds_are_too_many),
		cmocka_unit_test(a_nul_byte_is_no_text),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
