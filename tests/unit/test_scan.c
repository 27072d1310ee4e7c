/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much a step of a scan reads, from a dump that is not the kernel's: its functions, which are
 * linked for other modules, get other names. */
#define ctnl_dump_start dump_start
#define ctnl_dump_step  dump_step
#define ctnl_close      dump_close
#include "scan/scan.c"

#include <sys/socket.h>

#include "test.h"

#define BUFFER 10 /* entries in it */

static struct {
	uint32_t reads, buffers; /* buffers: that there are */
	uint32_t empty_at;       /* the read that finds nothing yet; 0: none */
} dump;

int dump_start(struct ctnl *ctnl)
{
	(void)ctnl;
	return 0;
}

void dump_close(struct ctnl *ctnl)
{
	(void)ctnl;
}

int dump_step(struct ctnl *ctnl, ctnl_visit *visit, void *context)
{
	const struct ct_entry entry = { .family = AF_INET };

	(void)ctnl;
	if (++dump.reads == dump.empty_at) {
		errno = EAGAIN;
		return -1;
	}
	for (int i = 0; i < BUFFER; i++)
		visit(&entry, context);
	return --dump.buffers > 0;
}

struct scene {
	struct config *config;
	struct scan *scan;
	struct aggregate_memory *memory;
};

/* A table of so many buffers, of which a `part` is to be read. */
static struct scene begin(const char *budget, uint32_t buffers, double part)
{
	char error[CONFIG_ERROR_SIZE];
	struct scene scene = { config_parse("test", budget, strlen(budget), error), NULL,
			       aggregate_memory_new() };

	assert_non_null(scene.config);
	dump.reads = dump.empty_at = 0;
	dump.buffers = buffers;
	scene.scan = scan_new(scene.config, SCAN_LOOK);
	assert_int_equal(
		scan_start(scene.scan, (struct ctnl *)&dump, scene.memory, buffers * BUFFER, part),
		SCAN_MORE);
	return scene;
}

static void end(struct scene *scene)
{
	scan_free(scene->scan);
	aggregate_memory_free(scene->memory);
	config_free(scene->config);
}

static void a_step_before_a_pause_reads_one_buffer(void **state)
{
	struct scene scene = begin("cpu-budget = 99\n", 3, 1);

	(void)state;
	assert_int_equal(scan_step(scene.scan, 0), SCAN_MORE);
	assert_int_equal(dump.reads, 1);
	assert_int_equal(scan_progress(scene.scan), BUFFER);
	end(&scene);
}

static void without_pauses_a_step_reads_several_buffers(void **state)
{
	struct scene scene = begin("cpu-budget = 100\n", BUFFERS_UNPACED + 2, 1);

	(void)state;
	assert_int_equal(scan_step(scene.scan, 0), SCAN_MORE);
	assert_int_equal(scan_progress(scene.scan), BUFFERS_UNPACED * BUFFER);
	assert_int_equal(scan_step(scene.scan, 0), SCAN_DONE);
	assert_int_equal(scan_progress(scene.scan), (BUFFERS_UNPACED + 2) * BUFFER);
	assert_true(scan_is_whole(scene.scan));
	end(&scene);
}

static void a_step_ends_with_the_part_that_is_to_be_read(void **state)
{
	struct scene scene = begin("cpu-budget = 100\n", 100, 0.025);

	(void)state;
	assert_int_equal(scan_step(scene.scan, 100 * BUFFER), SCAN_DONE);
	assert_int_equal(scan_progress(scene.scan), 25);
	assert_int_equal(dump.reads, 3);
	assert_false(scan_is_whole(scene.scan));
	end(&scene);
}

static void a_buffer_that_is_not_there_yet_ends_a_step_and_not_the_scan(void **state)
{
	struct scene scene = begin("cpu-budget = 100\n", 4, 1);

	(void)state;
	dump.empty_at = 3;
	scene.scan->empty_reads = SCAN_PATIENCE - 1;
	assert_int_equal(scan_step(scene.scan, 0), SCAN_MORE);
	assert_int_equal(scan_progress(scene.scan), 2 * BUFFER);
	assert_int_equal(scan_step(scene.scan, 0), SCAN_DONE);
	assert_int_equal(scan_progress(scene.scan), 4 * BUFFER);
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_before_a_pause_reads_one_buffer),
		cmocka_unit_test(without_pauses_a_step_reads_several_buffers),
		cmocka_unit_test(a_step_ends_with_the_part_that_is_to_be_read),
		cmocka_unit_test(a_buffer_that_is_not_there_yet_ends_a_step_and_not_the_scan),
	};

	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
