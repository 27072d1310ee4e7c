/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who fills the table: nfctTopTable. */
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "subagent/mib_table.h"

static const struct snapshot_top *top_of(const struct mib_row *row)
{
	return &row->instance->scan->tops[row->position];
}

static size_t top_count(const struct mib_instance *instance)
{
	return instance->scan ? instance->scan->top_count : 0;
}

static void top_key(const struct mib_instance *instance, size_t position, oid *key)
{
	key[0] = instance->scan->tops[position].kind;
	key[1] = instance->scan->tops[position].rank;
}

static const void *top_base(const struct mib_row *row)
{
	return top_of(row);
}

/* InetAddress: as many octets as its type has; none for a service. */
static bool get_address(const struct mib_row *row, const struct mib_column *column,
			struct mib_value *value)
{
	const struct snapshot_top *top = top_of(row);

	(void)column;
	if (top->kind != TOP_SERVICE)
		value->length = address_octets(top->address_type == 2 ? AF_INET6 : AF_INET);
	memcpy(value->bytes, top->address.octet, value->length);
	return true;
}

static bool get_port(const struct mib_row *row, const struct mib_column *column,
		     struct mib_value *value)
{
	(void)column;
	value->number = top_of(row)->port;
	return true;
}

#define TOP(field) offsetof(struct snapshot_top, field)

static const struct mib_column top_columns[] = {
	{ 3, ASN_INTEGER, mib_get_u8, TOP(address_type) },
	{ 4, ASN_OCTET_STR, get_address, 0 },
	{ 5, ASN_UNSIGNED, mib_get_u32, TOP(prefix_length) },
	{ 6, ASN_UNSIGNED, mib_get_u8, TOP(protocol) },
	{ 7, ASN_UNSIGNED, get_port, 0 },
	{ 8, ASN_GAUGE, mib_get_u32, TOP(entries) },
	{ 9, ASN_GAUGE, mib_get_u32, TOP(unreplied) },
	{ 10, ASN_GAUGE, mib_get_u32, TOP(share) },
	{ 11, ASN_GAUGE, mib_get_u32, TOP(error) },
	{ 12, ASN_OCTET_STR, mib_get_string, TOP(text) },
};

const struct mib_table mib_top_table = {
	.number = 8,
	.key_length = 2,
	.count = top_count,
	.key = top_key,
	.base = top_base,
	MIB_COLUMNS(top_columns),
};
