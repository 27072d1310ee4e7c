/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parser against libnetfilter_conntrack, over a real dump of a real table; and against messages
 * that no kernel sends. */
#include "kernel/ct_parse.c"

#include <arpa/inet.h>
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>
#include <sched.h>

#include "config/filter.h"
#include "scan/totals.h"
#include "test.h"

#define ENTRIES_EACH     40
#define UNKNOWN_PROTOCOL 253 /* for experiments: RFC 3692 */

/* A connection of the kind that `number` says, in the table of this namespace. */
static void insert(struct nfct_handle *handle, uint8_t protocol, bool v6, uint16_t number)
{
	struct nf_conntrack *ct = nfct_new();
	uint32_t source6[4] = { htonl(0x20010db8), 0, 0, htonl(number) };
	uint32_t target6[4] = { htonl(0x20010db8), 0, 1, htonl(number) };
	bool icmp = protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;

	assert_non_null(ct);
	nfct_set_attr_u8(ct, ATTR_L3PROTO, v6 ? AF_INET6 : AF_INET);
	if (v6) {
		nfct_set_attr(ct, ATTR_IPV6_SRC, source6);
		nfct_set_attr(ct, ATTR_IPV6_DST, target6);
	} else {
		nfct_set_attr_u32(ct, ATTR_IPV4_SRC, htonl(0xc0000201));
		nfct_set_attr_u32(ct, ATTR_IPV4_DST, htonl(0xc6336401U + number));
	}
	nfct_set_attr_u8(ct, ATTR_L4PROTO, protocol);
	if (icmp) {
		nfct_set_attr_u8(ct, ATTR_ICMP_TYPE, v6 ? 128 : 8);
		nfct_set_attr_u8(ct, ATTR_ICMP_CODE, 0);
		nfct_set_attr_u16(ct, ATTR_ICMP_ID, htons(number));
	} else {
		nfct_set_attr_u16(ct, ATTR_PORT_SRC, htons((uint16_t)(1024 + number)));
		nfct_set_attr_u16(ct, ATTR_PORT_DST, htons(443));
	}
	nfct_setobjopt(ct, NFCT_SOPT_SETUP_REPLY);
	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 600);
	if (protocol == IPPROTO_TCP)
		nfct_set_attr_u8(ct, ATTR_TCP_STATE,
				 (uint8_t)(TCP_CONNTRACK_SYN_SENT + number % 8));
	if (protocol == IPPROTO_SCTP) {
		nfct_set_attr_u8(ct, ATTR_SCTP_STATE, (uint8_t)(1 + number % 7));
		nfct_set_attr_u32(ct, ATTR_SCTP_VTAG_ORIG, htonl(1));
		nfct_set_attr_u32(ct, ATTR_SCTP_VTAG_REPL, htonl(2));
	}
	if (number % 3 == 1)
		nfct_set_attr_u32(ct, ATTR_STATUS, IPS_SEEN_REPLY | IPS_ASSURED);
	if (number % 4 == 3)
		nfct_set_attr_u16(ct, ATTR_ZONE, number);
	if (number % 4 == 2)
		nfct_set_attr_u16(ct, ATTR_ORIG_ZONE, number);
	if (number % 5 == 1)
		nfct_set_attr_u32(ct, ATTR_MARK, 0xabcd0000U + number);
	if (nfct_query(handle, NFCT_Q_CREATE, ct) != 0)
		fail_msg("insert protocol %u number %u: %s", protocol, number, strerror(errno));
	nfct_destroy(ct);
}

static void put_tuple(struct nlmsghdr *message, uint16_t type, uint32_t source, uint32_t target)
{
	struct nlattr *tuple = mnl_attr_nest_start(message, type);
	struct nlattr *part = mnl_attr_nest_start(message, CTA_TUPLE_IP);

	mnl_attr_put_u32(message, CTA_IP_V4_SRC, htonl(source));
	mnl_attr_put_u32(message, CTA_IP_V4_DST, htonl(target));
	mnl_attr_nest_end(message, part);
	part = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(message, CTA_PROTO_NUM, UNKNOWN_PROTOCOL);
	mnl_attr_nest_end(message, part);
	mnl_attr_nest_end(message, tuple);
}

