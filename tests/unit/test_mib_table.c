/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole module over a fixture: one ordered walk, each GET, each GETNEXT, the end. */
#include "subagent/mib_table.c"

#include <stdio.h>

#include "common/ct_names.h"
#include "mib_file.h"
#include "test.h"

struct fixture {
	struct mib_view view;
	struct mib_instance instances[2];
	struct snapshot_agent agent;
	struct snapshot_sample samples[2];
	struct snapshot_scan scan;
	struct snapshot_threshold thresholds[1];
	struct counters cpus[2];
	struct snapshot_protocol protocols[2];
	struct snapshot_state states[2];
	struct snapshot_zone zones[2];
	struct snapshot_top tops[3];
	struct snapshot_nat nats[2];
	struct snapshot_watch watches[2];
	struct snapshot_rate rates[2];
};

static struct mib_file file;

/* Two instances, 1 and 40; the second could never be read and was never scanned. */
static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct mib_instance *first;

	if (!fixture)
		return -1;
	if (!mib_file_read(&file)) {
		free(fixture);
		return -1;
	}
	first = &fixture->instances[0];
	fixture->view.agent = &fixture->agent;
	fixture->agent.start_time = 1700000000123;
	fixture->view.instances = fixture->instances;
	fixture->view.instance_count = 2;
	mib_view_set_time(&fixture->view, 20000, 1500);
	first->index = 1;
	first->sample = &fixture->samples[0];
	first->scan = &fixture->scan;
	*first->sample = (struct snapshot_sample){ .name = "default",
						   .status = STATUS_OK,
						   .has_values = true,
						   .entries = 91,
						   .has_max_entries = true,
						   .max_entries = 100,
						   .has_loss = true,
						   .loss_cause = LOSS_NONE,
						   .fresh_ms = 30000,
						   .peak_entries = 95,
						   .peak_time = 1,
						   .discontinuity = 10000,
						   .cpu_count = 2,
						   .cpus = fixture->cpus,
						   .threshold_count = 1,
						   .thresholds = fixture->thresholds,
						   .rate_count = 2,
						   .rates = fixture->rates };
	fixture->rates[0] = (struct snapshot_rate){ .index = 3, .has_value = true };
	fixture->rates[1] = (struct snapshot_rate){ .index = 65535, .has_value = true };
	fixture->thresholds[0].index = 1;
	first->sample->total.present = 1U << COUNTER_DROPS;
	first->sample->total.value[COUNTER_DROPS] = 1ULL << 33;
	fixture->cpus[1].present = 1U << COUNTER_DROPS;
	*first->scan = (struct snapshot_scan){ .end_wall = 1,
					       .end_monotonic = 15000,
					       .protocol_count = 2,
					       .protocols = fixture->protocols,
					       .state_count = 2,
					       .states = fixture->states,
					       .has_churn = true,
					       .churn_began = 12000,
					       .has_identity_share = true,
					       .has_firm_utilization = true,
					       .has_unlisted = true,
					       .has_create_rate = true,
					       .created = 1ULL << 34,
					       .create_rate = 77,
					       .zone_count = 2,
					       .zones = fixture->zones,
					       .top_count = 3,
					       .tops = fixture->tops,
					       .nat_count = 2,
					       .nats = fixture->nats,
					       .watch_count = 2,
					       .watches = fixture->watches };
	fixture->zones[1] = (struct snapshot_zone){ 65535, 8 };
	fixture->tops[0] = (struct snapshot_top){ .kind = TOP_SOURCE,
						  .rank = 1,
						  .address_type = 1,
						  .address.octet = { 192, 0, 2, 7 },
						  .prefix_length = 32,
						  .entries = 50,
						  .text = "192.0.2.7" };
	fixture->tops[1] = (struct snapshot_top){
		.kind = TOP_SOURCE, .rank = 2, .address_type = 2, .address.octet = { 0x20, 1 }
	};
	fixture->tops[2] = (struct snapshot_top){
		.kind = TOP_SERVICE, .rank = 1, .protocol = 6, .port = 443, .text = "tcp/443"
	};
	fixture->nats[0] = (struct snapshot_nat){ .rank = 1,
						  .address_type = 1,
						  .protocol = 6,
						  .port = 443,
						  .address.octet = { 192, 0, 2, 1 },
						  .destination.octet = { 198, 51, 100, 7 },
						  .entries = 52255,
						  .error = 3,
						  .utilization = 81,
						  .text = "192.0.2.1 to 198.51.100.7 tcp/443" };
	fixture->nats[1] = (struct snapshot_nat){ .rank = 2, .address_type = 2 };
	fixture->watches[0] = (struct snapshot_watch){ .index = 3, .name = "ssh", .raised = true };
	fixture->watches[1] = (struct snapshot_watch){
		.index = 65535, .has_created = true, .created = 5, .created_began = 13000
	};
	fixture->protocols[0] = (struct snapshot_protocol){ .address_type = 1, .number = 6 };
	fixture->protocols[1] = (struct snapshot_protocol){ .address_type = 2, .number = 58 };
	fixture->states[0] = (struct snapshot_state){ 6, 4, 11 };
	fixture->states[1] = (struct snapshot_state){ 132, 2, 12 };
	fixture->instances[1].index = 40;
	fixture->instances[1].sample = &fixture->samples[1];
	fixture->samples[1].status = STATUS_UNAVAILABLE;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

