/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/top_talkers.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/ct_names.h"
#include "scan/nat_ports.h"

/* Of the keys here; NAT ports have NAT_KEY_WORDS. */
#define ADDRESS_WORDS 3
#define SERVICE_WORDS 2

struct top_talkers {
	struct top_talkers_settings settings;
	struct address masks[2]; /* IPv4, IPv6 */
	struct sketch *sketches[TOP_LISTS];
};

static unsigned int words_of(int kind)
{
	if (kind == TOP_NAT)
		return NAT_KEY_WORDS;
	return kind == TOP_SERVICE ? SERVICE_WORDS : ADDRESS_WORDS;
}

struct top_talkers *top_talkers_new(const struct top_talkers_settings *settings,
				    const uint64_t seeds[SKETCH_SEEDS])
{
	struct top_talkers *top = calloc(1, sizeof(*top));

	if (!top)
		return NULL;
	top->settings = *settings;
	top->masks[0] = address_mask(AF_INET, settings->prefix_ipv4);
	top->masks[1] = address_mask(AF_INET6, settings->prefix_ipv6);
	for (int kind = 0; kind < TOP_LISTS; kind++) {
		if (!(settings->kinds & 1U << (kind + 1)))
			continue;
		top->sketches[kind] = sketch_new(TOP_TALKERS_CAPACITY, words_of(kind + 1), seeds);
		if (!top->sketches[kind])
			goto fail;
	}
	return top;
fail:
	top_talkers_free(top);
	return NULL;
}

void top_talkers_free(struct top_talkers *top)
{
	if (!top)
		return;
	for (int kind = 0; kind < TOP_LISTS; kind++)
		sketch_free(top->sketches[kind]);
	free(top);
}

void top_talkers_clear(struct top_talkers *top)
{
	for (int kind = 0; kind < TOP_LISTS; kind++) {
		if (top->sketches[kind])
			sketch_clear(top->sketches[kind]);
	}
}

/* Keys are numbers in the order of what they stand for: family, then address; protocol, then port.
 */
static void set_address_key(const struct top_talkers *top, const struct ct_entry *entry,
			    const struct address *address, struct sketch_key *key)
{
	bool is_ipv6 = entry->family == AF_INET6;
	const struct address *mask = &top->masks[is_ipv6];

	/* word by word: a copy of what was just written in other sizes makes the processor wait */
	key->word[0] = is_ipv6 ? 2 : 1;
	key->word[1] = be64toh(address->half[0] & mask->half[0]);
	key->word[2] = be64toh(address->half[1] & mask->half[1]);
}

static void set_service_key(const struct ct_entry *entry, struct sketch_key *key)
{
	key->word[0] = entry->protocol;
	/* 0: no port is told; 1: port 0 */
	key->word[1] = entry->has_ports ? entry->destination_port + 1U : 0;
}

static bool is_unreplied(const struct ct_entry *entry)
{
	return (entry->status & CT_STATUS_SEEN_REPLY) == 0;
}

/* False if the entry is not counted for this kind. */
static bool set_key(const struct top_talkers *top, enum top_kind kind, const struct ct_entry *entry,
		    struct sketch_key *key)
{
	switch (kind) {
	case TOP_SERVICE:
		set_service_key(entry, key);
		return true;
	case TOP_NAT:
		return nat_ports_key(entry, key);
	case TOP_SOURCE:
	case TOP_UNREPLIED_SOURCE:
		set_address_key(top, entry, &entry->source, key);
		break;
	default:
		set_address_key(top, entry, &entry->destination, key);
		break;
	}
	return kind == TOP_SOURCE || kind == TOP_DESTINATION || is_unreplied(entry);
}

void top_talkers_add(struct top_talkers *top, const struct ct_entry *entries, size_t count)
{
	struct sketch_key keys[SKETCH_MANY];
	bool marked[SKETCH_MANY];

	for (enum top_kind kind = TOP_SOURCE; kind <= TOP_LISTS; kind++) {
		size_t found = 0;

		if (!top->sketches[kind - 1])
			continue;
		for (size_t i = 0; i < count; i++) {
			if (!set_key(top, kind, &entries[i], &keys[found]))
				continue;
			marked[found++] = is_unreplied(&entries[i]);
		}
		sketch_add_many(top->sketches[kind - 1], keys, marked, found);
	}
}

