/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An LD_PRELOAD object for tests: the sysctl nf_conntrack_buckets is read from the file that
 * BUCKETS_FILE names. Tests must not write the real one, which all namespaces share. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME "/nf_conntrack_buckets"

int open(const char *path, int flags, ...)
{
	size_t length = strlen(path), end = strlen(NAME);
	const char *file = getenv("BUCKETS_FILE");
	va_list more;
	int mode;

	va_start(more, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;
	va_end(more);
	if (file && length > end && strcmp(path + length - end, NAME) == 0)
		path = file;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
