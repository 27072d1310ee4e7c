/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "collector/collector.h"
#include "common/log.h"
#include "config/config.h"
#include "config/options.h"
#include "show.h"

int main(int argc, char **argv)
{
	char error[CONFIG_ERROR_SIZE];
	struct options options;
	struct config *config;
	int status = 0;

	log_open();
	if (options_parse(&options, argc, argv) != 0)
		return 2;
	log_set_level(options.log_level);
	if (options.action == OPTIONS_VERSION) {
		puts("conntrack-agentx " VERSION);
		return 0;
	}
	if (options.action == OPTIONS_HELP) {
		options_print_help();
		return 0;
	}
	config = config_load(options.config_path, error);
	if (!config) {
		log_error("%s", error);
		return 2;
	}
	if (options.action == OPTIONS_RUN)
		return collector_run(config, &options); /* which owns the configuration from here */
	if (options.action == OPTIONS_CHECK)
		status = collector_check(config, &options);
	else if (options.action == OPTIONS_ONCE)
		status = show_run(config);
	config_free(config);
	return status;
}
