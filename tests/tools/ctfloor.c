/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The floor that a scan is measured against: dumps the conntrack table of this network namespace
 * and discards it unread. Prints the CPU time, user and system, in microseconds. */
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>

#include "common/clock.h"

int main(void)
{
	static _Alignas(struct nlmsghdr) char buffer[32768];
	struct {
		struct nlmsghdr message;
		struct nfgenmsg header;
	} request = { .message = { .nlmsg_len = sizeof(request),
				   .nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET,
				   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
	uint64_t before = clock_thread_cpu_ns();

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) != 0 ||
	    mnl_socket_sendto(socket, &request, sizeof(request)) < 0) {
		perror("ctfloor");
		return 1;
	}
	for (;;) {
		ssize_t length = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		const struct nlmsghdr *first = (const struct nlmsghdr *)buffer;

		if (length < 0) {
			perror("ctfloor");
			return 1;
		}
		/* the end comes in a message of its own, or as the last of the last buffer */
		if (first->nlmsg_type == NLMSG_DONE || first->nlmsg_type == NLMSG_ERROR)
			break;
		if ((size_t)length >= sizeof(struct nlmsghdr) + sizeof(int)) {
			const struct nlmsghdr *last =
				(const struct nlmsghdr *)(buffer + length -
							  sizeof(struct nlmsghdr) - sizeof(int));

			if (last->nlmsg_type == NLMSG_DONE &&
			    last->nlmsg_len == sizeof(struct nlmsghdr) + sizeof(int))
				break;
		}
	}
	printf("%" PRIu64 "\n", (clock_thread_cpu_ns() - before) / 1000);
	mnl_socket_close(socket);
	return 0;
}
