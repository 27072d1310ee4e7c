/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/watches.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LEVELS 33 /* an identity ends in 0 to 32 zero bits */

/* All ports in stretches within which no watch begins or ends. */
struct port_map {
	size_t count;
	uint16_t first[2 * SNAPSHOT_WATCHES_MAX + 1]; /* of each stretch; rising from 0 */
	uint64_t watches[2 * SNAPSHOT_WATCHES_MAX + 1];
};

/* By the first two octets of an address, of IPv4 and IPv6. */
struct prefix_map {
	uint64_t by_octet[2][2][256]; /* family, which octet, its value */
};

struct watches {
	size_t count;
	struct filter filters[SNAPSHOT_WATCHES_MAX];
	/* which watches an entry can match that has ... */
	uint64_t by_protocol[256];
	uint64_t by_status[5][2];        /* each flag of filter_status(): clear, set */
	uint64_t by_zone[2], by_mark[2]; /* 0, or another */
	uint64_t by_nat[2];              /* no translated source address, or one */
	struct prefix_map sources, destinations;
	bool has_source_ports, has_destination_ports;
	struct port_map source_ports, destination_ports;
	/* of this scan */
	uint32_t entries[SNAPSHOT_WATCHES_MAX];
	/* New ones, by the number of zero bits at the end of their identity: which of them count is
	 * known only at the end, because the subset may be halved on the way. */
	uint32_t created[SNAPSHOT_WATCHES_MAX][LEVELS];
	/* New ones since the last entry that was met again: the next one shows whether the scan
	 * before came so far. `touched` lists the places in `pending` that are not 0. */
	uint32_t pending[SNAPSHOT_WATCHES_MAX][LEVELS];
	size_t touched_count;
	uint16_t touched[SNAPSHOT_WATCHES_MAX * LEVELS];
};

static int port_compare(const void *one, const void *other)
{
	return *(const uint16_t *)one - *(const uint16_t *)other;
}

/* `condition` is the one that has its ports at `offset` in a filter. */
static bool map_ports(struct port_map *map, const struct watches *watches, uint32_t condition,
		      size_t offset)
{
	bool any = false;
	size_t kept = 0;

	map->first[map->count++] = 0;
	for (size_t i = 0; i < watches->count; i++) {
		const struct filter_ports *ports =
			(const void *)((const char *)&watches->filters[i] + offset);

		if (!(watches->filters[i].conditions & condition))
			continue;
		any = true;
		map->first[map->count++] = ports->low;
		if (ports->high < UINT16_MAX)
			map->first[map->count++] = (uint16_t)(ports->high + 1);
	}
	qsort(map->first, map->count, sizeof(map->first[0]), port_compare);
	for (size_t i = 0; i < map->count; i++) {
		if (kept == 0 || map->first[kept - 1] != map->first[i])
			map->first[kept++] = map->first[i];
	}
	map->count = kept;
	for (size_t stretch = 0; stretch < map->count; stretch++) {
		for (size_t i = 0; i < watches->count; i++) {
			const struct filter_ports *ports =
				(const void *)((const char *)&watches->filters[i] + offset);

			if (!(watches->filters[i].conditions & condition) ||
			    (map->first[stretch] >= ports->low &&
			     map->first[stretch] <= ports->high))
				map->watches[stretch] |= 1ULL << i;
		}
	}
	return any;
}

static uint64_t ports_find(const struct port_map *map, uint16_t port)
{
	size_t low = 0, high = map->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (map->first[middle] <= port)
			low = middle;
		else
			high = middle;
	}
	return map->watches[low];
}

/* With no `prefix`, every address will do. */
static void map_prefix(struct prefix_map *map, const struct filter_prefix *prefix, uint64_t bit)
{
	for (int family = 0; family < 2; family++) {
		if (prefix && (prefix->family == AF_INET6) != family)
			continue;
		for (int which = 0; which < 2; which++) {
			for (unsigned int octet = 0; octet < 256; octet++) {
				if (!prefix || (octet & prefix->mask.octet[which]) ==
						       prefix->address.octet[which])
					map->by_octet[family][which][octet] |= bit;
			}
		}
	}
}

static uint64_t prefixes_find(const struct prefix_map *map, uint8_t family,
			      const struct address *address)
{
	const uint64_t(*by_octet)[256] = map->by_octet[family == AF_INET6];

	return by_octet[0][address->octet[0]] & by_octet[1][address->octet[1]];
}