/* The indexes that the fixture has in each table. */
static const struct {
	unsigned long table;
	const char *indexes[4];
} rows[] = {
	{ 1, { "0" } },
	{ 2, { "1", "40" } },
	{ 3, { "1.1", "1.2" } },
	{ 4, { "1", "40" } },
	{ 5, { "1.1.6", "1.2.58" } },
	{ 6, { "1.6.4", "1.132.2" } },
	{ 7, { "1.0", "1.65535" } },
	{ 8, { "1.1.1", "1.1.2", "1.3.1" } },
	{ 9, { "1.1" } },
	{ 10, { "1.3", "1.65535" } },
	{ 12, { "1.1", "1.2" } },
	{ 13, { "1.3", "1.65535" } },
};

/* Below nfctObjects, in the order of a walk: of what the MIB says can be read, what is there. */
static char walk[1024][32];
static size_t walk_length;

static size_t name_of(const char *text, oid *name)
{
	size_t length = OBJECTS_LENGTH;
	char *end;

	memcpy(name, objects, sizeof(objects));
	for (; *text; text = *end ? end + 1 : end)
		name[length++] = strtoul(text, &end, 10);
	return length;
}

static void expect_name(const char *expected, const oid *got, size_t length)
{
	oid name[MIB_OID_MAX];
	size_t expected_length = name_of(expected, name);
	char text[128] = "";

	if (compare(name, expected_length, got, length) == 0)
		return;
	for (size_t i = OBJECTS_LENGTH; i < length; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ".%lu", got[i]);
	fail_msg("expected %s, got %s", expected, text + 1);
}

/* The objects of one table row by row. */
static void expect_object(const struct mib_view *view, const struct mib_file_object *object)
{
	size_t t = 0;

	while (t < sizeof(rows) / sizeof(rows[0]) && rows[t].table != object->path[0])
		t++;
	if (t == sizeof(rows) / sizeof(rows[0]))
		fail_msg("the fixture has no rows for %s", object->name);
	for (const char *const *index = rows[t].indexes; *index; index++) {
		char *text = walk[walk_length];
		oid name[MIB_OID_MAX];
		struct mib_value value;

		text[0] = '\0';
		for (size_t i = 0; i < object->depth; i++)
			snprintf(text + strlen(text), 32 - strlen(text), "%lu.", object->path[i]);
		snprintf(text + strlen(text), 32 - strlen(text), "%s", *index);
		if (mib_get(view, name, name_of(text, name), &value))
			walk_length++;
	}
}

static void expect_walk(const struct mib_view *view)
{
	walk_length = 0;
	for (size_t i = 0; i < file.count; i++) {
		if (mib_file_is_readable(&file.objects[i]))
			expect_object(view, &file.objects[i]);
	}
}

static void every_object_follows_the_one_before(void **state)
{
	const struct fixture *fixture = *state;
	oid at[MIB_OID_MAX], next[MIB_OID_MAX];
	size_t length = OBJECTS_LENGTH, next_length;
	struct mib_value value;

	expect_walk(&fixture->view);
	assert_in_range(walk_length, 100, sizeof(walk) / sizeof(walk[0]) - 1);
	memcpy(at, objects, sizeof(objects));
	for (size_t i = 0; i < walk_length; i++) {
		if (!mib_get_next(&fixture->view, at, length, false, next, &next_length, &value))
			fail_msg("expected %s, got the end", walk[i]);
		expect_name(walk[i], next, next_length);
		memcpy(at, next, sizeof(at));
		length = next_length;
	}
	assert_false(mib_get_next(&fixture->view, at, length, false, next, &next_length, &value));
}

