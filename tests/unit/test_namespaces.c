/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directories are the test's own, and so is the clock. */
#include "kernel/netns_list.h"

static int list(const char *pattern, netns_found *found, void *context);

#define netns_list list
#include "collector/namespaces.c"
#undef netns_list

#include "test.h"

#define HOUR_MS 3600000U

static struct {
	const char *const *names;  /* of /run/netns, up to NULL */
	const char *const *others; /* of /run/docker/netns; NULL: there is no such directory */
	int error;                 /* of reading /run/netns */
} world;

static int list(const char *pattern, netns_found *found, void *context)
{
	bool is_other = strncmp(pattern, "/run/docker/netns/", 18) == 0;
	const char *const *names = is_other ? world.others : world.names;

	errno = is_other ? ENOENT : world.error;
	if (!names || (!is_other && world.error))
		return -1;
	for (; *names; names++) {
		if (fnmatch(is_other ? pattern + 18 : pattern, *names, FNM_PERIOD) == 0)
			found(context, *names);
	}
	return 0;
}

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static struct config *parse(const char *text)
{
	char error[CONFIG_ERROR_SIZE];
	struct config *config = config_parse("t.conf", text, strlen(text), error);

	if (!config)
		fail_msg("%s", error);
	return config;
}

static void find(struct namespaces *namespaces, const struct config *config, uint64_t now_ms)
{
	struct namespaces after;

	assert_int_equal(namespaces_find(&after, namespaces, config, now_ms), 0);
	namespaces_clear(namespaces);
	*namespaces = after;
	for (size_t i = 1; i < after.count; i++)
		assert_true(after.list[i - 1].index < after.list[i].index);
}

/* The index of a name or path; 0: it has no row. */
static uint32_t index_of(const struct namespaces *namespaces, const char *netns)
{
	for (size_t i = 0; i < namespaces->count; i++) {
		if (strcmp(namespaces->list[i].netns, netns) == 0)
			return namespaces->list[i].index;
	}
	return 0;
}

static int set_up(void **state)
{
	memset(&world, 0, sizeof(world));
	*state = calloc(1, sizeof(struct namespaces));
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	namespaces_clear(*state);
	free(*state);
	return 0;
}

/* FNV-1a by its published values: "" 811c9dc5, "a" e40c292c, "foobar" bf9cf968. */
static void an_index_is_the_hash_of_the_name(void **state)
{
	struct config *config = parse("namespace \"*\" { index = 1000 count = 200 }\n");

	assert_int_equal(hash_name(""), 0x811c9dc5);
	world.names = NAMES("foobar", "a", ".hidden");
	find(*state, config, 1);
	assert_int_equal(((struct namespaces *)*state)->count, 2);
	assert_int_equal(index_of(*state, "a"), 1000 + 0xe40c292c % 200);
	assert_int_equal(index_of(*state, "foobar"), 1000 + 0xbf9cf968 % 200);
	config_free(config);
}

static void names_that_clash_have_the_next_free_index(void **state)
{
	struct config *config = parse("namespace \"*\" { index = 1000 count = 3 }\n");
	uint32_t index, home = 1000 + hash_name("a") % 3;
	struct namespaces again = { 0 };

	world.names = NAMES("c", "a");
	find(*state, config, 1);
	index = index_of(*state, "c");
	world.names = NAMES("d", "c", "b", "a");
	find(*state, config, 2);
	assert_int_equal(index_of(*state, "a"), home);
	assert_int_equal(index_of(*state, "c"), index); /* whoever has a place keeps it */
	assert_int_equal(((struct namespaces *)*state)->count, 3);
	assert_int_equal(((struct namespaces *)*state)->left_out, 1);
	assert_int_equal(index_of(*state, "d"), 0); /* it came with b, which goes first */
	/* all new: in the order of their names */
	find(&again, config, 3);
	assert_int_equal(index_of(&again, "a"), home);
	assert_int_not_equal(index_of(&again, "b"), 0);
	assert_int_not_equal(index_of(&again, "c"), 0);
	namespaces_clear(&again);
	config_free(config);
}

