/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what listens at the master's address may be trusted.
 *
 * Whoever listens on the master's socket gets every value and every notification. So the peer of a
 * Unix socket is checked before the first octet is sent: SO_PEERCRED names the user that called
 * listen(2). snmpd does that as root, even if it drops root later. A network address has nothing
 * like this. */
#ifndef AGENTX_SOCKET_H
#define AGENTX_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/agentx_master.h"

/* Prepares libnetsnmp to connect to this master only. Returns the address to use, which is static
 * or the master's own. `master` must stay. NULL if out of memory. */
const char *agentx_socket_register(const struct agentx_master *master);

/* Whether the last attempt ended because the peer is not trusted; then `*peer` is its user. */
bool agentx_socket_is_distrusted(uid_t *peer);

#endif
