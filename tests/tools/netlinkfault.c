/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An LD_PRELOAD object for tests: what netlink may do to a reader, as NETLINK_FAULT says. At
 * SIGUSR1 it begins, at SIGUSR2 it ends. eintr    every other read is interrupted first enobufs
 * every 20th read finds that messages were lost resize   of each dump a half is skipped and the
 * rest comes twice, as where the hash table gets another number of buckets while it is read */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *fault = "";
static volatile sig_atomic_t is_on;
static unsigned int calls;

static ssize_t receive(int fd, struct msghdr *message, int flags)
{
	return syscall(SYS_recvmsg, fd, message, flags);
}

/* Gives a buffer once more, or leaves one out. */
static ssize_t resized(int fd, struct msghdr *message, int flags)
{
	static unsigned char last[65536];
	static ssize_t length;
	const struct iovec *part = message->msg_iov;

	/* only what fills a buffer is of a dump's middle: answers and ends must come as they are */
	if (calls % 3 == 1 && length > 4096 && (size_t)length <= part->iov_len) {
		memcpy(part->iov_base, last, (size_t)length);
		return length;
	}
	length = receive(fd, message, flags);
	if (calls % 3 == 2 && length > 4096)
		length = receive(fd, message, flags);
	if (length > 0 && (size_t)length <= sizeof(last))
		memcpy(last, part->iov_base, (size_t)length);
	return length;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	const struct sockaddr *from = message->msg_name;

	if (!is_on || !from || message->msg_iovlen != 1)
		return receive(fd, message, flags);
	calls++;
	if (fault[0] == 'e' && calls % (fault[1] == 'i' ? 2 : 20) == 0) {
		errno = fault[1] == 'i' ? EINTR : ENOBUFS;
		return -1;
	}
	return fault[0] == 'r' ? resized(fd, message, flags) : receive(fd, message, flags);
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
	memset(&action, 0, sizeof(action));
	action.sa_handler = switch_fault;
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
}
