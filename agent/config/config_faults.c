/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/config_faults.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/text.h"
#include "config/config_text.h"

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
