/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/totals.h"

#include <sys/socket.h>

#define IDLE_S     86400
#define IDLE_END_S 3600

bool totals_is_idle(const struct ct_entry *entry, uint32_t established_timeout)
{
	return entry->has_timeout && entry->has_state && entry->protocol == CT_PROTOCOL_TCP &&
	       entry->state == CT_TCP_ESTABLISHED && entry->status & CT_STATUS_ASSURED &&
	       entry->timeout >= IDLE_END_S && established_timeout > IDLE_S &&
	       entry->timeout <= established_timeout - IDLE_S;
}

static bool is_offloaded(const struct ct_entry *entry)
{
	return (entry->status & (CT_STATUS_OFFLOAD | CT_STATUS_HARDWARE_OFFLOAD)) != 0;
}

/* Where the entry counts among the states of its protocol; `count`: nowhere. */
static size_t state_of(const struct ct_entry *entry, size_t count)
{
	if (entry->has_state)
		return entry->state < count - 1 ? entry->state : count;
	return is_offloaded(entry) ? count - 1 : count;
}

static void add_state(uint32_t *states, size_t count, const struct ct_entry *entry)
{
	size_t state = state_of(entry, count);

	if (state < count)
		states[state]++;
}

void totals_add(struct totals *totals, const struct ct_entry *entry)
{
	int family = entry->family == AF_INET6 ? 1 : 0;
	struct totals_protocol *protocol = &totals->protocols[family][entry->protocol];
	struct totals_volume *volume = &totals->volumes[family][entry->protocol];
	uint32_t assured = (entry->status & CT_STATUS_ASSURED) != 0;
	uint32_t unreplied = (entry->status & CT_STATUS_SEEN_REPLY) == 0;

	totals->scanned++;
	totals->family[family]++;
	totals->assured += assured;
	totals->closing +=
		assured && entry->has_state && ct_state_is_closing(entry->protocol, entry->state);
	totals->idle += totals_is_idle(entry, totals->established_timeout);
	totals->unreplied += unreplied;
	totals->source_nat += (entry->status & CT_STATUS_SOURCE_NAT) != 0;
	totals->destination_nat += (entry->status & CT_STATUS_DESTINATION_NAT) != 0;
	totals->offloaded += is_offloaded(entry);
	totals->helped += entry->helped;

	protocol->entries++;
	protocol->assured += assured;
	protocol->unreplied += unreplied;
	volume->packets += entry->packets;
	volume->octets += entry->octets;

	if (entry->protocol == CT_PROTOCOL_TCP)
		add_state(totals->tcp_states, CT_TCP_STATES + 1, entry);
	else if (entry->protocol == CT_PROTOCOL_SCTP)
		add_state(totals->sctp_states, CT_SCTP_STATES + 1, entry);
}

static void limit(uint32_t *part, uint32_t whole)
{
	if (*part > whole)
		*part = whole;
}

void totals_reconcile(struct totals *totals)
{
	uint64_t scanned = (uint64_t)totals->family[0] + totals->family[1];

	totals->scanned = scanned < UINT32_MAX ? (uint32_t)scanned : UINT32_MAX;
	limit(&totals->assured, totals->scanned);
	limit(&totals->closing, totals->assured);
	limit(&totals->idle, totals->assured);
	limit(&totals->unreplied, totals->scanned);
	limit(&totals->source_nat, totals->scanned);
	limit(&totals->destination_nat, totals->scanned);
	limit(&totals->offloaded, totals->scanned);
	limit(&totals->helped, totals->scanned);
	for (int family = 0; family < 2; family++) {
		for (int number = 0; number < 256; number++) {
			struct totals_protocol *protocol = &totals->protocols[family][number];

			limit(&protocol->entries, totals->family[family]);
			limit(&protocol->assured, protocol->entries);
			limit(&protocol->unreplied, protocol->entries);
		}
	}
}

static void rows_see(struct totals_rows *rows, int family, uint8_t number)
{
	if (rows->protocol_seen[family][number])
		return;
	/* the last row is for all other protocols */
	if (rows->protocol_count[family] + 1 >= SNAPSHOT_PROTOCOLS_MAX)
		number = CT_PROTOCOL_OTHER;
	if (!rows->protocol_seen[family][number]) {
		rows->protocol_seen[family][number] = true;
		rows->protocol_count[family]++;
	}
}

