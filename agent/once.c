/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "once.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "log.h"
#include "report.h"
#include "scan.h"
#include "tables.h"

#define PROGRESS_AFTER_MS 1000
#define PROGRESS_EVERY_MS 200

/* A rate takes two scans, at least so far apart. */
#define RATE_MS 1000

/* A line on a terminal that says how far a long scan is. */
static void show_progress(const struct instance *instance, const struct scan *scan,
			  uint64_t started_ms, uint64_t *shown_ms)
{
	uint64_t now = clock_monotonic_ms();

	if (now - started_ms < PROGRESS_AFTER_MS || now - *shown_ms < PROGRESS_EVERY_MS)
		return;
	*shown_ms = now;
	fprintf(stderr, "\rreading the table: %" PRIu32 " of about %" PRIu32 " entries",
		scan_progress(scan), instance_get_sample(instance)->entries);
}

static void read_table(struct instance *instance, struct scan *scan)
{
	bool terminal = isatty(STDERR_FILENO);
	uint64_t started_ms = clock_monotonic_ms(), shown_ms = 0;

	instance_sample(instance);
	if (!instance_get_sample(instance)->has_figures)
		return;
	while (!instance_scan_step(instance, scan)) {
		if (terminal)
			show_progress(instance, scan, started_ms, &shown_ms);
	}
	if (shown_ms)
		fputs("\r\033[K", stderr);
}

static void read_tables(const struct tables *tables, struct scan *scan)
{
	for (size_t i = 0; i < tables->count; i++)
		read_table(tables->instances[i], scan);
}

static void sleep_until(uint64_t when_ms)
{
	uint64_t now_ms = clock_monotonic_ms(), left_ms = when_ms > now_ms ? when_ms - now_ms : 0;
	struct timespec left = { (time_t)(left_ms / 1000), (long)(left_ms % 1000 * 1000000) };

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

/* -1 if the table could not be read, which has then been said. */
static int print_table(struct instance *instance, bool is_first)
{
	const struct snapshot_sample *sample = instance_get_sample(instance);
	const struct snapshot_scan *scan = instance_get_scan(instance);

	if (sample->has_figures && scan->scans == 0)
		instance_sample(instance); /* which says why */
	if (!sample->has_figures || scan->scans == 0) {
		log_error("conntrack table \"%s\": %s", sample->name,
			  sample->status_text[0] ? sample->status_text
						 : "nf_conntrack_buckets was changed each time "
						   "that it was read; try again");
		return -1;
	}
	if (!is_first)
		putchar('\n');
	report_print(sample, scan, instance_get_hints(instance));
	return 0;
}

int once_run(const struct config *config)
{
	const struct tables none = { 0 };
	struct tables tables = { 0 };
	struct scan *scan = scan_new(config);
	uint64_t started_ms = clock_monotonic_ms();
	int status = 0;

	if (!scan || tables_build(&tables, &none, config, config) != 0) {
		log_error("cannot start: %s", strerror(errno));
		status = 1;
		goto done;
	}
	log_set_level(LOG_LEVEL_ERROR); /* what fails is said once, below */
	read_tables(&tables, scan);
	if (config->identities && instance_get_scan(tables.instances[0])->scans) {
		sleep_until(started_ms + RATE_MS);
		read_tables(&tables, scan);
	}
	for (size_t i = 0; i < tables.count; i++) {
		if (print_table(tables.instances[i], i == 0) != 0)
			status = 1;
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_error("cannot write the output");
		status = 1;
	}
done:
	tables_clear(&tables);
	scan_free(scan);
	return status;
}
