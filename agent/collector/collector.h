/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parent process: measures, raises alarms, and keeps the subagent going. */
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include "config/options.h"

struct config;

/* Whether the users that the configuration names exist; what else is wrong with it, config_load()
 * has found. Logs what is wrong. Returns the exit status. */
int collector_check(const struct config *config, const struct options *options);

/* Runs until SIGTERM or SIGINT. Takes `config` over. Returns the exit status. */
int collector_run(struct config *config, const struct options *options);

#endif
