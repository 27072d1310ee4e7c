/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text.h"

/* The settings of this process, set before its first message. */
static enum log_level threshold = LOG_LEVEL_INFO;
static const char *role;
static bool to_journal;

static const char *const level_names[] = { "error", "warning", "info", "debug" };
/* syslog(3) priorities of the levels, which journald reads from a "<N>" prefix */
static const int level_priorities[] = { 3, 4, 6, 7 };

/* systemd.exec(5): JOURNAL_STREAM is "device:inode" of the stderr that a service got. A process
 * that inherits the variable may write to something else, and in a file "<N>" means nothing. */
static bool is_journal(int fd, const char *stream)
{
	uintmax_t device, inode;
	struct stat status;
	char rest;

	return stream && sscanf(stream, "%ju:%ju%c", &device, &inode, &rest) == 2 &&
	       fstat(fd, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

void log_open(void)
{
	to_journal = is_journal(STDERR_FILENO, getenv("JOURNAL_STREAM"));
}

void log_set_level(enum log_level level)
{
	threshold = level;
}

void log_set_role(const char *name)
{
	role = name;
}

bool log_level_parse(const char *word, enum log_level *level)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcmp(word, level_names[i]) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static void log_line(enum log_level level, const char *format, va_list arguments)
{
	/* the journal takes the name from the process */
	char line[1024], prefix[24] = "conntrack-agentx: ";
	size_t end;

	if (level > threshold)
		return;
	vsnprintf(line, sizeof(line), format, arguments);
	/* some libraries end a message with a line feed; one inside would begin another entry */
	end = strlen(line);
	while (end && line[end - 1] == '\n')
		line[--end] = '\0';
	text_make_plain(line);
	if (to_journal)
		snprintf(prefix, sizeof(prefix), "<%d>", level_priorities[level]);
	/* one write a line: the two processes share stderr */
	fprintf(stderr, "%s%s%s%s%s%s\n", prefix, role ? role : "", role ? ": " : "",
		level == LOG_LEVEL_WARNING ? "warning: " : "",
		level == LOG_LEVEL_DEBUG ? "debug: " : "", line);
}

#define LOG_FUNCTION(name, level)                                                                  \
	void name(const char *format, ...)                                                         \
	{                                                                                          \
		va_list arguments;                                                                 \
		va_start(arguments, format);                                                       \
		log_line(level, format, arguments);                                                \
		va_end(arguments);                                                                 \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
