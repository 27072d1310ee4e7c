/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conntrack tables that a configuration asks for: instance 1, the agent's own, and one for each
 * of the namespaces that its blocks stand for now, sorted by index. */
#ifndef INSTANCES_H
#define INSTANCES_H

#include <stddef.h>

#include "collector/instance.h"
#include "collector/namespaces.h"
#include "config/config.h"

struct instances {
	size_t count;
	struct instance **list; /* owned */
	/* not wanted any more, until what they have to tell is told; owned */
	struct instance **parting;
	size_t parting_count;
};

/* Makes the instances of `namespaces`. An instance of `before` with the same index, name and
 * namespace is reused with its state: it belongs to both, and follows the old configuration, until
 * instances_replace(). -1 with errno. */
int instances_build(struct instances *instances, const struct instances *before,
		    const struct config *config, const struct namespaces *namespaces);

/* Replaces `before` by `instances`. The instances of `before` that are not reused part: `reason` is
 * a constant that the texts of their alarms will give. */
void instances_replace(struct instances *before, const struct instances *instances,
		       const char *reason);

/* Frees those that part and have told everything. */
void instances_forget_parted(struct instances *instances);

void instances_clear(struct instances *instances);

#endif
