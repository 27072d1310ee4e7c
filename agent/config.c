/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_FILE_MAX (1U << 20)

static const struct config_range {
	const char *key;
	long low, high, standard;
	const char *unit;
} ranges[] = {
	{ "sample-interval", 1, 60, 1, "seconds" },
	{ "refresh-interval", 1, 3600, 10, "seconds" },
	{ "cpu-budget", 1, 100, 5, "percent of one core" },
	{ "peak-window", 10, 3600, 300, "seconds" },
	{ "notification-interval", 0, 3600, 30, "seconds" },
	{ "rising", 1, 100, 0, "percent of the limit" },
	{ "falling", 0, 99, 0, "percent of the limit" },
};

static const struct config_threshold standard_thresholds[] = {
	{ "warning", 80, 70 },
	{ "critical", 95, 90 },
};

/* libconfuse's callbacks carry no user pointer: the message under way is found through this one,
 * which is set only while config_parse() runs. */
static char *error_line;

static void report(cfg_t *cfg, const char *format, va_list arguments)
{
	int used;

	if (!error_line || error_line[0])
		return; /* the first fault is the one to mend; those behind it may be its echo */
	used = snprintf(error_line, CONFIG_ERROR_SIZE,
			"%s:%d: ", cfg && cfg->filename ? cfg->filename : "configuration",
			cfg ? cfg->line : 0);
	if (used > 0 && used < CONFIG_ERROR_SIZE)
		vsnprintf(error_line + used, (size_t)(CONFIG_ERROR_SIZE - used), format, arguments);
	for (char *c = error_line; *c; c++) {
		if ((unsigned char)*c < ' ')
			*c = '?';
	}
}

__attribute__((format(printf, 2, 3))) static void fault(cfg_t *cfg, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(cfg, format, arguments);
	va_end(arguments);
}

static const struct config_range *range_find(const char *key)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (strcmp(ranges[i].key, key) == 0)
			return &ranges[i];
	}
	return NULL;
}

/* Parses every integer key, so that a wrong type and a wrong range get the same clear line. */
static int parse_integer(cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
	const struct config_range *range = range_find(option->name);
	char *end;
	long number;

	errno = 0;
	number = strtol(value, &end, 10);
	if (end == value || *end || errno || number < range->low || number > range->high) {
		fault(cfg, "%s = %s: must be a whole number from %ld to %ld (%s)", option->name,
		      value, range->low, range->high, range->unit);
		return -1;
	}
	*(long *)result = number;
	return 0;
}

static int check_title(cfg_t *cfg, cfg_t *section)
{
	const char *title = cfg_title(section);

	if (title && title[0] && strlen(title) < CONFIG_NAME_SIZE)
		return 0;
	fault(cfg, "threshold \"%s\": the name must have 1 to %d characters", title ? title : "",
	      CONFIG_NAME_SIZE - 1);
	return -1;
}

/* Runs when a threshold's closing brace has been read. */
static int check_threshold(cfg_t *cfg, cfg_opt_t *option)
{
	cfg_t *section = cfg_opt_getnsec(option, cfg_opt_size(option) - 1);
	long rising = cfg_getint(section, "rising"), falling = cfg_getint(section, "falling");

	if (check_title(cfg, section) != 0)
		return -1;
	if (!cfg_size(section, "rising") || rising < 1) {
		fault(cfg, "threshold \"%s\": rising is missing; give a percentage from 1 to 100",
		      cfg_title(section));
		return -1;
	}
	if (falling < 0) {
		fault(cfg,
		      "threshold \"%s\": falling is missing; give a percentage below rising (%ld)",
		      cfg_title(section), rising);
		return -1;
	}
	if (falling >= rising) {
		fault(cfg, "threshold \"%s\": falling = %ld must be below rising = %ld",
		      cfg_title(section), falling, rising);
		return -1;
	}
	if (cfg_opt_size(option) > CONFIG_THRESHOLDS_MAX) {
		fault(cfg, "too many thresholds: at most %d can be given", CONFIG_THRESHOLDS_MAX);
		return -1;
	}
	return 0;
}

/* libconfuse's own words lack the remedy: known faults are put in ours. */
static void confuse_error(cfg_t *cfg, const char *format, va_list arguments)
{
	char said[256];

	vsnprintf(said, sizeof(said), format, arguments);
	if (strncmp(said, "no such option '", 16) == 0) {
		bool in_section = cfg && cfg->name && strcmp(cfg->name, "threshold") == 0;
		char *name = said + 16;

		name[strcspn(name, "'")] = '\0';
		fault(cfg, "unknown key \"%s\"; known here: %s", name,
		      in_section ? "rising, falling"
				 : "agentx-address, user, sample-interval, refresh-interval, "
				   "cpu-budget, peak-window, notification-interval, threshold");
	} else if (strstr(said, "duplicate title")) {
		fault(cfg, "a threshold of this name stands already further up; "
			   "each needs a name of its own");
	} else {
		fault(cfg,
		      "%s; write key = value, or threshold \"name\" { rising = N falling = N }",
		      said);
	}
}

static struct config *config_from(cfg_t *cfg)
{
	struct config *config = calloc(1, sizeof(*config));
	const char *user = cfg_getstr(cfg, "user");

