/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/nat_ports.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/ct_names.h"

/* A key is numbers in the order of what they stand for: zone, family, protocol and port in one,
 * then the translated address, then the destination. */
static void set_key(uint16_t zone, uint8_t address_type, uint8_t protocol, uint16_t port,
		    const struct address *translated, const struct address *destination,
		    struct sketch_key *key)
{
	key->word[0] = (uint64_t)zone << 32 | (uint64_t)address_type << 24 |
		       (uint64_t)protocol << 16 | port;
	key->word[1] = be64toh(translated->half[0]);
	key->word[2] = be64toh(translated->half[1]);
	key->word[3] = be64toh(destination->half[0]);
	key->word[4] = be64toh(destination->half[1]);
}

bool nat_ports_key(const struct ct_entry *entry, struct sketch_key *key)
{
	if (!entry->has_nat || !entry->has_nat_ports)
		return false;
	set_key(entry->nat_zone, entry->family == AF_INET6 ? 2 : 1, entry->protocol,
		entry->nat_destination_port, &entry->nat_source, &entry->nat_destination, key);
	return true;
}

struct sketch_key nat_ports_row_key(const struct snapshot_nat *row)
{
	struct sketch_key key;

	set_key(row->zone, row->address_type, row->protocol, row->port, &row->address,
		&row->destination, &key);
	return key;
}

static void row_values(struct snapshot_nat *row, const struct sketch_item *item)
{
	row->entries = item->count;
	row->error = item->error;
	row->utilization = snapshot_percent(item->count, SNAPSHOT_NAT_PORTS);
}

static void row_fill(struct snapshot_nat *row, uint32_t rank, const struct sketch_item *item)
{
	const uint64_t *word = item->key.word;
	char address[ADDRESS_TEXT_SIZE], destination[ADDRESS_TEXT_SIZE], digits[8], zone[16] = "";
	const char *name;
	uint8_t family;

	memset(row, 0, sizeof(*row));
	row->rank = rank;
	row->zone = (uint16_t)(word[0] >> 32);
	row->address_type = (uint8_t)(word[0] >> 24);
	row->protocol = (uint8_t)(word[0] >> 16);
	row->port = (uint16_t)word[0];
	row->address = (struct address){ .half = { htobe64(word[1]), htobe64(word[2]) } };
	row->destination = (struct address){ .half = { htobe64(word[3]), htobe64(word[4]) } };
	row_values(row, item);
	family = row->address_type == 2 ? AF_INET6 : AF_INET;
	address_text(family, row->address, 128, address);
	address_text(family, row->destination, 128, destination);
	snprintf(digits, sizeof(digits), "%u", row->protocol);
	name = ct_protocol_name(row->protocol);
	if (row->zone)
		snprintf(zone, sizeof(zone), " in zone %u", row->zone);
	snprintf(row->text, sizeof(row->text), "%s to %s %s/%u%s", address, destination,
		 name ? name : digits, row->port, zone);
}

size_t nat_ports_fill(struct top_list *list, size_t max, struct snapshot_nat *rows)
{
	size_t count = list->count < max ? list->count : max;

	top_list_rank(list);
	for (size_t i = 0; i < count; i++)
		row_fill(&rows[i], (uint32_t)i + 1, &list->items[i]);
	return count;
}

void nat_ports_find(const struct top_list *list, const struct snapshot_nat *culprit,
		    struct snapshot_nat *row)
{
	const struct sketch_item none = { .count = 0 }, *item;
	struct sketch_key key;

	memset(row, 0, sizeof(*row));
	if (culprit) {
		key = nat_ports_row_key(culprit);
		item = top_list_find(list, &key);
		*row = *culprit;
		row_values(row, item ? item : &none);
		return;
	}
	item = top_list_first(list);
	if (item)
		row_fill(row, 1, item);
}
