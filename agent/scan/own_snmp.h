/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the packets of this host's snmpd are tracked: requests to it, answers and notifications
 * from it, by the UDP ports 161 and 162 and an address of this host. A full table has no entry for
 * such packets, and they are lost. A router may forward the SNMP of others as well, so each scan
 * checks a few entries, chosen at random. If few of many are the host's own, it takes some scans
 * until one of them is chosen. */
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
	struct own_snmp_end {
		uint8_t family;
		struct address address; /* snmpd's, if it is this host's */
	} chosen[OWN_SNMP_CHOSEN];
};

/* A new scan begins. */
void own_snmp_clear(struct own_snmp *snmp);

/* Adds an entry of SNMP, of which snmpd may have that address. */
void own_snmp_choose(struct own_snmp *snmp, uint8_t family, const struct address *address);

/* Adds any entry. Who polls others from this host has entries of port 161 too, but snmpd has no
 * part in them: the address that counts is the one that a request goes to. */
static inline void own_snmp_add(struct own_snmp *snmp, const struct ct_entry *entry)
{
	if (entry->protocol != IPPROTO_UDP)
		return;
	if (entry->destination_port == 161)
		own_snmp_choose(snmp, entry->family, &entry->destination);
	else if (entry->destination_port == 162 || entry->source_port == 161)
		own_snmp_choose(snmp, entry->family, &entry->source);
}

/* Whether one of the chosen addresses is of this host, in the network namespace of this
 * thread. Sends nothing. An IPv6 link-local address is taken for a foreign one, and so is an
 * address in a VRF. */
bool own_snmp_is_tracked(const struct own_snmp *snmp);

#endif
