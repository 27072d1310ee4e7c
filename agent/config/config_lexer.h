/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a configuration file: blanks and comments are skipped, quotes and escapes are
 * resolved. A text is plain UTF-8, see common/text.h. The functions are for config_text.c alone.
 * Pure: no I/O. */
#ifndef CONFIG_LEXER_H
#define CONFIG_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#define CONFIG_FAULT_SIZE 384

/* The first fault of a file. */
struct config_text_fault {
	int line;                     /* from 1; 0: out of memory */
	char text[CONFIG_FAULT_SIZE]; /* what is wrong; what would be right */
};

enum config_token {
	TOKEN_FAULT = -1, /* see the fault */
	TOKEN_END = 0,
	TOKEN_TEXT = 'a', /* a word, or a text in quotes */
	TOKEN_APPEND = '+',
	TOKEN_ASSIGN = '=',
	TOKEN_COMMA = ',',
	TOKEN_OPEN = '{',
	TOKEN_CLOSE = '}',
};

struct config_lexer {
	const char *at, *end; /* what is still to be read */
	int line;             /* of `at` */
	char *free;           /* where the next text goes */
	struct config_text_fault *fault;
	/* the last token */
	int token_line;   /* where it begins */
	const char *text; /* of TOKEN_TEXT, terminated */
};

/* The octets that the texts of a file of `length` octets need at most. */
static inline size_t config_lexer_pool_size(size_t length)
{
	return 2 * length +
	       1; /* each text takes one octet of the file at least, and ends with NUL */
}

/* Reads from `text`. The texts go into `pool`, where they stay. Both are the caller's. */
void config_lexer_init(struct config_lexer *lexer, const char *text, size_t length, char *pool,
		       struct config_text_fault *fault);

enum config_token config_lexer_next(struct config_lexer *lexer);

/* Describes a fault at `line`, unless there is one already. Returns false. */
__attribute__((format(printf, 3, 4))) bool config_text_fault(struct config_text_fault *fault,
							     int line, const char *format, ...);

#endif
