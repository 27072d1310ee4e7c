/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plain data to bytes and back. One function per shape visits its fields in order, for both
 * directions, so that writer and reader cannot disagree. Pure: no I/O.
 *
 * A codec that has failed (no room, or a message that is too short or says something impossible)
 * stays failed and does nothing more; decoded fields are then 0. */
#ifndef CODEC_H
#define CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct codec {
	unsigned char *bytes;
	size_t size, position;
	bool decoding;
	bool failed;
};

struct codec codec_encoder(void *bytes, size_t size);
/* The bytes are only read. */
struct codec codec_decoder(const void *bytes, size_t size);

void codec_u8(struct codec *codec, uint8_t *value);
void codec_u16(struct codec *codec, uint16_t *value);
void codec_u32(struct codec *codec, uint32_t *value);
void codec_u64(struct codec *codec, uint64_t *value);
void codec_bool(struct codec *codec, bool *value);
/* A string in an array of `size`; always terminated after decoding. */
void codec_string(struct codec *codec, char *text, size_t size);

/* The length of an array whose elements take at least one byte each. When decoding, allocates
 * `*array` of `*count` zeroed elements, which the caller owns; NULL when there are none. */
void codec_array(struct codec *codec, void **array, size_t *count, size_t element_size, size_t max);

/* Decoding ended well and nothing is left over. */
bool codec_complete(const struct codec *codec);

#endif
