/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ctnl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/ct_attr.h"
#include "kernel/sysctl.h"

/* linux/netfilter/nfnetlink_hook.h, which older headers do not have */
#define SUBSYSTEM_HOOK 12
#define HOOK_GET       0
#define HOOK_NUMBER    1
#define HOOK_PRIORITY  2

/* linux/netfilter.h and netfilter_ipv4.h, which conflict with netinet/in.h */
#define HOOK_PREROUTING    0
#define PRIORITY_CONNTRACK (-200)

/* A request with one small attribute at most. */
#define REQUEST_SIZE 64

_Static_assert(CTNL_PROTOCOL == NETLINK_NETFILTER, "linux/netlink.h");

struct ctnl {
	struct mnl_socket *socket;
	uint32_t sequence;
	unsigned int port_id;
	size_t buffer_size;
	_Alignas(struct nlmsghdr) unsigned char buffer[];
};

struct ctnl *ctnl_open(size_t buffer_size)
{
	struct ctnl *ctnl = malloc(sizeof(*ctnl) + buffer_size);
	int saved;

	if (!ctnl)
		return NULL;
	ctnl->sequence = 0;
	ctnl->buffer_size = buffer_size;
	ctnl->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!ctnl->socket)
		goto fail;
	if (mnl_socket_bind(ctnl->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		goto fail;
	ctnl->port_id = mnl_socket_get_portid(ctnl->socket);
	return ctnl;
fail:
	saved = errno;
	ctnl_close(ctnl);
	errno = saved;
	return NULL;
}

void ctnl_close(struct ctnl *ctnl)
{
	if (!ctnl)
		return;
	if (ctnl->socket)
		mnl_socket_close(ctnl->socket);
	free(ctnl);
}

static struct nlmsghdr *put_request(struct ctnl *ctnl, void *buffer, int subsystem, int type,
				    uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	message->nlmsg_type = (uint16_t)(subsystem << 8 | type);
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	message->nlmsg_seq = ++ctnl->sequence;
	header->nfgen_family = AF_UNSPEC;
	header->version = NFNETLINK_V0;
	return message;
}

static int send_request(struct ctnl *ctnl, const struct nlmsghdr *message)
{
	return mnl_socket_sendto(ctnl->socket, message, message->nlmsg_len) < 0 ? -1 : 0;
}

static int ctnl_request(struct ctnl *ctnl, int subsystem, int type, uint16_t flags)
{
	_Alignas(struct nlmsghdr) unsigned char buffer[REQUEST_SIZE];

	return send_request(ctnl, put_request(ctnl, buffer, subsystem, type, flags));
}

/* What a control message says: 1 none, go on; 0 the end; -1 an error, in errno. */
static int ctnl_control(const struct nlmsghdr *message)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_type == NLMSG_DONE) {
		/* a dump that fails on its way has the error in NLMSG_DONE */
		if (mnl_nlmsg_get_payload_len(message) >= sizeof(int)) {
			int code = *(const int *)mnl_nlmsg_get_payload(message);

			if (code < 0) {
				errno = -code;
				return -1;
			}
		}
		return 0;
	}
	if (message->nlmsg_type != NLMSG_ERROR)
		return 1;
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*error)) {
		errno = EBADMSG;
		return -1;
	}
	if (error->error == 0)
		return 0;
	errno = error->error < 0 ? -error->error : error->error;
	return -1;
}

typedef int ctnl_message(struct ctnl *ctnl, const struct nlmsghdr *message, void *context);

/* Reads one buffer and hands each data message of the last request to `handle`, which returns 1 to
 * go on, 0 when it is done, -1 with errno. Returns the same. */
static int ctnl_receive(struct ctnl *ctnl, ctnl_message *handle, void *context)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)ctnl->buffer;
	ssize_t received;
	int left;

	do {
		received = mnl_socket_recvfrom(ctnl->socket, ctnl->buffer, ctnl->buffer_size);
	} while (received < 0 && errno == EINTR);
	if (received < 0)
		return -1;
	left = (int)received;
	for (; ct_message_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		int result;

		/* the answer to an earlier request that was given up; some answers of the kernel
		 * name no port */
		if (message->nlmsg_seq != ctnl->sequence ||
		    (message->nlmsg_pid && message->nlmsg_pid != ctnl->port_id))
			continue;
		result = message->nlmsg_type < NLMSG_MIN_TYPE ? ctnl_control(message)
							      : handle(ctnl, message, context);
		if (result != 1)
			return result;
	}
	return 1;
}

