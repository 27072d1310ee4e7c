/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/config_blocks.h"

#include <confuse.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

/* The value of a key that was not given. */
#define UNSET (-1)

static const struct config_threshold standard_thresholds[] = {
	{ "warning", 80, 70 },
	{ "critical", 95, 90 },
};

/* An integer of a block, with its range and what it is. */
static const struct block_range {
	const char *block, *key;
	long low, high;
	const char *what;
} ranges[] = {
	{ "threshold", "rising", 1, 100, "percent of the limit" },
	{ "threshold", "falling", 0, 99, "percent of the limit" },
	{ "watch", "index", 1, 65535, "the row in nfctWatchTable" },
	{ "watch", "rising", 0, INT32_MAX, "entries; 0: no alarm" },
	{ "watch", "falling", 0, INT32_MAX, "entries" },
	{ "namespace", "index", 2, 65535, "the row in nfctInstanceTable; 1 is the agent's own" },
};

/* Where the message goes, and the file that it is about. */
static char *error_line;
static const struct config_text *source;

void config_catch_faults(char error[CONFIG_ERROR_SIZE], const struct config_text *text)
{
	error_line = error;
	source = text;
}

void config_fault(cfg_t *cfg, const char *format, ...)
{
	va_list arguments;
	int used;

	if (!error_line || error_line[0])
		return; /* only the first fault counts: later ones may follow from it */
	used = snprintf(error_line, CONFIG_ERROR_SIZE,
			"%s:%d: ", cfg && cfg->filename ? cfg->filename : "configuration",
			cfg ? cfg->line : 0);
	va_start(arguments, format);
	if (used > 0 && used < CONFIG_ERROR_SIZE)
		vsnprintf(error_line + used, (size_t)(CONFIG_ERROR_SIZE - used), format, arguments);
	va_end(arguments);
	text_make_plain(error_line);
}

cfg_t *config_at(cfg_t *cfg, cfg_t *section, const char *key)
{
	const char *block = cfg_title(section) ? cfg_name(section) : NULL;
	int line = config_text_line(source, block, cfg_title(section), key);

	cfg->line = line ? line : config_text_line(source, block, cfg_title(section), NULL);
	return cfg;
}

int config_take_integer(cfg_t *cfg, const cfg_opt_t *option, const char *value, long low, long high,
			const char *what, void *result)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(value, &end, 10);
	if (end == value || *end || errno || number < low || number > high) {
		config_fault(cfg, "%s = %s: must be a whole number from %ld to %ld (%s)",
			     option->name, value, low, high, what);
		return -1;
	}
	*(long *)result = number;
	return 0;
}

static int parse_integer(cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
	const struct block_range *range = ranges;

	while (strcmp(range->block, cfg->name) != 0 || strcmp(range->key, option->name) != 0)
		range++;
	return config_take_integer(cfg, option, value, range->low, range->high, range->what,
				   result);
}

/* One condition of a watch. The state is checked at the end of the block, when the protocol is
 * known.
 */
static int parse_condition(cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
	struct filter scratch = { 0 };
	const char *remedy = strcmp(option->name, "state") == 0
				     ? NULL
				     : filter_find_key(option->name)->parse(&scratch, value);

	if (remedy) {
		config_fault(cfg, "%s = %s: %s", option->name, value, remedy);
		return -1;
	}
	*(const char **)result = value;
	return 0;
}

static cfg_opt_t threshold_options[] = {
	CFG_INT_CB("rising", UNSET, CFGF_NONE, parse_integer),
	CFG_INT_CB("falling", UNSET, CFGF_NONE, parse_integer),
	CFG_END(),
};

/* In the order in which they are parsed: state needs the protocol. */
static cfg_opt_t watch_options[] = {
	CFG_INT_CB("index", UNSET, CFGF_NONE, parse_integer),
	CFG_INT_CB("rising", UNSET, CFGF_NONE, parse_integer),
	CFG_INT_CB("falling", UNSET, CFGF_NONE, parse_integer),
	CFG_STR_CB("protocol", NULL, CFGF_NONE, parse_condition),
	CFG_STR_CB("source", NULL, CFGF_NONE, parse_condition),
	CFG_STR_CB("destination", NULL, CFGF_NONE, parse_condition),
	CFG_STR_CB("nat-source", NULL, CFGF_NONE, parse_condition),
	CFG_STR_CB("source-port", NULL, CFGF_NONE, parse_condition),
	CFG_STR_CB("destination-port", NULL, CFGF_NONE, parse_condition),
	CFG_STR_CB("state", NULL, CFGF_NONE, parse_condition),
	CFG_STR_CB("zone", NULL, CFGF_NONE, parse_condition),
	CFG_STR_CB("mark", NULL, CFGF_NONE, parse_condition),
	CFG_STR_LIST_CB("status", NULL, CFGF_NONE, parse_condition),
	CFG_END(),
};

