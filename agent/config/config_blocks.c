/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/config_blocks.h"

#include <confuse.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_faults.h"
#include "config/rate_counter.h"

/* The value of a key that was not given. */
#define UNSET (-1)

#define INDEX_MAX 65535

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
	{ "rate", "index", 1, 65535, "the row in nfctRateTable" },
	{ "rate", "rising", 0, INT32_MAX, "per second; 0: no alarm" },
	{ "rate", "falling", 0, INT32_MAX, "per second" },
	{ "rate", "window", 1, 3600, "seconds" },
	{ "namespace", "index", 2, INDEX_MAX,
	  "the row in nfctInstanceTable; 1 is the agent's own" },
	{ "namespace", "count", 1, INDEX_MAX - 1, "the indexes of a pattern, from index on" },
};

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

static int parse_counter(cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
	char known[128];

	if (!rate_counter_find(value)) {
		rate_counter_list(known, sizeof(known));
		config_fault(cfg, "%s = %s: must be %s", option->name, value, known);
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

#define RATE_WINDOW 60

static cfg_opt_t rate_options[] = {
	CFG_INT_CB("index", UNSET, CFGF_NONE, parse_integer),
	CFG_STR_CB("counter", NULL, CFGF_NONE, parse_counter),
	CFG_INT_CB("rising", UNSET, CFGF_NONE, parse_integer),
	CFG_INT_CB("falling", UNSET, CFGF_NONE, parse_integer),
	CFG_INT_CB("window", RATE_WINDOW, CFGF_NONE, parse_integer),
	CFG_END(),
};

static cfg_opt_t namespace_options[] = {
	CFG_INT_CB("index", UNSET, CFGF_NONE, parse_integer),
	CFG_INT_CB("count", UNSET, CFGF_NONE, parse_integer),
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
		{ "rate", rate_options },
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

/* The last index of a block: of a pattern, the last one that it may give. */
static long last_index(cfg_t *section)
{
	bool may_have_count = strcmp(cfg_name(section), "namespace") == 0;
	long count = may_have_count ? cfg_getint(section, "count") : UNSET;

	return cfg_getint(section, "index") + (count == UNSET ? 0 : count - 1);
}

static void tell_overlap(cfg_t *cfg, cfg_opt_t *option, cfg_t *section, cfg_t *other)
{
	long first = cfg_getint(section, "index"), last = last_index(section);

	config_at(cfg, section, "index");
	if (first == last)
		config_fault(cfg, "%s \"%s\": index = %ld is taken by \"%s\"; give another number",
			     option->name, cfg_title(section), first, cfg_title(other));
	else
		config_fault(cfg,
			     "%s \"%s\": of the indexes %ld to %ld some are taken by \"%s\" (%ld "
			     "to %ld); give others",
			     option->name, cfg_title(section), first, last, cfg_title(other),
			     cfg_getint(other, "index"), last_index(other));
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

		if (cfg_getint(other, "index") > last_index(section) || last_index(other) < index)
			continue;
		tell_overlap(cfg, option, section, other);
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

/* Checks the alarm of a watch or a rate, whose falling is `below` rising, or only not above it. */
static int check_alarm(cfg_t *cfg, cfg_t *section, const char *unit, bool below)
{
	const char *block = cfg_name(section), *title = cfg_title(section);
	long rising = cfg_getint(section, "rising"), falling = cfg_getint(section, "falling");

	if (rising > 0 && falling == UNSET) {
		config_fault(config_at(cfg, section, NULL),
			     "%s \"%s\": falling is missing; give a number %s below rising (%ld)",
			     block, title, unit, rising);
		return -1;
	}
	if (rising <= 0 && falling > 0) {
		config_fault(config_at(cfg, section, NULL),
			     "%s \"%s\": rising is missing; give a number %s above falling (%ld)",
			     block, title, unit, falling);
		return -1;
	}
	if (rising > 0 && falling > rising - below) {
		config_fault(config_at(cfg, section, "falling"),
			     "%s \"%s\": falling = %ld must %s rising = %ld", block, title, falling,
			     below ? "be below" : "not be above", rising);
		return -1;
	}
	return 0;
}

int config_check_watch(cfg_t *cfg, cfg_opt_t *option)
{
	cfg_t *section = newest(option);
	const char *title = cfg_title(section), *remedy, *key = NULL;
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
	if (check_alarm(cfg, section, "of entries", true) != 0)
		return -1;
	return check_count(cfg, option, SNAPSHOT_WATCHES_MAX);
}

int config_check_rate(cfg_t *cfg, cfg_opt_t *option)
{
	cfg_t *section = newest(option);
	char known[128];

	if (check_title(cfg, option, section) != 0 || check_index(cfg, option, section) != 0)
		return -1;
	if (!cfg_getstr(section, "counter")) {
		rate_counter_list(known, sizeof(known));
		config_fault(config_at(cfg, section, NULL),
			     "rate \"%s\": counter is missing; give %s", cfg_title(section), known);
		return -1;
	}
	if (check_alarm(cfg, section, "per second", false) != 0)
		return -1;
	return check_count(cfg, option, SNAPSHOT_RATES_MAX);
}

/* What is wrong with a pattern, or with a name that looks like one; NULL: nothing. */
static const char *judge_pattern(const char *title, bool has_count)
{
	static const char wildcards[] = "*?[";
	const char *slash = strrchr(title, '/'), *last = slash ? slash + 1 : title;

	if (!has_count)
		return strpbrk(last, wildcards)
			       ? "count is missing; a pattern needs the number of indexes that it "
				 "may give, from index on"
			       : NULL;
	if (!strpbrk(last, wildcards))
		return "count is for a pattern, such as \"qrouter-*\" or \"/run/docker/netns/*\"";
	if (strpbrk(title, "*?[\\") < last)
		return "only the last part of a path may be a pattern";
	return NULL;
}

static int check_pattern(cfg_t *cfg, cfg_t *section)
{
	long index = cfg_getint(section, "index"), count = cfg_getint(section, "count");
	const char *title = cfg_title(section), *wrong = judge_pattern(title, count != UNSET);

	if (wrong) {
		config_fault(config_at(cfg, section, "count"), "namespace \"%s\": %s", title,
			     wrong);
		return -1;
	}
	if (count == UNSET || index + count - 1 <= INDEX_MAX)
		return 0;
	config_fault(config_at(cfg, section, "count"),
		     "namespace \"%s\": count = %ld: from index = %ld on there are only %ld", title,
		     count, index, INDEX_MAX + 1 - index);
	return -1;
}

int config_check_namespace(cfg_t *cfg, cfg_opt_t *option)
{
	cfg_t *section = newest(option);
	const char *title = cfg_title(section);

	if (check_title(cfg, option, section) != 0 || check_index(cfg, option, section) != 0 ||
	    check_pattern(cfg, section) != 0)
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
	/* of any kind: the index is the first member */
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

static void read_rate(cfg_t *section, struct config_rate *rate)
{
	long rising = cfg_getint(section, "rising"), falling = cfg_getint(section, "falling");
	const struct rate_counter *counter = rate_counter_find(cfg_getstr(section, "counter"));

	rate->index = (uint32_t)cfg_getint(section, "index");
	strcpy(rate->name, cfg_title(section));
	strcpy(rate->counter_name, counter->name);
	rate->counter = counter->counter;
	rate->rising = rising > 0 ? (uint32_t)rising : 0;
	rate->falling = rising > 0 ? (uint32_t)falling : 0;
	rate->window = (uint32_t)cfg_getint(section, "window");
}

struct config_rate *config_read_rates(cfg_t *cfg, size_t *count)
{
	struct config_rate *rates;

	*count = cfg_size(cfg, "rate");
	rates = calloc(*count + 1, sizeof(*rates));
	if (!rates)
		return NULL;
	for (unsigned int i = 0; i < *count; i++)
		read_rate(cfg_getnsec(cfg, "rate", i), &rates[i]);
	qsort(rates, *count, sizeof(*rates), by_index);
	return rates;
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
		if (cfg_getint(section, "count") != UNSET)
			namespaces[i].count = (uint32_t)cfg_getint(section, "count");
		strcpy(namespaces[i].name, cfg_title(section));
	}
	qsort(namespaces, *count, sizeof(*namespaces), by_index);
	return namespaces;
}