/* The same of a protocol without ports, which older versions of the library (1.0.8) refuse to
 * insert. */
static void insert_unknown(struct mnl_socket *socket, uint16_t number)
{
	_Alignas(struct nlmsghdr) char buffer[512] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	const uint32_t source = 0xc0000201U, target = 0xc6336401U + number;
	const struct nlmsgerr *answer;

	message->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
	header->nfgen_family = AF_INET;
	put_tuple(message, CTA_TUPLE_ORIG, source, target);
	put_tuple(message, CTA_TUPLE_REPLY, target, source);
	mnl_attr_put_u32(message, CTA_TIMEOUT, htonl(600));
	if (number % 3 == 1)
		mnl_attr_put_u32(message, CTA_STATUS,
				 htonl(IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED));
	if (number % 5 == 1)
		mnl_attr_put_u32(message, CTA_MARK, htonl(0xabcd0000U + number));
	assert_int_equal(mnl_socket_sendto(socket, message, message->nlmsg_len),
			 message->nlmsg_len);
	assert_true(mnl_socket_recvfrom(socket, buffer, sizeof(buffer)) > 0);
	answer = mnl_nlmsg_get_payload(message);
	if (answer->error != 0)
		fail_msg("insert protocol %u number %u: %s", UNKNOWN_PROTOCOL, number,
			 strerror(-answer->error));
}

static void same(const struct nlmsghdr *message, unsigned int seen[256])
{
	struct nf_conntrack *ct = nfct_new(); /* a fresh one: a used one keeps what it held */
	struct ct_entry entry;

	assert_non_null(ct);
	assert_true(ct_parse_entry(message, &entry));
	assert_int_equal(nfct_nlmsg_parse(message, ct), 0);
	assert_int_equal(entry.family, nfct_get_attr_u8(ct, ATTR_L3PROTO));
	assert_int_equal(entry.protocol, nfct_get_attr_u8(ct, ATTR_L4PROTO));
	assert_int_equal(entry.status, nfct_get_attr_u32(ct, ATTR_STATUS));
	assert_int_equal(entry.id, nfct_get_attr_u32(ct, ATTR_ID));
	assert_int_equal(entry.mark, nfct_get_attr_u32(ct, ATTR_MARK));
	assert_true(entry.has_timeout);
	assert_int_equal(entry.timeout, nfct_get_attr_u32(ct, ATTR_TIMEOUT));
	assert_int_equal(entry.zone, nfct_attr_is_set(ct, ATTR_ORIG_ZONE)
					     ? nfct_get_attr_u16(ct, ATTR_ORIG_ZONE)
					     : nfct_get_attr_u16(ct, ATTR_ZONE));
	if (entry.family == AF_INET6) {
		assert_memory_equal(entry.source.octet, nfct_get_attr(ct, ATTR_IPV6_SRC), 16);
		assert_memory_equal(entry.destination.octet, nfct_get_attr(ct, ATTR_IPV6_DST), 16);
	} else {
		const uint8_t zeroes[12] = { 0 };

		assert_memory_equal(entry.source.octet, nfct_get_attr(ct, ATTR_IPV4_SRC), 4);
		assert_memory_equal(entry.destination.octet, nfct_get_attr(ct, ATTR_IPV4_DST), 4);
		assert_memory_equal(entry.source.octet + 4, zeroes, 12);
	}
	assert_int_equal(entry.source_port, ntohs(nfct_get_attr_u16(ct, ATTR_PORT_SRC)));
	assert_int_equal(entry.destination_port, ntohs(nfct_get_attr_u16(ct, ATTR_PORT_DST)));
	assert_int_equal(entry.has_ports, nfct_attr_is_set(ct, ATTR_PORT_SRC) &&
						  nfct_attr_is_set(ct, ATTR_PORT_DST));
	assert_true(entry.has_id);
	assert_int_equal(entry.has_state, nfct_attr_is_set(ct, ATTR_TCP_STATE) ||
						  nfct_attr_is_set(ct, ATTR_SCTP_STATE));
	if (entry.protocol == IPPROTO_TCP)
		assert_int_equal(entry.state, nfct_get_attr_u8(ct, ATTR_TCP_STATE));
	if (entry.protocol == IPPROTO_SCTP)
		assert_int_equal(entry.state, nfct_get_attr_u8(ct, ATTR_SCTP_STATE));
	assert_int_equal(entry.packets, nfct_get_attr_u64(ct, ATTR_ORIG_COUNTER_PACKETS) +
						nfct_get_attr_u64(ct, ATTR_REPL_COUNTER_PACKETS));
	assert_int_equal(entry.octets, nfct_get_attr_u64(ct, ATTR_ORIG_COUNTER_BYTES) +
					       nfct_get_attr_u64(ct, ATTR_REPL_COUNTER_BYTES));
	seen[entry.protocol]++;
	nfct_destroy(ct);
}

