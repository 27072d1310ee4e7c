/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives up the privileges that a process does not need. */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The user that both processes become. `name` as in the configuration: NULL for the default one, ""
 * to keep the caller's. Called once, before anything is forked. Keeps CAP_NET_ADMIN, with
 * `namespaces` CAP_SYS_ADMIN (for setns()), and nothing else, and sets no_new_privs. A missing one
 * is not an error here: the status will tell. On failure -1 and one line in `error`.
 *
 * Both processes share the user, because then the collector may end and restart the subagent
 * without keeping CAP_SETUID and CAP_KILL for it. */
int privileges_reduce(const char *name, bool namespaces, char *error, size_t size);

/* Checks that privileges_reduce() would find the user; -1 with one line in `error`. */
int privileges_check_user(const char *name, char *error, size_t size);

/* The user of that name, or of that number; false with errno (ENOENT: there is none). */
bool privileges_find_user(const char *name, uid_t *uid);

/* Gives up CAP_SYS_ADMIN too, when no namespace is configured any more. -1 with errno. */
int privileges_drop_sys_admin(void);

/* Whether the process has CAP_SYS_ADMIN. */
bool privileges_has_sys_admin(void);

/* For the subagent: gives up all capabilities. -1 with errno. */
int privileges_drop_all(void);

#endif
