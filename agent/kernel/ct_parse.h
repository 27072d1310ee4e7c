/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One conntrack entry from a ctnetlink message, read in place: no allocation, no copy. Sources:
 * linux/netfilter/nfnetlink_conntrack.h (attributes), nf_conntrack_common.h (status). */
#ifndef CT_PARSE_H
#define CT_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/address.h"

struct nlmsghdr;

/* What the aggregate needs of an entry. A field with a `has_` is valid only with it: its attribute
 * may be missing, and 0 is a value. */
struct ct_entry {
	struct address source, destination; /* CTA_TUPLE_IP of the original direction */
	/* CTA_PROTO_*_PORT, likewise; host byte order. has_ports: of a protocol that has ports, and
	 * the kernel tells them. (Of a protocol that it has no tracker for, it does not.) */
	uint16_t source_port, destination_port;
	uint32_t status; /* CTA_STATUS: CT_STATUS_* bits */
	uint32_t id;     /* CTA_ID: a hash that stays the same for the entry's life */
	uint32_t mark;   /* CTA_MARK; the kernel leaves it out for 0 */
	/* CTA_TIMEOUT: seconds until the entry ends, unless a packet comes. The kernel leaves it
	 * out while a flowtable forwards the entry */
	uint32_t timeout;
	/* CTA_ZONE, or CTA_TUPLE_ZONE where the zone is that of the original direction alone; the
	 * kernel leaves it out for zone 0 */
	uint16_t zone;
	uint8_t family;   /* nfgen_family: AF_INET or AF_INET6 */
	uint8_t protocol; /* CTA_PROTO_NUM of the original direction (IANA) */
	/* CTA_PROTOINFO_TCP_STATE or _SCTP_STATE of this protocol: enum tcp_conntrack, enum
	 * sctp_conntrack. The kernel leaves it out while a flowtable forwards the entry. */
	uint8_t state;
	bool has_ports, has_id, has_state, has_timeout;
	bool helped; /* CTA_HELP is there */
	/* Of an entry with source NAT, from CTA_TUPLE_REPLY: the translated address and port are
	 * the destination there; and where its packets go after all translations is the source.
	 * has_nat_ports: as has_ports, and the translated port is not 0. */
	bool has_nat, has_nat_ports;
	uint16_t nat_source_port, nat_destination_port;
	uint16_t nat_zone; /* as `zone`, of the reply direction: there ports are unique */
	struct address nat_source, nat_destination;
	/* CTA_COUNTERS_PACKETS and _BYTES, both directions; left out unless nf_conntrack_acct was
	 * on when the entry began: then nothing was counted */
	uint64_t packets, octets;
};

/* nf_conntrack_common.h, enum ip_conntrack_status; the later ones are missing in old headers */
#define CT_STATUS_SEEN_REPLY       (1U << 1)
#define CT_STATUS_ASSURED          (1U << 2)
#define CT_STATUS_SOURCE_NAT       (1U << 4)
#define CT_STATUS_DESTINATION_NAT  (1U << 5)
#define CT_STATUS_DYING            (1U << 9)
#define CT_STATUS_OFFLOAD          (1U << 14)
#define CT_STATUS_HARDWARE_OFFLOAD (1U << 15)

/* Fills `entry` from an IPCTNL_MSG_CT_NEW message whose nlmsg_len has been checked against its
 * buffer. False if the message is not an entry: too short, of another family, or without what each
 * entry has: the addresses and the protocol of the original direction, and a status. */
bool ct_parse_entry(const struct nlmsghdr *message, struct ct_entry *entry);

#endif