static void a_real_dump_reads_as_libnetfilter_conntrack_reads_it(void **state)
{
	static const struct {
		uint8_t protocol;
		bool v6;
	} kinds[] = {
		{ IPPROTO_TCP, false },  { IPPROTO_TCP, true },   { IPPROTO_UDP, false },
		{ IPPROTO_UDP, true },   { IPPROTO_ICMP, false }, { IPPROTO_ICMPV6, true },
		{ IPPROTO_SCTP, false }, { IPPROTO_SCTP, true },
	};
	_Alignas(struct nlmsghdr) char buffer[32768];
	struct {
		struct nlmsghdr message;
		struct nfgenmsg header;
	} request = { .message = { .nlmsg_len = sizeof(request),
				   .nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET,
				   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	unsigned int seen[256] = { 0 };
	struct nfct_handle *handle;
	const char *emulator = getenv("EMULATED");
	struct mnl_socket *socket;
	bool done = false;

	(void)state;
	if (emulator && emulator[0])
		skip(); /* qemu's user emulation knows no netfilter */
	if (unshare(CLONE_NEWNET) != 0)
		fail_msg("a network namespace is needed (run as root): %s", strerror(errno));
	handle = nfct_open(CONNTRACK, 0);
	assert_non_null(handle);
	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
		for (uint16_t i = 0; i < ENTRIES_EACH; i++)
			insert(handle, kinds[kind].protocol, kinds[kind].v6, i);
	}
	nfct_close(handle);

	socket = mnl_socket_open(NETLINK_NETFILTER);
	assert_non_null(socket);
	assert_int_equal(mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID), 0);
	for (uint16_t i = 0; i < ENTRIES_EACH; i++)
		insert_unknown(socket, i);
	assert_int_equal(mnl_socket_sendto(socket, &request, sizeof(request)), sizeof(request));
	while (!done) {
		ssize_t length = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		struct nlmsghdr *message = (struct nlmsghdr *)buffer;
		int left = (int)length;

		assert_true(length > 0);
		for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
			assert_int_not_equal(message->nlmsg_type, NLMSG_ERROR);
			if (message->nlmsg_type == NLMSG_DONE)
				done = true;
			else
				same(message, seen);
		}
	}
	mnl_socket_close(socket);
	assert_int_equal(seen[IPPROTO_TCP], 2 * ENTRIES_EACH);
	assert_int_equal(seen[IPPROTO_UDP], 2 * ENTRIES_EACH);
	assert_int_equal(seen[IPPROTO_SCTP], 2 * ENTRIES_EACH);
	assert_int_equal(seen[IPPROTO_ICMP], ENTRIES_EACH);
	assert_int_equal(seen[IPPROTO_ICMPV6], ENTRIES_EACH);
	assert_int_equal(seen[UNKNOWN_PROTOCOL], ENTRIES_EACH);
}

