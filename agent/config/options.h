/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "common/log.h"

enum options_action { OPTIONS_RUN, OPTIONS_CHECK, OPTIONS_ONCE, OPTIONS_VERSION, OPTIONS_HELP };

struct options {
	enum options_action action;
	const char *config_path;    /* NULL: the default file */
	const char *agentx_address; /* NULL: as configured */
	enum log_level log_level;
};

/* Fills `options` from the command line, whose strings it points into. On a wrong option or
 * argument it says so on stderr and returns -1. */
int options_parse(struct options *options, int argc, char **argv);

/* The usage text, on stdout. */
void options_print_help(void);

#endif