static u_char type_of(const char *syntax)
{
	static const struct {
		const char *syntax;
		u_char type;
	} types[] = {
		{ "Gauge32", ASN_GAUGE },
		{ "Unsigned32", ASN_UNSIGNED },
		{ "InetPortNumber", ASN_UNSIGNED },
		{ "InetAddressPrefixLength", ASN_UNSIGNED },
		{ "Counter64", ASN_COUNTER64 },
		{ "NfctGauge64", ASN_COUNTER64 },
		{ "SnmpAdminString", ASN_OCTET_STR },
		{ "DateAndTime", ASN_OCTET_STR },
		{ "InetAddress", ASN_OCTET_STR },
		{ "INTEGER", ASN_INTEGER },
		{ "TruthValue", ASN_INTEGER },
		{ "InetAddressType", ASN_INTEGER },
		{ "TimeTicks", ASN_TIMETICKS },
		{ "TimeStamp", ASN_TIMETICKS },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].syntax, syntax) == 0)
			return types[i].type;
	}
	fail_msg("unknown SYNTAX %s", syntax);
	return 0;
}

static const struct mib_column *column_of(const struct mib_file_object *object)
{
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		for (size_t c = 0; c < tables[t]->column_count; c++) {
			if (tables[t]->number == object->path[0] &&
			    tables[t]->columns[c].number == object->path[object->depth - 1])
				return &tables[t]->columns[c];
		}
	}
	return NULL;
}

static void every_object_of_the_module_has_its_column(void **state)
{
	size_t readable = 0, columns = 0;

	(void)state;
	for (size_t i = 0; i < file.count; i++) {
		const struct mib_file_object *object = &file.objects[i];
		const struct mib_column *column = column_of(object);

		if (!mib_file_is_readable(object))
			continue;
		readable++;
		if (!column)
			fail_msg("%s has no column", object->name);
		if (column->type != type_of(object->syntax))
			fail_msg("%s is a %s, its column has type %u", object->name, object->syntax,
				 column->type);
	}
	for (size_t t = 0; t < TABLE_COUNT; t++)
		columns += tables[t]->column_count;
	assert_int_equal(columns, readable); /* and no column is left over */
}

static void every_object_is_there_to_get_and_inclusively(void **state)
{
	const struct fixture *fixture = *state;

	expect_walk(&fixture->view);
	for (size_t i = 0; i < walk_length; i++) {
		oid name[MIB_OID_MAX], next[MIB_OID_MAX];
		size_t length = name_of(walk[i], name), next_length;
		struct mib_value value;

		if (!mib_get(&fixture->view, name, length, &value))
			fail_msg("%s is not there", walk[i]);
		assert_true(mib_get_next(&fixture->view, name, length, true, next, &next_length,
					 &value));
		expect_name(walk[i], next, next_length);
	}
}

static void what_is_absent_is_not_there(void **state)
{
	static const char *const absent[] = {
		"",
		"1",
		"1.1",
		"1.1.1",
		"1.1.0.0",
		"1.99.0",
		"2.1.1.1",
		"2.1.2",
		"2.1.2.2",
		"2.1.2.1.0",
		"2.1.5.40",
		"2.1.11.1",
		"2.1.13.1",
		"2.1.99.1",
		"2.0.2.1",
		"3.1.2.1.1",
		"3.1.2.1.3",
		"3.1.2.1",
		"5.1.8.1.1.6",
		"5.1.3.1.1",
		"5.1.3.1.1.7",
		"5.1.3.40.1.6",
		"7.1.1.1.0",
		"7.1.2.1.1",
		"8.1.1.1.1.1",
		"8.1.2.1.1.1",
		"8.1.3.1.2.1",
		"8.1.99.1.1.1",
		"8.1.3.40.1.1",
		"10.1.1.1.3",
		"10.1.99.1.3",
		"10.1.2.1.1",
		"9.1.7.1.1",
		"9.1.2.1.2",
		"11.1.0",
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		oid name[MIB_OID_MAX];
		size_t length = name_of(absent[i], name);
		struct mib_value value;

		if (mib_get(&fixture->view, name, length, &value))
			fail_msg("%s is there", absent[i]);
	}
}

