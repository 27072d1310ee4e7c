/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctfill COUNT [--udp] [--unassured] [--unreplied] [--until-full] [--spread] [--source ADDRESS]
 *        [--from N] [--marks] [--mark N] [--nat-source ADDRESS] [--timeout SECONDS]
 *        [--churn RATE SECONDS] [--keep] [--remove]
 * Puts COUNT entries into the conntrack table of this network namespace, by ctnetlink, in batches.
 * TCP ESTABLISHED and ASSURED unless told, so that the kernel does not evict them; with --unreplied
 * they are SYN_SENT, and no packet has come back. With --until-full the end of the table is no
 * error. With --spread each has a source of its own, and destinations and ports are many, instead
 * of 60,000 entries of one source to one port; with --source all are of this IPv4 address, to port
 * 80 of many. Prints how many went in. With --from they are those from number N on, so that tables
 * can differ; with --marks each has its number's hash (the end of MurmurHash3) as its mark, with
 * --mark all have N. With --nat-source the kernel translates the source of each to this address,
 * and keeps its port if that is free. They last for 432,000 seconds, as the kernel's established
 * ones do after a packet, or as --timeout says. With --remove they are deleted instead.
 *
 * ctfill --remove --mark N
 * Deletes all entries with this mark. The kernel looks for them by itself, which is much faster.
 *
 * The kernel refuses an entry whose hash chain is longer than a number that it draws each time, 50
 * to 79: such an entry is offered again, so that a table can have 20 times as many as buckets.
 *
 * With --churn it then waits for a line on standard input, and for SECONDS makes RATE new entries a
 * second and deletes as many of the oldest; prints how many it made and in how many milliseconds.
 * With --keep it deletes none, and the table grows.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH       128
#define MESSAGE_MAX 256
#define TRIES       100

struct fill {
	uint32_t count;
	uint32_t from;
	bool udp, unassured, unreplied, until_full, spread, marks, keep, remove;
	uint32_t source, nat_source; /* in network order; 0: not given */
	uint32_t mark;               /* 0: not given */
	uint32_t timeout;            /* seconds */
	uint32_t churn_rate, churn_seconds;
	uint32_t inserted, failed;
	int error;             /* of the first that failed */
	uint32_t again[BATCH]; /* numbers whose chain was too long */
	uint32_t again_count;
};

static void put_tuple(struct nlmsghdr *message, uint16_t type, uint32_t number, bool reply,
		      const struct fill *fill)
{
	struct nlattr *tuple = mnl_attr_nest_start(message, type);
	/* 60,000 ports of each source: 10.x.y.z to 192.0.2.1 */
	uint32_t source = htonl(0x0a000001U + number / 60000), target = htonl(0xc0000201U);
	uint16_t source_port = htons((uint16_t)(1024 + number % 60000)), target_port = htons(443);
	struct nlattr *part = mnl_attr_nest_start(message, CTA_TUPLE_IP);

	if (fill->spread) {
		uint32_t mixed = number * 2654435761U;

		source = htonl(0x0a000001U + number); /* 10.0.0.0/8 has room for 16 million */
		target = htonl(0xc6000000U + (mixed >> 16));
		source_port = htons((uint16_t)(1024 + mixed % 60000));
		target_port = htons((uint16_t)(1 + mixed % 5003));
	}
	if (fill->source) {
		source = fill->source;
		target = htonl(0xc6120000U + number / 60000); /* 198.18.0.0/15 */
		target_port = htons(80);
	}
	mnl_attr_put_u32(message, CTA_IP_V4_SRC, reply ? target : source);
	mnl_attr_put_u32(message, CTA_IP_V4_DST, reply ? source : target);
	mnl_attr_nest_end(message, part);
	part = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(message, CTA_PROTO_NUM, fill->udp ? IPPROTO_UDP : IPPROTO_TCP);
	mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT, reply ? target_port : source_port);
	mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, reply ? source_port : target_port);
	mnl_attr_nest_end(message, part);
	mnl_attr_nest_end(message, tuple);
}

static uint32_t hash(uint32_t number)
{
	number ^= number >> 16;
	number *= 0x85ebca6bU;
	number ^= number >> 13;
	number *= 0xc2b2ae35U;
	return number ^ number >> 16;
}

static struct nlmsghdr *put_header(void *buffer, uint32_t number, int type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header;

	message->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	message->nlmsg_seq = number + 1;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->nfgen_family = AF_INET;
	return message;
}

typedef size_t put_message(void *buffer, uint32_t number, const struct fill *fill);

static size_t put_deletion(void *buffer, uint32_t number, const struct fill *fill)
{
	struct nlmsghdr *message = put_header(buffer, number, IPCTNL_MSG_CT_DELETE, 0);

	put_tuple(message, CTA_TUPLE_ORIG, number, false, fill);
	return (message->nlmsg_len + 3U) & ~3U;
}