/* What a message of our own leaves out. */
enum omission {
	OMIT_NOTHING,
	OMIT_SOURCE,
	OMIT_DESTINATION,
	OMIT_PROTOCOL,
	OMIT_STATUS, /* the last that makes it no entry */
	OMIT_PORTS,
	OMIT_ID,
};

#define SEEN_AND_ASSURED (IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED)

/* Header, status, identity and an original tuple of TCP, port 40000 to 443; then what the test puts
 * behind. */
static struct nlmsghdr *compose_without(void *buffer, enum omission omission)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	struct nlattr *tuple, *part;

	header->nfgen_family = AF_INET;
	if (omission != OMIT_STATUS)
		mnl_attr_put_u32(message, CTA_STATUS, htonl(SEEN_AND_ASSURED | CT_STATUS_OFFLOAD));
	if (omission != OMIT_ID)
		mnl_attr_put_u32(message, CTA_ID, htonl(7));
	tuple = mnl_attr_nest_start(message, CTA_TUPLE_ORIG);
	part = mnl_attr_nest_start(message, CTA_TUPLE_IP);
	if (omission != OMIT_SOURCE)
		mnl_attr_put_u32(message, CTA_IP_V4_SRC, htonl(0xc0000207));
	if (omission != OMIT_DESTINATION)
		mnl_attr_put_u32(message, CTA_IP_V4_DST, htonl(0xc6336401));
	mnl_attr_nest_end(message, part);
	part = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
	if (omission != OMIT_PROTOCOL)
		mnl_attr_put_u8(message, CTA_PROTO_NUM, IPPROTO_TCP);
	if (omission != OMIT_PORTS) {
		mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT, htons(40000));
		mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, htons(443));
	}
	mnl_attr_nest_end(message, part);
	mnl_attr_nest_end(message, tuple);
	return message;
}

static struct nlmsghdr *compose(void *buffer)
{
	return compose_without(buffer, OMIT_NOTHING);
}

/* As the kernel tells of an entry that a flowtable forwards: without CTA_PROTOINFO. */
static void an_offloaded_entry_has_no_state(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[512] = { 0 };
	struct nlmsghdr *message = compose(buffer);
	struct nlattr *protoinfo, *protocol;
	struct filter none = { 0 };
	struct totals totals = { 0 };
	struct ct_entry entry;

	(void)state;
	assert_true(ct_parse_entry(message, &entry));
	assert_int_equal(entry.protocol, IPPROTO_TCP);
	assert_false(entry.has_state);
	totals_add(&totals, &entry);
	assert_int_equal(totals.tcp_states[CT_TCP_STATES], 1); /* OFFLOADED */
	assert_int_equal(totals.tcp_states[0], 0);             /* NONE */
	assert_null(filter_find_key("protocol")->parse(&none, "tcp"));
	assert_null(filter_find_key("state")->parse(&none, "NONE"));
	assert_false(filter_matches(&none, &entry));
	/* the state of another protocol is none of it */
	protoinfo = mnl_attr_nest_start(message, CTA_PROTOINFO);
	protocol = mnl_attr_nest_start(message, CTA_PROTOINFO_SCTP);
	mnl_attr_put_u8(message, CTA_PROTOINFO_SCTP_STATE, 4);
	mnl_attr_nest_end(message, protocol);
	mnl_attr_nest_end(message, protoinfo);
	assert_true(ct_parse_entry(message, &entry));
	assert_false(entry.has_state);
	/* NONE is one */
	protoinfo = mnl_attr_nest_start(message, CTA_PROTOINFO);
	protocol = mnl_attr_nest_start(message, CTA_PROTOINFO_TCP);
	mnl_attr_put_u8(message, CTA_PROTOINFO_TCP_STATE, 0);
	mnl_attr_nest_end(message, protocol);
	mnl_attr_nest_end(message, protoinfo);
	assert_true(ct_parse_entry(message, &entry));
	assert_true(entry.has_state);
	assert_int_equal(entry.state, 0);
	assert_true(filter_matches(&none, &entry));
}

