/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether SNMP packets of this host are tracked: entries of UDP port 161 or 162, one address of
 * which is the host's own. A table that is full has no entry left for such packets, and they are
 * lost. A router may forward SNMP of others as well, so a few of these entries, chosen at random
 * from each scan, are looked at. Where the host's own are few among many, it takes some scans until
 * one of them is chosen. */
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

/* Takes in an entry of SNMP. */
void own_snmp_choose(struct own_snmp *snmp, const struct ct_entry *entry);

static inline bool own_snmp_is_port(uint16_t port)
{
	return port == 161 || port == 162;
}

/* Takes in any entry. */
static inline void own_snmp_add(struct own_snmp *snmp, const struct ct_entry *entry)
{
	if (entry->protocol == IPPROTO_UDP &&
	    (own_snmp_is_port(entry->destination_port) || own_snmp_is_port(entry->source_port)))
		own_snmp_choose(snmp, entry);
}

/* Whether one of the chosen is the host's: of the network namespace that this thread is in. Sends
 * nothing. An IPv6 link-local address is taken for another's, and so is one in a VRF. */
bool own_snmp_is_tracked(const struct own_snmp *snmp);

#endif
