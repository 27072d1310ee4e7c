/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/filter.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ct_names.h"

static const struct {
	enum filter_condition condition;
	const char *name;
} flags[] = {
	{ FILTER_ASSURED, "assured" },     { FILTER_UNREPLIED, "unreplied" }, { FILTER_NAT, "nat" },
	{ FILTER_OFFLOADED, "offloaded" }, { FILTER_DYING, "dying" },
};
#define FLAG_COUNT (sizeof(flags) / sizeof(flags[0]))

/* A whole number up to `max`, decimal or (for marks) hexadecimal; *end is set to the end of it. */
static bool parse_number(const char *text, uint32_t max, int base, uint32_t *number,
			 const char **end)
{
	unsigned long long read;
	char *stop;

	if (text[0] < '0' || text[0] > '9')
		return false;
	read = strtoull(text, &stop, base);
	*end = stop;
	*number = (uint32_t)read;
	return read <= max;
}

static const char *parse_protocol(struct filter *filter, const char *text)
{
	int number = ct_protocol_number(text);

	if (number < 0)
		return "must be a protocol such as \"tcp\", \"udp\" or \"icmp\", or a number from "
		       "0 to "
		       "255";
	filter->protocol = (uint8_t)number;
	filter->conditions |= FILTER_PROTOCOL;
	return NULL;
}

static const char *parse_prefix(struct filter_prefix *prefix, const char *text)
{
	if (!address_parse(text, &prefix->family, &prefix->address, &prefix->length))
		return "must be an address, or a prefix without bits set after its length, such as "
		       "\"192.0.2.7\", \"192.0.2.0/24\" or \"2001:db8::/32\"";
	prefix->mask = address_mask(prefix->family, prefix->length);
	return NULL;
}

static const char *parse_source(struct filter *filter, const char *text)
{
	filter->conditions |= FILTER_SOURCE;
	return parse_prefix(&filter->source, text);
}

static const char *parse_destination(struct filter *filter, const char *text)
{
	filter->conditions |= FILTER_DESTINATION;
	return parse_prefix(&filter->destination, text);
}

static const char *parse_nat_source(struct filter *filter, const char *text)
{
	filter->conditions |= FILTER_NAT_SOURCE;
	return parse_prefix(&filter->nat_source, text);
}

static const char *parse_ports(struct filter_ports *ports, const char *text)
{
	static const char remedy[] =
		"must be a port or a range of ports from 0 to 65535, such as 22 or "
		"\"6000-6063\"";
	uint32_t low, high;
	const char *end;

	if (!parse_number(text, UINT16_MAX, 10, &low, &end))
		return remedy;
	high = low;
	if (*end == '-' && !parse_number(end + 1, UINT16_MAX, 10, &high, &end))
		return remedy;
	if (*end || high < low)
		return remedy;
	*ports = (struct filter_ports){ (uint16_t)low, (uint16_t)high };
	return NULL;
}

static const char *parse_source_port(struct filter *filter, const char *text)
{
	filter->conditions |= FILTER_SOURCE_PORT;
	return parse_ports(&filter->source_port, text);
}

static const char *parse_destination_port(struct filter *filter, const char *text)
{
	filter->conditions |= FILTER_DESTINATION_PORT;
	return parse_ports(&filter->destination_port, text);
}

static const char *parse_state(struct filter *filter, const char *text)
{
	int state;

	if (!(filter->conditions & FILTER_PROTOCOL) ||
	    (filter->protocol != CT_PROTOCOL_TCP && filter->protocol != CT_PROTOCOL_SCTP))
		return "needs protocol = \"tcp\" or \"sctp\"";
	state = ct_state_number(filter->protocol, text);
	if (state < 0)
		return filter->protocol == CT_PROTOCOL_TCP
			       ? "must be NONE, SYN_SENT, SYN_RECV, ESTABLISHED, FIN_WAIT, "
				 "CLOSE_WAIT, "
				 "LAST_ACK, TIME_WAIT, CLOSE or SYN_SENT2"
			       : "must be a state as conntrack(8) shows it for sctp, such as "
				 "ESTABLISHED";
	filter->state = (uint8_t)state;
	filter->conditions |= FILTER_STATE;
	return NULL;
}

static const char *parse_zone(struct filter *filter, const char *text)
{
	uint32_t zone;
	const char *end;

	if (!parse_number(text, UINT16_MAX, 10, &zone, &end) || *end)
		return "must be a whole number from 0 to 65535";
	filter->zone = (uint16_t)zone;
	filter->conditions |= FILTER_ZONE;
	return NULL;
}

