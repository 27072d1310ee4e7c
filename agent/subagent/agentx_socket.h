/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what listens at the master's address may be trusted.
 *
 * Whoever holds the master's socket is given every value and every notification. So the peer of a
 * Unix socket is looked at before the first octet is sent: SO_PEERCRED names the user that called
 * listen(2), which snmpd does as root, also where it gives root away afterwards. For a network
 * address there is no such thing. */
#ifndef AGENTX_SOCKET_H
#define AGENTX_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/agentx_master.h"

/* Lets libnetsnmp connect to this master alone, by the address that comes back, which is static
 * or the master's own. `master` must stay. NULL if memory is missing. */
const char *agentx_socket_register(const struct agentx_master *master);

/* Whether the last attempt ended because the peer is not trusted; then `*peer` is who it is. */
bool agentx_socket_is_distrusted(uid_t *peer);

#endif
