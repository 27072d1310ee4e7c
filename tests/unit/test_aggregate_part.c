/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table that is too large to be read whole in an interval: looks at a part of it, rounds, and
 * what is shown of it. And the look of an alarm. */
#include "aggregate_scene.h"
#include "scan/aggregate.h"
#include "test.h"

#define PART   0.1
#define FIRST  2000  /* entries that a look reads ... */
#define ALL    20000 /* ... of so many */
#define GRE_ID 15000

static const char all_asked[] = "zones = true\ntop = 10\n"
				"watch \"web\" { index = 1 destination-port = 443 }\n"
				"watch \"gre\" { index = 2 protocol = \"gre\" }\n";

/* The entries from `from` to `until`, in the order of a dump: in each hundred 60 to 443 from one
 * source, the others from 10 sources; and 12 GRE entries that no look meets. */
static void read_table(struct aggregate *aggregate, uint32_t from, uint32_t until)
{
	for (uint32_t id = from; id < until; id += 100) {
		char source[32];

		snprintf(source, sizeof(source), "10.1.0.%u", id / 100 % 10);
		add_to(aggregate, id, 60, "192.0.2.7", "198.51.100.80", 6, 443, 5);
		add_to(aggregate, id + 60, 40, source, "198.51.100.81", 17, 53, 0);
		if (id == GRE_ID)
			add_to(aggregate, 1000000, 12, "192.0.2.99", "198.51.100.80", 47, 0, 9);
	}
}

static void look(struct scene *scene)
{
	begin_part(scene, PART);
	read_table(scene->aggregate, 0, FIRST);
	finish_part(scene);
}

/* A look that meets so many more from a source. */
static void look_flooded(struct scene *scene, uint32_t count, const char *source)
{
	begin_part(scene, PART);
	read_table(scene->aggregate, 0, FIRST);
	add_to(scene->aggregate, 2000000, count, source, "198.51.100.80", 6, 80, 0);
	finish_part(scene);
}

/* Reads the whole table in three intervals, with a look between. */
static void round_of(struct scene *scene)
{
	struct aggregate *round = aggregate_new(scene->config, AGGREGATE_ROUND);
	const struct aggregate_plan plan = { .part = 1, .begin_ms = scene->time_ms };

	assert_non_null(round);
	assert_true(aggregate_memory_wants_round(scene->memory));
	assert_int_equal(aggregate_begin(round, scene->memory, &plan), 0);
	assert_true(aggregate_memory_has_round(scene->memory));
	for (uint32_t i = 0; i < 3; i++) {
		if (i > 0)
			look(scene);
		read_table(round, i * 7000, i == 2 ? ALL : (i + 1) * 7000);
		aggregate_advance_round(round, i == 2 ? 0.3 : 0.35, scene->time_ms + 5000);
	}
	assert_int_equal(aggregate_scanned(round), ALL + 12);
	aggregate_finish_round(round, NULL);
	assert_false(aggregate_memory_has_round(scene->memory));
	assert_false(aggregate_memory_wants_round(scene->memory)); /* but for the look after it */
	aggregate_free(round);
}

/* With a round that is complete. */
static void settle(struct scene *scene)
{
	look(scene);
	round_of(scene);
	look(scene);
	assert_true(aggregate_memory_wants_round(scene->memory));
}

static const struct snapshot_protocol *protocol(const struct scene *scene, uint8_t number)
{
	for (size_t i = 0; i < scene->scan->protocol_count; i++) {
		if (scene->scan->protocols[i].number == number &&
		    scene->scan->protocols[i].address_type == 1)
			return &scene->scan->protocols[i];
	}
	fail_msg("protocol %u has no row", number);
	return NULL;
}

static const struct snapshot_top *top_of(const struct scene *scene, const char *text)
{
	for (size_t i = 0; i < scene->scan->top_count; i++) {
		if (strcmp(scene->scan->tops[i].text, text) == 0)
			return &scene->scan->tops[i];
	}
	return NULL;
}

/* |value - truth| is at most the margin of a share, in entries of a table with so many. */
static void assert_within_margin(const struct scene *scene, uint32_t value, uint32_t truth,
				 uint32_t entries)
{
	uint32_t error = value > truth ? value - truth : truth - value;

	if ((uint64_t)error * 10000 > (uint64_t)scene->scan->margin * entries)
		fail_msg("%u is not within %u hundredths of a percent of %u, of %u entries", value,
			 scene->scan->margin, truth, entries);
}

