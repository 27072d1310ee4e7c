/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network namespaces that match a pattern, now. Holds none of them, and no directory. */
#ifndef NETNS_LIST_H
#define NETNS_LIST_H

/* Called with the last part of each path. */
typedef void netns_found(void *context, const char *name);

/* `pattern` as netns_new() takes names, with wildcards (glob(7)) in its last part; a name that
 * begins with a dot needs a pattern that does. The namespace in which the program runs is left out.
 * -1 with errno if the directory cannot be read: ENOENT if there is none. */
int netns_list(const char *pattern, netns_found *found, void *context);

#endif
