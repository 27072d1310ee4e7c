/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The form of a configuration file. What is taken means the same to libconfuse as what is handed on
 * to it, if it takes both; and what is handed on reads as itself. */
#include <confuse.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "config/config_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void say_nothing(cfg_t *cfg, const char *format, va_list arguments)
{
	(void)cfg;
	(void)format;
	(void)arguments;
}

/* What libconfuse understands, in its own words; NULL if it refuses. */
static char *meaning(const char *text, size_t size)
{
	cfg_opt_t block[] = { CFG_STR("index", NULL, CFGF_NONE), CFG_STR("zone", NULL, CFGF_NONE),
			      CFG_STR_LIST("status", NULL, CFGF_NONE), CFG_END() };
	cfg_opt_t options[] = {
		CFG_STR("top", NULL, CFGF_NONE), CFG_STR("user", NULL, CFGF_NONE),
		CFG_SEC("watch", block, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES), CFG_END()
	};
	cfg_t *cfg = cfg_init(options, CFGF_NONE);
	FILE *file = size ? fmemopen((void *)(uintptr_t)text, size, "r") : NULL, *out;
	char *said = NULL;
	size_t length;

	cfg_set_error_function(cfg, say_nothing);
	if (file && cfg_parse_fp(cfg, file) == CFG_SUCCESS) {
		out = open_memstream(&said, &length);
		cfg_print(cfg, out);
		fclose(out);
	}
	if (file)
		fclose(file);
	cfg_free(cfg);
	return said;
}

static int count_lines(const char *text, size_t size)
{
	int lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	return lines;
}

/* libconfuse has another view of line ends within a text, and of a byte order mark. */
static bool is_comparable(const char *text, size_t size)
{
	return !memchr(text, '\r', size) && !memmem(text, size, "\xef\xbb\xbf", 3);
}

static void compare(const char *text, size_t size, const char *plain, size_t length)
{
	char *before = is_comparable(text, size) ? meaning(text, size) : NULL;
	char *after = meaning(plain, length);

	if (before && (!after || strcmp(before, after) != 0))
		abort();
	free(before);
	free(after);
}

static void read_again(const char *plain, size_t length)
{
	struct config_text_fault fault;
	struct config_text *text = config_text_read(plain, length, &fault);
	size_t again;

	if (!text || strncmp(config_text_plain(text, &again), plain, length) != 0 ||
	    again != length)
		abort();
	config_text_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_text_fault fault;
	struct config_text *text = config_text_read((const char *)data, size, &fault);
	int lines = count_lines((const char *)data, size);
	const char *plain;
	size_t length;

	if (!text) {
		if (!fault.text[0] || fault.line < 1 || fault.line > lines)
			abort();
		return 0;
	}
	plain = config_text_plain(text, &length);
	if (count_lines(plain, length) > lines + 1)
		abort();
	compare((const char *)data, size, plain, length);
	read_again(plain, length);
	config_text_free(text);
	return 0;
}
