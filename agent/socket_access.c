/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "socket_access.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "root:107 0750"; the names of others are in files that the subagent cannot read. */
#define OWNERSHIP_SIZE 40

static void describe_id(unsigned int id, char *text, size_t size)
{
	if (id == 0)
		snprintf(text, size, "root");
	else
		snprintf(text, size, "%u", id);
}

static void describe(const struct stat *status, char text[OWNERSHIP_SIZE])
{
	char user[12], group[12];

	describe_id(status->st_uid, user, sizeof(user));
	describe_id(status->st_gid, group, sizeof(group));
	snprintf(text, OWNERSHIP_SIZE, "%s:%s %04o", user, group,
		 (unsigned int)status->st_mode & 07777);
}

/* Whether this process, as it is now, has that access; the kernel looks at access lists as well. */
static bool may(const char *path, int access)
{
	return faccessat(AT_FDCWD, path, access, AT_EACCESS) == 0;
}

static bool explain_directory(const char *path, char *text, size_t size)
{
	char ownership[OWNERSHIP_SIZE];
	struct stat status;

	if (stat(path, &status) != 0)
		return false;
	describe(&status, ownership);
	snprintf(text, size,
		 "%s is %s: this user (uid %u) may not enter it; chmod 755 %s (a tmpfiles.d line "
		 "keeps it: \"d %s 0755 root root\").",
		 path, ownership, (unsigned int)geteuid(), path, path);
	return true;
}

static bool explain_socket(const char *path, char *text, size_t size)
{
	char ownership[OWNERSHIP_SIZE];
	struct stat status;

	if (may(path, W_OK) || stat(path, &status) != 0)
		return false;
	describe(&status, ownership);
	snprintf(text, size,
		 "%s is %s: this user (uid %u, gid %u) may not write to it; give snmpd the line "
		 "\"agentXPerms 0660 0755 USER GROUP\" with this user or group, and restart it.",
		 path, ownership, (unsigned int)geteuid(), (unsigned int)getegid());
	return true;
}

bool socket_access_explain(const char *path, char *text, size_t size)
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
			return explain_directory(directory, text, size);
	}
	return explain_socket(path, text, size);
}
