/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox/account_names.h"

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* If there are more, the first ones are kept: those of the system. */
#define NAMES_MAX 512

/* False when there is no room for more. */
static bool add(struct account_name **rows, size_t *count, unsigned int id, const char *name)
{
	struct account_name *grown;

	if (*count >= NAMES_MAX)
		return false;
	grown = reallocarray(*rows, *count + 1, sizeof(*grown));
	if (!grown)
		return false;
	*rows = grown;
	grown[*count].id = id;
	snprintf(grown[*count].name, sizeof(grown[*count].name), "%s", name);
	(*count)++;
	return true;
}

static void load_users(struct account_names *names, const char *path)
{
	FILE *file = fopen(path, "re");
	const struct passwd *user;

	if (!file)
		return;
	while ((user = fgetpwent(file)) &&
	       add(&names->users, &names->user_count, user->pw_uid, user->pw_name))
		;
	fclose(file);
}

static void load_groups(struct account_names *names, const char *path)
{
	FILE *file = fopen(path, "re");
	const struct group *group;

	if (!file)
		return;
	while ((group = fgetgrent(file)) &&
	       add(&names->groups, &names->group_count, group->gr_gid, group->gr_name))
		;
	fclose(file);
}

void account_names_load(struct account_names *names)
{
	load_users(names, "/etc/passwd");
	load_groups(names, "/etc/group");
}

void account_names_clear(struct account_names *names)
{
	free(names->users);
	free(names->groups);
	*names = (struct account_names){ 0 };
}

static void find(const struct account_name *rows, size_t count, unsigned int id,
		 char text[ACCOUNT_NAME_SIZE])
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].id == id) {
			snprintf(text, ACCOUNT_NAME_SIZE, "%s", rows[i].name);
			return;
		}
	}
	if (id == 0)
		snprintf(text, ACCOUNT_NAME_SIZE, "root");
	else
		snprintf(text, ACCOUNT_NAME_SIZE, "%u", id);
}

void account_names_user(const struct account_names *names, uid_t user, char text[ACCOUNT_NAME_SIZE])
{
	find(names->users, names->user_count, user, text);
}

void account_names_group(const struct account_names *names, gid_t group,
			 char text[ACCOUNT_NAME_SIZE])
{
	find(names->groups, names->group_count, group, text);
}
