/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ct_parse.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "kernel/ct_attr.h"

static void parse_address(const struct nlattr *field, size_t length, struct address *address)
{
	if (ct_attr_length(field) == length)
		memcpy(address->octet, field + 1, length);
}

/* CTA_TUPLE_IP > CTA_IP_V4_SRC and so on */
static void parse_addresses(const struct nlattr *part, struct ct_entry *entry)
{
	struct ct_attr_walk fields = ct_attr_nested(part);
	const struct nlattr *field;

	while ((field = ct_attr_next(&fields))) {
		switch (ct_attr_type(field)) {
		case CTA_IP_V4_SRC:
			parse_address(field, 4, &entry->source);
			break;
		case CTA_IP_V4_DST:
			parse_address(field, 4, &entry->destination);
			break;
		case CTA_IP_V6_SRC:
			parse_address(field, 16, &entry->source);
			break;
		case CTA_IP_V6_DST:
			parse_address(field, 16, &entry->destination);
			break;
		default:
			break;
		}
	}
}

/* CTA_TUPLE_PROTO > CTA_PROTO_NUM and the ports */
static bool parse_protocol(const struct nlattr *part, struct ct_entry *entry)
{
	struct ct_attr_walk fields = ct_attr_nested(part);
	const struct nlattr *field;
	bool has_protocol = false;

	while ((field = ct_attr_next(&fields))) {
		switch (ct_attr_type(field)) {
		case CTA_PROTO_NUM:
			has_protocol = ct_attr_u8(field, &entry->protocol);
			break;
		case CTA_PROTO_SRC_PORT:
			ct_attr_be16(field, &entry->source_port);
			break;
		case CTA_PROTO_DST_PORT:
			ct_attr_be16(field, &entry->destination_port);
			break;
		default:
			break;
		}
	}
	return has_protocol;
}

/* CTA_TUPLE_ORIG > CTA_TUPLE_IP, CTA_TUPLE_PROTO, CTA_TUPLE_ZONE */
static bool parse_tuple(const struct nlattr *tuple, struct ct_entry *entry)
{
	struct ct_attr_walk parts = ct_attr_nested(tuple);
	const struct nlattr *part;
	bool has_protocol = false;

	while ((part = ct_attr_next(&parts))) {
		switch (ct_attr_type(part)) {
		case CTA_TUPLE_IP:
			parse_addresses(part, entry);
			break;
		case CTA_TUPLE_PROTO:
			has_protocol = parse_protocol(part, entry);
			break;
		case CTA_TUPLE_ZONE:
			ct_attr_be16(part, &entry->zone);
			break;
		default:
			break;
		}
	}
	return has_protocol;
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

/* Adds the values of one direction. */
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
		case CTA_ID:
			ct_attr_be32(attribute, &entry->id);
			break;
		case CTA_MARK:
			ct_attr_be32(attribute, &entry->mark);
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
