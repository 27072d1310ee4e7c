/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An LD_PRELOAD object for tests: at SIGUSR2 the process tries what somebody would who has taken it
 * over, and writes a line for each attempt: "probe PID NAME OUTCOME", which is "done" or the name
 * of an error. PROBE_PID is a process to signal, PROBE_FILE a file to read and to write, PROBE_PORT
 * a port of TCP at 127.0.0.1 to connect to. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t other;
static const char *file;
static in_port_t port;

static long try_socket(int family, int type, int protocol)
{
	int fd = socket(family, type, protocol);

	if (fd >= 0)
		close(fd);
	return fd;
}

static long try_open(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd >= 0)
		close(fd);
	return fd;
}

static long try_directory(void)
{
	char path[] = "/tmp/conntrack-agentx-probe-XXXXXX";

	return mkdtemp(path) ? rmdir(path) : -1;
}

static long try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return pid;
}

static long try_exec(void)
{
	char *arguments[] = { "/bin/true", NULL };

	return execve(arguments[0], arguments, arguments);
}

static long try_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? -1 : munmap(page, 4096);
}

static long try_connect(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), saved;
	long result;

	if (fd < 0)
		return fd;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	result = connect(fd, (struct sockaddr *)&address, sizeof(address));
	saved = errno;
	close(fd);
	errno = saved;
	return result;
}

static void tell(const char *name, long result)
{
	dprintf(STDERR_FILENO, "probe %d %s %s\n", (int)getpid(), name,
		result >= 0 ? "done" : strerrorname_np(errno));
}

#define TRY(name, attempt) (errno = 0, tell(name, (long)(attempt)))

static void probe(int signal_number)
{
	int saved = errno;

	(void)signal_number;
	TRY("ctnetlink", try_socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER));
	TRY("rtnetlink", try_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
	TRY("packet", try_socket(AF_PACKET, SOCK_RAW, 0));
	TRY("inet", try_socket(AF_INET, SOCK_DGRAM, 0));
	TRY("unix", try_socket(AF_UNIX, SOCK_STREAM, 0));
	TRY("connect", try_connect());
	TRY("read", try_open(file, O_RDONLY));
	TRY("write", try_open(file, O_WRONLY));
	TRY("read-hosts", try_open("/etc/hosts", O_RDONLY));
	TRY("read-program", try_open("/bin/true", O_RDONLY));
	TRY("write-proc", try_open("/proc/self/oom_score_adj", O_WRONLY));
	TRY("directory", try_directory());
	TRY("fork", try_fork());
	TRY("exec", try_exec());
	TRY("code", try_code());
	TRY("signal", kill(other, 0));
	TRY("signal-parent", kill(getppid(), 0));
	TRY("trace-parent", ptrace(PTRACE_SEIZE, getppid(), 0, 0));
	TRY("setuid", setuid(1));
	TRY("namespace", unshare(CLONE_NEWUSER));
	TRY("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
	TRY("type", ioctl(STDIN_FILENO, TIOCSTI, "x"));
	TRY("bpf", syscall(SYS_bpf, 0, NULL, 0));
	TRY("end", 0);
	errno = saved;
}

__attribute__((constructor)) static void install(void)
{
	struct sigaction action;

	if (!getenv("PROBE_PID"))
		return;
	other = (pid_t)atoi(getenv("PROBE_PID"));
	file = getenv("PROBE_FILE");
	port = (in_port_t)atoi(getenv("PROBE_PORT"));
	memset(&action, 0, sizeof(action));
	action.sa_handler = probe;
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR2, &action, NULL);
}
