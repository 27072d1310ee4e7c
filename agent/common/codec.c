/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/codec.h"

#include <stdlib.h>
#include <string.h>

struct codec codec_encoder(void *bytes, size_t size)
{
	return (struct codec){ .bytes = bytes, .size = size };
}

struct codec codec_decoder(const void *bytes, size_t size)
{
	return (struct codec){ .bytes = (void *)(uintptr_t)bytes, .size = size, .decoding = true };
}

static void codec_bytes(struct codec *codec, void *data, size_t length)
{
	if (codec->failed || length > codec->size - codec->position) {
		codec->failed = true;
		if (codec->decoding)
			memset(data, 0, length);
		return;
	}
	if (codec->decoding)
		memcpy(data, codec->bytes + codec->position, length);
	else
		memcpy(codec->bytes + codec->position, data, length);
	codec->position += length;
}

/* Both ends are the same program on the same machine: the byte order is its own. */
void codec_u8(struct codec *codec, uint8_t *value)
{
	codec_bytes(codec, value, sizeof(*value));
}

void codec_u16(struct codec *codec, uint16_t *value)
{
	codec_bytes(codec, value, sizeof(*value));
}

void codec_u32(struct codec *codec, uint32_t *value)
{
	codec_bytes(codec, value, sizeof(*value));
}

void codec_u64(struct codec *codec, uint64_t *value)
{
	codec_bytes(codec, value, sizeof(*value));
}

void codec_bool(struct codec *codec, bool *value)
{
	uint8_t byte = codec->decoding ? 0 : *value;

	codec_u8(codec, &byte);
	if (byte > 1)
		codec->failed = true;
	*value = byte == 1;
}

void codec_string(struct codec *codec, char *text, size_t size)
{
	uint16_t length = codec->decoding ? 0 : (uint16_t)strnlen(text, size - 1);

	codec_u16(codec, &length);
	if (length >= size) {
		codec->failed = true;
		length = 0;
	}
	codec_bytes(codec, text, length);
	if (codec->decoding)
		text[length] = '\0';
}

void codec_array(struct codec *codec, void **array, size_t *count, size_t element_size, size_t max)
{
	uint32_t length = codec->decoding ? 0 : (uint32_t)*count;

	codec_u32(codec, &length);
	if (codec->failed || length > max ||
	    (codec->decoding && length > codec->size - codec->position)) {
		codec->failed = true;
		length = 0;
	}
	if (!codec->decoding)
		return;
	*array = length ? calloc(length, element_size) : NULL;
	if (length && !*array) {
		codec->failed = true;
		length = 0;
	}
	*count = length;
}

bool codec_complete(const struct codec *codec)
{
	return !codec->failed && codec->position == codec->size;
}
