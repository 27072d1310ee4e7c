/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages for the operator, one line of plain text each (common/text.h), on stderr. Each begins
 * with the program's name, or, if stderr is the journal's, with the priority that journald reads
 * ("<4>", see sd-daemon(3)). */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Finds out whether stderr is the journal's. Called once, before the first message; a forked
 * process inherits the answer with its stderr. */
void log_open(void);

/* Lines above this level are dropped; the default is info. Set once, at start. */
void log_set_level(enum log_level level);

/* Names the process in each line ("subagent"); NULL for none. The string must stay. */
void log_set_role(const char *role);

/* Level from "error", "warning", "info" or "debug"; false if it is none of them. */
bool log_level_parse(const char *word, enum log_level *level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
