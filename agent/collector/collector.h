/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parent process: measures, raises alarms, and keeps the subagent going. */
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include "config/options.h"

struct config;

/* Checks that the users in the configuration exist, and logs what is wrong. config_load() has
 * checked all the rest. Returns the exit status. */
int collector_check(const struct config *config, const struct options *options);

/* Runs until SIGTERM or SIGINT. Owns `config` from here on. Returns the exit status. */
int collector_run(struct config *config, const struct options *options);

#endif
