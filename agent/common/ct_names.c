/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/ct_names.h"

#include <stdlib.h>
#include <string.h>

/* Not getprotobynumber(): a router may have no /etc/protocols, and a name is part of the MIB. */
static const char *const protocol_names[256] = {
	[1] = "icmp",      [2] = "igmp",       [4] = "ipip",      [6] = "tcp",
	[8] = "egp",       [17] = "udp",       [27] = "rdp",      [33] = "dccp",
	[41] = "ipv6",     [46] = "rsvp",      [47] = "gre",      [50] = "esp",
	[51] = "ah",       [58] = "ipv6-icmp", [88] = "eigrp",    [89] = "ospf",
	[94] = "ipip-nos", [97] = "etherip",   [98] = "encap",    [103] = "pim",
	[108] = "ipcomp",  [112] = "vrrp",     [115] = "l2tp",    [124] = "isis",
	[132] = "sctp",    [133] = "fc",       [136] = "udplite", [137] = "mpls-in-ip",
	[139] = "hip",     [255] = "other",
};

static const char *const tcp_states[CT_TCP_STATES] = {
	"NONE",       "SYN_SENT", "SYN_RECV",  "ESTABLISHED", "FIN_WAIT",
	"CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE",       "SYN_SENT2",
};

static const bool tcp_closing[CT_TCP_STATES] = {
	[4] = true, /* FIN_WAIT */
	[5] = true, /* CLOSE_WAIT */
	[6] = true, /* LAST_ACK */
	[7] = true, /* TIME_WAIT */
	[8] = true, /* CLOSE */
};

static const char *const sctp_states[CT_SCTP_STATES] = {
	"NONE",          "CLOSED",        "COOKIE_WAIT",       "COOKIE_ECHOED",  "ESTABLISHED",
	"SHUTDOWN_SENT", "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT", "HEARTBEAT_SENT", "HEARTBEAT_ACKED",
};

static const bool sctp_closing[CT_SCTP_STATES] = {
	[5] = true, /* SHUTDOWN_SENT */
	[6] = true, /* SHUTDOWN_RECD */
	[7] = true, /* SHUTDOWN_ACK_SENT */
};

const char *ct_protocol_name(uint8_t number)
{
	return protocol_names[number];
}

int ct_protocol_number(const char *name)
{
	unsigned long number;
	char *end;

	if (name[0] >= '0' && name[0] <= '9') {
		number = strtoul(name, &end, 10);
		return *end || number > 255 ? -1 : (int)number;
	}
	if (strcmp(name, "icmpv6") == 0)
		return CT_PROTOCOL_ICMPV6;
	for (int i = 0; i < 255; i++) { /* "other" is no protocol */
		if (protocol_names[i] && strcmp(protocol_names[i], name) == 0)
			return i;
	}
	return -1;
}

bool ct_protocol_has_ports(uint8_t number)
{
	switch (number) {
	case CT_PROTOCOL_TCP:
	case CT_PROTOCOL_UDP:
	case CT_PROTOCOL_DCCP:
	case CT_PROTOCOL_SCTP:
	case CT_PROTOCOL_UDPLITE:
		return true;
	default:
		return false;
	}
}

const char *ct_state_name(uint8_t protocol, uint8_t state)
{
	if (protocol != CT_PROTOCOL_TCP && protocol != CT_PROTOCOL_SCTP)
		return NULL;
	if (state == CT_STATE_OFFLOADED)
		return "OFFLOADED";
	if (protocol == CT_PROTOCOL_TCP)
		return state < CT_TCP_STATES ? tcp_states[state] : NULL;
	return state < CT_SCTP_STATES ? sctp_states[state] : NULL;
}

int ct_state_number(uint8_t protocol, const char *name)
{
	for (uint8_t state = 0; ct_state_name(protocol, state); state++) {
		if (strcmp(ct_state_name(protocol, state), name) == 0)
			return state;
	}
	return -1;
}

bool ct_state_is_closing(uint8_t protocol, uint8_t state)
{
	if (protocol == CT_PROTOCOL_TCP)
		return state < CT_TCP_STATES && tcp_closing[state];
	return protocol == CT_PROTOCOL_SCTP && state < CT_SCTP_STATES && sctp_closing[state];
}
