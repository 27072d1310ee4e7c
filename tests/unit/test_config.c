/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/config.c"

#include "config/rate_counter.h"
#include "test.h"
#include "config_fault.h"

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
	assert_int_equal(config->identities, 262144);
	assert_int_equal(config->top, 10);
	assert_int_equal(config->top_prefix_ipv4, 32);
	assert_int_equal(config->top_prefix_ipv6, 64);
	assert_int_equal(config->source_rising, 50);
	assert_int_equal(config->source_falling, 40);
	assert_int_equal(config->nat_rising, 80);
	assert_int_equal(config->nat_falling, 70);
	assert_false(config->zones);
	assert_int_equal(config->watch_count, 0);
	assert_int_equal(config->rate_count, 0);
	assert_int_equal(config->namespace_count, 0);
	config_free(config);
}

static void every_key_is_taken(void **state)
{
	char error[CONFIG_ERROR_SIZE], text[256];
	struct config *config = parse("agentx-address = \"tcp:127.0.0.1:705\"\n"
				      "agentx-owner = \"snmp\"\nuser = \"\"\n"
				      "sample-interval = 60 # comment\n"
				      "refresh-interval = 3600\n"
				      "cpu-budget = 100\n"
				      "peak-window = 3600\n"
				      "notification-interval = 0\n"
				      "identities = 1024\ntop = 100\nzones = true\n"
				      "top-prefix-ipv4 = 24\ntop-prefix-ipv6 = 128\n"
				      "source-rising = 100\nsource-falling = 99\n"
				      "nat-rising = 99\nnat-falling = 98\n"
				      "threshold \"a b\" { rising = 100 falling = 0 }\n"
				      "watch \"w2\" { index = 65535 destination-port = 6000-6063\n"
				      "  state = \"SYN_SENT\" status = {\"unreplied\", \"nat\"}\n"
				      "  protocol = \"tcp\" source = \"192.0.2.0/24\" mark = 1 }\n"
				      "watch \"w1\" { index = 1 rising = 2147483647 falling = 0\n"
				      "  destination-port = 22 status = \"assured\" zone = 7\n"
				      "  nat-source = \"203.0.113.0/24\" }\n"
				      "rate \"r2\" { index = 65535 counter = \"chain-too-long\"\n"
				      "  rising = 2147483647 falling = 2147483647 window = 3600 }\n"
				      "rate \"setup\" { index = 1 counter = created }\n"
				      "namespace \"/proc/1/ns/net\" { index = 65535 }\n"
				      "namespace \"blue\" { index = 2 }\n",
				      error);

	(void)state;
	assert_string_equal(error, "");
	assert_non_null(config);
	assert_string_equal(config->agentx_address, "tcp:127.0.0.1:705");
	assert_string_equal(config->agentx_owner, "snmp");
	assert_string_equal(config->user, "");
	assert_int_equal(config->sample_interval, 60);
	assert_int_equal(config->notification_interval, 0);
	assert_int_equal(config->threshold_count, 1);
	assert_string_equal(config->thresholds[0].name, "a b");
	assert_int_equal(config->thresholds[0].falling, 0);
	assert_int_equal(config->identities, 1024);
	assert_int_equal(config->top, 100);
	assert_int_equal(config->top_prefix_ipv4, 24);
	assert_int_equal(config->top_prefix_ipv6, 128);
	assert_int_equal(config->source_rising, 100);
	assert_int_equal(config->source_falling, 99);
	assert_int_equal(config->nat_rising, 99);
	assert_int_equal(config->nat_falling, 98);
	assert_true(config->zones);
	assert_int_equal(config->watch_count, 2);
	assert_string_equal(config->watches[0].name, "w1"); /* sorted by index */
	assert_int_equal(config->watches[0].rising, 2147483647);
	filter_text(&config->watches[0].filter, text, sizeof(text));
	assert_string_equal(text,
			    "nat-source 203.0.113.0/24 destination-port 22 zone 7 status assured");
	assert_int_equal(config->watches[1].index, 65535);
	assert_int_equal(config->watches[1].rising, 0);
	filter_text(&config->watches[1].filter, text, sizeof(text));
	assert_string_equal(text,
			    "protocol tcp source 192.0.2.0/24 destination-port 6000-6063 state "
			    "SYN_SENT mark 0x1 status unreplied status nat");
	assert_int_equal(config->rate_count, 2);
	assert_string_equal(config->rates[0].name, "setup"); /* sorted by index */
	assert_string_equal(config->rates[0].counter_name, "created");
	assert_int_equal(config->rates[0].counter, RATE_OF_CREATED);
	assert_int_equal(config->rates[0].rising, 0);
	assert_int_equal(config->rates[0].window, 60);
	assert_int_equal(config->rates[1].counter, COUNTER_CHAIN_TOO_LONG);
	assert_int_equal(config->rates[1].falling, 2147483647);
	assert_int_equal(config->rates[1].window, 3600);
	assert_int_equal(config->namespace_count, 2);
	assert_string_equal(config->namespaces[0].name, "blue");
	assert_int_equal(config->namespaces[1].index, 65535);
	config_free(config);
}