static void what_is_missing_is_not_0(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[512];
	struct nlmsghdr *message;
	struct ct_entry entry;

	(void)state;
	for (int omission = OMIT_SOURCE; omission <= OMIT_STATUS; omission++) {
		memset(buffer, 0, sizeof(buffer));
		message = compose_without(buffer, (enum omission)omission);
		if (ct_parse_entry(message, &entry))
			fail_msg("without part %d it is an entry", omission);
	}
	memset(buffer, 0, sizeof(buffer));
	assert_true(ct_parse_entry(compose_without(buffer, OMIT_PORTS), &entry));
	assert_false(entry.has_ports);
	memset(buffer, 0, sizeof(buffer));
	assert_true(ct_parse_entry(compose_without(buffer, OMIT_ID), &entry));
	assert_false(entry.has_id);
	/* a family whose addresses these are not */
	memset(buffer, 0, sizeof(buffer));
	message = compose(buffer);
	((struct nfgenmsg *)mnl_nlmsg_get_payload(message))->nfgen_family = AF_INET6;
	assert_false(ct_parse_entry(message, &entry));
	((struct nfgenmsg *)mnl_nlmsg_get_payload(message))->nfgen_family = AF_UNSPEC;
	assert_false(ct_parse_entry(message, &entry));
}

static void counters_of_both_directions_add_up(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[512] = { 0 };
	struct nlmsghdr *message = compose(buffer);
	struct ct_entry entry;

	(void)state;
	for (uint16_t type = CTA_COUNTERS_ORIG; type <= CTA_COUNTERS_REPLY; type++) {
		struct nlattr *counters = mnl_attr_nest_start(message, type);

		mnl_attr_put_u64(message, CTA_COUNTERS_PACKETS, htobe64(0x100000000ULL));
		mnl_attr_put_u64(message, CTA_COUNTERS_BYTES, htobe64(7));
		mnl_attr_nest_end(message, counters);
	}
	assert_true(ct_parse_entry(message, &entry));
	assert_int_equal(entry.packets, 0x200000000ULL);
	assert_int_equal(entry.octets, 14);
	assert_int_equal(be64toh(entry.source.half[0]) >> 32, 0xc0000207);
	assert_int_equal(be64toh(entry.destination.half[0]) >> 32, 0xc6336401);
}

static void attributes_of_a_wrong_length_are_missing(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[512] = { 0 };
	struct nlmsghdr *message = compose_without(buffer, OMIT_ID);
	struct ct_entry entry;

	(void)state;
	mnl_attr_put_u32(message, CTA_ZONE, 0xffffffff);
	mnl_attr_put_u16(message, CTA_ID, 0xffff);
	mnl_attr_put_u64(message, CTA_MARK, 0xffff);
	assert_true(ct_parse_entry(message, &entry));
	assert_false(entry.has_id);
	assert_int_equal(entry.mark, 0);
	assert_int_equal(entry.zone, 0);
	memset(buffer, 0, sizeof(buffer));
	message = compose_without(buffer, OMIT_STATUS);
	mnl_attr_put_u16(message, CTA_STATUS, 0xffff);
	assert_false(ct_parse_entry(message, &entry));
}

static void a_message_cut_anywhere_is_read_within_its_bounds(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[512] = { 0 };
	struct nlmsghdr *message = compose(buffer);
	struct ct_entry entry;
	uint32_t whole;

	(void)state;
	mnl_attr_put_u32(message, CTA_MARK, htonl(5));
	whole = message->nlmsg_len;
	for (uint32_t length = sizeof(*message); length < whole; length++) {
		/* exactly as long as it says, so that a sanitizer sees a read behind it */
		struct nlmsghdr *cut = malloc(length);

		memcpy(cut, buffer, length);
		cut->nlmsg_len = length;
		if (ct_parse_entry(cut, &entry))
			assert_int_equal(entry.mark, 0);
		free(cut);
	}
	assert_true(ct_parse_entry(message, &entry));
	assert_int_equal(entry.mark, 5);
}

