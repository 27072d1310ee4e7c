/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/config_lexer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

/* How much of a text a fault shows. */
#define SHOWN "%.64s"

bool config_text_fault(struct config_text_fault *fault, int line, const char *format, ...)
{
	va_list arguments;

	if (fault->text[0])
		return false; /* only the first counts: later ones may follow from it */
	fault->line = line;
	va_start(arguments, format);
	vsnprintf(fault->text, sizeof(fault->text), format, arguments);
	va_end(arguments);
	return false;
}

static bool begins(const struct config_lexer *lexer, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(lexer->end - lexer->at) >= length && memcmp(lexer->at, word, length) == 0;
}

/* Whatever a word ends at. A line of a file may end with CR LF. */
static bool ends_word(char c)
{
	return c == '\0' || strchr(" \t\r\n#\"'{}()=+,*", c);
}

void config_lexer_init(struct config_lexer *lexer, const char *text, size_t length, char *pool,
		       struct config_text_fault *fault)
{
	*lexer = (struct config_lexer){ text, text + length, 1, pool, fault, 1, "" };
	if (begins(lexer, "\xef\xbb\xbf"))
		lexer->at += 3; /* a byte order mark, as some editors write it */
}

static void skip_line(struct config_lexer *lexer)
{
	while (lexer->at < lexer->end && *lexer->at != '\n')
		lexer->at++;
}

static bool skip_long_comment(struct config_lexer *lexer)
{
	int line = lexer->line;

	for (lexer->at += 2; !begins(lexer, "*/"); lexer->at++) {
		if (lexer->at == lexer->end)
			return config_text_fault(lexer->fault, line,
						 "the comment that begins here has no end; close "
						 "it with */");
		lexer->line += *lexer->at == '\n';
	}
	lexer->at += 2;
	return true;
}

/* Skips blanks and comments. */
static bool skip(struct config_lexer *lexer)
{
	while (lexer->at < lexer->end) {
		if (begins(lexer, "#") || begins(lexer, "//")) {
			skip_line(lexer);
		} else if (begins(lexer, "/*")) {
			if (!skip_long_comment(lexer))
				return false;
		} else if (strchr(" \t\r\n", *lexer->at)) {
			lexer->line += *lexer->at++ == '\n';
		} else {
			return true;
		}
	}
	return true;
}

static void put(struct config_lexer *lexer, char octet)
{
	*lexer->free++ = octet;
}

/* Up to three octal digits. */
static bool read_octal(struct config_lexer *lexer)
{
	unsigned int value = 0, digits = 0;

	while (lexer->at < lexer->end && *lexer->at >= '0' && *lexer->at <= '9') {
		if (++digits > 3 || *lexer->at > '7')
			value = UINT16_MAX;
		value = value * 8 + (unsigned int)(*lexer->at++ - '0');
		if (value > UINT8_MAX)
			return config_text_fault(lexer->fault, lexer->line,
						 "wrong escape sequence after \\; write an octet "
						 "as \\ and three digits from 000 to 377, and a "
						 "backslash as \\\\");
	}
	put(lexer, (char)value);
	return true;
}

static int hexadecimal(const struct config_lexer *lexer)
{
	static const char digits[] = "00112233445566778899aAbBcCdDeEfF";
	const char *found = lexer->at < lexer->end ? memchr(digits, *lexer->at, 32) : NULL;

	return found ? (int)(found - digits) / 2 : -1;
}

/* One or two hexadecimal digits; without one, "\x" is an x. */
static void read_hexadecimal(struct config_lexer *lexer)
{
	int value = hexadecimal(lexer), next;

	if (value < 0) {
		put(lexer, 'x');
		return;
	}
	lexer->at++;
	next = hexadecimal(lexer);
	if (next >= 0) {
		value = value * 16 + next;
		lexer->at++;
	}
	put(lexer, (char)value);
}

/* A line that ends with a backslash goes on in the next one. */
static bool skip_line_end(struct config_lexer *lexer)
{
	if (begins(lexer, "\r\n"))
		lexer->at++;
	if (!begins(lexer, "\n"))
		return false;
	lexer->at++;
	lexer->line++;
	return true;
}