static int handle_stats(struct ctnl *ctnl, const struct nlmsghdr *message, void *context)
{
	struct ctnl_stats *stats = context;
	struct ct_attr_walk attributes = ct_attr_of_message(message, sizeof(struct nfgenmsg));
	const struct nlattr *attribute;
	bool has_entries = false;

	(void)ctnl;
	if (mnl_nlmsg_get_payload_len(message) < sizeof(struct nfgenmsg)) {
		errno = EBADMSG;
		return -1;
	}
	stats->max_entries = 0;
	stats->has_max_entries = false;
	while ((attribute = ct_attr_next(&attributes))) {
		if (ct_attr_type(attribute) == CTA_STATS_GLOBAL_ENTRIES)
			has_entries = ct_attr_be32(attribute, &stats->entries);
		else if (ct_attr_type(attribute) == CTA_STATS_GLOBAL_MAX_ENTRIES)
			stats->has_max_entries = ct_attr_be32(attribute, &stats->max_entries);
	}
	if (!has_entries) {
		errno = EBADMSG;
		return -1;
	}
	/* The message carries NLM_F_MULTI, but no NLMSG_DONE will follow. */
	return 0;
}

int ctnl_get_stats(struct ctnl *ctnl, struct ctnl_stats *stats)
{
	int result;

	if (ctnl_request(ctnl, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS, 0) != 0)
		return -1;
	do {
		result = ctnl_receive(ctnl, handle_stats, stats);
	} while (result == 1);
	return result;
}

/* From an attribute's number to the counter it carries, plus one; 0 for a dead or unknown one. */
static const uint8_t cpu_attributes[] = {
	[CTA_STATS_FOUND] = COUNTER_FOUND + 1,
	[CTA_STATS_INVALID] = COUNTER_INVALID + 1,
	[CTA_STATS_INSERT] = COUNTER_INSERTS + 1,
	[CTA_STATS_INSERT_FAILED] = COUNTER_INSERT_FAILED + 1,
	[CTA_STATS_DROP] = COUNTER_DROPS + 1,
	[CTA_STATS_EARLY_DROP] = COUNTER_EARLY_DROPS + 1,
	[CTA_STATS_ERROR] = COUNTER_ERRORS + 1,
	[CTA_STATS_SEARCH_RESTART] = COUNTER_SEARCH_RESTARTS + 1,
	[14 /* CTA_STATS_CLASH_RESOLVE, Linux 5.10 */] = COUNTER_CLASH_RESOLVES + 1,
	[15 /* CTA_STATS_CHAIN_TOOLONG, Linux 5.15 */] = COUNTER_CHAIN_TOO_LONG + 1,
};

static const uint8_t expect_attributes[] = {
	[CTA_STATS_EXP_NEW] = COUNTER_EXPECT_NEW + 1,
	[CTA_STATS_EXP_CREATE] = COUNTER_EXPECT_CREATES + 1,
	[CTA_STATS_EXP_DELETE] = COUNTER_EXPECT_DELETES + 1,
};

struct cpu_reader {
	struct counters_table *table;
	const uint8_t *attributes;
	size_t attribute_count;
};

static int handle_cpu(struct ctnl *ctnl, const struct nlmsghdr *message, void *context)
{
	const struct cpu_reader *reader = context;
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	struct ct_attr_walk attributes = ct_attr_of_message(message, sizeof(*header));
	struct counters_raw reading = { 0 };
	const struct nlattr *attribute;

	(void)ctnl;
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header)) {
		errno = EBADMSG;
		return -1;
	}
	while ((attribute = ct_attr_next(&attributes))) {
		uint16_t type = ct_attr_type(attribute);
		int counter = type < reader->attribute_count ? reader->attributes[type] - 1 : -1;

		if (counter >= 0 && ct_attr_be32(attribute, &reading.value[counter]))
			reading.present |= 1U << counter;
	}
	return counters_update(reader->table, be16toh(header->res_id), &reading) == 0 ? 1 : -1;
}

static int ctnl_read_cpus(struct ctnl *ctnl, int subsystem, int type, struct cpu_reader *reader)
{
	int result;

	/* Without NLM_F_DUMP the kernel does not answer at all. */
	if (ctnl_request(ctnl, subsystem, type, NLM_F_DUMP) != 0)
		return -1;
	do {
		result = ctnl_receive(ctnl, handle_cpu, reader);
	} while (result == 1);
	return result;
}

