/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a subagent is taken for hung, and who of the children is waited for. */
#include "collector/supervisor.c"

#include "test.h"

struct scene {
	struct loop *loop;
	struct supervisor *supervisor;
	struct instances instances; /* none */
	struct snapshot_agent *agent;
	struct teller teller;  /* with nothing to tell */
	struct channel theirs; /* the subagent's end */
};

static void forget(void *context)
{
	(void)context;
}

/* A process that does nothing, in place of a subagent. */
static pid_t start_idler(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

static int set_up(void **state)
{
	static const struct agentx_master master = { .address = "/nowhere" };
	struct snapshot_agent head = { .base.kind = SNAPSHOT_AGENT };
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->loop = loop_new();
	scene->supervisor = supervisor_new(scene->loop, &master, forget, NULL);
	scene->agent = (struct snapshot_agent *)snapshot_new(&head.base);
	scene->teller = (struct teller){ .instances = &scene->instances, .agent = scene->agent };
	supervisor_set_teller(scene->supervisor, &scene->teller);
	supervisor_show(scene->supervisor, &scene->instances, scene->agent);
	*state = scene;
	return channel_open(&scene->supervisor->channel, &scene->theirs);
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	channel_close(&scene->theirs);
	supervisor_free(scene->supervisor);
	loop_free(scene->loop);
	free(scene->agent);
	free(scene);
	return 0;
}

static bool read_one(const struct scene *scene)
{
	size_t length;
	void *block;

	if (channel_receive(scene->theirs.snapshots, &block, &length) <= 0)
		return false;
	free(block);
	return true;
}

static void check_times(struct supervisor *supervisor, unsigned int times)
{
	while (times-- > 0)
		check(supervisor);
}

static void what_stays_unread_for_ten_checks_is_a_hang(void **state)
{
	struct scene *scene = *state;
	struct supervisor *supervisor = scene->supervisor;

	supervisor->pid = start_idler();
	send_agent(supervisor);
	check_times(supervisor, HANG_CHECKS - 1);
	assert_false(supervisor->is_killed);
	check(supervisor);
	assert_true(supervisor->is_killed);
}

static void whoever_reads_is_not_hung(void **state)
{
	struct scene *scene = *state;
	struct supervisor *supervisor = scene->supervisor;

	supervisor->pid = start_idler();
	for (int round = 0; round < 3; round++) {
		send_agent(supervisor);
		check_times(supervisor, HANG_CHECKS - 1);
		assert_true(read_one(scene));
		check(supervisor);
	}
	assert_false(supervisor->is_killed);
}

static void a_subagent_without_news_gets_something_to_read(void **state)
{
	struct scene *scene = *state;
	struct supervisor *supervisor = scene->supervisor;

	supervisor->pid = start_idler();
	supervisor->sent_ms = clock_monotonic_ms();
	check(supervisor);
	assert_false(read_one(scene)); /* it had something just now */
	supervisor->sent_ms -= QUIET_MS;
	check(supervisor);
	assert_true(read_one(scene));
	check(supervisor);
	assert_false(read_one(scene));
}

/* Their status is asked for; that of the subagent is not lost among them. */
static void every_child_is_reaped_and_the_own_one_is_known(void **state)
{
	struct scene *scene = *state;
	struct supervisor *supervisor = scene->supervisor;
	pid_t others[3];

	supervisor->backoff_ms = BACKOFF_FIRST_MS;
	supervisor->pid = start_idler();
	for (int i = 0; i < 3; i++) {
		others[i] = start_idler();
		kill(others[i], SIGTERM);
		waitid(P_PID, (id_t)others[i], NULL, WEXITED | WNOWAIT);
	}
	supervisor_reap(supervisor);
	assert_true(supervisor->pid > 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(kill(others[i], 0), -1); /* no zombie either */
	others[0] = start_idler();
	kill(others[0], SIGTERM);
	kill(supervisor->pid, SIGTERM);
	waitid(P_PID, (id_t)others[0], NULL, WEXITED | WNOWAIT);
	waitid(P_PID, (id_t)supervisor->pid, NULL, WEXITED | WNOWAIT);
	supervisor_reap(supervisor);
	assert_int_equal(supervisor->pid, 0);
	assert_int_equal(kill(others[0], 0), -1);
	assert_int_equal(supervisor->backoff_ms, 2 * BACKOFF_FIRST_MS); /* the next one is due */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_stays_unread_for_ten_checks_is_a_hang),
		TEST(whoever_reads_is_not_hung),
		TEST(a_subagent_without_news_gets_something_to_read),
		TEST(every_child_is_reaped_and_the_own_one_is_known),
	};

	return cmocka_run_group_tests_name("supervisor", tests, NULL, NULL);
}