static const char *parse_mark(struct filter *filter, const char *text)
{
	static const char remedy[] =
		"must be a mark, or a mark and a mask, such as 1 or \"0x10/0xf0\"";
	const char *end;

	filter->mark_mask = UINT32_MAX;
	if (!parse_number(text, UINT32_MAX, 0, &filter->mark, &end))
		return remedy;
	if (*end == '/' && !parse_number(end + 1, UINT32_MAX, 0, &filter->mark_mask, &end))
		return remedy;
	if (*end)
		return remedy;
	if (filter->mark & ~filter->mark_mask)
		return "has bits outside its mask and can match nothing; give a mark within the "
		       "mask";
	filter->conditions |= FILTER_MARK;
	return NULL;
}

static const char *parse_status(struct filter *filter, const char *text)
{
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if (strcmp(flags[i].name, text) == 0) {
			filter->conditions |= flags[i].condition;
			return NULL;
		}
	}
	return "must be assured, unreplied, nat, offloaded or dying";
}

static const struct filter_key keys[] = {
	{ "protocol", parse_protocol },
	{ "source", parse_source },
	{ "destination", parse_destination },
	{ "nat-source", parse_nat_source },
	{ "source-port", parse_source_port },
	{ "destination-port", parse_destination_port },
	{ "state", parse_state },
	{ "zone", parse_zone },
	{ "mark", parse_mark },
	{ "status", parse_status },
};

const struct filter_key *filter_find_key(const char *name)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	}
	return NULL;
}

const char *filter_check(const struct filter *filter, const char **key)
{
	uint32_t given = filter->conditions;

	if (given & FILTER_SOURCE && given & FILTER_DESTINATION &&
	    filter->source.family != filter->destination.family) {
		*key = "destination";
		return "source and destination are of different families and can match nothing; "
		       "give both as IPv4 or both as IPv6";
	}
	if (given & FILTER_NAT_SOURCE &&
	    ((given & FILTER_SOURCE && filter->source.family != filter->nat_source.family) ||
	     (given & FILTER_DESTINATION &&
	      filter->destination.family != filter->nat_source.family))) {
		*key = "nat-source";
		return "nat-source is of another family than source or destination and can match "
		       "nothing; give all as IPv4 or all as IPv6";
	}
	if (given & (FILTER_SOURCE_PORT | FILTER_DESTINATION_PORT) && given & FILTER_PROTOCOL &&
	    !ct_protocol_has_ports(filter->protocol)) {
		*key = given & FILTER_DESTINATION_PORT ? "destination-port" : "source-port";
		return "this protocol has no ports; leave the port out, or give a protocol that "
		       "has them, such as \"tcp\" or \"udp\"";
	}
	return NULL;
}

uint32_t filter_status(uint32_t status)
{
	return (status & CT_STATUS_ASSURED ? FILTER_ASSURED : 0U) |
	       (status & CT_STATUS_SEEN_REPLY ? 0U : FILTER_UNREPLIED) |
	       (status & (CT_STATUS_SOURCE_NAT | CT_STATUS_DESTINATION_NAT) ? FILTER_NAT : 0U) |
	       (status & (CT_STATUS_OFFLOAD | CT_STATUS_HARDWARE_OFFLOAD) ? FILTER_OFFLOADED : 0U) |
	       (status & CT_STATUS_DYING ? FILTER_DYING : 0U);
}

static bool prefix_matches(const struct filter_prefix *prefix, uint8_t family,
			   struct address address)
{
	return prefix->family == family &&
	       address_equal(address_and(address, prefix->mask), prefix->address);
}

static bool ports_match(const struct filter_ports *ports, const struct ct_entry *entry,
			uint16_t port)
{
	return port >= ports->low && port <= ports->high && entry->has_ports;
}

