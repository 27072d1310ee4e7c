/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/netns_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/netns.h"

/* A namespace, and not the own one. While ip-netns(8) makes or deletes one, an empty file has its
 * name for a moment. */
static bool is_other_namespace(DIR *directory, const char *name, const struct stat *own)
{
	struct stat status;

	return fstatat(dirfd(directory), name, &status, 0) == 0 && status.st_dev == own->st_dev &&
	       status.st_ino != own->st_ino;
}

int netns_list(const char *pattern, netns_found *found, void *context)
{
	const char *slash = strrchr(pattern, '/'), *last = slash ? slash + 1 : pattern;
	char path[PATH_MAX];
	struct dirent *entry;
	struct stat own;
	DIR *directory;
	int error;

	snprintf(path, sizeof(path), "%.*s", (int)(last - pattern), pattern);
	if (stat("/proc/thread-self/ns/net", &own) != 0)
		return -1;
	directory = opendir(slash ? path : NETNS_DIRECTORY);
	if (!directory) {
		errno = errno == ENOTDIR ? ENOENT : errno;
		return -1;
	}
	for (errno = 0; (entry = readdir(directory)); errno = 0) {
		if (fnmatch(last, entry->d_name, FNM_PERIOD) == 0 &&
		    is_other_namespace(directory, entry->d_name, &own))
			found(context, entry->d_name);
	}
	error = errno;
	closedir(directory);
	errno = error;
	return error ? -1 : 0;
}