static size_t put_entry(void *buffer, uint32_t number, const struct fill *fill)
{
	struct nlmsghdr *message =
		put_header(buffer, number, IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL);
	uint32_t status = IPS_CONFIRMED | (fill->unreplied ? 0 : IPS_SEEN_REPLY) |
			  (fill->unassured || fill->unreplied ? 0 : IPS_ASSURED);
	uint8_t state = fill->unreplied ? TCP_CONNTRACK_SYN_SENT : TCP_CONNTRACK_ESTABLISHED;

	put_tuple(message, CTA_TUPLE_ORIG, number, false, fill);
	put_tuple(message, CTA_TUPLE_REPLY, number, true, fill);
	mnl_attr_put_u32(message, CTA_STATUS, htonl(status));
	mnl_attr_put_u32(message, CTA_TIMEOUT, htonl(fill->timeout));
	if (fill->nat_source) {
		struct nlattr *nat = mnl_attr_nest_start(message, CTA_NAT_SRC);

		mnl_attr_put_u32(message, CTA_NAT_V4_MINIP, fill->nat_source);
		mnl_attr_nest_end(message, nat);
	}
	if (fill->marks || fill->mark)
		mnl_attr_put_u32(message, CTA_MARK, htonl(fill->mark ? fill->mark : hash(number)));
	if (!fill->udp) {
		struct nlattr *info = mnl_attr_nest_start(message, CTA_PROTOINFO);
		struct nlattr *tcp = mnl_attr_nest_start(message, CTA_PROTOINFO_TCP);

		mnl_attr_put_u8(message, CTA_PROTOINFO_TCP_STATE, state);
		mnl_attr_nest_end(message, tcp);
		mnl_attr_nest_end(message, info);
	}
	return (message->nlmsg_len + 3U) & ~3U;
}

/* Of all entries with the mark. */
static size_t put_deletion_by_mark(void *buffer, uint32_t number, const struct fill *fill)
{
	struct nlmsghdr *message = put_header(buffer, number, IPCTNL_MSG_CT_DELETE, 0);
	struct nfgenmsg *header = mnl_nlmsg_get_payload(message);

	header->nfgen_family = AF_UNSPEC;
	mnl_attr_put_u32(message, CTA_MARK, htonl(fill->mark));
	mnl_attr_put_u32(message, CTA_MARK_MASK, UINT32_MAX);
	return message->nlmsg_len;
}

/* Reads what the kernel says of a batch of `count`: each fault, and the last one's acknowledgement.
 */
static int read_answers(struct mnl_socket *socket, uint32_t count, uint32_t last, struct fill *fill)
{
	_Alignas(struct nlmsghdr) char buffer[65536];
	bool is_last = false;

	fill->inserted += count;
	while (!is_last) {
		ssize_t length = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		struct nlmsghdr *message = (struct nlmsghdr *)buffer;
		int left = (int)length;

		if (length < 0)
			return -1;
		for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
			const struct nlmsgerr *answer = mnl_nlmsg_get_payload(message);

			if (message->nlmsg_type != NLMSG_ERROR)
				continue;
			is_last = is_last || answer->msg.nlmsg_seq == last;
			if (answer->error == 0)
				continue;
			fill->inserted--;
			if (answer->error == -ENOSPC) {
				fill->again[fill->again_count++] = answer->msg.nlmsg_seq - 1;
				continue;
			}
			if (!fill->failed++)
				fill->error = -answer->error;
		}
	}
	return 0;
}

/* One message for each of at most BATCH numbers. Only the last is acknowledged, which saves half
 * of the time. */
static int send_batch(struct mnl_socket *socket, const uint32_t *numbers, uint32_t count,
		      put_message *put, struct fill *fill)
{
	static _Alignas(struct nlmsghdr) char buffer[BATCH * MESSAGE_MAX];
	struct nlmsghdr *last = (struct nlmsghdr *)buffer;
	size_t length = 0;

	memset(buffer, 0, sizeof(buffer));
	for (uint32_t i = 0; i < count; i++) {
		last = (struct nlmsghdr *)(buffer + length);
		length += put(buffer + length, numbers[i], fill);
	}
	last->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(socket, buffer, length) < 0)
		return -1;
	return read_answers(socket, count, last->nlmsg_seq, fill);
}

