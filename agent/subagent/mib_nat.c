/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who runs out of ports: nfctNatTable. */
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "subagent/mib_table.h"

static const struct snapshot_nat *nat_of(const struct mib_row *row)
{
	return &row->instance->scan->nats[row->position];
}

static size_t nat_count(const struct mib_instance *instance)
{
	return instance->scan ? instance->scan->nat_count : 0;
}

static void nat_key(const struct mib_instance *instance, size_t position, oid *key)
{
	key[0] = instance->scan->nats[position].rank;
}

static const void *nat_base(const struct mib_row *row)
{
	return nat_of(row);
}

/* InetAddress, whose offset is the argument: as many octets as its type has. */
static bool get_address(const struct mib_row *row, const struct mib_column *column,
			struct mib_value *value)
{
	const struct snapshot_nat *nat = nat_of(row);
	const struct address *address = (const void *)((const char *)nat + column->argument);

	value->length = address_octets(nat->address_type == 2 ? AF_INET6 : AF_INET);
	memcpy(value->bytes, address->octet, value->length);
	return true;
}

static bool get_port(const struct mib_row *row, const struct mib_column *column,
		     struct mib_value *value)
{
	(void)column;
	value->number = nat_of(row)->port;
	return true;
}

#define NAT(field) offsetof(struct snapshot_nat, field)

static const struct mib_column nat_columns[] = {
	{ 2, ASN_INTEGER, mib_get_u8, NAT(address_type) },
	{ 3, ASN_OCTET_STR, get_address, NAT(address) },
	{ 4, ASN_UNSIGNED, mib_get_u8, NAT(protocol) },
	{ 5, ASN_INTEGER, mib_get_u8, NAT(address_type) },
	{ 6, ASN_OCTET_STR, get_address, NAT(destination) },
	{ 7, ASN_UNSIGNED, get_port, 0 },
	{ 8, ASN_GAUGE, mib_get_u32, NAT(entries) },
	{ 9, ASN_GAUGE, mib_get_u32, NAT(error) },
	{ 10, ASN_GAUGE, mib_get_u32, NAT(utilization) },
	{ 11, ASN_OCTET_STR, mib_get_string, NAT(text) },
};

const struct mib_table mib_nat_table = {
	.number = 12,
	.key_length = 1,
	.count = nat_count,
	.key = nat_key,
	.base = nat_base,
	MIB_COLUMNS(nat_columns),
};
