/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ct_parse.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "ct_attr.h"

/* CTA_TUPLE_ORIG > CTA_TUPLE_PROTO > CTA_PROTO_NUM */
static bool parse_tuple(const struct nlattr *tuple, struct ct_entry *entry)
{
	struct ct_attr_walk parts = ct_attr_nested(tuple);
	const struct nlattr *part, *field;

	while ((part = ct_attr_next(&parts))) {
		struct ct_attr_walk fields = ct_attr_nested(part);

		if (ct_attr_type(part) != CTA_TUPLE_PROTO)
			continue;
		while ((field = ct_attr_next(&fields))) {
			if (ct_attr_type(field) == CTA_PROTO_NUM)
				return ct_attr_u8(field, &entry->protocol);
		}
	}
	return false;
}

/* CTA_PROTOINFO > CTA_PROTOINFO_TCP or _SCTP > the state */
static void parse_protoinfo(const struct nlattr *protoinfo, struct ct_entry *entry)
{
	struct ct_attr_walk protocols = ct_attr_nested(protoinfo);
	const struct nlattr *protocol, *field;

	while ((protocol = ct_attr_next(&protocols))) {
		struct ct_attr_walk fields = ct_attr_nested(protocol);
		uint16_t type = ct_attr_type(protocol);

		if (type != CTA_PROTOINFO_TCP && type != CTA_PROTOINFO_SCTP)
			continue;
		while ((field = ct_attr_next(&fields))) {
			if (type == CTA_PROTOINFO_TCP &&
			    ct_attr_type(field) == CTA_PROTOINFO_TCP_STATE)
				ct_attr_u8(field, &entry->tcp_state);
			else if (type == CTA_PROTOINFO_SCTP &&
				 ct_attr_type(field) == CTA_PROTOINFO_SCTP_STATE)
				ct_attr_u8(field, &entry->sctp_state);
		}
	}
}

/* Adds the figures of one direction. */
static void parse_counters(const struct nlattr *counters, struct ct_entry *entry)
{
	struct ct_attr_walk fields = ct_attr_nested(counters);
	const struct nlattr *field;
	uint64_t value;

	while ((field = ct_attr_next(&fields))) {
		if (ct_attr_type(field) == CTA_COUNTERS_PACKETS && ct_attr_be64(field, &value))
			entry->packets += value;
		else if (ct_attr_type(field) == CTA_COUNTERS_BYTES && ct_attr_be64(field, &value))
			entry->octets += value;
	}
}

bool ct_parse_entry(const struct nlmsghdr *message, struct ct_entry *entry)
{
	const struct nfgenmsg *header = (const struct nfgenmsg *)(const void *)(message + 1);
	struct ct_attr_walk attributes = ct_attr_of_message(message, sizeof(*header));
	const struct nlattr *attribute;
	bool has_tuple = false;

	if (message->nlmsg_len < sizeof(*message) + sizeof(*header))
		return false;
	memset(entry, 0, sizeof(*entry));
	entry->family = header->nfgen_family;
	while ((attribute = ct_attr_next(&attributes))) {
		switch (ct_attr_type(attribute)) {
		case CTA_TUPLE_ORIG:
			has_tuple = parse_tuple(attribute, entry);
			break;
		case CTA_STATUS:
			ct_attr_be32(attribute, &entry->status);
			break;
		case CTA_PROTOINFO:
			parse_protoinfo(attribute, entry);
			break;
		case CTA_ZONE:
			ct_attr_be16(attribute, &entry->zone);
			break;
		case CTA_COUNTERS_ORIG:
		case CTA_COUNTERS_REPLY:
			parse_counters(attribute, entry);
			break;
		case CTA_HELP:
			entry->helped = true;
			break;
		default:
			break; /* not of interest, or newer than this program */
		}
	}
	return has_tuple;
}