static void the_row_of_a_deleted_one_stays_for_an_hour(void **state)
{
	struct config *config = parse("namespace \"q-*\" { index = 1000 count = 200 }\n");
	struct namespaces *now = *state;
	uint32_t index;

	world.names = NAMES("q-1", "q-2", "other");
	find(now, config, 1000);
	index = index_of(now, "q-1");
	assert_int_equal(now->count, 2);
	world.names = NAMES("q-2");
	find(now, config, 2000);
	assert_int_equal(index_of(now, "q-1"), index);
	find(now, config, 2000 + HOUR_MS - 1);
	assert_int_equal(index_of(now, "q-1"), index);
	/* it comes back: the same row, and a new hour when it goes again */
	world.names = NAMES("q-1", "q-2");
	find(now, config, 2000 + HOUR_MS - 1);
	assert_int_equal(index_of(now, "q-1"), index);
	world.names = NAMES("q-2");
	find(now, config, 2 * HOUR_MS);
	find(now, config, 3 * HOUR_MS - 1);
	assert_int_equal(index_of(now, "q-1"), index);
	find(now, config, 3 * HOUR_MS);
	assert_int_equal(index_of(now, "q-1"), 0);
	assert_int_equal(now->count, 1);
	config_free(config);
}

static void a_deleted_one_makes_room(void **state)
{
	struct config *config = parse("namespace \"*\" { index = 1000 count = 2 }\n");
	struct namespaces *now = *state;

	world.names = NAMES("a", "b");
	find(now, config, 1000);
	world.names = NAMES("b");
	find(now, config, 2000);
	assert_int_equal(now->count, 2);
	world.names = NAMES("b", "c");
	find(now, config, 3000);
	assert_int_equal(index_of(now, "a"), 0);
	assert_int_not_equal(index_of(now, "c"), 0);
	assert_int_equal(now->left_out, 0);
	config_free(config);
}

/* So that it has the same one after a restart. */
static void a_deleted_one_takes_no_name_away_from_its_index(void **state)
{
	struct config *config = parse("namespace \"*\" { index = 1000 count = 100 }\n");
	struct namespaces *now = *state, fresh = { 0 };
	const char *names[] = { NULL, NULL };
	char name[8];

	world.names = NAMES("a");
	find(now, config, 1000);
	for (unsigned int i = 0;; i++) { /* a name that has the same index */
		snprintf(name, sizeof(name), "x%u", i);
		if (hash_name(name) % 100 == hash_name("a") % 100)
			break;
	}
	names[0] = name;
	world.names = names;
	find(now, config, 2000);
	find(&fresh, config, 2000);
	assert_int_equal(index_of(now, name), index_of(&fresh, name));
	assert_int_equal(index_of(now, "a"), 0);
	namespaces_clear(&fresh);
	config_free(config);
}

static const char *const *many(size_t count)
{
	static char names[2 * SNAPSHOT_INSTANCES_MAX][8];
	static const char *list[2 * SNAPSHOT_INSTANCES_MAX + 1];

	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "q%zu", i);
		list[i] = names[i];
	}
	list[count] = NULL;
	return list;
}

static void all_patterns_and_blocks_together_have_the_rows_that_there_are(void **state)
{
	struct config *config =
		parse("namespace \"q*\" { index = 1000 count = 2000 }\n"
		      "namespace \"/run/docker/netns/*\" { index = 5000 count = 9 }\n"
		      "namespace \"blue\" { index = 2 }\n");
	struct namespaces *now = *state;

	world.names = many(300);
	world.others = NAMES("late");
	find(now, config, 1000);
	assert_int_equal(now->count, SNAPSHOT_INSTANCES_MAX - 1);
	assert_int_equal(now->left_out, 300 + 2 - (SNAPSHOT_INSTANCES_MAX - 1));
	assert_int_equal(index_of(now, "blue"), 2);
	/* who left makes room for those that were left out */
	world.names = many(100);
	find(now, config, 2000);
	assert_int_equal(now->left_out, 0);
	assert_int_not_equal(index_of(now, "/run/docker/netns/late"), 0);
	assert_int_equal(now->count, SNAPSHOT_INSTANCES_MAX - 1);
	config_free(config);
}

static void those_that_went_first_make_room_first(void **state)
{
	struct config *config = parse("namespace \"q*\" { index = 1000 count = 2000 }\n");
	struct namespaces *now = *state;

	world.names = many(256);
	find(now, config, 1000);
	world.names = many(256) + 1; /* without q0 */
	find(now, config, 2000);
	world.names = many(256) + 2; /* nor q1 */
	find(now, config, 3000);
	assert_int_equal(now->count, 256);
	world.names = many(257) + 2;
	find(now, config, 4000);
	assert_int_not_equal(index_of(now, "q256"), 0);
	assert_int_equal(index_of(now, "q0"), 0);
	assert_int_not_equal(index_of(now, "q1"), 0);
	config_free(config);
}