static void assert_is_the_table(const struct scene *scene)
{
	const struct snapshot_scan *scan = scene->scan;

	assert_int_equal(scan->margin, 0);
	assert_int_equal(scan->scanned, FIRST);
	assert_int_equal(scan->coverage, 10);
	assert_int_equal(scan->ipv4, ALL + 12);
	assert_int_equal(scan->ipv6, 0);
	assert_int_equal(scan->unreplied, ALL / 4 * 3 + 9);
	assert_int_equal(scan->evictable, ALL + 12);
	assert_int_equal(protocol(scene, 6)->entries, 12000);
	assert_int_equal(protocol(scene, 17)->entries, 8000);
	assert_int_equal(protocol(scene, 17)->packets, 8000 * 3);
	assert_int_equal(protocol(scene, 17)->octets, 8000000);
	assert_int_equal(protocol(scene, 47)->entries, 12);
	assert_int_equal(protocol(scene, 47)->octets, 12000);
	assert_int_equal(scan->zone_count, 3);
	assert_int_equal(scan->zones[0].entries, 8000);
	assert_int_equal(scan->zones[1].entries, 12000);
	assert_int_equal(scan->zones[2].zone, 9);
	assert_int_equal(scan->zones[2].entries, 12);
	assert_int_equal(scan->watches[0].entries, 12000);
	assert_int_equal(scan->watches[0].margin, 0);
	assert_int_equal(scan->watches[1].entries, 12);
	assert_int_equal(scan->watches[1].margin, 0);
	assert_string_equal(tops(scene, TOP_SERVICE),
			    "tcp/443 12000 9000 59, udp/53 8000 6000 39, gre 12 9 0");
	assert_string_equal(tops(scene, TOP_SOURCE),
			    "192.0.2.7 12000 9000 59, 10.1.0.0 800 600 3, 10.1.0.1 800 600 3, "
			    "10.1.0.2 800 600 3, 10.1.0.3 800 600 3, 10.1.0.4 800 600 3, "
			    "10.1.0.5 800 600 3, 10.1.0.6 800 600 3, 10.1.0.7 800 600 3, "
			    "10.1.0.8 800 600 3");
	assert_string_equal(tops(scene, TOP_UNREPLIED_DESTINATION),
			    "198.51.100.80 9009 9009 45, 198.51.100.81 6000 6000 29");
	assert_true(
		strstr(tops(scene, TOP_UNREPLIED_SOURCE), "192.0.2.7 9000 9000 44, 10.1.0.0 600") ==
		tops(scene, TOP_UNREPLIED_SOURCE));
	assert_int_equal(scan->nat_count, 1);
	assert_string_equal(scan->nats[0].text, "203.0.0.0 to 198.51.100.81 udp/53");
	assert_int_equal(scan->nats[0].entries, 8000);
	assert_int_equal(scan->nats[0].error, 0);
	assert_int_equal(scan->nats[0].utilization, 12);
	assert_int_equal(scene->nat.entries, 8000);
	assert_int_equal(scene->nat.margin, 0);
	assert_string_equal(scene->source.text, "192.0.2.7");
	assert_int_equal(scene->source.entries, 12000);
	assert_int_equal(scene->source.margin, 0);
}

static void at_rest_all_is_exact_after_a_round(void **state)
{
	struct scene *scene = *state;

	configure(scene, all_asked);
	assert_true(aggregate_memory_part(scene->memory) == 0);
	settle(scene);
	assert_true(aggregate_memory_part(scene->memory) == PART);
	assert_is_the_table(scene);
	look(scene);
	assert_is_the_table(scene);
	round_of(scene);
	look(scene);
	assert_is_the_table(scene);
	/* what came and went is none of the round's matter */
	assert_true(scene->scan->has_create_rate);
	assert_int_equal(scene->scan->create_rate, 0);
	assert_int_equal(scene->scan->created, 0);
}

