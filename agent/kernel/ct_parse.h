/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One conntrack entry from a ctnetlink message, read in place: no allocation, no copy. Sources:
 * linux/netfilter/nfnetlink_conntrack.h (attributes), nf_conntrack_common.h (status). */
#ifndef CT_PARSE_H
#define CT_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/address.h"

struct nlmsghdr;

/* What the aggregate needs of an entry. A field whose attribute is missing is 0. */
struct ct_entry {
	struct address source, destination;     /* CTA_TUPLE_IP of the original direction */
	uint16_t source_port, destination_port; /* CTA_PROTO_*_PORT, likewise; host byte order */
	uint32_t status;                        /* CTA_STATUS: CT_STATUS_* bits */
	uint32_t id;   /* CTA_ID: a hash that stays the same for the entry's life */
	uint32_t mark; /* CTA_MARK; the kernel leaves it out for 0 */
	/* CTA_ZONE, or CTA_TUPLE_ZONE where the zone is that of the original direction alone; the
	 * kernel leaves it out for zone 0 */
	uint16_t zone;
	uint8_t family;     /* nfgen_family: AF_INET or AF_INET6 */
	uint8_t protocol;   /* CTA_PROTO_NUM of the original direction (IANA) */
	uint8_t tcp_state;  /* CTA_PROTOINFO_TCP_STATE: enum tcp_conntrack */
	uint8_t sctp_state; /* CTA_PROTOINFO_SCTP_STATE: enum sctp_conntrack */
	bool helped;        /* CTA_HELP is there */
	uint64_t packets;   /* CTA_COUNTERS_PACKETS, both directions */
	uint64_t octets;    /* CTA_COUNTERS_BYTES, both directions */
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
 * buffer. False if the message is not an entry: too short, or without an original tuple. */
bool ct_parse_entry(const struct nlmsghdr *message, struct ct_entry *entry);

#endif
