/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Landlock (Linux 5.13): what a process may reach of the file system and of the network, given away
 * for good. The kernel's interface is called by number, because headers of Linux 5.10 lack it. */
#ifndef LANDLOCK_H
#define LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct landlock_rules {
	const char *const *readable; /* files, and directories with all below; others are skipped */
	size_t readable_count;
	bool connects_anywhere; /* to any port of TCP, and to abstract Unix sockets */
	uint16_t tcp_port;      /* else to this one alone; 0: to none */
};

/* Leaves reading what is listed, and signals to those it has started. As far as the kernel knows of
 * each: files from 5.13, TCP from 6.7, signals and abstract sockets from 6.12. The caller must have
 * no_new_privs. -1 with errno: ENOSYS or EOPNOTSUPP where the kernel has no Landlock. */
int landlock_restrict(const struct landlock_rules *rules);

#endif