static void before_a_round_a_look_speaks_for_itself(void **state)
{
	struct scene *scene = *state;

	configure(scene, all_asked);
	look(scene);
	/* 2.25 deviations of a half of 2000 */
	assert_in_range(scene->scan->margin, 200, 260);
	assert_int_equal(scene->scan->ipv4, ALL);
	assert_int_equal(scene->scan->watches[0].entries, 12000);
	assert_in_range(scene->scan->watches[0].margin, 400, 520);
	assert_int_equal(scene->scan->watches[1].entries, 0);
	assert_in_range(scene->scan->watches[1].margin, 12, 60);
	assert_int_equal(scene->source.entries, 12000);
	assert_in_range(scene->source.margin, 400, 520);
	assert_int_equal(scene->nat.entries, 8000);
	assert_in_range(scene->nat.margin, 400, 520);
}

/* A fourth of the table comes from one source, and goes. Until the first look that compares. */
static void a_source_that_comes_is_shown_and_goes_again(void **state)
{
	const uint32_t entries = ALL + 12 + 7000;
	struct scene *scene = *state;

	configure(scene, all_asked);
	settle(scene);
	look_flooded(scene, 700, "203.0.113.66");
	assert_non_null(top_of(scene, "203.0.113.66"));
	assert_int_equal(top_of(scene, "203.0.113.66")->rank, 2);
	assert_within_margin(scene, top_of(scene, "203.0.113.66")->entries, 7000, entries);
	assert_within_margin(scene, scene->scan->ipv4, entries, entries);
	assert_within_margin(scene, scene->scan->watches[0].entries, 12000, entries);
	assert_in_range(scene->scan->margin, 1, 300);
	assert_int_equal(protocol(scene, 47)->entries, 12);
	look(scene);
	assert_null(top_of(scene, "203.0.113.66"));
	assert_is_the_table(scene); /* nothing is left of it */
}

/* Who is judged keeps his place, however far behind he is. */
static void the_margin_of_the_source_is_his_own(void **state)
{
	struct snapshot_top culprit;
	struct scene *scene = *state;

	configure(scene, all_asked);
	settle(scene);
	look_flooded(scene, 1500, "203.0.113.66");
	assert_string_equal(scene->source.text, "203.0.113.66");
	assert_int_equal(scene->source.entries, 15000);
	assert_in_range(scene->source.margin, 1, 1500);
	culprit = scene->source;
	begin_part(scene, PART);
	read_table(scene->aggregate, 0, FIRST);
	finish_as(scene, false, &culprit);
	assert_string_equal(scene->source.text, "203.0.113.66");
	assert_int_equal(scene->source.entries, 0);
	assert_int_equal(scene->source.margin, 0);
}

/* That nothing of it is met any more is as uncertain as what was met of it before. */
static void the_margin_of_a_watch_counts_what_went(void **state)
{
	struct scene *scene = *state;

	configure(scene, "watch \"one\" { index = 1 source = \"10.1.0.9\" }\n");
	settle(scene);
	assert_int_equal(scene->scan->watches[0].entries, 800);
	begin_part(scene, PART);
	read_table(scene->aggregate, 0, 900);
	add(scene, 900, 60, "192.0.2.7", "198.51.100.80", 6, 443, 5);
	read_table(scene->aggregate, 1000, 1900);
	add(scene, 1900, 60, "192.0.2.7", "198.51.100.80", 6, 443, 5);
	finish_part(scene);
	assert_int_equal(scene->scan->watches[0].entries, 0);
	assert_in_range(scene->scan->watches[0].margin, 150, 250);
}

/* They gather other things, so what the round has counted means nothing to them. */
static void other_filters_forget_the_round(void **state)
{
	struct scene *scene = *state;

	configure(scene, all_asked);
	settle(scene);
	assert_int_equal(scene->scan->margin, 0);
	configure(scene, "zones = true\nwatch \"dns\" { index = 1 destination-port = 53 }\n");
	look(scene);
	assert_in_range(scene->scan->margin, 200, 260);
	assert_int_equal(scene->scan->watches[0].entries, 8000);
	assert_int_equal(scene->scan->ipv4, ALL);
	assert_false(aggregate_memory_has_round(scene->memory));
	round_of(scene);
	look(scene);
	assert_int_equal(scene->scan->margin, 0);
	assert_int_equal(scene->scan->watches[0].entries, 8000);
	assert_int_equal(scene->scan->ipv4, ALL + 12);
}

