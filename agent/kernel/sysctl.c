/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool sysctl_read_u32(const char *name, uint32_t *value)
{
	char path[128], text[32], *end;
	unsigned long number;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return false;
	text[length] = '\0';
	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || end == text || number > UINT32_MAX)
		return false;
	*value = (uint32_t)number;
	return true;
}