struct sketch_key top_talkers_key(const struct snapshot_top *row)
{
	return (struct sketch_key){ { row->address_type, be64toh(row->address.half[0]),
				      be64toh(row->address.half[1]) } };
}

void top_talkers_take(const struct top_talkers *top, enum top_kind kind,
		      const struct sketch_key *wanted, struct top_list *list)
{
	list->count = 0;
	if (top->sketches[kind - 1])
		top_list_take(list, top->sketches[kind - 1], wanted);
}

uint32_t top_talkers_read(const struct top_talkers *top, enum top_kind kind,
			  const struct sketch_key *key)
{
	struct sketch_item item = { .count = 0 };

	if (top->sketches[kind - 1])
		sketch_find(top->sketches[kind - 1], key, &item);
	return item.count;
}

static void row_address(struct snapshot_top *row, const struct top_talkers *top,
			const struct sketch_key *key)
{
	bool is_ipv6 = key->word[0] == 2;
	uint8_t family = is_ipv6 ? AF_INET6 : AF_INET;

	row->address_type = (uint8_t)key->word[0];
	row->address = (struct address){ .half = { htobe64(key->word[1]), htobe64(key->word[2]) } };
	row->prefix_length = is_ipv6 ? top->settings.prefix_ipv6 : top->settings.prefix_ipv4;
	address_text(family, row->address, row->prefix_length, row->text);
}

static void row_service(struct snapshot_top *row, const struct sketch_key *key)
{
	const char *name;
	char digits[8];

	row->protocol = (uint8_t)key->word[0];
	row->port = (uint16_t)(key->word[1] ? key->word[1] - 1 : 0);
	name = ct_protocol_name(row->protocol);
	snprintf(digits, sizeof(digits), "%u", row->protocol);
	if (key->word[1])
		snprintf(row->text, sizeof(row->text), "%s/%u", name ? name : digits, row->port);
	else
		snprintf(row->text, sizeof(row->text), "%s", name ? name : digits);
}

static void row_values(struct snapshot_top *row, const struct sketch_item *item, uint32_t entries)
{
	row->entries = item->count;
	row->error = item->error;
	row->unreplied = item->marked;
	row->share = entries ? (uint32_t)((uint64_t)item->count * 100 / entries) : 0;
}

static void row_fill(struct snapshot_top *row, const struct top_talkers *top, enum top_kind kind,
		     uint32_t rank, const struct sketch_item *item, uint32_t entries)
{
	memset(row, 0, sizeof(*row));
	row->kind = (uint8_t)kind;
	row->rank = rank;
	if (kind == TOP_SERVICE)
		row_service(row, &item->key);
	else
		row_address(row, top, &item->key);
	row_values(row, item, entries);
	/* of what is counted, all are */
	if (kind == TOP_UNREPLIED_SOURCE || kind == TOP_UNREPLIED_DESTINATION)
		row->unreplied = row->entries;
}

size_t top_talkers_fill(const struct top_talkers *top, enum top_kind kind, struct top_list *list,
			uint32_t entries, size_t max, struct snapshot_top *rows)
{
	size_t count = list->count < max ? list->count : max;

	top_list_rank(list);
	for (size_t i = 0; i < count; i++)
		row_fill(&rows[i], top, kind, (uint32_t)i + 1, &list->items[i], entries);
	return count;
}

void top_talkers_find_source(const struct top_talkers *top, const struct top_list *list,
			     const struct snapshot_top *culprit, uint32_t entries,
			     struct snapshot_top *row)
{
	const struct sketch_item none = { .count = 0 }, *item;
	struct sketch_key key;

	memset(row, 0, sizeof(*row));
	if (culprit) {
		key = top_talkers_key(culprit);
		item = top_list_find(list, &key);
		*row = *culprit;
		row_values(row, item ? item : &none, entries);
		return;
	}
	item = top_list_first(list);
	if (item)
		row_fill(row, top, TOP_SOURCE, 1, item, entries);
}