/* A round that runs meanwhile counts for nothing, whatever it does. */
static void begin_a_round_and(struct scene *scene, void (*happens)(struct scene *))
{
	struct aggregate *round = aggregate_new(scene->config, AGGREGATE_ROUND);
	const struct aggregate_plan plan = { .part = 1, .begin_ms = scene->time_ms };

	assert_non_null(round);
	settle(scene);
	assert_int_equal(aggregate_begin(round, scene->memory, &plan), 0);
	aggregate_advance_round(round, 0.5, scene->time_ms + 1000);
	assert_true(aggregate_memory_has_round(scene->memory));
	happens(scene);
	assert_false(aggregate_memory_has_round(scene->memory));
	aggregate_advance_round(round, 0.1, scene->time_ms + 2000);
	look(scene);
	assert_in_range(scene->scan->margin, 200, 260);
	assert_false(aggregate_memory_has_round(scene->memory));
	read_table(round, 0, ALL);
	aggregate_finish_round(round, NULL);
	look(scene);
	assert_in_range(scene->scan->margin, 200, 260);
	assert_int_equal(scene->scan->ipv4, ALL);
	aggregate_free(round);
}

static void reorder(struct scene *scene)
{
	aggregate_memory_reorder(scene->memory);
}

static void restart(struct scene *scene)
{
	aggregate_memory_restart(scene->memory);
}

static void look_at_all(struct scene *scene)
{
	begin(scene);
	read_table(scene->aggregate, 0, ALL);
	finish(scene);
	assert_int_equal(scene->scan->coverage, 100);
	assert_int_equal(scene->scan->ipv4, ALL + 12);
}

static void a_table_in_another_order_forgets_the_round(void **state)
{
	configure(*state, all_asked);
	begin_a_round_and(*state, reorder);
}

static void another_table_forgets_the_round(void **state)
{
	configure(*state, all_asked);
	begin_a_round_and(*state, restart);
}

static void a_look_at_the_whole_table_forgets_the_round(void **state)
{
	configure(*state, all_asked);
	begin_a_round_and(*state, look_at_all);
}

static void a_look_at_another_part_forgets_the_round(void **state)
{
	struct scene *scene = *state;

	configure(scene, all_asked);
	settle(scene);
	begin_part(scene, PART / 2);
	read_table(scene->aggregate, 0, FIRST / 2);
	finish_part(scene);
	assert_true(aggregate_memory_part(scene->memory) == PART / 2);
	assert_int_equal(scene->scan->ipv4, ALL);
	assert_in_range(scene->scan->margin, 300, 370);
}

static void a_round_that_was_stopped_leaves_the_one_before(void **state)
{
	struct scene *scene = *state;
	struct aggregate *round;
	const struct aggregate_plan plan = { .part = 1, .begin_ms = 1 };

	configure(scene, all_asked);
	settle(scene);
	round = aggregate_new(scene->config, AGGREGATE_ROUND);
	assert_int_equal(aggregate_begin(round, scene->memory, &plan), 0);
	read_table(round, 0, 5000);
	aggregate_advance_round(round, 0.25, scene->time_ms + 5000);
	aggregate_abandon_round(round);
	aggregate_abandon_round(round); /* once is enough, twice is no harm */
	assert_true(aggregate_memory_wants_round(scene->memory));
	look(scene);
	assert_is_the_table(scene);
	aggregate_free(round);
}

/* The table ended before the part was read: all of it is known. */
static void a_table_that_ends_within_its_part_is_read_whole(void **state)
{
	struct scene *scene = *state;

	configure(scene, all_asked);
	settle(scene);
	begin_part(scene, PART);
	read_table(scene->aggregate, 0, 300);
	finish(scene);
	assert_int_equal(scene->scan->margin, 0);
	assert_int_equal(scene->scan->coverage, 100);
	assert_int_equal(scene->scan->ipv4, 300);
	assert_int_equal(scene->scan->watches[0].entries, 180);
	assert_true(aggregate_memory_part(scene->memory) == 0);
	begin_part(scene, PART);
	finish(scene);
	assert_int_equal(scene->scan->ipv4, 0);
	assert_int_equal(scene->scan->coverage, 100);
}

static void without_identities_there_are_margins_too(void **state)
{
	struct scene *scene = *state;

	configure(scene, "identities = 0\nwatch \"web\" { index = 1 destination-port = 443 }\n");
	settle(scene);
	assert_int_equal(scene->scan->margin, 0);
	assert_int_equal(scene->scan->ipv4, ALL + 12);
	assert_false(scene->scan->has_create_rate);
	assert_false(scene->scan->has_churn);
	look_flooded(scene, 700, "203.0.113.66");
	assert_in_range(scene->scan->margin, 1, 300);
	assert_within_margin(scene, scene->scan->ipv4, ALL + 12 + 7000, ALL + 12 + 7000);
	assert_in_range(scene->scan->watches[0].margin, 1, 500);
	look(scene);
	assert_int_equal(scene->scan->margin, 0);
}

