/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/text.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const struct {
	uint32_t first, last;
} unwanted[] = {
	{ 0x0000, 0x001f }, /* control characters, line ends too */
	{ 0x007f,
	  0x009f }, /* delete, and the control characters C1: U+009B is an escape sequence */
	{ 0x2028, 0x202e }, /* ends of lines and paragraphs; embedding and override of direction */
	{ 0x2066, 0x2069 }, /* isolates of direction */
	{ 0xfeff, 0xfeff }, /* byte order mark, invisible */
};

static bool is_unwanted(uint32_t character)
{
	for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
		if (character >= unwanted[i].first && character <= unwanted[i].last)
			return true;
	}
	return false;
}

/* The octets of a character by its first one; 0: no character begins so. */
static size_t size_by_first(unsigned char first)
{
	return first < 0x80   ? 1
	       : first < 0xc2 ? 0 /* a following octet, or a longer form than needed */
	       : first < 0xe0 ? 2
	       : first < 0xf0 ? 3
	       : first < 0xf5 ? 4
			      : 0;
}

/* Reads a character; returns its octets, or 0 if it is not UTF-8. */
static size_t read_character(const unsigned char *text, size_t length, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t size = size_by_first(text[0]);

	if (size == 0 || size > length)
		return 0;
	*character = size == 1 ? text[0] : text[0] & (0xffU >> (size + 1));
	for (size_t i = 1; i < size; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*character = *character << 6 | (text[i] & 0x3f);
	}
	if (*character < least[size] || *character > 0x10ffff ||
	    (*character >= 0xd800 && *character <= 0xdfff))
		return 0;
	return size;
}

bool text_is_plain(const char *text, size_t length, char fault[TEXT_FAULT_SIZE])
{
	const unsigned char *octets = (const unsigned char *)text;
	uint32_t character = 0;
	size_t size;

	for (size_t at = 0; at < length; at += size) {
		size = read_character(octets + at, length - at, &character);
		if (size == 0) {
			snprintf(fault, TEXT_FAULT_SIZE, "the octet 0x%02X, which is not UTF-8",
				 octets[at]);
			return false;
		}
		if (is_unwanted(character)) {
			snprintf(fault, TEXT_FAULT_SIZE, "the character U+%04" PRIX32, character);
			return false;
		}
	}
	return true;
}

/* The beginning of a character of which the rest is missing. */
static bool is_cut_off(const unsigned char *text, size_t length)
{
	if (size_by_first(text[0]) <= length)
		return false;
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return false;
	}
	return true;
}

void text_make_plain(char *text)
{
	unsigned char *from = (unsigned char *)text, *to = from;
	size_t length = strlen(text), size;
	uint32_t character = 0;

	for (; length && !is_cut_off(from, length); from += size, length -= size) {
		size = read_character(from, length, &character);
		if (size == 0 || is_unwanted(character)) {
			*to++ = '?';
			size = size ? size : 1;
			continue;
		}
		memmove(to, from, size);
		to += size;
	}
	*to = '\0';
}
