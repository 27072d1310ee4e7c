/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "subagent/agentx_socket.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/snmpUnixDomain.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DOMAIN "nfctmaster"

/* The library needs a static struct for a transport domain, so its data is static too. */
static const struct agentx_master *master;
static bool is_distrusted;
static uid_t distrusted_peer;

static bool is_trusted(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	if (peer.uid == 0 || peer.uid == geteuid() || peer.uid == master->owner)
		return true;
	is_distrusted = true;
	distrusted_peer = peer.uid;
	return false;
}

static netsnmp_transport *connect_checked(netsnmp_tdomain_spec *spec)
{
	const char *path = agentx_master_path(master->address);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	netsnmp_transport *transport;

	(void)spec;
	is_distrusted = false;
	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	strcpy(address.sun_path, path);
	transport = netsnmp_unix_transport(&address, 0);
	if (!transport || is_trusted(transport->sock))
		return transport;
	transport->f_close(transport);
	netsnmp_transport_free(transport);
	errno = EACCES;
	return NULL;
}

const char *agentx_socket_register(const struct agentx_master *new_master)
{
	static const oid name[] = { 1, 3, 6, 1, 2, 1, 100, 1, 13, 6696 }; /* never looked up */
	static netsnmp_tdomain domain = {
		.name = name,
		.name_length = OID_LENGTH(name),
		.f_create_from_tspec = connect_checked,
	};

	if (!agentx_master_path(new_master->address))
		return new_master->address;
	if (!domain.prefix) {
		domain.prefix = calloc(2, sizeof(*domain.prefix)); /* the library frees it */
		if (!domain.prefix)
			return NULL;
		domain.prefix[0] = DOMAIN;
		netsnmp_tdomain_register(&domain);
	}
	master = new_master;
	return DOMAIN ":";
}

bool agentx_socket_is_distrusted(uid_t *peer)
{
	*peer = distrusted_peer;
	return is_distrusted;
}
