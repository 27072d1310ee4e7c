/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/own_snmp.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 161 /* for a socket that sends nothing: any port will do */

void own_snmp_clear(struct own_snmp *snmp)
{
	snmp->seen = 0;
}

/* xorshift64 */
static uint32_t below(struct own_snmp *snmp, uint32_t limit)
{
	snmp->random ^= snmp->random ? 0 : 0x9e3779b97f4a7c15;
	snmp->random ^= snmp->random << 13;
	snmp->random ^= snmp->random >> 7;
	snmp->random ^= snmp->random << 17;
	return (uint32_t)(snmp->random >> 32) % limit;
}

void own_snmp_choose(struct own_snmp *snmp, uint8_t family, const struct address *address)
{
	uint32_t place = snmp->seen < OWN_SNMP_CHOSEN ? snmp->seen : below(snmp, snmp->seen + 1);

	snmp->seen++;
	if (place < OWN_SNMP_CHOSEN)
		snmp->chosen[place] = (struct own_snmp_end){ family, *address };
}

union name {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

/* With any port; returns its length. */
static socklen_t make_name(union name *name, uint8_t family, const struct address *address)
{
	memset(name, 0, sizeof(*name));
	name->any.sa_family = family;
	if (family == AF_INET) {
		memcpy(&name->ipv4.sin_addr, address, sizeof(name->ipv4.sin_addr));
		return sizeof(name->ipv4);
	}
	memcpy(&name->ipv6.sin6_addr, address, sizeof(name->ipv6.sin6_addr));
	return sizeof(name->ipv6);
}

static void set_port(union name *name, uint16_t port)
{
	if (name->any.sa_family == AF_INET)
		name->ipv4.sin_port = htons(port);
	else
		name->ipv6.sin6_port = htons(port);
}

static bool is_multicast(const union name *name)
{
	if (name->any.sa_family == AF_INET)
		return IN_MULTICAST(ntohl(name->ipv4.sin_addr.s_addr));
	return IN6_IS_ADDR_MULTICAST(&name->ipv6.sin6_addr);
}

static bool same_address(const union name *one, const union name *other)
{
	if (one->any.sa_family == AF_INET)
		return one->ipv4.sin_addr.s_addr == other->ipv4.sin_addr.s_addr;
	return memcmp(&one->ipv6.sin6_addr, &other->ipv6.sin6_addr, sizeof(one->ipv6.sin6_addr)) ==
	       0;
}

/* What goes to an address of the host comes from there: IPv6 does so by itself; IPv4 may take
 * another address of the subnet, unless the socket is bound. Where sockets may be bound to
 * addresses of others (ip_nonlocal_bind) or to a broadcast address, they still cannot be connected.
 */
static bool is_own(uint8_t family, const struct address *address)
{
	union name name, from;
	socklen_t length = make_name(&name, family, address);
	bool result;
	int fd;

	if (is_multicast(&name))
		return false;
	fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	result = family == AF_INET6 || bind(fd, &name.any, length) == 0;
	set_port(&name, PORT);
	result = result && connect(fd, &name.any, length) == 0 &&
		 getsockname(fd, &from.any, &length) == 0 && same_address(&name, &from);
	close(fd);
	return result;
}

bool own_snmp_is_tracked(const struct own_snmp *snmp)
{
	uint32_t count = snmp->seen < OWN_SNMP_CHOSEN ? snmp->seen : OWN_SNMP_CHOSEN;

	for (uint32_t i = 0; i < count; i++) {
		if (is_own(snmp->chosen[i].family, &snmp->chosen[i].address))
			return true;
	}
	return false;
}
