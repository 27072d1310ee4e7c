/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "subagent/socket_access.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "root:frr 0750" */
#define OWNERSHIP_SIZE (2 * ACCOUNT_NAME_SIZE + 8)

static void describe(const struct stat *status, const struct account_names *names,
		     char text[OWNERSHIP_SIZE])
{
	char user[ACCOUNT_NAME_SIZE], group[ACCOUNT_NAME_SIZE];

	account_names_user(names, status->st_uid, user);
	account_names_group(names, status->st_gid, group);
	snprintf(text, OWNERSHIP_SIZE, "%s:%s %04o", user, group,
		 (unsigned int)status->st_mode & 07777);
}

/* Whether this process has this access now; the kernel checks access lists as well. */
static bool may(const char *path, int access)
{
	return faccessat(AT_FDCWD, path, access, AT_EACCESS) == 0;
}

static bool explain_directory(const char *path, const struct account_names *names, char *text,
			      size_t size)
{
	char ownership[OWNERSHIP_SIZE], self[ACCOUNT_NAME_SIZE];
	struct stat status;

	if (stat(path, &status) != 0)
		return false;
	describe(&status, names, ownership);
	account_names_user(names, geteuid(), self);
	snprintf(text, size,
		 "%s is %s: this user (%s) may not enter it; chmod 755 %s (a tmpfiles.d line keeps "
		 "it: \"d %s 0755 root root\").",
		 path, ownership, self, path, path);
	return true;
}

static bool explain_socket(const char *path, const struct account_names *names, char *text,
			   size_t size)
{
	char ownership[OWNERSHIP_SIZE], self[ACCOUNT_NAME_SIZE], group[ACCOUNT_NAME_SIZE];
	struct stat status;
	int used;

	if (may(path, W_OK) || stat(path, &status) != 0)
		return false;
	describe(&status, names, ownership);
	account_names_user(names, geteuid(), self);
	used = snprintf(text, size, "%s is %s: this user (%s) may not write to it; ", path,
			ownership, self);
	if (used < 0 || (size_t)used >= size)
		return true;
	text += used;
	size -= (size_t)used;
	if (status.st_gid != 0 && status.st_mode & S_IWGRP) {
		account_names_group(names, status.st_gid, group);
		snprintf(text, size, "put it into the group %s and restart the agent.", group);
	} else {
		account_names_group(names, getegid(), group);
		snprintf(text, size, "give snmpd \"agentXPerms 0660 0755 %s %s\" and restart it.",
			 self, group);
	}
	return true;
}

bool socket_access_explain(const char *path, const struct account_names *names, char *text,
			   size_t size)
{
	char directory[PATH_MAX];

	if (!path[0])
		return false;
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t length = (size_t)(slash - path);

		if (length >= sizeof(directory))
			return false;
		memcpy(directory, path, length);
		directory[length] = '\0';
		if (!may(directory, X_OK))
			return explain_directory(directory, names, text, size);
	}
	return explain_socket(path, names, text, size);
}
