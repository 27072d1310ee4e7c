/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/options.h"

#include <getopt.h>
#include <stdio.h>

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "agentx", required_argument, NULL, 'x' },
	{ "log-level", required_argument, NULL, 'l' },
	{ "check", no_argument, NULL, 'n' },
	{ "once", no_argument, NULL, '1' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int wrong_option(int argc, char **argv, int code)
{
	const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";

	if (code == ':')
		log_error("option %s needs an argument; see conntrack-agentx --help", word);
	else if (optopt && (word[0] != '-' || word[1] != '-'))
		log_error("unknown option -%c; see conntrack-agentx --help", optopt);
	else
		log_error("unknown option %s; see conntrack-agentx --help", word);
	return -1;
}

int options_parse(struct options *options, int argc, char **argv)
{
	int code;

	*options = (struct options){ .action = OPTIONS_RUN, .log_level = LOG_LEVEL_INFO };
	opterr = 0;
	while ((code = getopt_long(argc, argv, ":c:x:l:n1Vh", long_options, NULL)) != -1) {
		switch (code) {
		case 'c':
			options->config_path = optarg;
			break;
		case 'x':
			if (!optarg[0]) {
				log_error("-x: the address is empty; give the master's AgentX "
					  "socket");
				return -1;
			}
			options->agentx_address = optarg;
			break;
		case 'l':
			if (!log_level_parse(optarg, &options->log_level)) {
				log_error("-l %s: must be error, warning, info or debug", optarg);
				return -1;
			}
			break;
		case 'n':
			options->action = OPTIONS_CHECK;
			break;
		case '1':
			options->action = OPTIONS_ONCE;
			break;
		case 'V':
			options->action = OPTIONS_VERSION;
			return 0;
		case 'h':
			options->action = OPTIONS_HELP;
			return 0;
		default:
			return wrong_option(argc, argv, code);
		}
	}
	if (optind < argc) {
		log_error("unexpected argument \"%s\"; only options are accepted; see "
			  "conntrack-agentx "
			  "--help",
			  argv[optind]);
		return -1;
	}
	return 0;
}

void options_print_help(void)
{
	puts("usage: conntrack-agentx [-c FILE] [-x ADDRESS] [-l LEVEL]   run in the foreground\n"
	     "       conntrack-agentx -n [-c FILE]    check the configuration and exit\n"
	     "       conntrack-agentx -1 [-c FILE]    take one snapshot, print it, exit\n"
	     "\n"
	     "  -c, --config FILE      configuration (default /etc/conntrack-agentx.conf)\n"
	     "  -x, --agentx ADDRESS   the master's AgentX socket (default /var/agentx/master)\n"
	     "  -l, --log-level LEVEL  error, warning, info (default) or debug\n"
	     "  -n, --check            check the configuration and exit\n"
	     "  -1, --once             print one snapshot for people and exit\n"
	     "  -V, --version          print the version and exit\n"
	     "  -h, --help             print this text and exit\n"
	     "\n"
	     "Exit status: 0 done, 1 runtime failure, 2 usage or configuration error.");
}
