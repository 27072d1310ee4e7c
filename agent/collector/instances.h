/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conntrack tables that a configuration asks for: instance 1, the agent's own, and one for each
 * namespace block, sorted by index. */
#ifndef TABLES_H
#define TABLES_H

#include <stddef.h>

#include "config/config.h"
#include "collector/instance.h"

struct tables {
	size_t count;
	struct instance **instances; /* owned */
};

/* Makes the tables of `config`. An instance that `before` has under the same index and name is
 * taken over with all that it knows, and belongs to both until tables_replace(). -1 with errno, and
 * then `before` is as it was. */
int tables_build(struct tables *tables, const struct tables *before, const struct config *config,
		 const struct config *config_before);

/* Puts `tables` into the place of `before`, whose other instances are freed. */
void tables_replace(struct tables *before, const struct tables *tables);

void tables_clear(struct tables *tables);

#endif
