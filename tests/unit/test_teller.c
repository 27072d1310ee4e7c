/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many instances with something to tell: their namespaces do not exist, so each is degraded. */
#include "collector/teller.c"

#include <stdio.h>

#include "config/config.h"
#include "test.h"

#define MANY 256

struct scene {
	struct instances instances;
	struct snapshot_agent agent;
	struct teller teller;
	struct event event;
};

/* Instances 2 to `last`, beside the agent's own, which is not sampled. */
static void configure(struct scene *scene, uint32_t last)
{
	static struct config_namespace namespaces[MANY];
	struct config config = { .peak_window = 10,
				 .sample_interval = 1,
				 .notification_interval = 3600,
				 .namespaces = namespaces,
				 .namespace_count = last - 1 };
	struct instances instances;
	const struct namespaces none = { 0 };
	struct namespaces all;

	for (uint32_t i = 0; i < last - 1; i++) {
		namespaces[i].index = i + 2;
		snprintf(namespaces[i].name, sizeof(namespaces[i].name), "/nowhere/%u", i + 2);
	}
	assert_int_equal(namespaces_find(&all, &none, &config, 1), 0);
	assert_int_equal(instances_build(&instances, &scene->instances, &config, &all), 0);
	instances_replace(&scene->instances, &instances, "it was removed");
	namespaces_clear(&all);
}

static void sample(struct scene *scene)
{
	for (size_t i = 1; i < scene->instances.count; i++)
		instance_sample(scene->instances.list[i]);
	while (teller_news(&scene->teller, &scene->event))
		continue;
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->teller.instances = &scene->instances;
	scene->teller.agent = &scene->agent;
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	instances_clear(&scene->instances);
	free(scene);
	return 0;
}

/* The instance that speaks next, 0 if none does; a master takes what it says. */
static uint32_t next(struct scene *scene)
{
	bool due = teller_is_due(&scene->teller);

	assert_int_equal(teller_next(&scene->teller, &scene->event), due);
	if (!due)
		return 0;
	assert_false(teller_is_due(&scene->teller)); /* one at a time */
	teller_settle(&scene->teller, ALARM_TAKEN);
	return scene->event.sample.instance;
}

static void however_many_wait_each_is_told_once(void **state)
{
	struct scene *scene = *state;

	configure(scene, MANY + 1);
	for (int i = 0; i < 5; i++)
		sample(scene); /* without a master */
	for (uint32_t i = 2; i <= MANY + 1; i++) {
		assert_int_equal(next(scene), i);
		assert_int_equal(scene->event.kind, EVENT_INSTANCE_DEGRADED);
	}
	assert_int_equal(next(scene), 0);
	assert_int_equal(scene->agent.notifications_sent, MANY);
	assert_int_equal(scene->agent.notifications_lost, 0);
	assert_int_equal(scene->agent.notifications_suppressed, 0);
}

/* Its end comes before anything that another instance, perhaps of the same index, has to say. */
static void an_instance_that_is_removed_speaks_first_and_then_is_gone(void **state)
{
	struct scene *scene = *state;

	configure(scene, 4);
	sample(scene);
	assert_int_equal(next(scene), 2);
	assert_int_equal(next(scene), 3);
	configure(scene, 2);
	configure(scene, 4); /* 3 comes back before the end of the old one was told */
	sample(scene);
	assert_int_equal(next(scene), 3);
	assert_int_equal(scene->event.kind, EVENT_INSTANCE_RECOVERED);
	assert_int_equal(scene->instances.parting_count, 0);
	assert_int_equal(next(scene), 4);
	assert_int_equal(next(scene), 3);
	assert_int_equal(scene->event.kind, EVENT_INSTANCE_DEGRADED);
	assert_int_equal(next(scene), 0);
}

/* Its event is under way when the reload removes it. */
static void an_instance_may_be_removed_while_it_speaks(void **state)
{
	struct scene *scene = *state;

	configure(scene, 2);
	sample(scene);
	assert_true(teller_next(&scene->teller, &scene->event));
	configure(scene, 1);
	sample(scene);
	assert_int_equal(scene->instances.parting_count, 1);
	teller_settle(&scene->teller, ALARM_IN_DOUBT);
	assert_int_equal(next(scene), 2);
	assert_int_equal(scene->event.kind, EVENT_INSTANCE_RECOVERED);
	assert_int_equal(scene->instances.parting_count, 0);
	assert_int_equal(next(scene), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(however_many_wait_each_is_told_once),
		TEST(an_instance_that_is_removed_speaks_first_and_then_is_gone),
		TEST(an_instance_may_be_removed_while_it_speaks),
	};

	return cmocka_run_group_tests_name("teller", tests, NULL, NULL);
}
