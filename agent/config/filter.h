/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A condition on conntrack entries, as an operator writes it. Pure: no I/O. */
#ifndef FILTER_H
#define FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/ct_parse.h"

/* Which conditions a filter has; an entry must meet them all. */
enum filter_condition {
	FILTER_PROTOCOL = 1 << 0,
	FILTER_SOURCE = 1 << 1,
	FILTER_DESTINATION = 1 << 2,
	FILTER_SOURCE_PORT = 1 << 3,
	FILTER_DESTINATION_PORT = 1 << 4,
	FILTER_STATE = 1 << 5,
	FILTER_ZONE = 1 << 6,
	FILTER_MARK = 1 << 7,
	/* flags of the entry's status */
	FILTER_ASSURED = 1 << 8,
	FILTER_UNREPLIED = 1 << 9,
	FILTER_NAT = 1 << 10,       /* source, destination or both */
	FILTER_OFFLOADED = 1 << 11, /* to a flowtable, in software or hardware */
	FILTER_DYING = 1 << 12,
	FILTER_NAT_SOURCE = 1 << 13, /* the translated address of an entry with source NAT */
};

struct filter_ports {
	uint16_t low, high;
};

struct filter_prefix {
	uint8_t family; /* AF_INET, AF_INET6 */
	unsigned int length;
	struct address address, mask;
};

/* A field is valid only with its condition. */
struct filter {
	uint32_t conditions; /* FILTER_* */
	uint8_t protocol;    /* IANA */
	uint8_t state;       /* the kernel's number, of the protocol (tcp or sctp) */
	uint16_t zone;
	uint32_t mark, mark_mask; /* as nftables: mark & mask == value */
	struct filter_ports source_port, destination_port;
	struct filter_prefix source, destination, nat_source;
};

/* A key of a filter, and how its value is parsed. */
struct filter_key {
	const char *name;
	/* NULL: the value is right; else what would be right, a constant string */
	const char *(*parse)(struct filter *filter, const char *text);
};

/* By name; NULL if there is none. "status" may be parsed several times, one flag each. */
const struct filter_key *filter_find_key(const char *name);

/* After the last key, checks the whole filter: NULL, or what is wrong; then `*key` is the key that
 * does not fit the others. */
const char *filter_check(const struct filter *filter, const char **key);

bool filter_matches(const struct filter *filter, const struct ct_entry *entry);

/* Whether two filters have the same conditions. */
bool filter_equal(const struct filter *one, const struct filter *other);

/* "protocol tcp destination-port 22"; "every entry" without a condition. Cut to the size. */
void filter_text(const struct filter *filter, char *text, size_t size);

/* The FILTER_ASSURED to FILTER_DYING that hold for an entry. */
uint32_t filter_status(uint32_t status);

#endif
