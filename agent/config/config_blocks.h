/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blocks of the configuration file: threshold, watch, namespace. For config.c alone. */
#ifndef CONFIG_BLOCKS_H
#define CONFIG_BLOCKS_H

#include <confuse.h>

#include "config/config.h"

/* Tells what is wrong at the place that `cfg` has come to; the first one told counts. */
__attribute__((format(printf, 2, 3))) void config_fault(cfg_t *cfg, const char *format, ...);

/* Reads an integer key of `low` to `high` for a CFG_INT_CB(), so that a wrong type and a wrong
 * range get the same clear line; `what` it is, for people. */
int config_take_integer(cfg_t *cfg, const cfg_opt_t *option, const char *value, long low, long high,
			const char *what, void *result);

/* The options of each block, for CFG_SEC(). */
extern cfg_opt_t config_threshold_options[], config_watch_options[], config_namespace_options[];

/* libconfuse's validators: run when a block's closing brace has been read. */
int config_check_threshold(cfg_t *cfg, cfg_opt_t *option);
int config_check_watch(cfg_t *cfg, cfg_opt_t *option);
int config_check_namespace(cfg_t *cfg, cfg_opt_t *option);

/* Takes all blocks over, which have been checked. -1 with ENOMEM. */
int config_read_blocks(cfg_t *cfg, struct config *config);

/* The keys that are known in a block, for people; NULL: there is no such block. */
const char *config_block_keys(const char *block);

#endif
