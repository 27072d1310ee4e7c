/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parent process: measures, raises alarms, and keeps the subagent going. */
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include "config/options.h"

struct config;

/* Runs until SIGTERM or SIGINT. Takes `config` over. Returns the exit status. */
int collector_run(struct config *config, const struct options *options);

#endif
