/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 and IPv6 addresses and prefixes, as conntrack tuples carry them. Pure: no I/O. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "2001:db8:...:1/128" */
#define ADDRESS_TEXT_SIZE 64

/* In network byte order. An IPv4 address uses the first 4 octets; the others are 0. */
struct address {
	union {
		uint8_t octet[16];
		uint64_t half[2];
	};
};

/* `length` one bits, at most 32 (AF_INET) or 128 (AF_INET6). */
struct address address_mask(uint8_t family, unsigned int length);

static inline struct address address_and(struct address address, struct address mask)
{
	return (struct address){ .half = { address.half[0] & mask.half[0],
					   address.half[1] & mask.half[1] } };
}

static inline bool address_equal(struct address one, struct address other)
{
	return one.half[0] == other.half[0] && one.half[1] == other.half[1];
}

/* AF_INET or AF_INET6: how many octets an address has. */
size_t address_octets(uint8_t family);

/* "192.0.2.7", or "192.0.2.0/24" where `length` is less than the whole. */
void address_text(uint8_t family, struct address address, unsigned int length,
		  char text[ADDRESS_TEXT_SIZE]);

/* The reverse. Without "/N" the length is that of a whole address. False if it is neither an
 * address nor a prefix, or if bits after the prefix are set. */
bool address_parse(const char *text, uint8_t *family, struct address *address,
		   unsigned int *length);

#endif