/* What follows a backslash in double quotes. */
static bool read_double_escape(struct config_lexer *lexer)
{
	static const char names[] = "nrbfaetv", octets[] = "\n\r\b\f\a\033\t\v";
	const char *found;

	if (*lexer->at >= '0' && *lexer->at <= '9')
		return read_octal(lexer);
	found = strchr(names, *lexer->at);
	if (*lexer->at++ == 'x')
		read_hexadecimal(lexer);
	else
		put(lexer, found ? octets[found - names] : lexer->at[-1]);
	return true;
}

/* What follows a backslash in single quotes: only a quote and a backslash lose theirs. */
static bool read_single_escape(struct config_lexer *lexer)
{
	if (*lexer->at != '\\' && *lexer->at != '\'')
		put(lexer, '\\');
	put(lexer, *lexer->at++);
	return true;
}

static bool read_escape(struct config_lexer *lexer, char quote)
{
	lexer->at++; /* the backslash */
	if (lexer->at == lexer->end || skip_line_end(lexer))
		return true;
	return quote == '"' ? read_double_escape(lexer) : read_single_escape(lexer);
}

static bool not_closed(struct config_lexer *lexer, char quote)
{
	*lexer->free = '\0';
	return config_text_fault(lexer->fault, lexer->token_line,
				 "the text " SHOWN " has no closing quotation mark in its line; "
				 "write %ctext%c",
				 lexer->text, quote, quote);
}

/* The environment of a service is another than that of the shell that checks the file. */
static bool not_expanded(struct config_lexer *lexer)
{
	return config_text_fault(lexer->fault, lexer->line,
				 "${...} is not expanded; write the value itself, or \"\\${\" if "
				 "this is the text");
}

static bool read_quoted(struct config_lexer *lexer)
{
	char quote = *lexer->at++;

	while (!begins(lexer, (const char[]){ quote, '\0' })) {
		if (lexer->at == lexer->end || *lexer->at == '\n')
			return not_closed(lexer, quote);
		if (quote == '"' && begins(lexer, "${"))
			return not_expanded(lexer);
		if (*lexer->at != '\\')
			put(lexer, *lexer->at++);
		else if (!read_escape(lexer, quote))
			return false;
	}
	lexer->at++;
	return true;
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

static bool read_word(struct config_lexer *lexer)
{
	if (begins(lexer, "${"))
		return not_expanded(lexer);
	while (lexer->at < lexer->end && !ends_word(*lexer->at))
		put(lexer, *lexer->at++);
	return true;
}

static enum config_token read_text(struct config_lexer *lexer)
{
	char fault[TEXT_FAULT_SIZE];

	lexer->text = lexer->free;
	if (!(is_quote(*lexer->at) ? read_quoted(lexer) : read_word(lexer)))
		return TOKEN_FAULT;
	if (!text_is_plain(lexer->text, (size_t)(lexer->free - lexer->text), fault)) {
		put(lexer, '\0');
		config_text_fault(lexer->fault, lexer->token_line,
				  "the text \"" SHOWN "\" contains %s; give plain UTF-8 text "
				  "without control characters",
				  lexer->text, fault);
		return TOKEN_FAULT;
	}
	put(lexer, '\0');
	return TOKEN_TEXT;
}

enum config_token config_lexer_next(struct config_lexer *lexer)
{
	if (!skip(lexer))
		return TOKEN_FAULT;
	lexer->token_line = lexer->line;
	if (lexer->at == lexer->end)
		return TOKEN_END;
	if (begins(lexer, "+=")) {
		lexer->at += 2;
		return TOKEN_APPEND;
	}
	if (strchr("{}=,", *lexer->at))
		return (enum config_token) * lexer->at++;
	if (is_quote(*lexer->at) || !ends_word(*lexer->at))
		return read_text(lexer);
	config_text_fault(lexer->fault, lexer->line,
			  "unexpected %c; write key = value, or BLOCK \"name\" { key = value ... }",
			  *lexer->at);
	return TOKEN_FAULT;
}