static void one_with_a_block_of_its_own_has_one_row(void **state)
{
	struct config *config = parse("namespace \"*\" { index = 1000 count = 200 }\n"
				      "namespace \"q*\" { index = 2000 count = 200 }\n"
				      "namespace \"/run/netns/blue\" { index = 2 }\n"
				      "namespace \"red\" { index = 3 }\n");
	struct namespaces *now = *state;

	world.names = NAMES("blue", "red", "qr");
	find(now, config, 1000);
	assert_int_equal(now->count, 3);
	assert_int_equal(index_of(now, "red"), 3);
	assert_in_range(index_of(now, "qr"), 1000, 1199);
	config_free(config);
}

static void a_name_that_cannot_be_shown_is_left_out(void **state)
{
	struct config *config = parse("namespace \"*\" { index = 1000 count = 200 }\n");
	struct namespaces *now = *state;
	const char *long_name = "0123456789012345678901234567890123456789012345678901234567890123";

	world.names =
		NAMES("a\033b", "caf\xe9", "caf\xc3\xa9", "default", long_name, long_name + 1);
	find(now, config, 1000);
	assert_int_equal(now->count, 2);
	assert_int_not_equal(index_of(now, "caf\xc3\xa9"), 0);
	assert_int_not_equal(index_of(now, long_name + 1), 0);
	assert_int_equal(now->left_out, 4);
	config_free(config);
}

static void a_directory_that_cannot_be_read_says_nothing(void **state)
{
	struct config *config = parse("namespace \"*\" { index = 1000 count = 200 }\n");
	struct namespaces *now = *state;

	world.names = NAMES("a");
	find(now, config, 1000);
	world.error = EMFILE;
	find(now, config, 2000);
	assert_ptr_equal(now->unread, &config->namespaces[0]);
	assert_int_equal(now->list[0].gone_ms, 0);
	/* one that does not exist has no namespaces */
	world.error = ENOENT;
	find(now, config, 3000);
	assert_null(now->unread);
	assert_int_equal(now->list[0].gone_ms, 3000);
	config_free(config);
}

static void another_configuration_keeps_the_rows_of_its_patterns(void **state)
{
	struct config *one = parse("namespace \"q*\" { index = 1000 count = 2 }\n"
				   "namespace \"r*\" { index = 2000 count = 2 }\n");
	struct config *other = parse("namespace \"q*\" { index = 1000 count = 2 }\n"
				     "namespace \"r*\" { index = 2000 count = 3 }\n"
				     "namespace \"s*\" { index = 3000 count = 3 }\n");
	struct namespaces *now = *state;
	uint32_t index;

	world.names = NAMES("q1", "q2", "r1", "s");
	find(now, one, 1000);
	assert_int_equal(now->count, 3);
	index = index_of(now, "q2");
	world.names = NAMES("q2", "s");
	find(now, one, 2000);
	find(now, other, 3000);
	assert_int_equal(index_of(now, "q2"), index);
	assert_int_not_equal(index_of(now, "q1"), 0); /* deleted, for an hour */
	assert_int_equal(index_of(now, "r1"), 0);     /* its pattern is another one */
	assert_int_not_equal(index_of(now, "s"), 0);
	config_free(one);
	config_free(other);
}

static void trouble_is_told_once(void **state)
{
	uint64_t last_ms = 0;

	(void)state;
	assert_true(is_news(&last_ms, 1000));
	for (uint64_t now_ms = 2000; now_ms < 3 * HOUR_MS; now_ms += 1000)
		assert_false(is_news(&last_ms, now_ms));
	assert_false(is_news(&last_ms, 4 * HOUR_MS - 2000));
	assert_true(is_news(&last_ms, 5 * HOUR_MS - 2000));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_index_is_the_hash_of_the_name),
		TEST(names_that_clash_have_the_next_free_index),
		TEST(the_row_of_a_deleted_one_stays_for_an_hour),
		TEST(a_deleted_one_makes_room),
		TEST(a_deleted_one_takes_no_name_away_from_its_index),
		TEST(all_patterns_and_blocks_together_have_the_rows_that_there_are),
		TEST(those_that_went_first_make_room_first),
		TEST(one_with_a_block_of_its_own_has_one_row),
		TEST(a_name_that_cannot_be_shown_is_left_out),
		TEST(a_directory_that_cannot_be_read_says_nothing),
		TEST(another_configuration_keeps_the_rows_of_its_patterns),
		TEST(trouble_is_told_once),
	};

	return cmocka_run_group_tests_name("namespaces", tests, NULL, NULL);
}
