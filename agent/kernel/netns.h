/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network namespaces by name, as ip-netns(8) keeps them: entering one for a moment, and noticing
 * that the one of this name is gone or is another. Needs CAP_SYS_ADMIN. */
#ifndef NETNS_H
#define NETNS_H

#include <stdbool.h>
#include <stddef.h>

struct netns;

/* `name` below /run/netns, or a path. It need not exist. NULL with errno. */
struct netns *netns_new(const char *name);
void netns_free(struct netns *netns);

/* Takes this thread into the namespace, and remembers which one it was. 0; 1 if it is another one
 * than the last time; -1 with errno: ENOENT if there is none, EPERM without the right. Every
 * success is followed by netns_leave(). */
int netns_enter(struct netns *netns);

/* Back to the namespace that the program was started in. Does not return if that fails, because
 * everything would be read in the wrong one from then on. */
void netns_leave(const struct netns *netns);

/* Whether the name still stands for the namespace that was last entered. It can be relied on only
 * as long as something (a socket) keeps that one from being freed. */
bool netns_is_same(const struct netns *netns);

/* "network namespace /run/netns/blue: No such file or directory", after netns_enter() failed. */
void netns_explain(const struct netns *netns, int error, char *text, size_t size);

#endif