void totals_count_rows(const struct totals *totals, struct totals_rows *rows,
		       struct snapshot_scan *scan)
{
	static const uint8_t always[2][3] = {
		{ CT_PROTOCOL_ICMP, CT_PROTOCOL_TCP, CT_PROTOCOL_UDP },
		{ CT_PROTOCOL_TCP, CT_PROTOCOL_UDP, CT_PROTOCOL_ICMPV6 },
	};

	for (int family = 0; family < 2; family++) {
		for (int i = 0; i < 3; i++)
			rows_see(rows, family, always[family][i]);
		for (unsigned int number = 0; number < 256; number++) {
			if (totals->protocols[family][number].entries)
				rows_see(rows, family, (uint8_t)number);
		}
	}
	if (totals->protocols[0][CT_PROTOCOL_SCTP].entries ||
	    totals->protocols[1][CT_PROTOCOL_SCTP].entries)
		rows->sctp_seen = true;
	rows->tcp_offloaded_seen |= totals->tcp_states[CT_TCP_STATES] != 0;
	rows->sctp_offloaded_seen |= totals->sctp_states[CT_SCTP_STATES] != 0;
	scan->protocol_count = rows->protocol_count[0] + rows->protocol_count[1];
	scan->state_count = CT_TCP_STATES;
	scan->state_count += rows->tcp_offloaded_seen ? 1 : 0;
	scan->state_count += rows->sctp_seen ? CT_SCTP_STATES : 0;
	scan->state_count += rows->sctp_offloaded_seen ? 1 : 0;
}

static void protocol_add(struct snapshot_protocol *row, const struct totals *totals, int family,
			 unsigned int number)
{
	const struct totals_protocol *protocol = &totals->protocols[family][number];
	const struct totals_volume *volume = &totals->volumes[family][number];

	row->entries += protocol->entries;
	row->assured += protocol->assured;
	row->unreplied += protocol->unreplied;
	row->packets += volume->packets;
	row->octets += volume->octets;
}

static void fill_protocols(const struct totals *totals, struct totals_rows *rows,
			   struct snapshot_protocol *row)
{
	for (int family = 0; family < 2; family++) {
		struct snapshot_protocol others = { 0 };

		for (unsigned int number = 0; number < 256; number++) {
			bool shared = number == CT_PROTOCOL_OTHER;

			if (!rows->protocol_seen[family][number]) {
				protocol_add(&others, totals, family, number);
				continue;
			}
			if (shared)
				*row = others;
			protocol_add(row, totals, family, number);
			row->address_type = (uint8_t)(family + 1);
			row->number = (uint8_t)number;
			if (row->entries > rows->protocol_peak[family][number])
				rows->protocol_peak[family][number] = row->entries;
			row->peak_entries = rows->protocol_peak[family][number];
			row++;
		}
	}
}

/* Returns where the rows end. */
static struct snapshot_state *fill_states(uint8_t protocol, const uint32_t *entries, uint8_t count,
					  bool offloaded_seen, struct snapshot_state *row)
{
	for (uint8_t i = 0; i < count; i++)
		*row++ = (struct snapshot_state){ protocol, (uint8_t)(i + 1), entries[i] };
	if (offloaded_seen)
		*row++ =
			(struct snapshot_state){ protocol, CT_STATE_OFFLOADED + 1, entries[count] };
	return row;
}

void totals_fill(const struct totals *totals, struct totals_rows *rows, struct snapshot_scan *scan)
{
	struct snapshot_state *states = scan->states;

	scan->scanned = totals->scanned;
	scan->assured = totals->assured;
	scan->closing = totals->closing;
	scan->idle = totals->idle;
	scan->established_timeout = totals->established_timeout;
	scan->unreplied = totals->unreplied;
	scan->evictable = totals->scanned - snapshot_firm(scan);
	scan->source_nat = totals->source_nat;
	scan->destination_nat = totals->destination_nat;
	scan->offloaded = totals->offloaded;
	scan->ipv4 = totals->family[0];
	scan->ipv6 = totals->family[1];
	scan->helped = totals->helped;
	fill_protocols(totals, rows, scan->protocols);
	states = fill_states(CT_PROTOCOL_TCP, totals->tcp_states, CT_TCP_STATES,
			     rows->tcp_offloaded_seen, states);
	if (rows->sctp_seen)
		fill_states(CT_PROTOCOL_SCTP, totals->sctp_states, CT_SCTP_STATES,
			    rows->sctp_offloaded_seen, states);
}
