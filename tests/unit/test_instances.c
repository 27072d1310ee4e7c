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

static void without_memory_everything_stays_as_it_was(void **state)
{
	struct config *before = parse(MISSING);
	struct config *after = parse(MISSING "threshold \"low\" { rising = 20 falling = 10 }\n");
	struct instances instances = { 0 }, others;
	const struct instances none = { 0 };

	(void)state;
	assert_int_equal(instances_build(&instances, &none, before), 0);
	assert_int_equal(instances.count, 3);
	instance_sample(instances.list[1]);
	assert_thresholds(instances.list[1], 2, "warning", 80);
	for (calls_left = 0; calls_left < 3;) {
		int fails_at = calls_left;

		errno = 0;
		assert_int_equal(instances_build(&others, &instances, after), -1);
		assert_int_equal(errno, ENOMEM);
		assert_thresholds(instances.list[1], 2, "warning", 80);
		/* and not only in what is shown */
		instance_sample(instances.list[1]);
		assert_thresholds(instances.list[1], 2, "warning", 80);
		calls_left = fails_at + 1;
	}
	/* with memory, it changes when it is to */
	assert_int_equal(instances_build(&others, &instances, after), 0);
	assert_ptr_equal(others.list[1], instances.list[1]);
	assert_thresholds(instances.list[1], 2, "warning", 80);
	instances_replace(&instances, &others);
	instance_sample(instances.list[1]);
	assert_thresholds(instances.list[1], 1, "low", 20);
	instances_clear(&instances);
	config_free(before);
	config_free(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_memory_everything_stays_as_it_was),
	};

	return cmocka_run_group_tests_name("instances", tests, NULL, NULL);
}
