/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/totals.h"

#include <stdlib.h>
#include <sys/socket.h>

void totals_add(struct totals *totals, const struct ct_entry *entry)
{
	int family = entry->family == AF_INET6 ? 1 : 0;
	struct totals_protocol *protocol = &totals->protocols[family][entry->protocol];
	uint32_t assured = (entry->status & CT_STATUS_ASSURED) != 0;
	uint32_t unreplied = (entry->status & CT_STATUS_SEEN_REPLY) == 0;

	totals->scanned++;
	totals->family[family]++;
	totals->assured += assured;
	totals->unreplied += unreplied;
	totals->source_nat += (entry->status & CT_STATUS_SOURCE_NAT) != 0;
	totals->destination_nat += (entry->status & CT_STATUS_DESTINATION_NAT) != 0;
	totals->offloaded +=
		(entry->status & (CT_STATUS_OFFLOAD | CT_STATUS_HARDWARE_OFFLOAD)) != 0;
	totals->helped += entry->helped;

	protocol->entries++;
	protocol->assured += assured;
	protocol->unreplied += unreplied;
	protocol->packets += entry->packets;
	protocol->octets += entry->octets;

	if (entry->protocol == CT_PROTOCOL_TCP && entry->tcp_state < CT_TCP_STATES)
		totals->tcp_states[entry->tcp_state]++;
	else if (entry->protocol == CT_PROTOCOL_SCTP && entry->sctp_state < CT_SCTP_STATES)
		totals->sctp_states[entry->sctp_state]++;
}

static void scale(const struct estimate *estimate, uint32_t *count)
{
	*count = estimate_scale(estimate, *count);
}

void totals_scale(struct totals *totals, const struct estimate *estimate)
{
	scale(estimate, &totals->scanned);
	scale(estimate, &totals->assured);
	scale(estimate, &totals->unreplied);
	scale(estimate, &totals->source_nat);
	scale(estimate, &totals->destination_nat);
	scale(estimate, &totals->offloaded);
	scale(estimate, &totals->helped);
	scale(estimate, &totals->family[0]);
	totals->family[1] = totals->scanned - totals->family[0];
	for (int family = 0; family < 2; family++) {
		for (int number = 0; number < 256; number++) {
			struct totals_protocol *protocol = &totals->protocols[family][number];

			scale(estimate, &protocol->entries);
			scale(estimate, &protocol->assured);
			scale(estimate, &protocol->unreplied);
			protocol->packets = estimate_scale64(estimate, protocol->packets);
			protocol->octets = estimate_scale64(estimate, protocol->octets);
		}
	}
	for (int state = 0; state < CT_TCP_STATES; state++)
		scale(estimate, &totals->tcp_states[state]);
	for (int state = 0; state < CT_SCTP_STATES; state++)
		scale(estimate, &totals->sctp_states[state]);
}

static void rows_see(struct totals_rows *rows, int family, uint8_t number)
{
	if (rows->protocol_seen[family][number])
		return;
	/* one place is kept for the row of all the others */
	if (rows->protocol_count[family] + 1 >= TOTALS_PROTOCOLS_MAX)
		number = CT_PROTOCOL_OTHER;
	if (!rows->protocol_seen[family][number]) {
		rows->protocol_seen[family][number] = true;
		rows->protocol_count[family]++;
	}
}

static void rows_learn(struct totals_rows *rows, const struct totals *totals)
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
}

static void protocol_add(struct snapshot_protocol *row, const struct totals_protocol *protocol)
{
	row->entries += protocol->entries;
	row->assured += protocol->assured;
	row->unreplied += protocol->unreplied;
	row->packets += protocol->packets;
	row->octets += protocol->octets;
}

static int finish_protocols(const struct totals *totals, struct totals_rows *rows,
			    struct snapshot_scan *scan)
{
	size_t count = rows->protocol_count[0] + rows->protocol_count[1];
	struct snapshot_protocol *row = calloc(count, sizeof(*row));

	if (!row)
		return -1;
	scan->protocols = row;
	scan->protocol_count = count;
	for (int family = 0; family < 2; family++) {
		struct snapshot_protocol others = { 0 };

		for (unsigned int number = 0; number < 256; number++) {
			const struct totals_protocol *protocol = &totals->protocols[family][number];
			bool shared = number == CT_PROTOCOL_OTHER;

			if (!rows->protocol_seen[family][number]) {
				protocol_add(&others, protocol);
				continue;
			}
			if (shared)
				*row = others;
			protocol_add(row, protocol);
			row->address_type = (uint8_t)(family + 1);
			row->number = (uint8_t)number;
			if (row->entries > rows->protocol_peak[family][number])
				rows->protocol_peak[family][number] = row->entries;
			row->peak_entries = rows->protocol_peak[family][number];
			row++;
		}
	}
	return 0;
}

static int finish_states(const struct totals *totals, const struct totals_rows *rows,
			 struct snapshot_scan *scan)
{
	size_t count = CT_TCP_STATES + (rows->sctp_seen ? CT_SCTP_STATES : 0);
	struct snapshot_state *row = calloc(count, sizeof(*row));

	if (!row)
		return -1;
	scan->states = row;
	scan->state_count = count;
	for (uint8_t i = 0; i < CT_TCP_STATES; i++)
		*row++ = (struct snapshot_state){ CT_PROTOCOL_TCP, (uint8_t)(i + 1),
						  totals->tcp_states[i] };
	for (uint8_t i = 0; rows->sctp_seen && i < CT_SCTP_STATES; i++)
		*row++ = (struct snapshot_state){ CT_PROTOCOL_SCTP, (uint8_t)(i + 1),
						  totals->sctp_states[i] };
	return 0;
}

int totals_finish(const struct totals *totals, struct totals_rows *rows, struct snapshot_scan *scan)
{
	scan->scanned = totals->scanned;
	scan->assured = totals->assured;
	scan->unreplied = totals->unreplied;
	scan->evictable = totals->scanned - totals->assured;
	scan->source_nat = totals->source_nat;
	scan->destination_nat = totals->destination_nat;
	scan->offloaded = totals->offloaded;
	scan->ipv4 = totals->family[0];
	scan->ipv6 = totals->family[1];
	scan->helped = totals->helped;
	rows_learn(rows, totals);
	if (finish_protocols(totals, rows, scan) != 0 || finish_states(totals, rows, scan) != 0) {
		snapshot_scan_clear(scan);
		return -1;
	}
	return 0;
}
