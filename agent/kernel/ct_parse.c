/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ct_parse.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <sys/socket.h>

#include "common/ct_names.h"
#include "kernel/ct_attr.h"

/* What was read of a message beside the fields of the entry. */
struct found {
	bool source, destination, protocol, source_port, destination_port, status;
	bool zone; /* of both directions */
	bool tcp_state, sctp_state;
	uint8_t tcp, sctp;
};

static bool parse_address(const struct nlattr *field, size_t length, struct address *address)
{
	if (ct_attr_length(field) != length)
		return false;
	memcpy(address->octet, field + 1, length);
	return true;
}

/* CTA_TUPLE_IP > CTA_IP_V4_SRC and so on, of the entry's family */
static void parse_addresses(const struct nlattr *part, struct ct_entry *entry, struct found *found)
{
	bool is_ipv6 = entry->family == AF_INET6;
	uint16_t source = is_ipv6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC;
	uint16_t destination = is_ipv6 ? CTA_IP_V6_DST : CTA_IP_V4_DST;
	struct ct_attr_walk fields = ct_attr_nested(part);
	size_t length = is_ipv6 ? 16 : 4;
	const struct nlattr *field;

	while ((field = ct_attr_next(&fields))) {
		if (ct_attr_type(field) == source)
			found->source = parse_address(field, length, &entry->source);
		else if (ct_attr_type(field) == destination)
			found->destination = parse_address(field, length, &entry->destination);
	}
}

/* CTA_TUPLE_PROTO > CTA_PROTO_NUM and the ports */
static void parse_protocol(const struct nlattr *part, struct ct_entry *entry, struct found *found)
{
	struct ct_attr_walk fields = ct_attr_nested(part);
	const struct nlattr *field;

	while ((field = ct_attr_next(&fields))) {
		switch (ct_attr_type(field)) {
		case CTA_PROTO_NUM:
			found->protocol = ct_attr_u8(field, &entry->protocol);
			break;
		case CTA_PROTO_SRC_PORT:
			found->source_port = ct_attr_be16(field, &entry->source_port);
			break;
		case CTA_PROTO_DST_PORT:
			found->destination_port = ct_attr_be16(field, &entry->destination_port);
			break;
		default:
			break;
		}
	}
}

/* CTA_TUPLE_ORIG > CTA_TUPLE_IP, CTA_TUPLE_PROTO, CTA_TUPLE_ZONE */
static void parse_tuple(const struct nlattr *tuple, struct ct_entry *entry, struct found *found)
{
	struct ct_attr_walk parts = ct_attr_nested(tuple);
	const struct nlattr *part;

	while ((part = ct_attr_next(&parts))) {
		switch (ct_attr_type(part)) {
		case CTA_TUPLE_IP:
			parse_addresses(part, entry, found);
			break;
		case CTA_TUPLE_PROTO:
			parse_protocol(part, entry, found);
			break;
		case CTA_TUPLE_ZONE:
			ct_attr_be16(part, &entry->zone);
			break;
		default:
			break;
		}
	}
}

/* CTA_TUPLE_REPLY of an entry with source NAT */
static void parse_translation(const struct nlattr *tuple, struct ct_entry *entry, bool has_zone)
{
	struct ct_entry reply = { .family = entry->family };
	struct found found = { .source = false };

	parse_tuple(tuple, &reply, &found);
	if (!found.destination)
		return;
	entry->has_nat = true;
	entry->nat_source = reply.destination;
	entry->nat_zone = has_zone ? entry->zone : reply.zone;
	entry->nat_destination = found.source ? reply.source : entry->destination;
	if (!found.source_port || !found.destination_port || reply.destination_port == 0 ||
	    reply.protocol != entry->protocol || !ct_protocol_has_ports(entry->protocol))
		return;
	entry->has_nat_ports = true;
	entry->nat_source_port = reply.destination_port;
	entry->nat_destination_port = reply.source_port;
}

/* CTA_PROTOINFO > CTA_PROTOINFO_TCP or _SCTP > the state */
static void parse_protoinfo(const struct nlattr *protoinfo, struct found *found)
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
				found->tcp_state = ct_attr_u8(field, &found->tcp);
			else if (type == CTA_PROTOINFO_SCTP &&
				 ct_attr_type(field) == CTA_PROTOINFO_SCTP_STATE)
				found->sctp_state = ct_attr_u8(field, &found->sctp);
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

/* What depends on the protocol, which may come after it. */
static void settle(struct ct_entry *entry, const struct found *found)
{
	entry->has_ports = found->source_port && found->destination_port &&
			   ct_protocol_has_ports(entry->protocol);
	if (entry->protocol == CT_PROTOCOL_TCP) {
		entry->has_state = found->tcp_state;
		entry->state = found->tcp;
	} else if (entry->protocol == CT_PROTOCOL_SCTP) {
		entry->has_state = found->sctp_state;
		entry->state = found->sctp;
	}
}

bool ct_parse_entry(const struct nlmsghdr *message, struct ct_entry *entry)
{
	const struct nfgenmsg *header = (const struct nfgenmsg *)(const void *)(message + 1);
	struct ct_attr_walk attributes = ct_attr_of_message(message, sizeof(*header));
	const struct nlattr *attribute, *reply = NULL;
	struct found found = { .source = false };

	if (message->nlmsg_len < sizeof(*message) + sizeof(*header) ||
	    (header->nfgen_family != AF_INET && header->nfgen_family != AF_INET6))
		return false;
	memset(entry, 0, sizeof(*entry));
	entry->family = header->nfgen_family;
	while ((attribute = ct_attr_next(&attributes))) {
		switch (ct_attr_type(attribute)) {
		case CTA_TUPLE_ORIG:
			parse_tuple(attribute, entry, &found);
			break;
		case CTA_TUPLE_REPLY:
			reply = attribute;
			break;
		case CTA_STATUS:
			found.status = ct_attr_be32(attribute, &entry->status);
			break;
		case CTA_ID:
			entry->has_id = ct_attr_be32(attribute, &entry->id);
			break;
		case CTA_TIMEOUT:
			entry->has_timeout = ct_attr_be32(attribute, &entry->timeout);
			break;
		case CTA_MARK:
			ct_attr_be32(attribute, &entry->mark);
			break;
		case CTA_PROTOINFO:
			parse_protoinfo(attribute, &found);
			break;
		case CTA_ZONE:
			found.zone = ct_attr_be16(attribute, &entry->zone);
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
	settle(entry, &found);
	if (reply && entry->status & CT_STATUS_SOURCE_NAT)
		parse_translation(reply, entry, found.zone);
	return found.source && found.destination && found.protocol && found.status;
}
