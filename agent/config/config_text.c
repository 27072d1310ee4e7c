/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/config_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Far more than all keys and blocks that there can be. Each is compared with all others. */
#define MARKS_MAX 8192

#define FORM "write key = value, or BLOCK \"name\" { key = value ... }"

/* A key, or the beginning of a block, of which `title` is set. */
struct mark {
	const char *name, *title;
	const struct mark *block; /* the one that it stands in; NULL: none */
	int line;
};

struct config_text {
	char *pool; /* every word and text of the file */
	char *plain;
	size_t plain_length;
	size_t mark_count;
	struct mark marks[MARKS_MAX];
};

struct reader {
	struct config_lexer lexer;
	struct config_text *text;
	struct config_text_fault *fault;
	FILE *plain;
	int plain_line;
	const struct mark *last_key; /* of the value that was just read; NULL: there is none */
};

static void write_text(FILE *plain, const char *text)
{
	putc('\'', plain);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			putc('\\', plain);
		putc(*text, plain);
	}
	putc('\'', plain);
}

static const char *sign(enum config_token token)
{
	return token == TOKEN_APPEND   ? "+="
	       : token == TOKEN_ASSIGN ? "="
	       : token == TOKEN_COMMA  ? ","
	       : token == TOKEN_OPEN   ? "{"
				       : "}";
}

static void go_to_line(struct reader *reader, int line)
{
	for (; reader->plain_line < line; reader->plain_line++)
		putc('\n', reader->plain);
}

static void write_token(struct reader *reader, enum config_token token)
{
	if (token == TOKEN_TEXT)
		write_text(reader->plain, reader->lexer.text);
	else if (token != TOKEN_FAULT && token != TOKEN_END)
		fputs(sign(token), reader->plain);
}

/* The next token, which is also written to the plain text, on the same line. */
static enum config_token next(struct reader *reader)
{
	enum config_token token = config_lexer_next(&reader->lexer);

	if (token != TOKEN_FAULT && token != TOKEN_END)
		go_to_line(reader, reader->lexer.token_line);
	write_token(reader, token);
	return token;
}

/* The same for a value: on the line of its key, which is the line that a fault names. */
static enum config_token next_value(struct reader *reader)
{
	enum config_token token = config_lexer_next(&reader->lexer);

	write_token(reader, token);
	return token;
}

static const struct mark *find(const struct config_text *text, const struct mark *block,
			       const char *name, const char *title)
{
	for (size_t i = 0; i < text->mark_count; i++) {
		const struct mark *mark = &text->marks[i];

		if (mark->block == block && !mark->title == !title &&
		    strcmp(mark->name, name) == 0 && (!title || strcmp(mark->title, title) == 0))
			return mark;
	}
	return NULL;
}

/* Remembers a key or a block, for what may not be there twice and for the lines of faults. */
static const struct mark *remember(struct reader *reader, struct mark mark)
{
	struct config_text *text = reader->text;

	if (text->mark_count == MARKS_MAX) {
		config_text_fault(reader->fault, mark.line,
				  "too many keys and blocks: at most %d are allowed", MARKS_MAX);
		return NULL;
	}
	text->marks[text->mark_count] = mark;
	return &text->marks[text->mark_count++];
}

/* A sign stands where the name of a key or of a block was expected. */
static bool unexpected(struct reader *reader, enum config_token token)
{
	const struct mark *last = reader->last_key;

	if (last && (token == TOKEN_ASSIGN || token == TOKEN_APPEND))
		return config_text_fault(reader->fault, last->line,
					 "%.64s: its value is missing, or = follows it; write "
					 "%.64s = value",
					 last->name, last->name);
	return config_text_fault(reader->fault, reader->lexer.token_line, "unexpected %s; " FORM,
				 sign(token));
}

static bool list_not_closed(struct reader *reader, const struct mark *key)
{
	return config_text_fault(reader->fault, key->line,
				 "%.64s: the list has no end; write { \"one\", \"other\" }",
				 key->name);
}

/* The values of a list, behind its opening brace. A comma may stand behind the last one. */
static bool read_list(struct reader *reader, const struct mark *key)
{
	enum config_token token = next(reader);

	while (token == TOKEN_TEXT) {
		token = next(reader);
		if (token == TOKEN_COMMA)
			token = next(reader);
		else if (token != TOKEN_CLOSE)
			break;
	}
	return token == TOKEN_CLOSE || list_not_closed(reader, key);
}

static bool read_value(struct reader *reader, const struct mark *key)
{
	enum config_token token = next_value(reader);

	if (token == TOKEN_OPEN)
		return read_list(reader, key);
	return token == TOKEN_TEXT ||
	       config_text_fault(reader->fault, key->line,
				 "%.64s has no value; write %.64s = value", key->name, key->name);
}

/* A key, its sign and its value. `token` is the sign. */
static bool read_setting(struct reader *reader, struct mark mark, enum config_token token)
{
	const struct mark *first = find(reader->text, mark.block, mark.name, NULL), *key;

	if (first && token == TOKEN_ASSIGN)
		return config_text_fault(reader->fault, mark.line,
					 "%.64s is set twice (first on line %d); keep one of the "
					 "two",
					 mark.name, first->line);
	key = remember(reader, mark);
	reader->last_key = key;
	return key && read_value(reader, key);
}

