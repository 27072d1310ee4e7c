/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scan's values from its entries: the top, the zones, the watches, and what is remembered from
 * scan to scan. */
#include "scan/aggregate.c"

#include "aggregate_scene.h"
#include "test.h"

static void the_top_names_who_fills_the_table(void **state)
{
	struct scene *scene = *state;

	configure(scene, "top = 3\ntop-prefix-ipv6 = 48\n");
	begin(scene);
	add(scene, 1, 40, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	add(scene, 1, 8, "192.0.2.8", "198.51.100.80", 17, 53, 0);
	add(scene, 1, 20, "2001:db8:1::1", "2001:db8:ffff::1", 6, 443, 0);
	add(scene, 1, 12, "2001:db8:1:2::3", "2001:db8:ffff::1", 6, 80, 0);
	/* GRE's keys are no ports: it is one service */
	add(scene, 1, 5, "10.0.0.1", "198.51.100.81", 47, 998, 0);
	add(scene, 1, 5, "10.0.0.1", "198.51.100.81", 47, 999, 0);
	add(scene, 1, 6, "10.0.0.2", "198.51.100.81", 1, 0, 0);
	add(scene, 1, 4, "10.0.0.3", "198.51.100.81", 253, 0, 0);
	finish(scene);
	assert_string_equal(tops(scene, TOP_SOURCE),
			    "192.0.2.7 40 30 40, 2001:db8:1::/48 32 24 32, 10.0.0.1 10 6 10");
	assert_string_equal(tops(scene, TOP_DESTINATION),
			    "198.51.100.80 48 36 48, 2001:db8:ffff::/48 32 24 32, "
			    "198.51.100.81 20 13 20");
	assert_string_equal(tops(scene, TOP_SERVICE),
			    "tcp/443 60 45 60, tcp/80 12 9 12, gre 10 6 10");
	assert_int_equal(scene->scan->tops[0].address_type, 1);
	assert_int_equal(scene->scan->tops[0].prefix_length, 32);
	assert_int_equal(scene->scan->tops[1].address_type, 2);
	assert_int_equal(scene->scan->tops[1].prefix_length, 48);
	assert_int_equal(scene->scan->tops[6].address_type, 0);
	assert_int_equal(scene->scan->tops[6].protocol, 6);
	assert_int_equal(scene->scan->tops[6].port, 443);
	/* the next scan begins from nothing */
	begin(scene);
	finish(scene);
	assert_int_equal(scene->scan->top_count, 0);
}

/* Of a protocol without a tracker in this kernel the ports are not told: they are not 0. */
static void a_service_without_ports_is_not_port_0(void **state)
{
	struct ct_entry entry = { .family = AF_INET, .protocol = 33, .has_id = true };
	struct scene *scene = *state;

	begin(scene);
	for (int i = 0; i < 3; i++)
		aggregate_add(scene->aggregate, &entry);
	entry.has_ports = true;
	aggregate_add(scene->aggregate, &entry);
	finish(scene);
	assert_string_equal(tops(scene, TOP_SERVICE), "dccp 3 3 75, dccp/0 1 1 25");
	assert_int_equal(scene->scan->tops[3].port, 0);
}

static void prefixes_put_addresses_together(void **state)
{
	struct scene *scene = *state;

	configure(scene, "top-prefix-ipv4 = 24\ntop-prefix-ipv6 = 128\ntop = 2\n");
	begin(scene);
	add(scene, 1, 3, "192.0.2.7", "198.51.100.80", 253, 0, 0);
	add(scene, 1, 4, "192.0.2.200", "198.51.100.80", 253, 0, 0);
	add(scene, 1, 5, "192.0.3.1", "198.51.100.80", 253, 0, 0);
	add(scene, 1, 1, "2001:db8::1", "2001:db8::2", 253, 0, 0);
	finish(scene);
	assert_string_equal(tops(scene, TOP_SOURCE), "192.0.2.0/24 7 5 53, 192.0.3.0/24 5 3 38");
	assert_string_equal(tops(scene, TOP_DESTINATION),
			    "198.51.100.0/24 12 8 92, 2001:db8::2 1 0 7");
	assert_string_equal(tops(scene, TOP_SERVICE), "253 13 8 100");
}

static void the_source_of_the_alarm_is_followed_also_without_rows(void **state)
{
	struct scene *scene = *state;
	struct snapshot_top culprit;

	configure(scene, "top = 0\n");
	begin(scene);
	add(scene, 1, 30, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	add(scene, 1, 10, "192.0.2.8", "198.51.100.80", 6, 443, 0);
	finish(scene);
	assert_int_equal(scene->scan->top_count, 0);
	culprit = scene->source;
	assert_int_equal(culprit.rank, 1);
	assert_string_equal(culprit.text, "192.0.2.7");
	assert_int_equal(culprit.entries, 30);
	begin(scene);
	add(scene, 1, 9, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	add(scene, 1, 90, "192.0.2.8", "198.51.100.80", 6, 443, 0);
	finish_as(scene, true, &culprit);
	assert_string_equal(scene->source.text, "192.0.2.7");
	assert_int_equal(scene->source.entries, 9);
	begin(scene);
	finish_as(scene, true, &culprit);
	assert_int_equal(scene->source.entries, 0);
	begin(scene);
	finish(scene);
	assert_int_equal(scene->source.rank, 0);
	configure(scene, "top = 0\nsource-rising = 0\n");
	begin(scene);
	add(scene, 1, 9, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	finish(scene);
	assert_int_equal(scene->source.rank, 0);
}

static void zones_are_counted_when_asked_for_and_keep_their_rows(void **state)
{
	struct scene *scene = *state;

	begin(scene);
	add(scene, 1, 3, "192.0.2.7", "198.51.100.80", 6, 443, 5);
	finish(scene);
	assert_int_equal(scene->scan->zone_count, 0);
	configure(scene, "zones = true\n");
	begin(scene);
	add(scene, 1, 3, "192.0.2.7", "198.51.100.80", 6, 443, 65535);
	add(scene, 1, 2, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	finish(scene);
	assert_int_equal(scene->scan->zone_count, 2);
	assert_int_equal(scene->scan->zones[0].zone, 0);
	assert_int_equal(scene->scan->zones[0].entries, 2);
	assert_int_equal(scene->scan->zones[1].zone, 65535);
	begin(scene);
	add(scene, 1, 1, "192.0.2.7", "198.51.100.80", 6, 443, 7);
	finish(scene);
	assert_int_equal(scene->scan->zone_count, 3);
	assert_int_equal(scene->scan->zones[1].entries, 1);
	assert_int_equal(scene->scan->zones[2].entries, 0);
}

/* 1,100 zones: of those with the most entries a row each, in their order. */
static void zones_past_the_cap_give_way_to_larger_ones(void **state)
{
	struct scene *scene = *state;

	configure(scene, "zones = true\n");
	begin(scene);
	for (uint16_t zone = 0; zone < 1100; zone++)
		add(scene, 1, zone < 50 ? 1 : 2, "192.0.2.7", "198.51.100.80", 6, 443, zone);
	finish(scene);
	assert_int_equal(scene->scan->zone_count, SNAPSHOT_ZONES_MAX);
	assert_int_equal(scene->scan->zones[0].zone, 50);
	for (size_t i = 1; i < SNAPSHOT_ZONES_MAX; i++)
		assert_true(scene->scan->zones[i - 1].zone < scene->scan->zones[i].zone);
	assert_int_equal(scene->scan->zones[SNAPSHOT_ZONES_MAX - 1].zone, 50 + 1023);
}

static void created_and_destroyed_add_up_from_scan_to_scan(void **state)
{
	struct scene *scene = *state;

	begin(scene);
	add(scene, 1, 100, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	finish(scene);
	/* nothing to compare with yet: nothing is told */
	assert_false(scene->scan->has_churn);
	assert_false(scene->scan->has_create_rate);
	assert_true(scene->scan->has_identity_share);
	assert_int_equal(scene->scan->identity_share, 100);
	begin(scene);
	add(scene, 31, 120, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	finish(scene);
	assert_true(scene->scan->has_churn);
	assert_int_equal(scene->scan->churn_began, 10000); /* the first scan */
	assert_int_equal(scene->scan->created, 50);
	assert_int_equal(scene->scan->destroyed, 30);
	assert_true(scene->scan->has_create_rate);
	assert_int_equal(scene->scan->create_rate, 5);
	begin(scene);
	finish(scene);
	assert_int_equal(scene->scan->created, 50);
	assert_int_equal(scene->scan->destroyed, 150);
	assert_int_equal(scene->scan->create_rate, 0);
	assert_int_equal(scene->scan->churn_began, 10000);
	/* turned off they are absent; turned on again they have nothing to compare with, and begin
	 * again */
	configure(scene, "identities = 0\n");
	begin(scene);
	add(scene, 1, 10, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	finish(scene);
	assert_false(scene->scan->has_churn);
	assert_false(scene->scan->has_identity_share);
	configure(scene, "");
	begin(scene);
	add(scene, 1, 10, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	finish(scene);
	assert_false(scene->scan->has_create_rate);
	assert_false(scene->scan->has_churn);
	begin(scene);
	add(scene, 1, 12, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	finish(scene);
	assert_int_equal(scene->scan->created, 2);
	assert_int_equal(scene->scan->destroyed, 0);
	assert_int_equal(scene->scan->churn_began, 50000);
}

/* Of a table of which a part is read: all of it went, and others came. */
static void what_could_not_be_compared_is_absent_and_begins_the_counters_again(void **state)
{
	struct scene *scene = *state;

	configure(scene, "watch \"all\" { index = 1 }\n");
	for (int turn = 0; turn < 2; turn++) {
		begin_part(scene, 0.1);
		add(scene, 1, 100, "192.0.2.7", "198.51.100.80", 6, 443, 0);
		finish_part(scene);
	}
	assert_true(scene->scan->has_churn && scene->scan->has_create_rate);
	assert_true(scene->scan->watches[0].has_created);
	assert_int_equal(scene->scan->churn_began, 10000);
	begin_part(scene, 0.1);
	add(scene, 5001, 100, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	finish_part(scene);
	assert_false(scene->scan->has_churn);
	assert_false(scene->scan->has_create_rate);
	assert_false(scene->scan->watches[0].has_created);
	begin_part(scene, 0.1);
	add(scene, 5001, 100, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	finish_part(scene);
	assert_true(scene->scan->has_churn && scene->scan->has_create_rate);
	assert_int_equal(scene->scan->created, 0);
	assert_int_equal(scene->scan->churn_began, 30000);
	assert_int_equal(scene->scan->watches[0].created_began, 30000);
}

/* A look at the whole table tells no place of an entry in the dump, unless it is asked to. */
static void a_part_is_compared_with_a_whole_look_that_kept_the_order(void **state)
{
	struct aggregate_plan plan = { .part = 1 };
	struct scene *scene = *state;

	for (int keeps_order = 0; keeps_order < 2; keeps_order++) {
		plan.keeps_order = keeps_order != 0;
		assert_int_equal(aggregate_begin(scene->aggregate, scene->memory, &plan), 0);
		add(scene, 1, 1000, "192.0.2.7", "198.51.100.80", 6, 443, 0);
		finish(scene);
		begin_part(scene, 0.1);
		add(scene, 1, 50, "192.0.2.7", "198.51.100.80", 6, 443, 0);
		add(scene, 2001, 10, "192.0.2.7", "198.51.100.80", 6, 443, 0);
		add(scene, 51, 40, "192.0.2.7", "198.51.100.80", 6, 443, 0);
		finish_part(scene);
		assert_int_equal(scene->scan->has_create_rate, keeps_order);
		assert_int_equal(scene->scan->has_churn, keeps_order);
	}
	assert_int_equal(scene->scan->created, 100);
	assert_int_equal(scene->scan->churn_began, 20000);
}

/* An entry without an identity is none that could have come or gone. */
static void without_an_identity_nothing_comes_and_goes(void **state)
{
	struct ct_entry entry = { .family = AF_INET, .protocol = 6 };
	struct scene *scene = *state;

	for (uint32_t turn = 0; turn < 3; turn++) {
		begin(scene);
		for (uint32_t i = 0; i < 10 * turn % 20; i++)
			aggregate_add(scene->aggregate, &entry);
		finish(scene);
		assert_int_equal(scene->scan->scanned, 10 * turn % 20);
	}
	assert_true(scene->scan->has_churn);
	assert_int_equal(scene->scan->created, 0);
	assert_int_equal(scene->scan->destroyed, 0);
}

static void another_table_in_its_place_is_not_compared(void **state)
{
	struct scene *scene = *state;

	configure(scene, "zones = true\n");
	begin(scene);
	add(scene, 1, 100, "192.0.2.7", "198.51.100.80", 47, 0, 9);
	finish(scene);
	aggregate_memory_restart(scene->memory);
	begin(scene);
	add(scene, 1001, 5, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	finish(scene);
	assert_false(scene->scan->has_churn);
	assert_false(scene->scan->has_create_rate);
	assert_int_equal(scene->scan->zone_count, 1);
	for (size_t i = 0; i < scene->scan->protocol_count; i++)
		assert_int_not_equal(scene->scan->protocols[i].number, 47);
}

static const char watch_config[] = "watch \"web\" { index = 20 destination-port = 443 }\n"
				   "watch \"dns\" { index = 10 protocol = \"udp\" "
				   "destination-port = 53 rising = 9 falling = 8 }\n";

static void a_watch_counts_on_while_it_is_the_same(void **state)
{
	struct scene *scene = *state;

	configure(scene, watch_config);
	begin(scene);
	add(scene, 1, 40, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	add(scene, 41, 7, "192.0.2.7", "198.51.100.80", 17, 53, 0);
	finish(scene);
	assert_int_equal(scene->scan->watch_count, 2);
	assert_int_equal(scene->scan->watches[0].index, 10); /* sorted */
	assert_string_equal(scene->scan->watches[0].name, "dns");
	assert_string_equal(scene->scan->watches[0].filter, "protocol udp destination-port 53");
	assert_int_equal(scene->scan->watches[0].entries, 7);
	assert_int_equal(scene->scan->watches[0].rising, 9);
	assert_int_equal(scene->scan->watches[0].falling, 8);
	assert_false(scene->scan->watches[0].has_created);
	assert_int_equal(scene->scan->watches[1].entries, 40);
	begin(scene);
	add(scene, 11, 60, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	finish(scene);
	assert_int_equal(scene->scan->watches[0].entries, 0);
	assert_int_equal(scene->scan->watches[1].entries, 60);
	assert_int_equal(scene->scan->watches[1].created, 23); /* 48 to 70 */
	assert_int_equal(scene->scan->watches[1].created_began, 10000);
	/* one goes, one comes, "web" stays */
	configure(scene, "watch \"any\" { index = 1 }\n"
			 "watch \"web\" { index = 20 destination-port = 443 }\n");
	begin(scene);
	add(scene, 71, 5, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	finish(scene);
	assert_string_equal(scene->scan->watches[0].name, "any");
	assert_int_equal(scene->scan->watches[0].created, 5);
	assert_int_equal(scene->scan->watches[0].created_began, 20000);
	assert_string_equal(scene->scan->watches[1].name, "web");
	assert_int_equal(scene->scan->watches[1].created, 28);
	assert_int_equal(scene->scan->watches[1].created_began, 10000);
	/* another filter under the name, and the name in another row, are other counters */
	configure(scene, "watch \"any\" { index = 1 protocol = \"tcp\" }\n"
			 "watch \"web\" { index = 21 destination-port = 443 }\n");
	begin(scene);
	add(scene, 71, 8, "192.0.2.7", "198.51.100.80", 6, 443, 0);
	finish(scene);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(scene->scan->watches[i].created, 3);
		assert_int_equal(scene->scan->watches[i].created_began, 30000);
	}
	configure(scene, "");
	begin(scene);
	finish(scene);
	assert_int_equal(scene->scan->watch_count, 0);
}

/* Whether a scan that was begun by `before` can go on by `after`. */
static bool suits(struct scene *scene, const char *before, const char *after)
{
	char error[CONFIG_ERROR_SIZE];
	struct config *config = config_parse("t.conf", after, strlen(after), error);
	bool result;

	if (!config)
		fail_msg("%s", error);
	configure(scene, before);
	result = aggregate_suits(scene->aggregate, config);
	config_free(config);
	return result;
}

static void a_scan_goes_on_if_what_it_gathers_stays(void **state)
{
	static const char *const matters[] = {
		"top = 20\n",
		"top-prefix-ipv4 = 24\n",
		"top-prefix-ipv6 = 48\n",
		"zones = true\n",
		"identities = 2048\n",
		"source-rising = 0\nsource-falling = 0\n",
	};
	static const char *const others[] = {
		"cpu-budget = 50\n",
		"sample-interval = 2\n",
		"refresh-interval = 100\n",
		"notification-interval = 5\n",
		"source-rising = 90\n",
		"threshold \"low\" { rising = 20 falling = 10 }\n",
		"namespace \"blue\" { index = 2 }\n",
	};
	const char *ssh = "watch \"ssh\" { index = 1 destination-port = 22 }\n";

	for (size_t i = 0; i < sizeof(matters) / sizeof(matters[0]); i++)
		assert_false(suits(*state, "", matters[i]));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_true(suits(*state, "", others[i]));
	assert_true(suits(*state, ssh, ssh));
	assert_true(suits(*state, ssh,
			  "watch \"shell\" { index = 9 destination-port = 22 rising = 100 "
			  "falling = 50 }\n"));
	assert_false(suits(*state, ssh, ""));
	assert_false(suits(*state, ssh, "watch \"ssh\" { index = 1 destination-port = 23 }\n"));
}

/* As a reload during the scan does. */
static void a_scan_that_goes_on_ends_by_the_new_configuration(void **state)
{
	struct scene *scene = *state;
	struct config *before;
	char error[CONFIG_ERROR_SIZE];
	const char *text = "watch \"shell\" { index = 9 destination-port = 22 rising = 100 falling "
			   "= 50 }\n";

	configure(scene, "watch \"ssh\" { index = 1 destination-port = 22 }\n");
	begin(scene);
	add(scene, 1, 10, "192.0.2.7", "198.51.100.80", 6, 22, 0);
	before = scene->config;
	scene->config = config_parse("t.conf", text, strlen(text), error);
	aggregate_adopt(scene->aggregate, scene->config);
	config_free(before);
	add(scene, 11, 5, "192.0.2.7", "198.51.100.80", 6, 22, 0);
	finish(scene);
	assert_int_equal(scene->scan->watch_count, 1);
	assert_string_equal(scene->scan->watches[0].name, "shell");
	assert_int_equal(scene->scan->watches[0].index, 9);
	assert_int_equal(scene->scan->watches[0].rising, 100);
	assert_int_equal(scene->scan->watches[0].entries, 15);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_top_names_who_fills_the_table),
		TEST(a_service_without_ports_is_not_port_0),
		TEST(prefixes_put_addresses_together),
		TEST(the_source_of_the_alarm_is_followed_also_without_rows),
		TEST(zones_are_counted_when_asked_for_and_keep_their_rows),
		TEST(zones_past_the_cap_give_way_to_larger_ones),
		TEST(created_and_destroyed_add_up_from_scan_to_scan),
		TEST(another_table_in_its_place_is_not_compared),
		TEST(what_could_not_be_compared_is_absent_and_begins_the_counters_again),
		TEST(a_part_is_compared_with_a_whole_look_that_kept_the_order),
		TEST(without_an_identity_nothing_comes_and_goes),
		TEST(a_watch_counts_on_while_it_is_the_same),
		TEST(a_scan_goes_on_if_what_it_gathers_stays),
		TEST(a_scan_that_goes_on_ends_by_the_new_configuration),
	};

	return cmocka_run_group_tests_name("aggregate", tests, NULL, NULL);
}
