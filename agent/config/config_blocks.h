/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blocks of the configuration file: threshold, watch, rate, namespace. The functions are for
 * config.c alone. */
#ifndef CONFIG_BLOCKS_H
#define CONFIG_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "common/snapshot.h"
#include "config/filter.h"

struct cfg_t;
struct cfg_opt_t;

struct config_threshold {
	char name[SNAPSHOT_NAME_SIZE];
	uint32_t rising;  /* percent of the limit, 1-100 */
	uint32_t falling; /* percent of the limit, below rising */
};

struct config_watch {
	uint32_t index; /* nfctWatchIndex */
	char name[SNAPSHOT_NAME_SIZE];
	struct filter filter;
	uint32_t rising, falling; /* entries, falling below rising; rising 0: no alarm */
};

struct config_rate {
	uint32_t index; /* nfctRateIndex */
	char name[SNAPSHOT_NAME_SIZE];
	char counter_name[SNAPSHOT_COUNTER_SIZE];
	uint32_t counter;         /* as rate_counter.h has it */
	uint32_t rising, falling; /* per second, falling not above rising; rising 0: no alarm */
	uint32_t window;          /* seconds */
};

struct config_namespace {
	uint32_t index;                /* nfctInstanceIndex, from 2; of a pattern, the first */
	uint32_t count;                /* of a pattern, how many indexes it has; 0: no pattern */
	char name[SNAPSHOT_NAME_SIZE]; /* with a slash: a path; else below /run/netns */
};

/* The options of a block, for CFG_SEC(); NULL: there is no such block. */
struct cfg_opt_t *config_block_options(const char *block);

/* libconfuse's validators: run when a block's closing brace has been read. */
int config_check_threshold(struct cfg_t *cfg, struct cfg_opt_t *option);
int config_check_watch(struct cfg_t *cfg, struct cfg_opt_t *option);
int config_check_rate(struct cfg_t *cfg, struct cfg_opt_t *option);
int config_check_namespace(struct cfg_t *cfg, struct cfg_opt_t *option);

/* The blocks, after their check. Thresholds: the standard ones if the file has none; returns how
 * many. The others: an array sorted by index, which the caller frees; NULL with ENOMEM. */
size_t config_read_thresholds(struct cfg_t *cfg, struct config_threshold *thresholds);
struct config_watch *config_read_watches(struct cfg_t *cfg, size_t *count);
struct config_rate *config_read_rates(struct cfg_t *cfg, size_t *count);
struct config_namespace *config_read_namespaces(struct cfg_t *cfg, size_t *count);

#endif
