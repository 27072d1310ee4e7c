/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network namespaces that the blocks of the configuration stand for: the named ones always, and
 * of a pattern those that exist, each with an index of the pattern's range.
 *
 * A name's index is first + hash % count, or the next that no other existing one has; after the
 * last index comes the first. The hash is FNV-1a with 32 bits, of the octets of the name. Names
 * that are new at the same time come in their order, so without a clash an index depends on nothing
 * but the name. The row of one that was deleted stays for a while, and its place is the first to
 * go. */
#ifndef NAMESPACES_H
#define NAMESPACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/snapshot.h"
#include "config/config.h"

/* How long the row of a deleted one stays. */
#define NAMESPACES_KEPT_MS 3600000

struct namespace
{
	uint32_t index;
	/* the indexes of the pattern that it comes from; count 0: it has a block of its own */
	uint32_t first, count;
	uint32_t hash;                 /* of the name */
	uint64_t gone_ms;              /* since when it does not exist, monotonic; 0: it does */
	char name[SNAPSHOT_NAME_SIZE]; /* nfctInstanceName */
	char netns[2 * SNAPSHOT_NAME_SIZE]; /* for netns_new() */
};

/* Zeroed: none. */
struct namespaces {
	size_t count;
	struct namespace *list; /* sorted by index; owned */
	uint32_t left_out; /* match a pattern and have no place, or a name that cannot be shown */
	uint32_t unshown;  /* of these, those with such a name */
	const struct config_namespace
		*unread; /* a pattern whose directory cannot be read, or NULL */
	int unread_errno;
};

/* When which trouble was last there, monotonic. Zeroed at start. */
struct namespaces_told {
	uint64_t full_ms, unshown_ms, unread_ms;
};

/* Looks which there are now. `before`: those of the last time; an existing one of the same pattern
 * keeps its index. -1 with ENOMEM; else the caller frees `after` with namespaces_clear(). */
int namespaces_find(struct namespaces *after, const struct namespaces *before,
		    const struct config *config, uint64_t now_ms);
void namespaces_clear(struct namespaces *namespaces);

/* Whether both have the same rows. */
bool namespaces_are_same(const struct namespaces *one, const struct namespaces *other);

/* Whether any can come and go by itself. */
bool namespaces_have_patterns(const struct config *config);

/* Warns of what is left out: once, and again only if it was well for an hour in between. */
void namespaces_tell(const struct namespaces *namespaces, struct namespaces_told *told,
		     uint64_t now_ms);

#endif
