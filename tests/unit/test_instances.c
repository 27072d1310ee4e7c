/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reload builds first, and then replaces: when memory runs out half way, nothing has changed. */
#include "collector/instance.h"

static int configure(struct instance *instance, const struct config *config);

#define instance_configure configure
#include "collector/instances.c"
#undef instance_configure

#include "test.h"

#define MISSING                                                                                    \
	"namespace \"nfct-test-missing\" { index = 2 }\n"                                          \
	"namespace \"nfct-test-missing-too\" { index = 3 }\n"

static int calls_left; /* until memory runs out */

static int configure(struct instance *instance, const struct config *config)
{
	if (calls_left-- == 0) {
		errno = ENOMEM;
		return -1;
	}
	return instance_configure(instance, config);
}

static struct config *parse(const char *text)
{
	char error[CONFIG_ERROR_SIZE];
	struct config *config = config_parse("t.conf", text, strlen(text), error);

	if (!config)
		fail_msg("%s", error);
	return config;
}

/* Of a namespace that does not exist, so the kernel is not asked. */
static void assert_thresholds(struct instance *instance, size_t count, const char *first,
			      uint32_t rising)
{
	const struct snapshot_sample *sample = instance_get_sample(instance);

	assert_int_equal(sample->status, STATUS_UNAVAILABLE);
	assert_int_equal(sample->threshold_count, count);
	assert_string_equal(sample->thresholds[0].name, first);
	assert_int_equal(sample->thresholds[0].rising, rising);
}

/* Of the blocks of the configuration. */
static int build(struct instances *instances, const struct instances *from,
		 const struct config *config)
{
	const struct namespaces none = { 0 };
	struct namespaces all;
	int result;

	assert_int_equal(namespaces_find(&all, &none, config, 1), 0);
	result = instances_build(instances, from, config, &all);
	namespaces_clear(&all);
	return result;
}

static void without_memory_everything_stays_as_it_was(void **state)
{
	struct config *before = parse(MISSING);
	struct config *after = parse(MISSING "threshold \"low\" { rising = 20 falling = 10 }\n");
	struct instances instances = { 0 }, others;
	const struct instances none = { 0 };

	(void)state;
	assert_int_equal(build(&instances, &none, before), 0);
	assert_int_equal(instances.count, 3);
	instance_sample(instances.list[1]);
	assert_thresholds(instances.list[1], 2, "warning", 80);
	for (calls_left = 0; calls_left < 3;) {
		int fails_at = calls_left;

		errno = 0;
		assert_int_equal(build(&others, &instances, after), -1);
		assert_int_equal(errno, ENOMEM);
		assert_thresholds(instances.list[1], 2, "warning", 80);
		/* and not only in what is shown */
		instance_sample(instances.list[1]);
		assert_thresholds(instances.list[1], 2, "warning", 80);
		calls_left = fails_at + 1;
	}
	/* with memory, it changes when it is to */
	assert_int_equal(build(&others, &instances, after), 0);
	assert_ptr_equal(others.list[1], instances.list[1]);
	assert_thresholds(instances.list[1], 2, "warning", 80);
	instances_replace(&instances, &others, "it was removed");
	instance_sample(instances.list[1]);
	assert_thresholds(instances.list[1], 1, "low", 20);
	instances_clear(&instances);
	config_free(before);
	config_free(after);
}

/* The row of a pattern may come to stand for another path. */
static void an_instance_is_reused_only_for_its_own_namespace(void **state)
{
	static const struct namespace one = { .index = 5, .name = "x", .netns = "/nowhere/x" };
	static const struct namespace other = { .index = 5, .name = "x", .netns = "/nowhere/y/x" };
	const struct namespaces first = { .count = 1, .list = (struct namespace *)(uintptr_t)&one };
	const struct namespaces second = { .count = 1,
					   .list = (struct namespace *)(uintptr_t)&other };
	struct config *config = parse("");
	struct instances instances = { 0 }, others;
	const struct instances none = { 0 };
	struct instance *before;

	(void)state;
	calls_left = -1;
	assert_int_equal(instances_build(&instances, &none, config, &first), 0);
	before = instances.list[1];
	assert_int_equal(instances_build(&others, &instances, config, &first), 0);
	assert_ptr_equal(others.list[1], before);
	instances_replace(&instances, &others, "it was removed");
	assert_int_equal(instances_build(&others, &instances, config, &second), 0);
	assert_ptr_not_equal(others.list[1], before);
	assert_ptr_equal(others.list[0], instances.list[0]);
	instances_replace(&instances, &others, "it was removed");
	instances_clear(&instances);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_memory_everything_stays_as_it_was),
		cmocka_unit_test(an_instance_is_reused_only_for_its_own_namespace),
	};

	return cmocka_run_group_tests_name("instances", tests, NULL, NULL);
}