/* RFC 3416, 4.2.1: noSuchObject is of the object, noSuchInstance of the row. */
static void an_unknown_object_differs_from_a_row_that_is_not_there(void **state)
{
	static const char *const objects_of_module[] = {
		"1.1",     "1.1.0",    "1.1.0.0",     "2.1.2",
		"2.1.2.2", "2.1.5.40", "5.1.3.1.1.7", "9.1.2.1.2",
	};
	static const char *const unknown[] = {
		"",        "1",        "2",           "2.1",    "1.99.0",   "2.0.2.1",
		"2.1.1.1", "2.1.99.1", "8.1.1.1.1.1", "11.1.0", "99.1.2.1",
	};
	const oid elsewhere[] = { MIB_ROOT, 2, 1 };
	oid name[MIB_OID_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(objects_of_module) / sizeof(objects_of_module[0]); i++) {
		if (!mib_is_object(name, name_of(objects_of_module[i], name)))
			fail_msg("%s is not an object", objects_of_module[i]);
	}
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		if (mib_is_object(name, name_of(unknown[i], name)))
			fail_msg("%s is an object", unknown[i]);
	}
	assert_false(mib_is_object(elsewhere, OID_LENGTH(elsewhere)));
}

static void getnext_finds_its_way_from_anywhere(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "0", "1.1.0" },
		{ "1", "1.1.0" },
		{ "1.1", "1.1.0" },
		{ "1.1.0.5", "1.2.0" },
		{ "1.9.7", "1.10.0" },
		{ "1.10.7", "2.1.2.1" },
		{ "2", "2.1.2.1" },
		{ "2.1.2.0", "2.1.2.1" },
		{ "2.1.2.1.5", "2.1.2.40" },
		{ "2.1.2.40.1", "2.1.3.1" },
		{ "2.1.2.4294967295", "2.1.3.1" },
		{ "2.1.11", "2.1.12.1" },
		{ "2.2", "3.1.2.1.2" },
		{ "5.1.3.1.1", "5.1.3.1.1.6" },
		{ "5.1.3.1.1.6.1", "5.1.3.1.2.58" },
		{ "5.1.3.1.1.7", "5.1.3.1.2.58" },
		{ "5.1.3.2", "5.1.4.1.1.6" },
		{ "7.1", "7.1.2.1.0" },
		{ "7.2", "8.1.3.1.1.1" },
		{ "8.1.3.1.2", "8.1.3.1.3.1" },
		{ "8.1.13", "9.1.2.1.1" },
		{ "9.1.7", "10.1.2.1.3" },
		{ "10.1.2.1.4", "10.1.2.1.65535" },
		{ "10.2", "12.1.2.1.1" },
		{ "12.1.12", "13.1.2.1.3" },
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		oid name[MIB_OID_MAX + 4], next[MIB_OID_MAX];
		size_t length = name_of(cases[i].from, name), next_length;
		struct mib_value value;

		assert_true(mib_get_next(&fixture->view, name, length, false, next, &next_length,
					 &value));
		expect_name(cases[i].to, next, next_length);
	}
	/* from before the module, and from behind it */
	{
		const oid before[] = { 1, 3 }, behind[] = { MIB_ROOT, 2 };
		oid next[MIB_OID_MAX];
		size_t next_length;
		struct mib_value value;

		assert_true(
			mib_get_next(&fixture->view, before, 2, false, next, &next_length, &value));
		expect_name("1.1.0", next, next_length);
		assert_false(mib_get_next(&fixture->view, behind, MIB_ROOT_LENGTH + 1, false, next,
					  &next_length, &value));
	}
}

static struct mib_value get(const struct fixture *fixture, const char *text)
{
	oid name[MIB_OID_MAX];
	size_t length = name_of(text, name);
	struct mib_value value;

	if (!mib_get(&fixture->view, name, length, &value))
		fail_msg("%s is not there", text);
	return value;
}

