/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of all instances in one line, as `systemctl status` shows it. Pure: it remembers only
 * what was sent last. */
#ifndef STATUS_LINE_H
#define STATUS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/sd_notify.h"
#include "common/snapshot.h"

/* Zeroed at start. */
struct status_line {
	char text[SD_NOTIFY_STATUS_SIZE]; /* what was sent last */
	size_t trouble;                   /* instances in trouble then */
	uint64_t told_ms;
};

/* Unreadable, unless it was deleted as a pattern's may be; stale or dropping: such an instance is
 * named first. */
bool status_line_is_trouble(const struct snapshot_sample *sample);

/* Adds one instance; the text must be empty at first. If one does not fit, the text ends in "...".
 */
void status_line_add(char text[SD_NOTIFY_STATUS_SIZE], const struct snapshot_sample *sample);

/* Whether to send `text` to the manager now: it is new, and either the last text is some seconds
 * old or the number of instances in trouble has changed. Then it counts as sent. */
bool status_line_is_due(struct status_line *line, const char *text, size_t trouble,
			uint64_t now_ms);

#endif
