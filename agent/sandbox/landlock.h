/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Landlock (Linux 5.13): limits for good what a process can reach in the file system and the
 * network. The kernel's interface is called by number, because headers of Linux 5.10 lack it. */
#ifndef LANDLOCK_H
#define LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct landlock_rules {
	const char *const *readable; /* files, and directories with all below; a missing one is
				      * skipped */
	size_t readable_count;
	bool connects_anywhere; /* to any TCP port, and to abstract Unix sockets */
	uint16_t tcp_port;      /* else only to this port; 0: to none */
};

/* Allows reading what is listed, and signals to the processes that it has started. A kernel limits
 * what it knows: files from 5.13, TCP from 6.7, signals and abstract sockets from 6.12. The caller
 * must have no_new_privs. -1 with errno: ENOSYS or EOPNOTSUPP where the kernel has no Landlock. */
int landlock_restrict(const struct landlock_rules *rules);

#endif
