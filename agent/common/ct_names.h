/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of protocols and states, as conntrack(8) and /etc/protocols spell them. Pure. */
#ifndef CT_NAMES_H
#define CT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CT_PROTOCOL_ICMP    1
#define CT_PROTOCOL_TCP     6
#define CT_PROTOCOL_UDP     17
#define CT_PROTOCOL_DCCP    33
#define CT_PROTOCOL_ICMPV6  58
#define CT_PROTOCOL_SCTP    132
#define CT_PROTOCOL_UDPLITE 136
/* IANA's reserved number: in the MIB, all protocols without a row of their own */
#define CT_PROTOCOL_OTHER 255

/* enum tcp_conntrack and enum sctp_conntrack: how many states the kernel has */
#define CT_TCP_STATES      10
#define CT_TCP_ESTABLISHED 3
#define CT_SCTP_STATES     10

/* No state of the kernel: a flowtable forwards the entry, and its state is not told. Next to the
 * highest, so that nfctStateNumber, which is one more, is 255. */
#define CT_STATE_OFFLOADED 254

/* "tcp"; NULL for a number without a name here. */
const char *ct_protocol_name(uint8_t number);

/* The reverse, or a number ("47"); "icmpv6" too, as conntrack(8) says it. -1: neither. */
int ct_protocol_number(const char *name);

/* Whether its tuples have ports. (The kernel dumps GRE keys as ports, but they are none.) */
bool ct_protocol_has_ports(uint8_t number);

/* "ESTABLISHED"; `state` is the kernel's number, or CT_STATE_OFFLOADED. NULL if the protocol has no
 * such state. */
const char *ct_state_name(uint8_t protocol, uint8_t state);

/* The reverse, of the kernel's states; -1 if the protocol has no such state. */
int ct_state_number(uint8_t protocol, const char *name);

/* Whether the connection is closing. When the table is 95 percent full, the kernel evicts such an
 * entry although it is assured (can_early_drop of its protocols). */
bool ct_state_is_closing(uint8_t protocol, uint8_t state);

#endif