/* One message for each number, `first` to before `end`. */
static int send_range(struct mnl_socket *socket, uint32_t first, uint32_t end, put_message *put,
		      struct fill *fill)
{
	while (first < end && !fill->failed) {
		uint32_t numbers[BATCH], count = 0;

		while (count < BATCH && first < end)
			numbers[count++] = first++;
		for (int i = 0; count && i < TRIES; i++) {
			fill->again_count = 0;
			if (send_batch(socket, numbers, count, put, fill) != 0)
				return -1;
			count = fill->again_count;
			memcpy(numbers, fill->again, count * sizeof(*numbers));
		}
		if (count && !fill->failed) {
			fill->failed = count;
			fill->error = ENOSPC;
		}
	}
	return 0;
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Every 10 ms, as many as are due by then. */
static int churn(struct mnl_socket *socket, struct fill *fill)
{
	uint64_t begin = now_us(), elapsed = 0, length = fill->churn_seconds * 1000000ULL;
	uint32_t made = 0;

	while (elapsed < length && !fill->failed) {
		uint32_t due;

		usleep(10000);
		elapsed = now_us() - begin;
		due = (uint32_t)((elapsed < length ? elapsed : length) * fill->churn_rate /
				 1000000);
		if (send_range(socket, fill->count + made, fill->count + due, put_entry, fill) !=
			    0 ||
		    (!fill->keep && send_range(socket, fill->from + made, fill->from + due,
					       put_deletion, fill) != 0))
			return -1;
		made = due;
	}
	printf("%u %llu\n", made, (unsigned long long)(now_us() - begin) / 1000);
	return 0;
}

/* 0, or -1 if these arguments are not ours. */
static int read_arguments(int argc, char **argv, struct fill *fill)
{
	const struct {
		const char *name;
		bool *flag;
		uint32_t *numbers[2];
	} options[] = {
		{ "--udp", .flag = &fill->udp },
		{ "--unassured", .flag = &fill->unassured },
		{ "--unreplied", .flag = &fill->unreplied },
		{ "--until-full", .flag = &fill->until_full },
		{ "--spread", .flag = &fill->spread },
		{ "--marks", .flag = &fill->marks },
		{ "--keep", .flag = &fill->keep },
		{ "--remove", .flag = &fill->remove },
		{ "--from", .numbers = { &fill->from } },
		{ "--mark", .numbers = { &fill->mark } },
		{ "--timeout", .numbers = { &fill->timeout } },
		{ "--churn", .numbers = { &fill->churn_rate, &fill->churn_seconds } },
	};
	size_t count = sizeof(options) / sizeof(options[0]), at;

	for (int i = 1; i < argc; i++) {
		uint32_t *address = strcmp(argv[i], "--source") == 0       ? &fill->source
				    : strcmp(argv[i], "--nat-source") == 0 ? &fill->nat_source
									   : NULL;

		if (address && i + 1 < argc) {
			if (inet_pton(AF_INET, argv[++i], address) != 1)
				return -1;
			continue;
		}
		for (at = 0; at < count && strcmp(argv[i], options[at].name) != 0; at++)
			;
		if (at == count) {
			fill->count = (uint32_t)strtoul(argv[i], NULL, 10);
			continue;
		}
		if (options[at].flag)
			*options[at].flag = true;
		for (int of = 0; of < 2 && options[at].numbers[of]; of++) {
			if (++i == argc)
				return -1;
			*options[at].numbers[of] = (uint32_t)strtoul(argv[i], NULL, 10);
		}
	}
	return fill->count || (fill->remove && fill->mark) ? 0 : -1;
}

/* What is done at once: all but the churn. */
static int work(struct mnl_socket *socket, struct fill *fill)
{
	const uint32_t only[] = { 0 };

	if (fill->count == 0)
		return send_batch(socket, only, 1, put_deletion_by_mark, fill);
	fill->count += fill->from;
	if (send_range(socket, fill->from, fill->count, fill->remove ? put_deletion : put_entry,
		       fill) != 0)
		return -1;
	printf("%u\n", fill->inserted);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	struct fill fill = { .timeout = 432000 };
	struct mnl_socket *socket;
	int size = 4 << 20;

	if (read_arguments(argc, argv, &fill) != 0) {
		fputs("usage: ctfill COUNT [--udp] [--unassured] [--unreplied] [--until-full] "
		      "[--spread] [--source ADDRESS] [--from N] [--marks] [--mark N] "
		      "[--nat-source ADDRESS] [--timeout SECONDS] [--churn RATE SECONDS] [--keep] "
		      "[--remove]\n"
		      "       ctfill --remove --mark N\n",
		      stderr);
		return 2;
	}
	socket = mnl_socket_open(NETLINK_NETFILTER);
	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) != 0) {
		perror("ctfill: netlink");
		return 1;
	}
	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (work(socket, &fill) != 0) {
		perror("ctfill");
		return 1;
	}
	if (fill.churn_rate && !fill.failed && (getchar(), churn(socket, &fill)) != 0) {
		perror("ctfill");
		return 1;
	}
	mnl_socket_close(socket);
	if (fill.failed && !(fill.until_full && fill.error == ENOMEM)) {
		fprintf(stderr, "ctfill: %u refused: %s\n", fill.failed, strerror(fill.error));
		return 1;
	}
	return 0;
}
