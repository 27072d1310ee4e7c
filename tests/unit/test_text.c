/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/text.c"

#include "test.h"

static void plain_text_is_utf_8_without_control_characters(void **state)
{
	static const char *const plain[] = {
		"",         "ssh from outside", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\xa5",
		"\xc2\xa0", "\xf4\x8f\xbf\xbf",
	};
	char fault[TEXT_FAULT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (!text_is_plain(plain[i], strlen(plain[i]), fault))
			fail_msg("\"%s\": %s", plain[i], fault);
	}
}

static void what_is_not_plain_is_named(void **state)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{ "a\nb", "the character U+000A" },
		{ "\033[2J", "the character U+001B" },
		{ "\x7f", "the character U+007F" },
		{ "\xc2\x9b", "the character U+009B" },
		{ "\xe2\x80\xa9", "the character U+2029" },
		{ "\xe2\x81\xa6", "the character U+2066" },
		{ "\xef\xbb\xbf", "the character U+FEFF" },
		{ "caf\xe9!", "the octet 0xE9, which is not UTF-8" },
		{ "\x80", "the octet 0x80, which is not UTF-8" },
		{ "\xc3", "the octet 0xC3, which is not UTF-8" },
		{ "\xc0\x80", "the octet 0xC0, which is not UTF-8" },
		{ "\xe0\x80\x80", "the octet 0xE0, which is not UTF-8" },
		{ "\xed\xa0\x80", "the octet 0xED, which is not UTF-8" },
		{ "\xf4\x90\x80\x80", "the octet 0xF4, which is not UTF-8" },
		{ "\xff", "the octet 0xFF, which is not UTF-8" },
	};
	char fault[TEXT_FAULT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(text_is_plain(cases[i].text, strlen(cases[i].text), fault));
		assert_string_equal(fault, cases[i].fault);
	}
	assert_false(text_is_plain("a\0b", 3, fault));
	assert_string_equal(fault, "the character U+0000");
}

static void text_is_made_plain(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "a\nb\tc\033", "a?b?c?" },
		{ "a\xe2\x80\xa8z", "a?z" },
		{ "caf\xe9 noir", "caf? noir" },
		{ "\xed\xa0\x80z", "???z" },
		{ "cut off \xe2\x82", "cut off " },
		{ "cut off \xf0", "cut off " },
		{ "\xc3", "" },
		{ "not cut off \x80", "not cut off ?" },
	};
	char text[32], fault[TEXT_FAULT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strcpy(text, cases[i][0]);
		text_make_plain(text);
		assert_string_equal(text, cases[i][1]);
		assert_true(text_is_plain(text, strlen(text), fault));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_is_utf_8_without_control_characters),
		cmocka_unit_test(what_is_not_plain_is_named),
		cmocka_unit_test(text_is_made_plain),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