static cfg_opt_t namespace_options[] = {
	CFG_INT_CB("index", UNSET, CFGF_NONE, parse_integer),
	CFG_END(),
};

cfg_opt_t *config_block_options(const char *block)
{
	static const struct {
		const char *block;
		cfg_opt_t *options;
	} blocks[] = {
		{ "threshold", threshold_options },
		{ "watch", watch_options },
		{ "namespace", namespace_options },
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		if (strcmp(blocks[i].block, block) == 0)
			return blocks[i].options;
	}
	return NULL;
}

static cfg_t *newest(cfg_opt_t *option)
{
	return cfg_opt_getnsec(option, cfg_opt_size(option) - 1);
}

static int check_title(cfg_t *cfg, cfg_opt_t *option, cfg_t *section)
{
	const char *title = cfg_title(section);

	if (title && title[0] && strlen(title) < SNAPSHOT_NAME_SIZE)
		return 0;
	config_fault(config_at(cfg, section, NULL),
		     "%s \"%s\": the name must have 1 to %d octets (a letter has 1 to 4)",
		     option->name, title ? title : "", SNAPSHOT_NAME_SIZE - 1);
	return -1;
}

static int check_count(cfg_t *cfg, cfg_opt_t *option, unsigned int max)
{
	if (cfg_opt_size(option) <= max)
		return 0;
	config_fault(config_at(cfg, newest(option), NULL),
		     "too many %s blocks: at most %u are allowed", option->name, max);
	return -1;
}

/* Checks that there is an index, and that no earlier block of this kind has the same. */
static int check_index(cfg_t *cfg, cfg_opt_t *option, cfg_t *section)
{
	long index = cfg_getint(section, "index");

	if (index == UNSET) {
		config_fault(
			config_at(cfg, section, NULL),
			"%s \"%s\": index is missing; give a number that no other block has, so "
			"that its OIDs never change",
			option->name, cfg_title(section));
		return -1;
	}
	for (unsigned int i = 0; i + 1 < cfg_opt_size(option); i++) {
		cfg_t *other = cfg_opt_getnsec(option, i);

		if (cfg_getint(other, "index") != index)
			continue;
		config_fault(config_at(cfg, section, "index"),
			     "%s \"%s\": index = %ld is taken by \"%s\"; give another number",
			     option->name, cfg_title(section), index, cfg_title(other));
		return -1;
	}
	return 0;
}

int config_check_threshold(cfg_t *cfg, cfg_opt_t *option)
{
	cfg_t *section = newest(option);
	long rising = cfg_getint(section, "rising"), falling = cfg_getint(section, "falling");

	if (check_title(cfg, option, section) != 0)
		return -1;
	if (rising == UNSET) {
		config_fault(config_at(cfg, section, NULL),
			     "threshold \"%s\": rising is missing; give a percentage from 1 to 100",
			     cfg_title(section));
		return -1;
	}
	if (falling == UNSET) {
		config_fault(config_at(cfg, section, NULL),
			     "threshold \"%s\": falling is missing; give a percentage below rising "
			     "(%ld)",
			     cfg_title(section), rising);
		return -1;
	}
	if (falling >= rising) {
		config_fault(config_at(cfg, section, "falling"),
			     "threshold \"%s\": falling = %ld must be below rising = %ld",
			     cfg_title(section), falling, rising);
		return -1;
	}
	return check_count(cfg, option, SNAPSHOT_THRESHOLDS_MAX);
}

/* Builds the filter of a block. NULL, or what is wrong, and with which key. */
static const char *read_filter(cfg_t *section, struct filter *filter, const char **wrong)
{
	const char *remedy = NULL;

	memset(filter, 0, sizeof(*filter));
	/* in the order of the options: the protocol comes before the state */
	for (const cfg_opt_t *option = watch_options; option->name && !remedy; option++) {
		const struct filter_key *key = filter_find_key(option->name);

		for (unsigned int i = 0; key && !remedy && i < cfg_size(section, key->name); i++) {
			const char *text = cfg_getnstr(section, key->name, i);

			remedy = text ? key->parse(filter, text) : NULL;
		}
	}
	return remedy ? remedy : filter_check(filter, wrong);
}

