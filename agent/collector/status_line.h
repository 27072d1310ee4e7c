/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables' state in one line, as `systemctl status` shows it. Pure but for the memory of what
 * was told last. */
#ifndef STATUS_LINE_H
#define STATUS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/sd_notify.h"
#include "common/snapshot.h"

/* Zero it to begin with. */
struct status_line {
	char text[SD_NOTIFY_STATUS_SIZE]; /* what was told last */
	size_t trouble;                   /* tables that were in trouble then */
	uint64_t told_ms;
};

/* Unreadable, stale, or dropping: to be named first. */
bool status_line_is_trouble(const struct snapshot_sample *sample);

/* Adds one table; the text is empty to begin with. What does not fit ends in "...". */
void status_line_add(char text[SD_NOTIFY_STATUS_SIZE], const struct snapshot_sample *sample);

/* Whether the manager should be told `text` now: it is new, and the last one is some seconds old or
 * says something else about what is wrong. Then it counts as told. */
bool status_line_is_due(struct status_line *line, const char *text, size_t trouble,
			uint64_t now_ms);

#endif
