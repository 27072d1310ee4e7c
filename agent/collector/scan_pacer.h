/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scans of all instances, one at a time, in steps, within the budget of CPU time. */
#ifndef SCANNER_H
#define SCANNER_H

#include "config/config.h"
#include "collector/instance.h"
#include "collector/loop.h"

struct scanner;

/* Called when a scan of the instance at that position has ended, well or badly. */
typedef void scanner_ended(void *context, size_t position);

/* NULL with errno. */
struct scanner *scanner_new(struct loop *loop, scanner_ended *ended, void *context);
/* Before the loop is. */
void scanner_free(struct scanner *scanner);

/* Prepares for another configuration: 0, or -1 with errno and nothing has changed. */
int scanner_prepare(struct scanner *scanner, const struct config *config, size_t count);
/* Goes over to what was prepared, and begins at once; a scan under way is given up first, by
 * scanner_stop(). Both the configuration and the instances must stay. Cannot fail. */
void scanner_start(struct scanner *scanner, struct instance *const *instances);

/* Gives up the scan under way. */
void scanner_stop(struct scanner *scanner);

#endif