static void index_filter(struct watches *watches, size_t position)
{
	const struct filter *filter = &watches->filters[position];
	uint64_t bit = 1ULL << position;

	for (unsigned int protocol = 0; protocol < 256; protocol++) {
		if (!(filter->conditions & FILTER_PROTOCOL) || filter->protocol == protocol)
			watches->by_protocol[protocol] |= bit;
	}
	if (!(filter->conditions & FILTER_ZONE) || filter->zone == 0)
		watches->by_zone[0] |= bit;
	if (!(filter->conditions & FILTER_ZONE) || filter->zone != 0)
		watches->by_zone[1] |= bit;
	if (!(filter->conditions & FILTER_MARK) || filter->mark == 0)
		watches->by_mark[0] |= bit;
	watches->by_mark[1] |= bit;
	if (!(filter->conditions & FILTER_NAT_SOURCE))
		watches->by_nat[0] |= bit;
	watches->by_nat[1] |= bit;
	map_prefix(&watches->sources, filter->conditions & FILTER_SOURCE ? &filter->source : NULL,
		   bit);
	map_prefix(&watches->destinations,
		   filter->conditions & FILTER_DESTINATION ? &filter->destination : NULL, bit);
	for (unsigned int flag = 0; flag < 5; flag++) {
		if (!(filter->conditions & ((uint32_t)FILTER_ASSURED << flag)))
			watches->by_status[flag][0] |= bit;
		watches->by_status[flag][1] |= bit;
	}
}

struct watches *watches_new(const struct filter *const *filters, size_t count)
{
	struct watches *watches = calloc(1, sizeof(*watches));

	if (!watches)
		return NULL;
	watches->count = count;
	for (size_t i = 0; i < count; i++) {
		watches->filters[i] = *filters[i];
		index_filter(watches, i);
	}
	watches->has_source_ports = map_ports(&watches->source_ports, watches, FILTER_SOURCE_PORT,
					      offsetof(struct filter, source_port));
	watches->has_destination_ports =
		map_ports(&watches->destination_ports, watches, FILTER_DESTINATION_PORT,
			  offsetof(struct filter, destination_port));
	return watches;
}

void watches_free(struct watches *watches)
{
	free(watches);
}

void watches_clear(struct watches *watches)
{
	memset(watches->entries, 0, sizeof(watches->entries));
	memset(watches->created, 0, sizeof(watches->created));
	memset(watches->pending, 0, sizeof(watches->pending));
	watches->touched_count = 0;
}

/* The watches that no table can exclude. */
static uint64_t candidates(const struct watches *watches, const struct ct_entry *entry)
{
	uint32_t status = filter_status(entry->status);
	uint64_t left = watches->by_protocol[entry->protocol] & watches->by_zone[entry->zone != 0] &
			watches->by_mark[entry->mark != 0] & watches->by_nat[entry->has_nat] &
			prefixes_find(&watches->sources, entry->family, &entry->source) &
			prefixes_find(&watches->destinations, entry->family, &entry->destination);

	for (unsigned int flag = 0; flag < 5; flag++)
		left &= watches->by_status[flag][status / FILTER_ASSURED >> flag & 1];
	if (left && watches->has_destination_ports)
		left &= ports_find(&watches->destination_ports, entry->destination_port);
	if (left && watches->has_source_ports)
		left &= ports_find(&watches->source_ports, entry->source_port);
	return left;
}

static void settle_pending(struct watches *watches)
{
	uint32_t *created = &watches->created[0][0], *pending = &watches->pending[0][0];

	while (watches->touched_count > 0) {
		uint16_t place = watches->touched[--watches->touched_count];

		created[place] += pending[place];
		pending[place] = 0;
	}
}

static void add_pending(struct watches *watches, size_t position, unsigned int level)
{
	if (watches->pending[position][level]++ == 0)
		watches->touched[watches->touched_count++] = (uint16_t)(position * LEVELS + level);
}

void watches_add(struct watches *watches, const struct ct_entry *entry, enum churn_sign sign)
{
	uint64_t left = candidates(watches, entry), met = 0;

	for (; left; left &= left - 1) {
		int position = __builtin_ctzll(left);

		if (filter_matches(&watches->filters[position], entry))
			met |= 1ULL << position;
	}
	if (sign == CHURN_MET && watches->touched_count)
		settle_pending(watches);
	if (!met)
		return;
	for (left = met; left; left &= left - 1)
		watches->entries[__builtin_ctzll(left)]++;
	for (left = sign == CHURN_NEW ? met : 0; left; left &= left - 1)
		add_pending(watches, (size_t)__builtin_ctzll(left),
			    entry->id ? (unsigned int)__builtin_ctz(entry->id) : LEVELS - 1);
}

uint32_t watches_entries(const struct watches *watches, size_t position)
{
	return watches->entries[position];
}

uint64_t watches_created(const struct watches *watches, size_t position, unsigned int bits,
			 bool is_whole)
{
	uint64_t created = 0;

	for (unsigned int level = bits; level < LEVELS; level++)
		created += watches->created[position][level] +
			   (is_whole ? watches->pending[position][level] : 0);
	return created << bits;
}
