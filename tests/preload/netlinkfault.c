/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An LD_PRELOAD object for tests: what netlink may do to a reader, as NETLINK_FAULT says. At
 * SIGUSR1 it begins, at SIGUSR2 it ends.
 *
 * eintr: every other read is interrupted first.
 *
 * enobufs: every 20th read finds that messages were lost.
 *
 * einval, eprotonosupport: every read fails so, as a question does whose module is missing.
 *
 * resize: of each dump a part is skipped and another comes twice, as where the hash table gets
 * another number of buckets while it is read.
 *
 * setback: every CPU has dropped DROPS more, from the start on: at SIGUSR2 they are set back.
 *
 * loss: every CPU has counted more of what NETLINK_ADD says, such as "10=1 9=1" (numbers of enum
 * ctattr_stats_cpu).
 *
 * unlisted: the kernel counts NETLINK_ADD entries more than there are. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define DROPS 12
#define DROP  10 /* CTA_STATS_DROP */

static const char *fault = "";
static volatile sig_atomic_t is_on;
static unsigned int calls;

static ssize_t receive(int fd, struct msghdr *message, int flags)
{
	return syscall(SYS_recvmsg, fd, message, flags);
}

/* Gives a buffer once more, or leaves one out: those more often, so that the sum shows it however
 * many buffers a step reads. */
static ssize_t resized(int fd, struct msghdr *message, int flags)
{
	static unsigned char last[65536];
	static ssize_t length;
	const struct iovec *part = message->msg_iov;

	/* only what fills a buffer is of a dump's middle: answers and ends must come as they are */
	if (calls % 5 == 1 && length > 4096 && (size_t)length <= part->iov_len) {
		memcpy(part->iov_base, last, (size_t)length);
		return length;
	}
	length = receive(fd, message, flags);
	if ((calls % 5 == 2 || calls % 5 == 4) && length > 4096)
		length = receive(fd, message, flags);
	if (length > 0 && (size_t)length <= sizeof(last))
		memcpy(last, part->iov_base, (size_t)length);
	return length;
}

/* Subsystem 1 of netfilter, messages 4 and 5. */
#define GET_STATS_CPU (1 << 8 | 4)
#define GET_STATS     (1 << 8 | 5)

/* Adds to an attribute, a number in network order, of each answer of this type. */
static ssize_t add(ssize_t length, const struct msghdr *message, uint16_t type, unsigned int number,
		   uint32_t more)
{
	char *buffer = message->msg_iov->iov_base;
	struct nlmsghdr *answer;

	for (ssize_t at = 0; at + (ssize_t)sizeof(*answer) <= length;
	     at += NLMSG_ALIGN(answer->nlmsg_len)) {
		answer = (struct nlmsghdr *)(buffer + at);
		if (answer->nlmsg_type != type)
			continue;
		for (size_t next = NLMSG_HDRLEN + 4; next + 8 <= answer->nlmsg_len; next += 8) {
			struct nlattr *attribute = (struct nlattr *)(buffer + at + next);
			uint32_t *value = (uint32_t *)(attribute + 1);

			if (attribute->nla_type == number)
				*value = htonl(ntohl(*value) + more);
		}
	}
	return length;
}

/* Adds what NETLINK_ADD says. */
static ssize_t with_loss(ssize_t length, const struct msghdr *message)
{
	const char *text = getenv("NETLINK_ADD");

	while (text && *text) {
		char *end;
		unsigned long number = strtoul(text, &end, 10);
		unsigned long more = *end == '=' ? strtoul(end + 1, &end, 10) : 0;

		add(length, message, GET_STATS_CPU, (unsigned int)number, (uint32_t)more);
		text = *end == ' ' ? end + 1 : "";
	}
	return length;
}

static ssize_t with_unlisted(ssize_t length, const struct msghdr *message)
{
	const char *more = getenv("NETLINK_ADD");

	return add(length, message, GET_STATS, 1 /* CTA_STATS_GLOBAL_ENTRIES */,
		   more ? (uint32_t)strtoul(more, NULL, 10) : 0);
}

static ssize_t fail(int error)
{
	errno = error;
	return -1;
}

static bool is(const char *name)
{
	return strcmp(fault, name) == 0;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	const struct sockaddr *from = message->msg_name;

	if (!is_on || !from || message->msg_iovlen != 1)
		return receive(fd, message, flags);
	calls++;
	if (is("eintr") && calls % 2 == 0)
		return fail(EINTR);
	if (is("enobufs") && calls % 20 == 0)
		return fail(ENOBUFS);
	if (is("einval"))
		return fail(EINVAL);
	if (is("eprotonosupport"))
		return fail(EPROTONOSUPPORT);
	if (is("resize"))
		return resized(fd, message, flags);
	if (is("setback"))
		return add(receive(fd, message, flags), message, GET_STATS_CPU, DROP, DROPS);
	if (is("loss"))
		return with_loss(receive(fd, message, flags), message);
	if (is("unlisted"))
		return with_unlisted(receive(fd, message, flags), message);
	return receive(fd, message, flags);
}

static void switch_fault(int signal_number)
{
	is_on = signal_number == SIGUSR1;
}

__attribute__((constructor)) static void install(void)
{
	struct sigaction action;

	if (getenv("NETLINK_FAULT"))
		fault = getenv("NETLINK_FAULT");
	is_on = is("setback");
	memset(&action, 0, sizeof(action));
	action.sa_handler = switch_fault;
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
}
