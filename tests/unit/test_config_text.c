/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The form of a configuration file: what is open at its end, what is there twice, and its texts. */
#include "config/config_text.c"

#include "test.h"
#include "config_fault.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void what_the_end_of_the_file_cuts_off_is_an_error(void **state)
{
	(void)state;
	assert_fault("threshold \"a\" { rising = 50 falling = 4", 1, "\"a\" is not closed");
	assert_fault("\nthreshold \"a\" {\n rising = 50\n falling = 4\n", 2, "\"a\" is not closed");
	assert_fault("threshold \"a\" {\n", 1, "\"a\" is not closed");
	assert_fault("watch \"a\"\n", 1, "BLOCK \"name\" {");
	assert_fault("watch\n", 1, "BLOCK \"name\" {");
	assert_fault("namespace \"a\" {\n index =\n", 2, "index = value");
	assert_fault("watch \"a\" {\n status = {\n \"nat\",\n", 2, "the list has no end");
	assert_fault("watch \"a\" { index = 1\nwatch \"b\" { index = 2 }\n", 1,
		     "\"a\" is not closed before watch \"b\" (line ");
	assert_fault("\n/* from here\n on\n", 2, "close it with */");
	assert_fault("threshold \"a\" { /* rising = 50 falling = 40 }\n", 1, "close it with */");
	assert_fault("\nuser = \"nobody\n", 2, "no closing quotation mark");
	assert_fault("\nuser = 'nobody\n", 2, "write 'text'");
	assert_fault("user = \"nobody\\\n", 1, "no closing quotation mark");
	assert_fault("watch \"a { index = 1 }\nwatch \"b\" { index = 2 }\n", 1, "a { index = 1 }");
}

static void a_key_is_set_once(void **state)
{
	(void)state;
	assert_fault("top = 1\ntop = 1\n", 2, "top is set twice (first on line ");
	assert_fault("threshold \"a\" { rising = 50 rising = 60 falling = 4 }\n", 1,
		     "rising is set twice");
	assert_fault("watch \"a\" { index = 1 }\nwatch \"b\" { index = 2\n zone = 1\n zone = 2 }\n",
		     4, "zone is set twice");
	assert_fault("watch \"a\" { index = 1 status = nat\n status = assured }\n", 2,
		     "status is set twice");
	assert_fault("watch \"a\" { index = 1 status += nat\n status = assured }\n", 2,
		     "status is set twice");
	assert_fault_of("# x\ntop = 1\n/*\n*/ \"top\" = 1\n", 4,
			"top is set twice (first on line 2)");
	assert_fault_of("watch \"a\" { index = 1 }\n\nwatch a { }\n", 3,
			"duplicate block name \"a\" (first on line 1)");
}

static void a_list_can_be_added_to(void **state)
{
	char error[CONFIG_ERROR_SIZE], text[64];
	struct config *config =
		parse("watch a { index = 1 status = {nat,} status += {assured} }", error);

	(void)state;
	assert_string_equal(error, "");
	filter_text(&config->watches[0].filter, text, sizeof(text));
	assert_string_equal(text, "status assured status nat");
	config_free(config);
}

#define FIELD_20 "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"

/* Of every name and every text: what is written there goes into notifications and the log. */
static void texts_are_plain_utf_8(void **state)
{
	static const char *const places[] = {
		"agentx-address = %s\n",
		"agentx-owner = %s\n",
		"user = %s\n",
		"watch %s { index = 1 }\n",
		"threshold %s { rising = 2 falling = 1 }\n",
		"%s = 1\n",
		"watch w { index = 1 status = { nat, %s } }\n",
		"namespace %s { index = 2 }\n",
	};
	static const char *const wrong[][2] = {
		{ "\"a\\nb\"", "U+000A" },           { "\"a\tb\"", "U+0009" },
		{ "'a\033[1mb'", "U+001B" },         { "\"\\e[1mb\"", "U+001B" },
		{ "\"a\\x00b\"", "U+0000" },         { "\"a\177b\"", "U+007F" },
		{ "\"a\\302\\233b\"", "U+009B" },    { "a\302\205b", "U+0085" },
		{ "\"a\xe2\x80\xa8z\"", "U+2028" },  { "\"a\xe2\x80\xae z\"", "U+202E" },
		{ "\"a\xef\xbb\xbf\"", "U+FEFF" },   { "\"caf\xe9\"", "0xE9, which is not UTF-8" },
		{ "\"\xc0\xafz\"", "0xC0" },         { "\"\xed\xa0\x80z\"", "0xED" },
		{ "\"\xf4\x90\x80\x80z\"", "0xF4" }, { "caf\xc3", "0xC3" },
	};

	(void)state;
	for (size_t p = 0; p < COUNT(places); p++) {
		for (size_t w = 0; w < COUNT(wrong); w++) {
			char text[256];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(text, sizeof(text), places[p], wrong[w][0]);
#pragma GCC diagnostic pop
			assert_fault(text, 1, wrong[w][1]);
		}
	}
	assert_fault("watch \"" FIELD_20 FIELD_20 FIELD_20 "\xc3\xbc\xc3\xbc\" { index = 1 }\n", 1,
		     "1 to 63 octets");
}

