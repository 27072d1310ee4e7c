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

#define NETNS_DIRECTORY "/run/netns/"

struct netns {
	int home; /* the namespace to return to */
	dev_t device;
	ino_t inode; /* of the one last entered; 0: none yet */
	char path[];
};

struct netns *netns_new(const char *name)
{
	const char *directory = strchr(name, '/') ? "" : NETNS_DIRECTORY;
	size_t size = strlen(directory) + strlen(name) + 1;
	struct netns *netns = calloc(1, sizeof(*netns) + size);

	if (!netns)
		return NULL;
	snprintf(netns->path, size, "%s%s", directory, name);
	netns->home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (netns->home < 0) {
		netns_free(netns);
		return NULL;
	}
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

int netns_enter(struct netns *netns)
{
	struct stat status;
	int fd = open(netns->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int result, saved;

	if (fd < 0)
		return -1;
	result = fstat(fd, &status) == 0 ? setns(fd, CLONE_NEWNET) : -1;
	saved = errno;
	close(fd);
	/* any other file; a deleted namespace leaves one for a moment */
	errno = saved == EINVAL ? ENOENT : saved;
	if (result != 0)
		return -1;
	result = netns->inode && (status.st_dev != netns->device || status.st_ino != netns->inode);
	netns->device = status.st_dev;
	netns->inode = status.st_ino;
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

bool netns_is_same(const struct netns *netns)
{
	struct stat status;

	return stat(netns->path, &status) == 0 && status.st_dev == netns->device &&
	       status.st_ino == netns->inode;
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