static bool read_items(struct reader *reader, const struct mark *block);

/* A block, behind its opening brace. */
static bool read_block(struct reader *reader, struct mark mark)
{
	const struct mark *first = find(reader->text, NULL, mark.name, mark.title), *block;

	if (mark.block)
		return config_text_fault(reader->fault, mark.block->line,
					 "%.64s \"%.64s\" is not closed before %.64s \"%.64s\" "
					 "(line %d); close it with }",
					 mark.block->name, mark.block->title, mark.name, mark.title,
					 mark.line);
	if (first)
		return config_text_fault(reader->fault, mark.line,
					 "duplicate block name \"%.64s\" (first on line %d); give "
					 "each block its own name",
					 mark.title, first->line);
	block = remember(reader, mark);
	reader->last_key = NULL;
	if (!block || !read_items(reader, block))
		return false;
	reader->last_key = NULL;
	return true;
}

/* libconfuse takes "threshold|rising" for a key of a block, and says nothing of an empty one. */
static bool is_key(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789_-")];
}

/* What follows a name: a sign and a value, or a title and a block. */
static bool read_item(struct reader *reader, const struct mark *block)
{
	struct mark mark = { reader->lexer.text, NULL, block, reader->lexer.token_line };
	enum config_token token = next(reader);

	if (!is_key(mark.name))
		return config_text_fault(reader->fault, mark.line,
					 "unknown key \"%.64s\"; a key has letters and hyphens",
					 mark.name);
	if (token == TOKEN_ASSIGN || token == TOKEN_APPEND)
		return read_setting(reader, mark, token);
	mark.title = "";
	if (token == TOKEN_TEXT) {
		mark.title = reader->lexer.text;
		token = next(reader);
	}
	if (token == TOKEN_OPEN)
		return read_block(reader, mark);
	return config_text_fault(reader->fault, mark.line,
				 "after \"%.64s\" there is no = or {; " FORM, mark.name);
}

static bool not_closed(struct reader *reader, const struct mark *block)
{
	return config_text_fault(reader->fault, block->line,
				 "%.64s \"%.64s\" is not closed: the file ends; close it with }",
				 block->name, block->title);
}

/* Keys and blocks, up to the end of the file or of the block. */
static bool read_items(struct reader *reader, const struct mark *block)
{
	enum config_token token;

	while ((token = next(reader)) == TOKEN_TEXT) {
		if (!read_item(reader, block))
			return false;
	}
	if (token == TOKEN_CLOSE && !block)
		return config_text_fault(reader->fault, reader->lexer.token_line,
					 "there is no block that this } could close; remove it");
	if (token == TOKEN_END && block)
		return not_closed(reader, block);
	return token == TOKEN_END || token == TOKEN_CLOSE || unexpected(reader, token);
}

/* A byte that no text file has. */
static bool check_bytes(const char *text, size_t length, struct config_text_fault *fault)
{
	int line = 1;

	for (const char *c = text; c < text + length; c++) {
		line += *c == '\n';
		if (*c == '\0')
			return config_text_fault(fault, line,
						 "the file contains a NUL byte; it must be plain "
						 "text, in UTF-8");
		if (*c == '\r' && c + 1 < text + length && c[1] != '\n')
			return config_text_fault(fault, line,
						 "a carriage return without a line feed; end each "
						 "line with a line feed, or with both");
	}
	return true;
}

static struct config_text *text_new(size_t length)
{
	struct config_text *text = malloc(sizeof(*text));

	if (!text)
		return NULL;
	text->plain = NULL;
	text->mark_count = 0;
	text->pool = malloc(config_lexer_pool_size(length));
	if (text->pool)
		return text;
	free(text);
	return NULL;
}

struct config_text *config_text_read(const char *text, size_t length,
				     struct config_text_fault *fault)
{
	struct reader reader = { .fault = fault, .plain_line = 1 };
	bool is_right = false;

	*fault = (struct config_text_fault){ 0 };
	reader.text = text_new(length);
	if (!reader.text)
		return NULL;
	reader.plain = open_memstream(&reader.text->plain, &reader.text->plain_length);
	if (reader.plain) {
		config_lexer_init(&reader.lexer, text, length, reader.text->pool, fault);
		is_right = check_bytes(text, length, fault) && read_items(&reader, NULL);
		putc('\n', reader.plain); /* fmemopen(3) takes no empty buffer */
		if (fclose(reader.plain) == 0 && is_right)
			return reader.text;
	}
	config_text_free(reader.text);
	return NULL;
}

const char *config_text_plain(const struct config_text *text, size_t *length)
{
	*length = text->plain_length;
	return text->plain;
}

int config_text_line(const struct config_text *text, const char *block, const char *title,
		     const char *key)
{
	const struct mark *mark = block ? find(text, NULL, block, title) : NULL;

	if (key && (mark || !block))
		mark = find(text, mark, key, NULL);
	return mark ? mark->line : 0;
}

void config_text_free(struct config_text *text)
{
	if (!text)
		return;
	free(text->pool);
	free(text->plain);
	free(text);
}