static void varbinds_have_the_types_and_values_of_the_module(void **state)
{
	const struct fixture *fixture = *state;
	struct mib_value value = get(fixture, "2.1.12.1");

	assert_int_equal(value.type, ASN_COUNTER64);
	assert_int_equal(value.number, 1ULL << 33);
	value = get(fixture, "2.1.7.1");
	assert_int_equal(value.type, ASN_GAUGE);
	assert_int_equal(value.number, 91);
	value = get(fixture, "2.1.27.1");
	assert_int_equal(value.type, ASN_TIMETICKS);
	assert_int_equal(value.number, 500); /* 10 s ago at an uptime of 15 s */
	value = get(fixture, "4.1.2.1");
	assert_int_equal(value.number, 500);
	value = get(fixture, "2.1.26.1");
	assert_int_equal(value.number, 2); /* TruthValue: false */
	value = get(fixture, "5.1.3.1.2.58");
	assert_int_equal(value.length, 9);
	assert_memory_equal(value.bytes, "ipv6-icmp", 9);
	value = get(fixture, "5.1.10.1.1.6");
	assert_int_equal(value.length, 13);
	assert_memory_equal(value.bytes, "tcp over IPv4", 13);
	value = get(fixture, "5.1.10.1.2.58");
	assert_memory_equal(value.bytes, "ipv6-icmp over IPv6", 19);
	value = get(fixture, "4.1.26.1");
	assert_int_equal(value.type, ASN_TIMETICKS);
	assert_int_equal(value.number, 700); /* 8 s ago at an uptime of 15 s */
	assert_int_equal(get(fixture, "10.1.9.1.65535").number, 800);
	assert_int_equal(get(fixture, "2.1.29.1").number, 1); /* none */
	value = get(fixture, "6.1.3.1.6.4");
	assert_memory_equal(value.bytes, "ESTABLISHED", 11);
	value = get(fixture, "6.1.3.1.132.2");
	assert_memory_equal(value.bytes, "CLOSED", 6);
	value = get(fixture, "4.1.20.1");
	assert_int_equal(value.type, ASN_COUNTER64);
	assert_int_equal(value.number, 1ULL << 34);
	value = get(fixture, "4.1.22.1");
	assert_int_equal(value.type, ASN_GAUGE);
	assert_int_equal(value.number, 77);
	value = get(fixture, "8.1.4.1.1.1");
	assert_int_equal(value.length, 4);
	assert_memory_equal(value.bytes, "\xc0\x00\x02\x07", 4);
	assert_int_equal(get(fixture, "8.1.4.1.1.2").length, 16);
	assert_int_equal(get(fixture, "8.1.4.1.3.1").length, 0);
	assert_int_equal(get(fixture, "8.1.3.1.3.1").number, 0); /* InetAddressType: unknown */
	assert_int_equal(get(fixture, "8.1.7.1.3.1").number, 443);
	assert_int_equal(get(fixture, "10.1.7.1.3").number, 2);
	assert_int_equal(get(fixture, "10.1.7.1.65535").number, 1);
	value = get(fixture, "1.9.0");
	assert_int_equal(value.length, 11);
	assert_memory_equal(value.bytes, "\x07\xe7\x0b\x0e\x16\x0d\x14\x01+\0\0", 11);
}

static void the_age_of_a_sample_is_reckoned_at_the_request(void **state)
{
	struct fixture *fixture = *state;
	oid name[MIB_OID_MAX];
	struct mib_value value;

	assert_false(mib_get(&fixture->view, name, name_of("2.1.28.1", name), &value)); /* never */
	fixture->samples[0].taken = 19500;
	assert_int_equal(get(fixture, "2.1.28.1").number, 50);
	fixture->samples[0].has_values = false; /* what was read last only grows older */
	mib_view_set_time(&fixture->view, 80000, 7500);
	assert_int_equal(get(fixture, "2.1.28.1").number, 6050);
}

static void an_uptime_shorter_than_the_age_gives_0(void **state)
{
	struct fixture *fixture = *state;

	mib_view_set_time(&fixture->view, 20000, 10);
	assert_int_equal(get(fixture, "2.1.27.1").number, 0);
}

/* The master's answers set the subagent's uptime; a new master's is another one. */
static void a_time_stamp_stands_still(void **state)
{
	struct fixture *fixture = *state;

	mib_view_set_time(&fixture->view, 20009, 1500);
	assert_int_equal(get(fixture, "2.1.27.1").number, 500);
	mib_view_set_time(&fixture->view, 20500, 1552);
	assert_int_equal(get(fixture, "2.1.27.1").number, 500);
	mib_view_set_time(&fixture->view, 30500, 1100);
	assert_int_equal(get(fixture, "2.1.27.1").number, 0);
	mib_view_set_time(&fixture->view, 30500, 2100);
	assert_int_equal(get(fixture, "2.1.27.1").number, 50);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_object_of_the_module_has_its_column),
		TEST(every_object_follows_the_one_before),
		TEST(every_object_is_there_to_get_and_inclusively),
		TEST(what_is_absent_is_not_there),
		TEST(an_unknown_object_differs_from_a_row_that_is_not_there),
		TEST(getnext_finds_its_way_from_anywhere),
		TEST(varbinds_have_the_types_and_values_of_the_module),
		TEST(the_age_of_a_sample_is_reckoned_at_the_request),
		TEST(an_uptime_shorter_than_the_age_gives_0),
		TEST(a_time_stamp_stands_still),
	};

	return cmocka_run_group_tests_name("mib_table", tests, NULL, NULL);
}
