/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"

#define HOME "/proc/thread-self/ns/net"

struct netns {
	int home;   /* the namespace to return to; -1: not open */
	dev_t nsfs; /* the device of all namespaces */
	dev_t device;
	ino_t inode;   /* of the one last entered; 0: none yet */
	bool was_gone; /* since then: whatever has the name next is another one */
	char path[];
};

struct netns *netns_new(const char *name)
{
	const char *directory = strchr(name, '/') ? "" : NETNS_DIRECTORY;
	size_t size = strlen(directory) + strlen(name) + 1;
	struct netns *netns = calloc(1, sizeof(*netns) + size);
	struct stat status;

	if (!netns)
		return NULL;
	snprintf(netns->path, size, "%s%s", directory, name);
	netns->home = -1;
	if (stat(HOME, &status) != 0) {
		netns_free(netns);
		return NULL;
	}
	netns->nsfs = status.st_dev;
	return netns;
}

void netns_free(struct netns *netns)
{
	int saved = errno;

	if (!netns)
		return;
	if (netns->home >= 0)
		close(netns->home);
	free(netns);
	errno = saved;
}

bool netns_is_same_name(const char *one, const char *other)
{
	const size_t length = strlen(NETNS_DIRECTORY);

	if (strncmp(one, NETNS_DIRECTORY, length) == 0)
		one += length;
	if (strncmp(other, NETNS_DIRECTORY, length) == 0)
		other += length;
	return strcmp(one, other) == 0;
}

bool netns_has_name(const struct netns *netns, const char *name)
{
	return netns_is_same_name(netns->path, name);
}

/* What an errno of open() or setns() means for the namespace. While ip-netns(8) makes or deletes
 * one, an empty file has its name for a moment: setns() refuses that one, and only root may open
 * it. */
static int judge_error(const struct netns *netns, int error)
{
	struct stat status;

	if (error == EINVAL || error == ENOTDIR)
		return ENOENT;
	if (error == EACCES && stat(netns->path, &status) == 0 && status.st_dev != netns->nsfs)
		return ENOENT;
	return error;
}

/* Does not enter what it could not leave. */
static bool has_home(struct netns *netns)
{
	if (netns->home < 0)
		netns->home = open(HOME, O_RDONLY | O_CLOEXEC);
	return netns->home >= 0;
}

/* It may not come back: nothing is held for it. */
static void note_gone(struct netns *netns)
{
	int saved = errno;

	netns->was_gone = true;
	if (netns->home >= 0)
		close(netns->home);
	netns->home = -1;
	errno = saved;
}

int netns_enter(struct netns *netns)
{
	struct stat status;
	int fd = open(netns->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int result = fd >= 0 && fstat(fd, &status) == 0 && has_home(netns) ? setns(fd, CLONE_NEWNET)
									   : -1;
	int saved = errno;

	if (fd >= 0)
		close(fd);
	if (result != 0) {
		errno = judge_error(netns, saved);
		if (errno == ENOENT)
			note_gone(netns);
		return -1;
	}
	result = netns->inode && (netns->was_gone || status.st_dev != netns->device ||
				  status.st_ino != netns->inode);
	netns->device = status.st_dev;
	netns->inode = status.st_ino;
	netns->was_gone = false;
	return result;
}

void netns_leave(const struct netns *netns)
{
	int saved = errno;

	if (setns(netns->home, CLONE_NEWNET) != 0) {
		log_error("cannot leave the network namespace %s: %s", netns->path,
			  strerror(errno));
		exit(1);
	}
	errno = saved;
}

bool netns_is_same(struct netns *netns)
{
	struct stat status;
	bool is_same;

	if (stat(netns->path, &status) == 0)
		is_same = status.st_dev == netns->device && status.st_ino == netns->inode;
	else
		is_same =
			errno != ENOENT && errno != ENOTDIR; /* else it says nothing of the name */
	netns->was_gone = netns->was_gone || !is_same;
	return is_same;
}

void netns_explain(const struct netns *netns, int error, char *text, size_t size)
{
	const char *hint = "";

	if (error == EPERM)
		hint = " (CAP_SYS_ADMIN is needed; the agent keeps it only if a namespace is "
		       "configured when it starts)";
	else if (error == EACCES)
		hint = " (to enter a new directory outside /run and /proc, restart the agent)";
	if (error == ENOENT)
		snprintf(text, size, "network namespace %s does not exist", netns->path);
	else
		snprintf(text, size, "network namespace %s: %s%s", netns->path, strerror(error),
			 hint);
}
