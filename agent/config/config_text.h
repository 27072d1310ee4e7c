/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is checked in a configuration file before libconfuse parses it. libconfuse takes the end of
 * the file for the end of a block and of a comment, replaces a first value by a second one, and
 * counts lines wrong behind comments. So this reader checks the form of the file, and hands on the
 * same words on the same lines, but without comments and with every text in single quotes. Which
 * keys there are and what they may be is left to libconfuse. Pure: no I/O. */
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include "config/config_lexer.h"

struct config_text;

/* Reads the text of a file. NULL with the first fault; its line is 0 if there is no memory. */
struct config_text *config_text_read(const char *text, size_t length,
				     struct config_text_fault *fault);

/* What libconfuse is to parse; it lives as long as the text. */
const char *config_text_plain(const struct config_text *text, size_t *length);

/* The line of `key` in the block `block` "`title`", or, without a block (NULL), outside of blocks.
 * Without a key (NULL): where the block begins. 0: there is none. */
int config_text_line(const struct config_text *text, const char *block, const char *title,
		     const char *key);

void config_text_free(struct config_text *text);

#endif