static void a_message_without_a_tuple_is_no_entry(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[128] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct ct_entry entry;

	(void)state;
	assert_false(ct_parse_entry(message, &entry));
	mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
	assert_false(ct_parse_entry(message, &entry));
}

/* What the reply tuple of put_reply() has. */
enum reply_part {
	REPLY_SOURCE = 1,
	REPLY_DESTINATION = 2,
	REPLY_PORTS = 4,
	REPLY_PORT_0 = 8, /* the translated one */
	REPLY_IPV6 = 16,
	REPLY_UDP = 32,
	REPLY_ZONE = 64,
	REPLY_WHOLE = REPLY_SOURCE | REPLY_DESTINATION | REPLY_PORTS,
};

/* From 203.0.113.9 port 8443 to 192.0.2.1 port 1025. */
static void put_reply(struct nlmsghdr *message, int parts)
{
	const uint8_t address6[16] = { 0x20, 1 };
	struct nlattr *tuple = mnl_attr_nest_start(message, CTA_TUPLE_REPLY);
	struct nlattr *part = mnl_attr_nest_start(message, CTA_TUPLE_IP);

	if (parts & REPLY_SOURCE)
		mnl_attr_put_u32(message, CTA_IP_V4_SRC, htonl(0xcb007109));
	if (parts & REPLY_DESTINATION)
		mnl_attr_put_u32(message, CTA_IP_V4_DST, htonl(0xc0000201));
	if (parts & REPLY_IPV6)
		mnl_attr_put(message, CTA_IP_V6_DST, sizeof(address6), address6);
	mnl_attr_nest_end(message, part);
	part = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(message, CTA_PROTO_NUM, parts & REPLY_UDP ? IPPROTO_UDP : IPPROTO_TCP);
	if (parts & REPLY_PORTS) {
		mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT, htons(8443));
		mnl_attr_put_u16(message, CTA_PROTO_DST_PORT,
				 parts & REPLY_PORT_0 ? 0 : htons(1025));
	}
	mnl_attr_nest_end(message, part);
	if (parts & REPLY_ZONE)
		mnl_attr_put_u16(message, CTA_TUPLE_ZONE, htons(7));
	mnl_attr_nest_end(message, tuple);
}

/* The entry of compose() with another status, and a reply tuple if it has parts. */
static struct ct_entry translated(uint32_t status, int parts)
{
	_Alignas(struct nlmsghdr) char buffer[512] = { 0 };
	struct nlmsghdr *message = compose_without(buffer, OMIT_STATUS);
	struct ct_entry entry;

	/* the kernel gives the tuple before the status */
	if (parts)
		put_reply(message, parts);
	mnl_attr_put_u32(message, CTA_STATUS, htonl(status));
	assert_true(ct_parse_entry(message, &entry));
	return entry;
}

static void the_reply_tuple_of_source_nat_tells_the_translation(void **state)
{
	const uint32_t nat = IPS_CONFIRMED | IPS_SRC_NAT;
	struct ct_entry entry = translated(nat, REPLY_WHOLE);

	(void)state;
	assert_true(entry.has_nat && entry.has_nat_ports);
	assert_int_equal(be64toh(entry.nat_source.half[0]) >> 32, 0xc0000201);
	assert_int_equal(entry.nat_source_port, 1025);
	/* with destination NAT as well the packets go elsewhere than to the original one */
	assert_int_equal(be64toh(entry.nat_destination.half[0]) >> 32, 0xcb007109);
	assert_int_equal(entry.nat_destination_port, 8443);
	assert_int_equal(be64toh(entry.destination.half[0]) >> 32, 0xc6336401);
	assert_int_equal(entry.destination_port, 443);
	/* an address can be known without a port; port 0 is none */
	assert_true(translated(nat, REPLY_SOURCE | REPLY_DESTINATION).has_nat);
	assert_false(translated(nat, REPLY_SOURCE | REPLY_DESTINATION).has_nat_ports);
	assert_true(translated(nat, REPLY_WHOLE | REPLY_PORT_0).has_nat);
	assert_false(translated(nat, REPLY_WHOLE | REPLY_PORT_0).has_nat_ports);
	assert_false(translated(nat, REPLY_WHOLE | REPLY_UDP).has_nat_ports);
	entry = translated(nat, REPLY_DESTINATION);
	assert_true(entry.has_nat);
	assert_int_equal(be64toh(entry.nat_destination.half[0]) >> 32, 0xc6336401);
}

