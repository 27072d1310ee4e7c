/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a look found, in words: who is named, and what is left out where the room is short. */
#include "common/findings.c"

#include "test.h"

/* A million entries, of which one source holds 41 %. */
static struct findings flooded(void)
{
	return (struct findings){
		.is_known = true,
		.entries = 1000000,
		.unreplied = 882000,
		.unreplied_share = 88,
		.margin = 30,
		.service = { .kind = TOP_SERVICE,
			     .rank = 1,
			     .entries = 874000,
			     .share = 87,
			     .text = "tcp/80" },
		.source = { .kind = TOP_SOURCE,
			    .rank = 1,
			    .entries = 410000,
			    .share = 41,
			    .text = "10.200.0.1" },
	};
}

static const char *say(const struct findings *findings, size_t size)
{
	static char text[256];

	assert_true(size <= sizeof(text));
	memset(text, '#', sizeof(text));
	findings_say(findings, text, size);
	assert_true(strlen(text) < size);
	return text;
}

static void it_says_of_what_and_by_whom(void **state)
{
	struct findings findings = flooded();

	(void)state;
	assert_string_equal(say(&findings, 256),
			    ": 88% unreplied; 87% to tcp/80; 41% from 10.200.0.1");
	findings.is_known = false;
	assert_string_equal(say(&findings, 256), "");
}

/* 5 % is named if it is certain: less the error of the sketch and the margin of the look. */
static void who_may_hold_less_than_5_percent_is_not_named(void **state)
{
	struct findings findings = flooded();

	(void)state;
	findings.source.error = 20000;
	findings.source.share = 7;
	findings.source.entries = 73000; /* less 20000, less 0.3 % of a million */
	assert_non_null(strstr(say(&findings, 256), "; 7% from 10.200.0.1"));
	findings.source.entries = 72999;
	assert_non_null(strstr(say(&findings, 256), "; from many sources"));
	findings.service.entries = 53000;
	findings.service.share = 5;
	assert_non_null(strstr(say(&findings, 256), "; 5% to tcp/80; "));
	findings.service.entries = 52999;
	assert_string_equal(say(&findings, 256),
			    ": 88% unreplied; to many services; from many sources");
	/* numbers as large as they can be */
	findings.entries = findings.source.entries = UINT32_MAX;
	findings.source.error = UINT32_MAX;
	assert_non_null(strstr(say(&findings, 256), "; from many sources"));
	findings.source.error = 0;
	findings.source.share = 100;
	assert_non_null(strstr(say(&findings, 256), "; 100% from 10.200.0.1"));
}

static void a_timeout_is_named_if_it_certainly_keeps_more_than_half(void **state)
{
	struct findings findings = flooded();

	(void)state;
	findings.unreplied_share = 3;
	findings.established_timeout = 432000;
	findings.idle = 503001; /* half, 0.3 % of a million, and one */
	assert_string_equal(say(&findings, 256),
			    ": 3% unreplied; 50% idle for a day (TCP established timeout 432000 "
			    "s); 87% to tcp/80; 41% from 10.200.0.1");
	findings.idle = 503000;
	assert_null(strstr(say(&findings, 256), "idle"));
	findings.idle = 1000001; /* an estimate */
	assert_non_null(strstr(say(&findings, 256), "; 100% idle for a day ("));
	findings.entries = findings.idle = UINT32_MAX;
	assert_non_null(strstr(say(&findings, 256), "; 100% idle for a day ("));
	/* it is what can be changed at once: the last to be left out */
	findings.entries = findings.idle = 1000000;
	assert_string_equal(say(&findings, 64),
			    ": 100% idle for a day (TCP established timeout 432000 s)");
}

static void a_share_below_1_percent_is_not_0(void **state)
{
	struct findings findings = flooded();

	(void)state;
	findings.unreplied_share = 0;
	findings.unreplied = 1;
	assert_non_null(strstr(say(&findings, 256), ": under 1% unreplied; "));
	findings.unreplied = 0;
	assert_non_null(strstr(say(&findings, 256), ": 0% unreplied; "));
	findings.unreplied_share = 101; /* an estimate */
	assert_non_null(strstr(say(&findings, 256), ": 100% unreplied; "));
}

static void a_protocol_without_ports_leads_nowhere(void **state)
{
	struct findings findings = flooded();

	(void)state;
	strcpy(findings.service.text, "icmp");
	assert_non_null(strstr(say(&findings, 256), "; 87% icmp; "));
	strcpy(findings.service.text, "200");
	assert_non_null(strstr(say(&findings, 256), "; 87% protocol 200; "));
}

/* Without top rows, or in an empty table, nobody is counted: these are not many. */
static void nothing_is_said_of_what_was_not_counted(void **state)
{
	struct findings findings = flooded();

	(void)state;
	findings.service.rank = findings.source.rank = 0;
	assert_string_equal(say(&findings, 256), ": 88% unreplied");
	findings.entries = 0;
	assert_string_equal(say(&findings, 256), "");
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
	static const struct {
		size_t size;
		const char *text;
	} texts[] = { { 256, ": 88% unreplied; 87% to tcp/80; 41% from 10.200.0.1" },
		      { 52, ": 88% unreplied; 87% to tcp/80; 41% from 10.200.0.1" },
		      { 51, ": 88% unreplied; 41% from 10.200.0.1" },
		      { 37, ": 88% unreplied; 41% from 10.200.0.1" },
		      { 36, ": 41% from 10.200.0.1" },
		      { 22, ": 41% from 10.200.0.1" },
		      { 21, ": 88% unreplied" },
		      { 16, ": 88% unreplied" },
		      { 15, "" },
		      { 1, "" } };
	struct findings findings = flooded();

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_string_equal(say(&findings, texts[i].size), texts[i].text);
	/* the longest there is */
	strcpy(findings.source.text, "2001:db8:1111:2222:3333:4444:5555:6666/127");
	strcpy(findings.service.text, "ipv6-icmp/65535");
	findings.service.share = findings.source.share = findings.unreplied_share = 100;
	assert_string_equal(say(&findings, 256),
			    ": 100% unreplied; 100% to ipv6-icmp/65535; 100% from "
			    "2001:db8:1111:2222:3333:4444:5555:6666/127");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_of_what_and_by_whom),
		cmocka_unit_test(who_may_hold_less_than_5_percent_is_not_named),
		cmocka_unit_test(a_timeout_is_named_if_it_certainly_keeps_more_than_half),
		cmocka_unit_test(a_share_below_1_percent_is_not_0),
		cmocka_unit_test(a_protocol_without_ports_leads_nowhere),
		cmocka_unit_test(nothing_is_said_of_what_was_not_counted),
		cmocka_unit_test(what_does_not_fit_is_left_out_whole),
	};

	return cmocka_run_group_tests_name("findings", tests, NULL, NULL);
}
