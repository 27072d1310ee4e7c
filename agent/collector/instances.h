/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conntrack tables that a configuration asks for: instance 1, the agent's own, and one for each
 * namespace block, sorted by index. */
#ifndef INSTANCES_H
#define INSTANCES_H

#include <stddef.h>

#include "collector/instance.h"
#include "config/config.h"

struct instances {
	size_t count;
	struct instance **list; /* owned */
};

/* Makes the instances of `config`. An instance that `before` has under the same index and name is
 * taken over with all that it knows, and belongs to both until instances_replace(). -1 with errno,
 * and then `before` is as it was. */
int instances_build(struct instances *instances, const struct instances *before,
		    const struct config *config, const struct config *config_before);

/* Puts `instances` into the place of `before`, whose other instances are freed. */
void instances_replace(struct instances *before, const struct instances *instances);

void instances_clear(struct instances *instances);

#endif