int config_check_watch(cfg_t *cfg, cfg_opt_t *option)
{
	cfg_t *section = newest(option);
	const char *title = cfg_title(section), *remedy, *key = NULL;
	long rising = cfg_getint(section, "rising"), falling = cfg_getint(section, "falling");
	struct filter filter;

	if (check_title(cfg, option, section) != 0 || check_index(cfg, option, section) != 0)
		return -1;
	remedy = read_filter(section, &filter, &key);
	if (remedy) {
		const char *state = cfg_getstr(section, "state");

		if (state && !(filter.conditions & FILTER_STATE))
			config_fault(config_at(cfg, section, "state"),
				     "watch \"%s\": state = %s %s", title, state, remedy);
		else
			config_fault(config_at(cfg, section, key), "watch \"%s\": %s", title,
				     remedy);
		return -1;
	}
	if (rising > 0 && falling == UNSET) {
		config_fault(
			config_at(cfg, section, NULL),
			"watch \"%s\": falling is missing; give a number of entries below rising "
			"(%ld)",
			title, rising);
		return -1;
	}
	if (rising <= 0 && falling > 0) {
		config_fault(
			config_at(cfg, section, NULL),
			"watch \"%s\": rising is missing; give a number of entries above falling "
			"(%ld)",
			title, falling);
		return -1;
	}
	if (rising > 0 && falling >= rising) {
		config_fault(config_at(cfg, section, "falling"),
			     "watch \"%s\": falling = %ld must be below rising = %ld", title,
			     falling, rising);
		return -1;
	}
	return check_count(cfg, option, SNAPSHOT_WATCHES_MAX);
}

int config_check_namespace(cfg_t *cfg, cfg_opt_t *option)
{
	cfg_t *section = newest(option);
	const char *title = cfg_title(section);

	if (check_title(cfg, option, section) != 0 || check_index(cfg, option, section) != 0)
		return -1;
	if (strcmp(title, "default") == 0) {
		config_fault(config_at(cfg, section, NULL),
			     "namespace \"default\": this is the name of the agent's own; give the "
			     "path \"/run/netns/default\"");
		return -1;
	}
	if (strcmp(title, ".") == 0 || strcmp(title, "..") == 0 ||
	    (strchr(title, '/') && title[0] != '/')) {
		config_fault(config_at(cfg, section, NULL),
			     "namespace \"%s\": must be a name as ip-netns(8) shows it, or an "
			     "absolute path, such as \"/run/netns/blue\"",
			     title);
		return -1;
	}
	return check_count(cfg, option, SNAPSHOT_INSTANCES_MAX - 1);
}

size_t config_read_thresholds(cfg_t *cfg, struct config_threshold *thresholds)
{
	unsigned int count = cfg_size(cfg, "threshold");

	for (unsigned int i = 0; i < count; i++) {
		cfg_t *section = cfg_getnsec(cfg, "threshold", i);

		strcpy(thresholds[i].name, cfg_title(section)); /* its length was checked */
		thresholds[i].rising = (uint32_t)cfg_getint(section, "rising");
		thresholds[i].falling = (uint32_t)cfg_getint(section, "falling");
	}
	if (count)
		return count;
	memcpy(thresholds, standard_thresholds, sizeof(standard_thresholds));
	return sizeof(standard_thresholds) / sizeof(standard_thresholds[0]);
}

static void read_watch(cfg_t *section, struct config_watch *watch)
{
	long rising = cfg_getint(section, "rising"), falling = cfg_getint(section, "falling");
	const char *key;

	watch->index = (uint32_t)cfg_getint(section, "index");
	strcpy(watch->name, cfg_title(section));
	read_filter(section, &watch->filter, &key);
	watch->rising = rising > 0 ? (uint32_t)rising : 0;
	watch->falling = rising > 0 ? (uint32_t)falling : 0;
}

static int by_index(const void *one, const void *other)
{
	/* of either kind: the index is the first member */
	uint32_t first = *(const uint32_t *)one, second = *(const uint32_t *)other;

	return first < second ? -1 : first > second;
}

struct config_watch *config_read_watches(cfg_t *cfg, size_t *count)
{
	struct config_watch *watches;

	*count = cfg_size(cfg, "watch");
	watches = calloc(*count + 1, sizeof(*watches));
	if (!watches)
		return NULL;
	for (unsigned int i = 0; i < *count; i++)
		read_watch(cfg_getnsec(cfg, "watch", i), &watches[i]);
	qsort(watches, *count, sizeof(*watches), by_index);
	return watches;
}

struct config_namespace *config_read_namespaces(cfg_t *cfg, size_t *count)
{
	struct config_namespace *namespaces;

	*count = cfg_size(cfg, "namespace");
	namespaces = calloc(*count + 1, sizeof(*namespaces));
	if (!namespaces)
		return NULL;
	for (unsigned int i = 0; i < *count; i++) {
		cfg_t *section = cfg_getnsec(cfg, "namespace", i);

		namespaces[i].index = (uint32_t)cfg_getint(section, "index");
		strcpy(namespaces[i].name, cfg_title(section));
	}
	qsort(namespaces, *count, sizeof(*namespaces), by_index);
	return namespaces;
}
