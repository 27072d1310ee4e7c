/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A wrong configuration file, and what must be said of it, wherever in a file the fault stands. */
#ifndef CONFIG_FAULT_H
#define CONFIG_FAULT_H

#include <stdio.h>

#include "config/config.h"

static struct config *parse(const char *text, char error[CONFIG_ERROR_SIZE])
{
	return config_parse("t.conf", text, strlen(text), error);
}

/* What may stand before a fault without changing more than its line. */
static const struct {
	const char *text;
	int lines;
} before[] = {
	{ "", 0 },
	{ "\xef\xbb\xbf", 0 }, /* a byte order mark */
	{ "# one\n## \"two\n// three {\n///\n#\n", 5 },
	{ "/* one */ /**/\n/* \"\n * {\n **/ # x\n", 4 },
	{ "watch \"before\" { # one\n // two\n index = 65535 /* three\n */ zone = '1' }\n", 4 },
	{ "watch \"before\" { index = 65535 source = \"192.\\\n0.2.1\\\n\" zone = '\\\n1' }\n", 4 },
	{ "\t\n \n\n", 3 },
};

/* The text with CR LF at the ends of its lines, or without the last end of a line. */
static void write_ends(char *to, const char *text, bool has_cr, bool has_last)
{
	for (; *text; text++) {
		if (*text == '\n' && !text[1] && !has_last)
			break;
		if (*text == '\n' && has_cr)
			*to++ = '\r';
		*to++ = *text;
	}
	*to = '\0';
}

/* Refused with one line: this file, this line, this remedy. */
static void assert_fault_of(const char *text, int line, const char *remedy)
{
	char error[CONFIG_ERROR_SIZE], where[32];
	struct config *config = parse(text, error);

	snprintf(where, sizeof(where), "t.conf:%d: ", line);
	if (config || strncmp(error, where, strlen(where)) != 0 || !strstr(error, remedy) ||
	    strchr(error, '\n'))
		fail_msg("of \"%s\": expected one line at %s with \"%s\", got \"%s\"", text, where,
			 remedy, error);
}

/* The same, wherever in a file and whatever ends its lines. */
static void assert_fault(const char *text, int line, const char *remedy)
{
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		char whole[1024], written[2048];

		snprintf(whole, sizeof(whole), "%s%s", before[i].text, text);
		for (int ends = 0; ends < 4; ends++) {
			write_ends(written, whole, ends & 1, ends & 2);
			assert_fault_of(written, line + before[i].lines, remedy);
		}
	}
}

#endif