/* ---- the look of an alarm -------------------------------------------------------------------- */

static struct findings find(struct scene *scene, const char *config, double part, uint32_t read,
			    uint32_t entries)
{
	struct findings findings;
	struct aggregate *alarm;
	const struct aggregate_plan plan = { .part = 1 };

	configure(scene, config);
	alarm = aggregate_new(scene->config, AGGREGATE_ALARM);
	assert_non_null(alarm);
	assert_int_equal(aggregate_begin(alarm, NULL, &plan), 0);
	read_table(alarm, 0, read);
	assert_int_equal(aggregate_scanned(alarm), read);
	memset(&findings, 0xa5, sizeof(findings));
	aggregate_find(alarm, part, entries, &findings);
	aggregate_free(alarm);
	return findings;
}

static void an_alarms_look_finds_what_fills_the_table(void **state)
{
	struct findings findings = find(*state, all_asked, PART, FIRST, ALL);

	assert_true(findings.is_known);
	assert_int_equal(findings.entries, ALL);
	assert_int_equal(findings.unreplied, 15000);
	assert_int_equal(findings.unreplied_share, 75);
	assert_in_range(findings.margin, 200, 260);
	assert_int_equal(findings.source.rank, 1);
	assert_string_equal(findings.source.text, "192.0.2.7");
	assert_int_equal(findings.source.entries, 12000);
	assert_int_equal(findings.source.share, 60);
	assert_string_equal(findings.service.text, "tcp/443");
	assert_int_equal(findings.service.rank, 1);
	assert_int_equal(findings.service.entries, 12000);
}

/* Neither top talkers nor the alarm of sources need to be asked for. */
static void an_alarms_look_needs_no_top(void **state)
{
	struct findings findings =
		find(*state, "top = 0\nsource-rising = 0\nsource-falling = 0\n", PART, FIRST, ALL);

	assert_string_equal(findings.source.text, "192.0.2.7");
	assert_string_equal(findings.service.text, "tcp/443");
}

static void an_alarms_look_may_have_read_all(void **state)
{
	struct findings findings = find(*state, "", 1, FIRST, FIRST);

	assert_true(findings.is_known);
	assert_int_equal(findings.margin, 0);
	assert_int_equal(findings.source.entries, 1200);
	/* more than all: the table shrank meanwhile */
	findings = find(*state, "", 1.2, FIRST, FIRST);
	assert_int_equal(findings.margin, 0);
	assert_int_equal(findings.source.entries, 1200);
	assert_int_equal(findings.unreplied, 1500);
}

static void an_alarms_look_that_read_nothing_knows_nothing(void **state)
{
	assert_false(find(*state, "", 0, 0, ALL).is_known);
	assert_false(find(*state, "", 1, 0, 0).is_known);
	assert_false(find(*state, "", 0, FIRST, ALL).is_known);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(at_rest_all_is_exact_after_a_round),
		TEST(before_a_round_a_look_speaks_for_itself),
		TEST(a_source_that_comes_is_shown_and_goes_again),
		TEST(the_margin_of_the_source_is_his_own),
		TEST(the_margin_of_a_watch_counts_what_went),
		TEST(other_filters_forget_the_round),
		TEST(a_table_in_another_order_forgets_the_round),
		TEST(another_table_forgets_the_round),
		TEST(a_look_at_the_whole_table_forgets_the_round),
		TEST(a_look_at_another_part_forgets_the_round),
		TEST(a_round_that_was_stopped_leaves_the_one_before),
		TEST(a_table_that_ends_within_its_part_is_read_whole),
		TEST(without_identities_there_are_margins_too),
		TEST(an_alarms_look_finds_what_fills_the_table),
		TEST(an_alarms_look_needs_no_top),
		TEST(an_alarms_look_may_have_read_all),
		TEST(an_alarms_look_that_read_nothing_knows_nothing),
	};

	return cmocka_run_group_tests_name("aggregate_part", tests, NULL, NULL);
}
