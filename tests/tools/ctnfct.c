/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs do with libnetfilter_conntrack: dumps the table of this network namespace with
 * nfct_query() and a callback that counts. Prints the CPU time, user and system, in microseconds.
 */
#include <inttypes.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>

#include "common/clock.h"

static int count(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *context)
{
	unsigned long *counts = context;

	(void)type;
	counts[nfct_get_attr_u8(ct, ATTR_L4PROTO)]++;
	return NFCT_CB_CONTINUE;
}

int main(void)
{
	static unsigned long counts[256];
	uint64_t before = clock_thread_cpu_ns();
	struct nfct_handle *handle = nfct_open(CONNTRACK, 0);
	uint32_t family = AF_UNSPEC;

	if (!handle) {
		perror("ctnfct");
		return 1;
	}
	nfct_callback_register(handle, NFCT_T_ALL, count, counts);
	if (nfct_query(handle, NFCT_Q_DUMP, &family) != 0) {
		perror("ctnfct");
		return 1;
	}
	nfct_close(handle);
	printf("%" PRIu64 "\n", (clock_thread_cpu_ns() - before) / 1000);
	return 0;
}
