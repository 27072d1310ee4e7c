/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of local users and groups, for messages of a process that can no longer read files. */
#ifndef ACCOUNT_NAMES_H
#define ACCOUNT_NAMES_H

#include <stddef.h>
#include <sys/types.h>

/* "root", or "4294967295" */
#define ACCOUNT_NAME_SIZE 33

struct account_name {
	unsigned int id;
	char name[ACCOUNT_NAME_SIZE];
};

/* Zeroed at start: then it knows only root. The rows are owned. */
struct account_names {
	struct account_name *users, *groups;
	size_t user_count, group_count;
};

/* Reads /etc/passwd and /etc/group, as they are now; what cannot be read is left out. */
void account_names_load(struct account_names *names);
void account_names_clear(struct account_names *names);

/* The name, or the number if there is no name. */
void account_names_user(const struct account_names *names, uid_t user,
			char text[ACCOUNT_NAME_SIZE]);
void account_names_group(const struct account_names *names, gid_t group,
			 char text[ACCOUNT_NAME_SIZE]);

#endif
