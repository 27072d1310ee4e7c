/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of protocols and states, as conntrack(8) and /etc/protocols spell them. Pure. */
#ifndef CT_NAMES_H
#define CT_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define CT_PROTOCOL_TCP    6
#define CT_PROTOCOL_UDP    17
#define CT_PROTOCOL_ICMP   1
#define CT_PROTOCOL_ICMPV6 58
#define CT_PROTOCOL_SCTP   132
/* IANA's reserved number: in the MIB, everything past the cap */
#define CT_PROTOCOL_OTHER 255

/* enum tcp_conntrack and enum sctp_conntrack: how many states the kernel has */
#define CT_TCP_STATES  10
#define CT_SCTP_STATES 10

/* "tcp"; NULL for a number without a name here. */
const char *ct_protocol_name(uint8_t number);

/* "ESTABLISHED"; `state` is the kernel's number. NULL if the protocol has no such state. */
const char *ct_state_name(uint8_t protocol, uint8_t state);

#endif
