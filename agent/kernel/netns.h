/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network namespaces by name, as ip-netns(8) keeps them. Enters one for a moment, and notices when
 * it was deleted or replaced. Needs CAP_SYS_ADMIN. */
#ifndef NETNS_H
#define NETNS_H

#include <stdbool.h>
#include <stddef.h>

/* Where a name without a slash is looked for. */
#define NETNS_DIRECTORY "/run/netns/"

struct netns;

/* `name` below /run/netns, or a path. It need not exist: while it does not, no descriptor is held
 * for it. NULL with errno. */
struct netns *netns_new(const char *name);
void netns_free(struct netns *netns);

/* Whether both names, as netns_new() takes them, mean the same path. */
bool netns_is_same_name(const char *one, const char *other);
/* Whether it was made with such a name. */
bool netns_has_name(const struct netns *netns, const char *name);

/* Moves this thread into the namespace, and remembers which one it was. 0; 1 if it is not the same
 * one as last time, also if it has been missing in between: a new one may get the same inode. -1
 * with errno: ENOENT if it does not exist, EPERM without CAP_SYS_ADMIN. Call netns_leave() after
 * every success. */
int netns_enter(struct netns *netns);

/* Returns to the namespace in which the program was started. If that fails, the program ends: it
 * would read the wrong namespace from then on. */
void netns_leave(const struct netns *netns);

/* False if the namespace that was last entered was deleted or replaced. The answer is reliable only
 * while something (a socket) keeps that namespace from being freed. */
bool netns_is_same(struct netns *netns);

/* "network namespace /run/netns/blue does not exist": why netns_enter() failed. */
void netns_explain(const struct netns *netns, int error, char *text, size_t size);

#endif
