/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One conntrack entry out of a ctnetlink message, read in place: no allocation, no copy.
 * Sources: linux/netfilter/nfnetlink_conntrack.h (attributes), nf_conntrack_common.h (status). */
#ifndef CT_PARSE_H
#define CT_PARSE_H

#include <stdbool.h>
#include <stdint.h>

struct nlmsghdr;

/* What the aggregate needs of an entry. A field whose attribute is missing is 0. */
struct ct_entry {
	uint32_t status;    /* CTA_STATUS: IPS_* bits */
	uint16_t zone;      /* CTA_ZONE; the kernel leaves it out for zone 0 */
	uint8_t family;     /* nfgen_family: AF_INET or AF_INET6 */
	uint8_t protocol;   /* CTA_PROTO_NUM of the original direction (IANA) */
	uint8_t tcp_state;  /* CTA_PROTOINFO_TCP_STATE: enum tcp_conntrack */
	uint8_t sctp_state; /* CTA_PROTOINFO_SCTP_STATE: enum sctp_conntrack */
	bool helped;        /* CTA_HELP is there */
	uint64_t packets;   /* CTA_COUNTERS_PACKETS, both directions */
	uint64_t octets;    /* CTA_COUNTERS_BYTES, both directions */
};

/* Fills `entry` from an IPCTNL_MSG_CT_NEW message whose nlmsg_len has been checked against its
 * buffer. False if the message is no entry: too short, or without an original tuple. */
bool ct_parse_entry(const struct nlmsghdr *message, struct ct_entry *entry);

#endif