	if (!config)
		return NULL;
	config->agentx_address = strdup(cfg_getstr(cfg, "agentx-address"));
	config->user = user ? strdup(user) : NULL;
	if (!config->agentx_address || (user && !config->user)) {
		config_free(config);
		return NULL;
	}
	config->sample_interval = (uint32_t)cfg_getint(cfg, "sample-interval");
	config->refresh_interval = (uint32_t)cfg_getint(cfg, "refresh-interval");
	config->cpu_budget = (uint32_t)cfg_getint(cfg, "cpu-budget");
	config->peak_window = (uint32_t)cfg_getint(cfg, "peak-window");
	config->notification_interval = (uint32_t)cfg_getint(cfg, "notification-interval");

	config->threshold_count = cfg_size(cfg, "threshold");
	for (unsigned int i = 0; i < config->threshold_count; i++) {
		cfg_t *section = cfg_getnsec(cfg, "threshold", i);
		struct config_threshold *threshold = &config->thresholds[i];

		strcpy(threshold->name, cfg_title(section)); /* its length was checked */
		threshold->rising = (uint32_t)cfg_getint(section, "rising");
		threshold->falling = (uint32_t)cfg_getint(section, "falling");
	}
	if (config->threshold_count == 0) {
		memcpy(config->thresholds, standard_thresholds, sizeof(standard_thresholds));
		config->threshold_count =
			sizeof(standard_thresholds) / sizeof(standard_thresholds[0]);
	}
	return config;
}

static int check_address(cfg_t *cfg, cfg_opt_t *option)
{
	if (cfg_opt_getstr(option)[0])
		return 0;
	fault(cfg, "agentx-address is empty; give the path of the master's socket, "
		   "such as \"/var/agentx/master\"");
	return -1;
}

struct config *config_parse(const char *name, const char *text, size_t length,
			    char error[CONFIG_ERROR_SIZE])
{
	cfg_opt_t threshold_options[] = {
		CFG_INT_CB("rising", -1, CFGF_NONE, parse_integer),
		CFG_INT_CB("falling", -1, CFGF_NONE, parse_integer),
		CFG_END(),
	};
	cfg_opt_t options[] = {
		CFG_STR("agentx-address", "/var/agentx/master", CFGF_NONE),
		CFG_STR("user", NULL, CFGF_NONE),
		CFG_INT_CB("sample-interval", ranges[0].standard, CFGF_NONE, parse_integer),
		CFG_INT_CB("refresh-interval", ranges[1].standard, CFGF_NONE, parse_integer),
		CFG_INT_CB("cpu-budget", ranges[2].standard, CFGF_NONE, parse_integer),
		CFG_INT_CB("peak-window", ranges[3].standard, CFGF_NONE, parse_integer),
		CFG_INT_CB("notification-interval", ranges[4].standard, CFGF_NONE, parse_integer),
		CFG_SEC("threshold", threshold_options,
			CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
		CFG_END(),
	};
	struct config *config = NULL;
	FILE *file = NULL;
	cfg_t *cfg = cfg_init(options, CFGF_NONE);

	error[0] = '\0';
	error_line = error;
	if (!cfg)
		goto done;
	cfg_set_error_function(cfg, confuse_error);
	cfg_set_validate_func(cfg, "threshold", check_threshold);
	cfg_set_validate_func(cfg, "agentx-address", check_address);
	cfg->filename = strdup(name);
	if (memchr(text, '\0', length)) {
		fault(cfg, "the file holds a NUL byte; it must be plain text");
		goto done;
	}
	if (length == 0) {
		text = "\n"; /* fmemopen() takes no empty buffer */
		length = 1;
	}
	file = fmemopen((void *)(uintptr_t)text, length, "r");
	if (!cfg->filename || !file)
		goto done;
	if (cfg_parse_fp(cfg, file) == CFG_SUCCESS && !error[0])
		config = config_from(cfg);
	else if (!error[0])
		fault(cfg, "the file cannot be understood from here on");
done:
	if (!config && !error[0])
		snprintf(error, CONFIG_ERROR_SIZE, "%s: out of memory", name);
	error_line = NULL;
	if (file)
		fclose(file);
	if (cfg)
		cfg_free(cfg);
	return config;
}

/* Reads a regular file whole. On failure NULL, and errno says why. */
static char *file_read(const char *path, size_t *length)
{
	struct stat status;
	char *text = NULL;
	ssize_t count;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) != 0)
		goto fail;
	if (!S_ISREG(status.st_mode) || status.st_size > (off_t)CONFIG_FILE_MAX) {
		errno = S_ISDIR(status.st_mode) ? EISDIR : S_ISREG(status.st_mode) ? EFBIG : EINVAL;
		goto fail;
	}
	text = malloc((size_t)status.st_size + 1);
	if (!text)
		goto fail;
	count = read(fd, text, (size_t)status.st_size);
	if (count < 0)
		goto fail;
	*length = (size_t)count;
	close(fd);
	return text;
fail:
	free(text);
	close(fd);
	return NULL;
}

struct config *config_load(const char *path, char error[CONFIG_ERROR_SIZE])
{
	struct config *config;
	size_t length = 0;
	char *text = file_read(path ? path : CONFIG_DEFAULT_PATH, &length);

	if (!text && !path && errno == ENOENT)
		return config_parse(CONFIG_DEFAULT_PATH, "", 0, error);
	if (!path)
		path = CONFIG_DEFAULT_PATH;
	if (!text) {
		snprintf(error, CONFIG_ERROR_SIZE, "%s:0: cannot read the configuration: %s%s",
			 path, strerror(errno),
			 errno == ENOENT ? "; name a file that exists"
					 : "; give a readable text file");
		return NULL;
	}
	config = config_parse(path, text, length, error);
	free(text);
	return config;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	free(config->agentx_address);
	free(config->user);
	free(config);
}