int ctnl_get_cpu_stats(struct ctnl *ctnl, struct counters_table *table)
{
	struct cpu_reader reader = { table, cpu_attributes, sizeof(cpu_attributes) };

	return ctnl_read_cpus(ctnl, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS_CPU, &reader);
}

int ctnl_get_expect_stats(struct ctnl *ctnl, struct counters_table *table)
{
	struct cpu_reader reader = { table, expect_attributes, sizeof(expect_attributes) };

	return ctnl_read_cpus(ctnl, NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_EXP_GET_STATS_CPU,
			      &reader);
}

static int handle_hook(struct ctnl *ctnl, const struct nlmsghdr *message, void *context)
{
	struct ct_attr_walk attributes = ct_attr_of_message(message, sizeof(struct nfgenmsg));
	const struct nlattr *attribute;
	bool *is_hooked = context;
	uint32_t priority;

	(void)ctnl;
	if (mnl_nlmsg_get_payload_len(message) < sizeof(struct nfgenmsg))
		return 1;
	while ((attribute = ct_attr_next(&attributes))) {
		if (ct_attr_type(attribute) == HOOK_PRIORITY && ct_attr_be32(attribute, &priority))
			*is_hooked = *is_hooked || (int32_t)priority == PRIORITY_CONNTRACK;
	}
	return 1;
}

/* The hooks of a family's PREROUTING; connection tracking is one of them, by its priority. */
static int ask_for_hooks(struct ctnl *ctnl, uint8_t family, bool *is_hooked)
{
	_Alignas(struct nlmsghdr) unsigned char buffer[REQUEST_SIZE];
	struct nlmsghdr *message = put_request(ctnl, buffer, SUBSYSTEM_HOOK, HOOK_GET, NLM_F_DUMP);
	struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	int result;

	header->nfgen_family = family;
	mnl_attr_put_u32(message, HOOK_NUMBER, htobe32(HOOK_PREROUTING));
	if (send_request(ctnl, message) != 0)
		return -1;
	do {
		result = ctnl_receive(ctnl, handle_hook, is_hooked);
	} while (result == 1);
	return result;
}

int ctnl_is_hooked(struct ctnl *ctnl)
{
	bool is_hooked = false;

	if (ask_for_hooks(ctnl, AF_INET, &is_hooked) != 0 ||
	    ask_for_hooks(ctnl, AF_INET6, &is_hooked) != 0)
		return -1;
	return is_hooked;
}

/* The kernel itself loads what a request needs, if it can. */
static void explain_module(const char *module, char *text, size_t size)
{
	uint32_t is_disabled = 0;

	if (sysctl_read_u32("kernel/modules_disabled", &is_disabled) && is_disabled)
		snprintf(text, size,
			 "%s is not loaded, and kernel.modules_disabled forbids loading it: put "
			 "nf_conntrack_netlink into /etc/modules-load.d and reboot",
			 module);
	else
		snprintf(text, size,
			 "%s is not loaded and cannot be loaded: modprobe nf_conntrack_netlink",
			 module);
}

void ctnl_explain(int error, char *text, size_t size)
{
	if (error == EPROTONOSUPPORT)
		explain_module("nfnetlink", text, size);
	else if (error == EINVAL)
		explain_module("nf_conntrack_netlink", text, size);
	else
		snprintf(text, size, "ctnetlink: %s%s", strerror(error),
			 error == EPERM ? " (CAP_NET_ADMIN is needed)" : "");
}

struct dump_visitor {
	ctnl_visit *visit;
	void *context;
};

static int handle_entry(struct ctnl *ctnl, const struct nlmsghdr *message, void *context)
{
	const struct dump_visitor *visitor = context;
	struct ct_entry entry;

	(void)ctnl;
	if (ct_parse_entry(message, &entry))
		visitor->visit(&entry, visitor->context);
	return 1;
}

int ctnl_dump_start(struct ctnl *ctnl)
{
	return ctnl_request(ctnl, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET, NLM_F_DUMP);
}

int ctnl_dump_step(struct ctnl *ctnl, ctnl_visit *visit, void *context)
{
	struct dump_visitor visitor = { visit, context };

	return ctnl_receive(ctnl, handle_entry, &visitor);
}
