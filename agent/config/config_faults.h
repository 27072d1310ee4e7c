/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a fault in the configuration file is reported: the first one, with file and line. The
 * functions are for config.c and config_blocks.c. */
#ifndef CONFIG_FAULTS_H
#define CONFIG_FAULTS_H

#define CONFIG_ERROR_SIZE 512

struct cfg_t;
struct cfg_opt_t;
struct config_text;

/* From here on, faults are written to `error`; NULL: nowhere. libconfuse's callbacks have no user
 * pointer. `text` tells where keys stand; it must stay until the next call. */
void config_catch_faults(char error[CONFIG_ERROR_SIZE], const struct config_text *text);

/* Reports what is wrong at the line that `cfg` has reached. Only the first report counts. */
__attribute__((format(printf, 2, 3))) void config_fault(struct cfg_t *cfg, const char *format, ...);

/* Moves `cfg` to the line of `key` in `section`, or, if it is not there, to the line where the
 * section begins. Returns `cfg`. */
struct cfg_t *config_at(struct cfg_t *cfg, struct cfg_t *section, const char *key);

/* Reads an integer key from `low` to `high`, for a CFG_INT_CB(), so that a wrong type and a wrong
 * range get the same clear line. `what` names the number for people. */
int config_take_integer(struct cfg_t *cfg, const struct cfg_opt_t *option, const char *value,
			long low, long high, const char *what, void *result);

#endif
