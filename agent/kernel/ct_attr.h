/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netlink attributes, walked and read in place with every length checked against its container.
 * (libmnl's own iterators mix signed and unsigned lengths, which -Wconversion refuses.) */
#ifndef CT_ATTR_H
#define CT_ATTR_H

#include <endian.h>
#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* True if the `left` octets hold a whole message. mnl_nlmsg_ok() alone takes a length of 2 GiB or
 * more for a negative one, and accepts it. */
static inline bool ct_message_ok(const struct nlmsghdr *message, int left)
{
	return mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (uint32_t)left;
}

/* The attributes that are still to be read. */
struct ct_attr_walk {
	const unsigned char *at;
	size_t left;
};

/* The next attribute; NULL at the end, or if the next one does not fit. */
static inline const struct nlattr *ct_attr_next(struct ct_attr_walk *walk)
{
	const struct nlattr *attribute = (const struct nlattr *)(const void *)walk->at;
	size_t step;

	if (walk->left < sizeof(*attribute) || attribute->nla_len < sizeof(*attribute) ||
	    attribute->nla_len > walk->left)
		return NULL;
	step = ((size_t)attribute->nla_len + MNL_ALIGNTO - 1) & ~((size_t)MNL_ALIGNTO - 1);
	if (step > walk->left)
		step = walk->left;
	walk->at += step;
	walk->left -= step;
	return attribute;
}

static inline size_t ct_attr_length(const struct nlattr *attribute)
{
	return attribute->nla_len - sizeof(*attribute);
}

static inline uint16_t ct_attr_type(const struct nlattr *attribute)
{
	return (uint16_t)(attribute->nla_type & 0x3fff); /* NLA_TYPE_MASK */
}

static inline struct ct_attr_walk ct_attr_nested(const struct nlattr *attribute)
{
	return (struct ct_attr_walk){ (const unsigned char *)(attribute + 1),
				      ct_attr_length(attribute) };
}

/* The attributes of a message, after a header of `header_size`. */
static inline struct ct_attr_walk ct_attr_of_message(const struct nlmsghdr *message,
						     size_t header_size)
{
	size_t before = sizeof(*message) + header_size;

	return (struct ct_attr_walk){ (const unsigned char *)message + before,
				      message->nlmsg_len > before ? message->nlmsg_len - before
								  : 0 };
}

/* Readers. False, with the value unchanged, if the attribute has another length. Netlink aligns to
 * 4 bytes only, and a test may align to less, so they all use memcpy(). */
static inline bool ct_attr_u8(const struct nlattr *attribute, uint8_t *value)
{
	if (ct_attr_length(attribute) != sizeof(*value))
		return false;
	memcpy(value, attribute + 1, sizeof(*value));
	return true;
}

static inline bool ct_attr_be16(const struct nlattr *attribute, uint16_t *value)
{
	if (ct_attr_length(attribute) != sizeof(*value))
		return false;
	memcpy(value, attribute + 1, sizeof(*value));
	*value = be16toh(*value);
	return true;
}

static inline bool ct_attr_be32(const struct nlattr *attribute, uint32_t *value)
{
	if (ct_attr_length(attribute) != sizeof(*value))
		return false;
	memcpy(value, attribute + 1, sizeof(*value));
	*value = be32toh(*value);
	return true;
}

static inline bool ct_attr_be64(const struct nlattr *attribute, uint64_t *value)
{
	if (ct_attr_length(attribute) != sizeof(*value))
		return false;
	memcpy(value, attribute + 1, sizeof(*value));
	*value = be64toh(*value);
	return true;
}

#endif