static void a_name_in_utf_8_is_taken_as_it_is(void **state)
{
	char error[CONFIG_ERROR_SIZE];
	struct config *config = parse("# caf\xe9, in the octets of another time\n"
				      "watch \"caf\xc3\xa9 \xe2\x82\xac\" { index = 1 }\n"
				      "watch \"\\xf0\\x9f\\x94\\xA5\\101\\z\" { index = 2 }\n"
				      "watch 'a\\b\\\\\\'\"${c}' { index = 3 }\n"
				      "watch \"\\${d}\\\"\\\\\" { index = 4 }\n"
				      "watch /*x*/ foo//bar { index = 5 /* x */ }#x",
				      error);

	(void)state;
	assert_string_equal(error, "");
	assert_string_equal(config->watches[0].name, "caf\xc3\xa9 \xe2\x82\xac");
	assert_string_equal(config->watches[1].name, "\xf0\x9f\x94\xa5"
						     "Az");
	assert_string_equal(config->watches[2].name, "a\\b\\'\"${c}");
	assert_string_equal(config->watches[3].name, "${d}\"\\");
	assert_string_equal(config->watches[4].name, "foo//bar");
	config_free(config);
}

/* What -n says of a file would depend on the shell that runs it. */
static void the_environment_is_not_expanded(void **state)
{
	(void)state;
	assert_fault("user = \"${HOME}\"\n", 1, "is not expanded");
	assert_fault("\nuser = ${HOME}\n", 2, "is not expanded");
}

/* libconfuse goes on in the comment or the text that a file before has left open. */
static void a_refused_file_does_not_spoil_the_next_one(void **state)
{
	static const char *const refused[] = { "/* x", "user = \"x", "user = 'x",
					       "user = \"\\400\"", "threshold \"x\" {" };
	char error[CONFIG_ERROR_SIZE];
	struct config *config;

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		assert_null(parse(refused[i], error));
		config = parse("top = 7\n", error);
		assert_string_equal(error, "");
		assert_int_equal(config->top, 7);
		config_free(config);
	}
}

static void bytes_that_no_text_has_are_named_with_their_line(void **state)
{
	static const char nul[] = "\n# x\nuser = \"\0x", utf_16[] = "t\0o\0p\0";
	char error[CONFIG_ERROR_SIZE];

	(void)state;
	assert_null(config_parse("t.conf", nul, sizeof(nul) - 1, error));
	assert_non_null(strstr(error, "t.conf:3: the file contains a NUL byte"));
	assert_null(config_parse("t.conf", utf_16, sizeof(utf_16) - 1, error));
	assert_non_null(strstr(error, "t.conf:1: the file contains a NUL byte"));
	assert_fault_of("\n# a comment\rtop = 5\n", 2, "carriage return");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_end_of_the_file_cuts_off_is_an_error),
		cmocka_unit_test(a_key_is_set_once),
		cmocka_unit_test(a_list_can_be_added_to),
		cmocka_unit_test(texts_are_plain_utf_8),
		cmocka_unit_test(a_name_in_utf_8_is_taken_as_it_is),
		cmocka_unit_test(the_environment_is_not_expanded),
		cmocka_unit_test(a_refused_file_does_not_spoil_the_next_one),
		cmocka_unit_test(bytes_that_no_text_has_are_named_with_their_line),
	};

	return cmocka_run_group_tests_name("config_text", tests, NULL, NULL);
}