/* A zone may be that of one direction; a port is unique in the zone of the reply. */
static void the_zone_of_source_nat_is_that_of_the_reply(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[512] = { 0 };
	struct nlmsghdr *message = compose_without(buffer, OMIT_STATUS);
	struct ct_entry entry;

	(void)state;
	assert_int_equal(translated(IPS_SRC_NAT, REPLY_WHOLE | REPLY_ZONE).nat_zone, 7);
	put_reply(message, REPLY_WHOLE);
	mnl_attr_put_u32(message, CTA_STATUS, htonl(IPS_SRC_NAT));
	mnl_attr_put_u16(message, CTA_ZONE, htons(9));
	assert_true(ct_parse_entry(message, &entry));
	assert_int_equal(entry.zone, 9);
	assert_int_equal(entry.nat_zone, 9);
}

/* Without the flag nothing is read; and a tuple that makes no sense changes nothing else. */
static void what_tells_no_translation_changes_nothing_else(void **state)
{
	static const struct {
		uint32_t status;
		int parts;
	} cases[] = {
		{ 0, REPLY_WHOLE },
		{ IPS_DST_NAT, REPLY_WHOLE },
		{ IPS_SRC_NAT, 0 },
		{ IPS_SRC_NAT, REPLY_SOURCE | REPLY_PORTS },
		{ IPS_SRC_NAT, REPLY_IPV6 | REPLY_PORTS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ct_entry entry = translated(IPS_CONFIRMED | cases[i].status, cases[i].parts);
		struct ct_entry plain = translated(IPS_CONFIRMED | cases[i].status, 0);

		assert_false(entry.has_nat || entry.has_nat_ports);
		assert_memory_equal(&entry, &plain, sizeof(entry));
	}
}

/* Found by tests/fuzz: a length of more than 2 GiB was taken for a negative one. */
static void a_length_beyond_its_buffer_is_no_message(void **state)
{
	struct nlmsghdr message = { .nlmsg_len = sizeof(message) };

	(void)state;
	assert_true(ct_message_ok(&message, sizeof(message)));
	message.nlmsg_len++;
	assert_false(ct_message_ok(&message, sizeof(message)));
	message.nlmsg_len = 0x88887777;
	assert_false(ct_message_ok(&message, sizeof(message)));
	message.nlmsg_len = sizeof(message) - 1;
	assert_false(ct_message_ok(&message, sizeof(message)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_length_beyond_its_buffer_is_no_message),
		cmocka_unit_test(a_real_dump_reads_as_libnetfilter_conntrack_reads_it),
		cmocka_unit_test(an_offloaded_entry_has_no_state),
		cmocka_unit_test(what_is_missing_is_not_0),
		cmocka_unit_test(counters_of_both_directions_add_up),
		cmocka_unit_test(attributes_of_a_wrong_length_are_missing),
		cmocka_unit_test(a_message_cut_anywhere_is_read_within_its_bounds),
		cmocka_unit_test(a_message_without_a_tuple_is_no_entry),
		cmocka_unit_test(the_reply_tuple_of_source_nat_tells_the_translation),
		cmocka_unit_test(the_zone_of_source_nat_is_that_of_the_reply),
		cmocka_unit_test(what_tells_no_translation_changes_nothing_else),
	};

	return cmocka_run_group_tests_name("ct_parse", tests, NULL, NULL);
}