/* Each wrong file, the line that is named, and a word of the remedy. */
static void what_is_wrong_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *remedy;
	} cases[] = {
		{ "\nsample-intervall = 1\n", 2, "known here: agentx-address" },
		{ "sample-interval = 0\n", 1, "from 1 to 60" },
		{ "sample-interval = 61\n", 1, "from 1 to 60" },
		{ "sample-interval = -1\n", 1, "from 1 to 60" },
		{ "sample-interval = 1.5\n", 1, "whole number" },
		{ "sample-interval = often\n", 1, "whole number" },
		{ "sample-interval = 99999999999999999999\n", 1, "whole number" },
		{ "refresh-interval = 3601\n", 1, "from 1 to 3600" },
		{ "\n\ncpu-budget = 101\n", 3, "from 1 to 100" },
		{ "peak-window = 9\n", 1, "from 10 to 3600" },
		{ "notification-interval = 3601\n", 1, "from 0 to 3600" },
		{ "agentx-address = \"\"\n", 1, "give the path" },
		{ "threshold \"x\" { rising = 70 falling = 80 }\n", 1, "below rising = 70" },
		{ "threshold \"x\" { rising = 70 falling = 70 }\n", 1, "below rising = 70" },
		{ "threshold \"x\" { rising = 101 falling = 70 }\n", 1, "from 1 to 100" },
		{ "threshold \"x\" { falling = 70 }\n", 1, "rising is missing" },
		{ "threshold \"x\" { rising = 70 }\n", 1, "falling is missing" },
		{ "threshold \"\" { rising = 70 falling = 60 }\n", 1, "1 to 63" },
		{ "threshold \"x\" {\n rising = 70\n fallin = 60 }\n", 3, "rising, falling" },
		{ "threshold { rising = 70 falling = 60 }\n", 1, "threshold \"name\"" },
		{ "threshold \"x\" { rising = 70 falling = 60 }\n"
		  "threshold \"x\" { rising = 80 falling = 60 }\n",
		  2, "duplicate block name \"x\"" },
		{ "sample-interval 5\n", 1, "key = value" },
		{ "sample-interval = \n", 1, "has no value" },
		{ "\001\002\377\n", 1, "U+0001" },
		{ "\nscan = \"sample\"\n", 2, ": scan: this key is gone" },
		{ "scan = exact\ntop = 101\n", 1, "remove the line" },
		{ "watch \"w\" { index = 1\n scan = exact }\n", 2, "unknown key \"scan\"" },
		{ "zones = maybe\n", 1, "true or false" },
		{ "top = 101\n", 1, "from 0 to 100" },
		{ "top-prefix-ipv4 = 33\n", 1, "from 1 to 32" },
		{ "top-prefix-ipv6 = 0\n", 1, "from 1 to 128" },
		{ "identities = 1023\n", 1, "at least 1024" },
		{ "identities = -1\n", 1, "from 0 to" },
		{ "source-rising = 30\n\n", 1, "below source-rising = 30" },
		{ "watch \"w\" { protocol = \"tcp\" }\n", 1, "index is missing" },
		{ "watch \"w\" { index = 0 }\n", 1, "from 1 to 65535" },
		{ "watch \"v\" { index = 4 }\nwatch \"w\" { index = 4 }\n", 2, "taken by \"v\"" },
		{ "watch \"v\" { index = 4 }\nwatch \"v\" { index = 5 }\n", 2,
		  "duplicate block name \"v\"" },
		{ "watch \"w\" { index = 1\n protocol = \"tpc\" }\n", 2, "must be a protocol" },
		{ "watch \"w\" { index = 1\n source = \"192.0.2.1/24\" }\n", 2,
		  "after its length" },
		{ "watch \"w\" { index = 1 destination-port = ssh }\n", 1, "from 0 to 65535" },
		{ "watch \"w\" { index = 1 state = \"SYN_SENT\" }\n", 1, "needs protocol" },
		{ "watch \"w\" { index = 1 protocol = \"tcp\" state = \"OPEN\" }\n", 1,
		  "SYN_SENT" },
		{ "watch \"w\" { index = 1 status = { \"assured\", \"seen\" } }\n", 1,
		  "must be assured" },
		{ "watch \"w\" { index = 1 rising = 10 }\n", 1, "falling is missing" },
		{ "watch \"w\" { index = 1 falling = 10 }\n", 1, "rising is missing" },
		{ "watch \"w\" { index = 1 rising = 10 falling = 10 }\n", 1, "below rising = 10" },
		{ "watch \"w\" { index = 1 rising = 4294967296 falling = 1 }\n", 1,
		  "to 2147483647" },
		{ "watch \"w\" { index = 1 port = 22 }\n", 1, "destination-port" },
		{ "watch \"w\" { index = 1 protocol = \"icmp\" destination-port = 1 }\n", 1,
		  "has no ports" },
		{ "rate \"r\" { counter = created }\n", 1, "index is missing" },
		{ "rate \"r\" { index = 0 counter = created }\n", 1, "from 1 to 65535" },
		{ "rate \"q\" { index = 4 counter = drops }\nrate \"r\" { index = 4 }\n", 2,
		  "taken by \"q\"" },
		{ "rate \"r\" { index = 1 }\n", 1, "counter is missing; give created, destroyed" },
		{ "rate \"r\" {\n index = 1\n counter = dropped }\n", 3,
		  "must be created, destroyed, drops, early-drops, insert-failed, invalid, errors "
		  "or "
		  "chain-too-long" },
		{ "rate \"r\" { index = 1 counter = created\n window = 0 }\n", 2, "1 to 3600" },
		{ "rate \"r\" { index = 1 counter = created\n window = 3601 }\n", 2, "1 to 3600" },
		{ "rate \"r\" { index = 1 counter = created\n rising = 5\n falling = 6 }\n", 3,
		  "not be above rising = 5" },
		{ "rate \"r\" { index = 1 counter = created rising = 5 }\n", 1,
		  "give a number per second below rising (5)" },
		{ "rate \"r\" { index = 1 counter = created falling = 5 }\n", 1,
		  "rising is missing" },
		{ "rate \"r\" { index = 1 counter = created rising = -1 falling = 1 }\n", 1,
		  "from 0 to 2147483647" },
		{ "rate \"r\" { index = 1\n counter = created }\nidentities = 0\n", 2,
		  "counter = created needs identities, which is 0" },
		{ "identities = 0\nrate \"q\" { index = 2 counter = drops }\n"
		  "rate \"r\" { index = 1 counter = destroyed }\n",
		  3, "rate \"r\": counter = destroyed needs identities" },
		{ "rate \"r\" { index = 1 counter = created protocol = tcp }\n", 1,
		  "known here: index, counter, rising, falling, window" },
		{ "namespace \"blue\" { }\n", 1, "index is missing" },
		{ "namespace \"blue\" { index = 1 }\n", 1, "from 2 to 65535" },
		{ "namespace \"default\" { index = 2 }\n", 1, "/run/netns/default" },
		{ "namespace \"a/b\" { index = 2 }\n", 1, "an absolute path" },
		{ "namespace \"..\" { index = 2 }\n", 1, "ip-netns" },
		{ "namespace \"b\" { index = 2 path = 1 }\n", 1, "known here: index" },
		{ "watch \"w\" {\n index = 1\n rising = 5\n falling = 6\n}\n", 4,
		  "below rising = 5" },
		{ "watch \"w\" {\n index = 1\n falling = 6\n rising = 5\n}\n", 3,
		  "below rising = 5" },
		{ "threshold \"x\" {\n rising = 50\n falling = 60\n}\n", 3, "below rising = 50" },
		{ "\nthreshold \"x\" {\n rising = 50\n}\n", 2, "falling is missing" },
		{ "\nthreshold\n\"\" {\n rising = 50 falling = 1\n}\n", 2, "1 to 63 octets" },
		{ "watch \"w\" {\n rising = 5\n falling = 4\n}\n", 1, "index is missing" },
		{ "watch \"v\" { index = 4 }\nwatch \"w\" {\n index = 4\n}\n", 3,
		  "taken by \"v\"" },
		{ "watch \"w\" {\n state = OPEN\n index = 1\n protocol = tcp }\n", 2, "SYN_SENT" },
		{ "watch \"w\" { index = 1\n source = ::1\n destination = 192.0.2.1\n}\n", 3,
		  "different families" },
		{ "watch \"w\" { index = 1\n source-port = 1\n protocol = icmp\n}\n", 2,
		  "has no ports" },
		{ "watch \"w\" { index = 1 status = {\n assured,\n seen\n}\n}\n", 3,
		  "must be assured" },
		{ "namespace\n \"a/b\"\n {\n index = 2\n}\n", 1, "an absolute path" },
		{ "namespace \"q*\" { index = 2 }\n", 1, "count is missing" },
		{ "namespace \"/run/x/[ab]\" { index = 2 }\n", 1, "count is missing" },
		{ "namespace \"blue\" {\n index = 2\n count = 3 }\n", 3, "is for a pattern" },
		{ "namespace \"/run/*/blue\" { index = 2\n count = 3 }\n", 2, "is for a pattern" },
		{ "namespace \"/run/*/q*\" { index = 2\n count = 3 }\n", 2, "only the last part" },
		{ "namespace \"run/q*\" { index = 2 count = 3 }\n", 1, "an absolute path" },
		{ "namespace \"q*\" { index = 2 count = 0 }\n", 1, "from 1 to 65534" },
		{ "namespace \"q*\" { index = 65530\n count = 7 }\n", 2, "there are only 6" },
		{ "namespace \"q*\" { index = 10 count = 5 }\nnamespace \"b\" {\n index = 14 }\n",
		  3, "index = 14 is taken by \"q*\"" },
		{ "namespace \"b\" { index = 14 }\nnamespace \"q*\" {\n count = 5\n index = 10 }\n",
		  4, "of the indexes 10 to 14 some are taken by \"b\" (14 to 14)" },
		{ "namespace \"p*\" { index = 14 count = 2 }\n"
		  "namespace \"q*\" { index = 10 count = 5 }\n",
		  2, "some are taken by \"p*\" (14 to 15)" },
		{ "source-falling = 60\n\nsource-rising = 60\n", 1, "below source-rising = 60" },
		{ "source-rising = 60\n\nsource-falling = 60\n", 3, "below source-rising = 60" },
		{ "nat-rising = 101\n", 1, "from 0 to 100" },
		{ "nat-falling = 60\n\nnat-rising = 60\n", 1, "below nat-rising = 60" },
		{ "\nnat-rising = 70\n", 2, "nat-falling = 70 must be below nat-rising = 70" },
		{ "watch \"w\" { index = 1\n nat-source = ::1\n source = 192.0.2.1\n}\n", 2,
		  "another family" },
		{ "watch \"w\" { index = 1\n nat-source = eth0\n}\n", 2, "must be an address" },
		{ "sample-interval\npeak-window = 10\n", 1, "key = value" },
		{ "sample-interval =\npeak-window = 10\n", 1, "sample-interval = value" },
		{ "sample-interval =\nwatch \"w\" { index = 1 }\n", 1, "sample-interval = watch" },
		{ "\n= 5\n", 2, "unexpected =" },
		{ "top = 5,\n", 1, "unexpected ," },
		{ "top = *5\n", 1, "unexpected *" },
		{ "\n\"\" = 5\n", 2, "unknown key \"\"" },
		{ "watch \"w\" {\n watch|index = 5 }\n", 2, "unknown key \"watch|index\"" },
		{ "top = 5/* five */\n", 1, "unexpected *" },
		{ "top = +5\n", 1, "unexpected +" },
		{ "top += 5\n", 1, "non-list" },
		{ "\ntop = {\n5 }\n", 2, "unexpected token '{'" },
		{ "watch = 5\n", 1, "watch \"name\"" },
		{ "top \"x\" { }\n", 1, "equal sign" },
		{ "watch \"w\" { index = 1 }\n}\n", 2, "no block that this } could close" },
		{ "watch \"w\" { index = 1 status = { nat assured } }\n", 1,
		  "the list has no end" },
		{ "threshold \"t\" { rising = 50 falling = 40 }\nthreshold|rising = 5\n", 2,
		  "unknown key \"threshold|rising\"" },
		{ "user = \"\\400\"\n", 1, "from 000 to 377" },
		{ "user = \"\\1234\"\n", 1, "from 000 to 377" },
		{ "user = \"\\9\"\n", 1, "from 000 to 377" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_fault(cases[i].text, cases[i].line, cases[i].remedy);
}

#define OCTETS_53 "/12345678/0123456/8901234/6789012/4567890/23456789/12"

static void indexes_of_patterns_may_touch(void **state)
{
	char error[CONFIG_ERROR_SIZE];
	struct config *config = parse("namespace \"q*\" { index = 10 count = 5 }\n"
				      "namespace \"/run/docker/netns/?\" { index = 15 count = 1 }\n"
				      "namespace \"z*\" { index = 65530 count = 6 }\n"
				      "namespace \"blue\" { index = 9 }\n",
				      error);

	(void)state;
	assert_string_equal(error, "");
	assert_int_equal(config->namespace_count, 4);
	assert_int_equal(config->namespaces[0].count, 0);
	assert_string_equal(config->namespaces[1].name, "q*");
	assert_int_equal(config->namespaces[1].count, 5);
	assert_int_equal(config->namespaces[2].index, 15);
	config_free(config);
}

static void a_socket_has_a_path_that_the_kernel_takes(void **state)
{
	struct config *config;
	char error[CONFIG_ERROR_SIZE];

	(void)state;
	assert_fault("agentx-address = " OCTETS_53 OCTETS_53 "89\n", 1, "at most 107 octets");
	assert_fault("agentx-address = unix:" OCTETS_53 OCTETS_53 "89\n", 1, "at most 107 octets");
	config = parse("agentx-address = unix:" OCTETS_53 OCTETS_53 "8", error);
	assert_string_equal(error, "");
	config_free(config);
}

static void too_many_blocks_are_too_many(void **state)
{
	static const struct {
		const char *format;
		int max;
		const char *wrong;
	} cases[] = {
		{ "threshold \"t%d\" { rising = 70 falling = 60 }\n", 16,
		  "t.conf:17: too many threshold blocks" },
		{ "watch \"t%1$d\" { index = %1$d }\n", 64, "t.conf:65: too many watch blocks" },
		{ "rate \"t%1$d\" { index = %1$d counter = drops }\n", 64,
		  "t.conf:65: too many rate blocks" },
		{ "namespace \"t%1$d\" { index = 1%1$d }\n", 256,
		  "t.conf:257: too many namespace blocks" },
	};
	static char text[65536];
	char error[CONFIG_ERROR_SIZE];

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		text[0] = '\0';
		for (int i = 1; i <= cases[c].max + 1; i++) {
			struct config *config = NULL;

			if (i == cases[c].max + 1) {
				config = parse(text, error);
				assert_non_null(config);
				config_free(config);
			}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(text + strlen(text), sizeof(text) - strlen(text), cases[c].format,
				 i);
#pragma GCC diagnostic pop
		}
		assert_null(parse(text, error));
		if (!strstr(error, cases[c].wrong))
			fail_msg("expected \"%s\", got \"%s\"", cases[c].wrong, error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_is_the_defaults),
		cmocka_unit_test(every_key_is_taken),
		cmocka_unit_test(what_is_wrong_is_named_with_its_line),
		cmocka_unit_test(too_many_blocks_are_too_many),
		cmocka_unit_test(indexes_of_patterns_may_touch),
		cmocka_unit_test(a_socket_has_a_path_that_the_kernel_takes),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
