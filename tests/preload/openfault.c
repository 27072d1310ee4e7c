/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An LD_PRELOAD object for tests: a process that has too many open files for a moment. Each SIGUSR1
 * makes one open() fail with EMFILE, the next one of a path that contains OPEN_FAULT. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile sig_atomic_t failures;

int open(const char *path, int flags, ...)
{
	const char *part = getenv("OPEN_FAULT");
	va_list more;
	int mode;

	va_start(more, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;
	va_end(more);
	if (failures > 0 && part && strstr(path, part)) {
		failures--;
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static void add_failure(int signal_number)
{
	(void)signal_number;
	failures++;
}

__attribute__((constructor)) static void install(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = add_failure;
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
}
