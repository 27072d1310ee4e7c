/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether SNMP packets of this host are tracked: entries of UDP port 161 or 162 with one address of
 * this host. A full table has no entry for such packets, and they are lost. A router may forward
 * the SNMP of others as well, so each scan checks a few of these entries, chosen at random. If few
 * of many are the host's own, it takes some scans until one of them is chosen. */
#ifndef OWN_SNMP_H
#define OWN_SNMP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel/ct_parse.h"

#define OWN_SNMP_CHOSEN 16

/* Zeroed at start; the random number may be anything. */
struct own_snmp {
	uint64_t random;
	uint32_t seen; /* entries of SNMP in this scan */
	struct own_snmp_pair {
		uint8_t family;
		struct address source, destination;
	} chosen[OWN_SNMP_CHOSEN];
};

/* A new scan begins. */
void own_snmp_clear(struct own_snmp *snmp);

/* Adds an entry of SNMP. */
void own_snmp_choose(struct own_snmp *snmp, const struct ct_entry *entry);

static inline bool own_snmp_is_port(uint16_t port)
{
	return port == 161 || port == 162;
}

/* Adds any entry. */
static inline void own_snmp_add(struct own_snmp *snmp, const struct ct_entry *entry)
{
	if (entry->protocol == IPPROTO_UDP &&
	    (own_snmp_is_port(entry->destination_port) || own_snmp_is_port(entry->source_port)))
		own_snmp_choose(snmp, entry);
}

/* Whether one of the chosen entries has an address of this host, in the network namespace of this
 * thread. Sends nothing. An IPv6 link-local address is taken for a foreign one, and so is an
 * address in a VRF. */
bool own_snmp_is_tracked(const struct own_snmp *snmp);

#endif
