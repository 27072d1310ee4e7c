/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/config.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/agentx_master.h"
#include "config/config_text.h"
#include "config/rate_counter.h"

#define CONFIG_FILE_MAX (1U << 20)

/* The integers: range, destination, and what they mean. */
static const struct config_range {
	const char *key;
	long low, high, standard;
	const char *what;
	size_t field; /* a uint32_t of struct config */
} ranges[] = {
	{ "sample-interval", 1, 60, 1, "seconds", offsetof(struct config, sample_interval) },
	{ "refresh-interval", 1, 3600, 10, "seconds", offsetof(struct config, refresh_interval) },
	{ "cpu-budget", 1, 100, 5, "percent of one core", offsetof(struct config, cpu_budget) },
	{ "identities", 0, 16777216, 262144, "entries followed from scan to scan; 0: off",
	  offsetof(struct config, identities) },
	{ "peak-window", 10, 3600, 300, "seconds", offsetof(struct config, peak_window) },
	{ "notification-interval", 0, 3600, 30, "seconds",
	  offsetof(struct config, notification_interval) },
	{ "top", 0, SNAPSHOT_TOP_MAX, 10, "rows of each kind; 0: off",
	  offsetof(struct config, top) },
	{ "top-prefix-ipv4", 1, 32, 32, "bits", offsetof(struct config, top_prefix_ipv4) },
	{ "top-prefix-ipv6", 1, 128, 64, "bits", offsetof(struct config, top_prefix_ipv6) },
	{ "source-rising", 0, 100, 50, "percent of the limit held by one source; 0: off",
	  offsetof(struct config, source_rising) },
	{ "source-falling", 0, 99, 40, "percent of the limit held by one source",
	  offsetof(struct config, source_falling) },
	{ "nat-rising", 0, 100, 80, "percent of the ports of one translated address; 0: off",
	  offsetof(struct config, nat_rising) },
	{ "nat-falling", 0, 99, 70, "percent of the ports of one translated address",
	  offsetof(struct config, nat_falling) },
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RANGE_COUNT  COUNT(ranges)

#define BLOCK_FLAGS (CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES)

/* Fewer would say little. */
#define IDENTITIES_MIN 1024

static const struct config_range *range_find(const char *key)
{
	for (size_t i = 0; i < RANGE_COUNT; i++) {
		if (strcmp(ranges[i].key, key) == 0)
			return &ranges[i];
	}
	return NULL;
}

static int parse_integer(cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
	const struct config_range *range = range_find(option->name);

	return config_take_integer(cfg, option, value, range->low, range->high, range->what,
				   result);
}

/* "one, other": the keys of the file or of a block. */
static void list_keys(const cfg_t *cfg, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (const cfg_opt_t *option = cfg->opts; option->name && used < size; option++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
					 option->name);
}

static void tell_unknown_key(cfg_t *cfg, const char *name)
{
	char keys[CONFIG_ERROR_SIZE];

	/* it was a key outside of blocks: who still has it needs another answer than a list */
	if (strcmp(name, "scan") == 0 && !cfg_title(cfg)) {
		config_fault(cfg, "scan: this key is gone: a table of any size is shown in time "
				  "without it; remove the line");
		return;
	}
	list_keys(cfg, keys, sizeof(keys));
	config_fault(cfg, "unknown key \"%s\"; known here: %s", name, keys);
}

/* libconfuse does not say what would be right: its known faults get our words. */
static void confuse_error(cfg_t *cfg, const char *format, va_list arguments)
{
	char said[256];

	vsnprintf(said, sizeof(said), format, arguments);
	if (strncmp(said, "no such option '", 16) == 0) {
		char *name = said + 16;

		name[strcspn(name, "'")] = '\0';
		tell_unknown_key(cfg, name);
	} else if (strncmp(said, "missing title for section '", 27) == 0) {
		char *name = said + 27;

		name[strcspn(name, "'")] = '\0';
		config_fault(cfg, "%s has no name; write %s \"name\" { key = value ... }", name,
			     name);
	} else {
		config_fault(cfg, "%s; write key = value, or BLOCK \"name\" { key = value ... }",
			     said);
	}
}

static struct config *config_from(cfg_t *cfg)
{
	struct config *config = calloc(1, sizeof(*config));
	const char *owner = cfg_getstr(cfg, "agentx-owner"), *user = cfg_getstr(cfg, "user");

	if (!config)
		return NULL;
	config->agentx_address = strdup(cfg_getstr(cfg, "agentx-address"));
	config->agentx_owner = owner ? strdup(owner) : NULL;
	config->user = user ? strdup(user) : NULL;
	if (!config->agentx_address || (owner && !config->agentx_owner) ||
	    (user && !config->user)) {
		config_free(config);
		return NULL;
	}
	for (size_t i = 0; i < RANGE_COUNT; i++) {
		uint32_t value = (uint32_t)cfg_getint(cfg, ranges[i].key);

		memcpy((char *)config + ranges[i].field, &value, sizeof(value));
	}
	config->zones = cfg_getbool(cfg, "zones");
	config->threshold_count = config_read_thresholds(cfg, config->thresholds);
	config->watches = config_read_watches(cfg, &config->watch_count);
	config->rates = config_read_rates(cfg, &config->rate_count);
	config->namespaces = config_read_namespaces(cfg, &config->namespace_count);
	if (!config->watches || !config->rates || !config->namespaces) {
		config_free(config);
		return NULL;
	}
	return config;
}

static int check_address(cfg_t *cfg, cfg_opt_t *option)
{
	const char *address = cfg_opt_getstr(option), *path = agentx_master_path(address);

	if (!address[0]) {
		config_fault(cfg, "agentx-address is empty; give the path of the master's socket, "
				  "such as \"/var/agentx/master\"");
		return -1;
	}
	if (!path || strlen(path) < sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return 0;
	config_fault(cfg, "agentx-address: the path of a socket has at most %zu octets",
		     sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
	return -1;
}

static int check_identities(cfg_t *cfg, cfg_opt_t *option)
{
	long identities = cfg_opt_getnint(option, 0);

	if (identities == 0 || identities >= IDENTITIES_MIN)
		return 0;
	config_fault(cfg, "identities = %ld: must be 0 (off), or at least %d", identities,
		     IDENTITIES_MIN);
	return -1;
}

static int parse_boolean(cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
	int truth = cfg_parse_boolean(value);

	if (truth < 0) {
		config_fault(cfg, "%s = %s: must be true or false", option->name, value);
		return -1;
	}
	*(cfg_bool_t *)result = truth ? cfg_true : cfg_false;
	return 0;
}

static bool check_falling(cfg_t *cfg, const char *rising_key, const char *falling_key)
{
	long rising = cfg_getint(cfg, rising_key), falling = cfg_getint(cfg, falling_key);

	if (rising == 0 || falling < rising)
		return true;
	/* without the falling key its default is too large for this rising */
	if (config_at(cfg, cfg, falling_key)->line == 0)
		config_at(cfg, cfg, rising_key);
	config_fault(cfg, "%s = %ld must be below %s = %ld", falling_key, falling, rising_key,
		     rising);
	return false;
}

/* Without identities nobody knows what came and went, and an alarm on it would stay as it is. */
static bool check_rates(cfg_t *cfg)
{
	for (unsigned int i = 0; i < cfg_size(cfg, "rate"); i++) {
		cfg_t *rate = cfg_getnsec(cfg, "rate", i);
		const char *counter = cfg_getstr(rate, "counter");

		if (cfg_getint(cfg, "identities") ||
		    rate_counter_find(counter)->counter < COUNTER_COUNT)
			continue;
		config_fault(
			config_at(cfg, rate, "counter"),
			"rate \"%s\": counter = %s needs identities, which is 0 (off); give at "
			"least %d",
			cfg_title(rate), counter, IDENTITIES_MIN);
		return false;
	}
	return true;
}

/* What can be checked only after the whole file was read. */
static bool check_whole(cfg_t *cfg)
{
	return check_falling(cfg, "source-rising", "source-falling") &&
	       check_falling(cfg, "nat-rising", "nat-falling") && check_rates(cfg);
}

#define OPTIONS_MAX (RANGE_COUNT + 16)

/* All keys of the file. */
static void list_options(cfg_opt_t options[OPTIONS_MAX])
{
	const cfg_opt_t texts[] = {
		CFG_STR("agentx-address", "/var/agentx/master", CFGF_NONE),
		CFG_STR("agentx-owner", NULL, CFGF_NONE),
		CFG_STR("user", NULL, CFGF_NONE),
	};
	const cfg_opt_t others[] = {
		CFG_BOOL_CB("zones", cfg_false, CFGF_NONE, parse_boolean),
		CFG_SEC("threshold", config_block_options("threshold"), BLOCK_FLAGS),
		CFG_SEC("watch", config_block_options("watch"), BLOCK_FLAGS),
		CFG_SEC("rate", config_block_options("rate"), BLOCK_FLAGS),
		CFG_SEC("namespace", config_block_options("namespace"), BLOCK_FLAGS),
		CFG_END(),
	};

	_Static_assert(COUNT(texts) + COUNT(others) <= OPTIONS_MAX - RANGE_COUNT, "all keys");
	for (size_t i = 0; i < RANGE_COUNT; i++)
		options[COUNT(texts) + i] = (cfg_opt_t)CFG_INT_CB(ranges[i].key, ranges[i].standard,
								  CFGF_NONE, parse_integer);
	memcpy(options, texts, sizeof(texts));
	memcpy(options + COUNT(texts) + RANGE_COUNT, others, sizeof(others));
}

/* A parser that knows all keys. NULL: no memory. */
static cfg_t *parser_new(const char *name)
{
	cfg_opt_t options[OPTIONS_MAX];
	cfg_t *cfg;

	list_options(options);
	cfg = cfg_init(options, CFGF_NONE);
	if (!cfg)
		return NULL;
	cfg_set_error_function(cfg, confuse_error);
	cfg_set_validate_func(cfg, "threshold", config_check_threshold);
	cfg_set_validate_func(cfg, "watch", config_check_watch);
	cfg_set_validate_func(cfg, "rate", config_check_rate);
	cfg_set_validate_func(cfg, "namespace", config_check_namespace);
	cfg_set_validate_func(cfg, "identities", check_identities);
	cfg_set_validate_func(cfg, "agentx-address", check_address);
	cfg->filename = strdup(name);
	if (cfg->filename)
		return cfg;
	cfg_free(cfg);
	return NULL;
}

/* Lets libconfuse parse what was checked. NULL after a fault, or without memory. */
static struct config *parse_plain(cfg_t *cfg, const struct config_text *text, const char *error)
{
	struct config *config = NULL;
	size_t length;
	const char *plain = config_text_plain(text, &length);
	FILE *file = fmemopen((void *)(uintptr_t)plain, length, "r");

	if (!file)
		return NULL;
	if (cfg_parse_fp(cfg, file) == CFG_SUCCESS && !error[0] && check_whole(cfg))
		config = config_from(cfg);
	else if (!error[0])
		config_fault(cfg, "cannot parse the file from here on");
	fclose(file);
	return config;
}

struct config *config_parse(const char *name, const char *text, size_t length,
			    char error[CONFIG_ERROR_SIZE])
{
	struct config_text_fault fault;
	struct config_text *checked = config_text_read(text, length, &fault);
	struct config *config = NULL;
	cfg_t *cfg = parser_new(name);

	error[0] = '\0';
	config_catch_faults(error, checked);
	if (cfg && checked) {
		config = parse_plain(cfg, checked, error);
	} else if (cfg && fault.text[0]) {
		cfg->line = fault.line;
		config_fault(cfg, "%s", fault.text);
	}
	if (!config && !error[0])
		snprintf(error, CONFIG_ERROR_SIZE, "%s: out of memory", name);
	config_catch_faults(NULL, NULL);
	config_text_free(checked);
	if (cfg)
		cfg_free(cfg);
	return config;
}

/* Reads a whole regular file. NULL with errno. */
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
	free(config->agentx_owner);
	free(config->user);
	free(config->watches);
	free(config->rates);
	free(config->namespaces);
	free(config);
}