bool filter_matches(const struct filter *filter, const struct ct_entry *entry)
{
	uint32_t wanted = filter->conditions;
	uint32_t status = wanted & (FILTER_ASSURED | FILTER_UNREPLIED | FILTER_NAT |
				    FILTER_OFFLOADED | FILTER_DYING);

	if (status && status & ~filter_status(entry->status))
		return false;
	if (wanted & FILTER_PROTOCOL && entry->protocol != filter->protocol)
		return false;
	if (wanted & FILTER_DESTINATION_PORT &&
	    !ports_match(&filter->destination_port, entry, entry->destination_port))
		return false;
	if (wanted & FILTER_SOURCE_PORT &&
	    !ports_match(&filter->source_port, entry, entry->source_port))
		return false;
	if (wanted & FILTER_SOURCE &&
	    !prefix_matches(&filter->source, entry->family, entry->source))
		return false;
	if (wanted & FILTER_DESTINATION &&
	    !prefix_matches(&filter->destination, entry->family, entry->destination))
		return false;
	if (wanted & FILTER_NAT_SOURCE &&
	    !(entry->has_nat &&
	      prefix_matches(&filter->nat_source, entry->family, entry->nat_source)))
		return false;
	if (wanted & FILTER_STATE && !(entry->has_state && entry->state == filter->state))
		return false;
	if (wanted & FILTER_ZONE && entry->zone != filter->zone)
		return false;
	return !(wanted & FILTER_MARK) || (entry->mark & filter->mark_mask) == filter->mark;
}

static bool same_prefix(const struct filter_prefix *one, const struct filter_prefix *other)
{
	return one->family == other->family && one->length == other->length &&
	       address_equal(one->address, other->address);
}

static bool same_ports(const struct filter_ports *one, const struct filter_ports *other)
{
	return one->low == other->low && one->high == other->high;
}

/* A field without its condition is 0. */
bool filter_equal(const struct filter *one, const struct filter *other)
{
	return one->conditions == other->conditions && one->protocol == other->protocol &&
	       one->state == other->state && one->zone == other->zone && one->mark == other->mark &&
	       one->mark_mask == other->mark_mask &&
	       same_ports(&one->source_port, &other->source_port) &&
	       same_ports(&one->destination_port, &other->destination_port) &&
	       same_prefix(&one->source, &other->source) &&
	       same_prefix(&one->destination, &other->destination) &&
	       same_prefix(&one->nat_source, &other->nat_source);
}

/* Text under construction. */
struct pen {
	char *text;
	size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void say(struct pen *pen, const char *format, ...)
{
	va_list arguments;
	int length;

	if (pen->used && pen->used + 1 < pen->size)
		pen->text[pen->used++] = ' ';
	va_start(arguments, format);
	length = vsnprintf(pen->text + pen->used, pen->size - pen->used, format, arguments);
	va_end(arguments);
	if (length > 0)
		pen->used += (size_t)length;
	if (pen->used >= pen->size)
		pen->used = pen->size - 1;
}

static void say_prefix(struct pen *pen, const char *name, const struct filter_prefix *prefix)
{
	char text[ADDRESS_TEXT_SIZE];

	address_text(prefix->family, prefix->address, prefix->length, text);
	say(pen, "%s %s", name, text);
}

static void say_ports(struct pen *pen, const char *name, const struct filter_ports *ports)
{
	if (ports->low == ports->high)
		say(pen, "%s %u", name, ports->low);
	else
		say(pen, "%s %u-%u", name, ports->low, ports->high);
}

void filter_text(const struct filter *filter, char *text, size_t size)
{
	struct pen pen = { text, size, 0 };
	uint32_t given = filter->conditions;

	text[0] = '\0';
	if (given & FILTER_PROTOCOL && ct_protocol_name(filter->protocol))
		say(&pen, "protocol %s", ct_protocol_name(filter->protocol));
	else if (given & FILTER_PROTOCOL)
		say(&pen, "protocol %u", filter->protocol);
	if (given & FILTER_SOURCE)
		say_prefix(&pen, "source", &filter->source);
	if (given & FILTER_DESTINATION)
		say_prefix(&pen, "destination", &filter->destination);
	if (given & FILTER_NAT_SOURCE)
		say_prefix(&pen, "nat-source", &filter->nat_source);
	if (given & FILTER_SOURCE_PORT)
		say_ports(&pen, "source-port", &filter->source_port);
	if (given & FILTER_DESTINATION_PORT)
		say_ports(&pen, "destination-port", &filter->destination_port);
	if (given & FILTER_STATE)
		say(&pen, "state %s", ct_state_name(filter->protocol, filter->state));
	if (given & FILTER_ZONE)
		say(&pen, "zone %u", filter->zone);
	if (given & FILTER_MARK && filter->mark_mask == UINT32_MAX)
		say(&pen, "mark 0x%" PRIx32, filter->mark);
	else if (given & FILTER_MARK)
		say(&pen, "mark 0x%" PRIx32 "/0x%" PRIx32, filter->mark, filter->mark_mask);
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if (given & flags[i].condition)
			say(&pen, "status %s", flags[i].name);
	}
	if (given == 0)
		say(&pen, "every entry");
}
