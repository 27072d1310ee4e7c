/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <libgen.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "kernel/ctnl.h"
#include "sandbox/landlock.h"

#define AGENTX_PORT 705 /* RFC 2741 8.1.1 */

#define NEW_NAMESPACES                                                                             \
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | \
	 CLONE_NEWCGROUP)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- system calls ---------------------------------------------------------------------------- */

/* System calls that are allowed without conditions. A name that this architecture or library does
 * not know is skipped; the *64 calls are those of 32-bit architectures. */
static const char *const calls_of_both[] = {
	/* memory */
	"brk", "madvise", "mremap", "munmap",
	/* descriptors that are open */
	"_llseek", "close", "close_range", "dup", "dup2", "dup3", "fcntl", "fcntl64", "fstat",
	"fstat64", "fstatfs", "fstatfs64", "lseek", "read", "readv", "write", "writev",
	/* what exists */
	"access", "faccessat", "faccessat2", "fstatat64", "newfstatat", "stat", "stat64", "statx",
	/* sockets; socket() itself is below */
	"connect", "getpeername", "getsockname", "getsockopt", "recv", "recvfrom", "recvmmsg",
	"recvmmsg_time64", "recvmsg", "send", "sendmmsg", "sendmsg", "sendto", "setsockopt",
	"shutdown",
	/* waiting, and time */
	"_newselect", "clock_getres", "clock_getres_time64", "clock_gettime", "clock_gettime64",
	"clock_nanosleep", "clock_nanosleep_time64", "gettimeofday", "nanosleep", "pipe", "pipe2",
	"poll", "ppoll", "ppoll_time64", "pselect6", "pselect6_time64", "restart_syscall", "select",
	"time",
	/* threads, and signals to oneself */
	"futex", "futex_time64", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
	"sched_yield", "set_robust_list", "sigreturn",
	/* who am I */
	"getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32", "getgroups",
	"getgroups32", "getpid", "getppid", "getrandom", "getrlimit", "getrusage", "gettid",
	"getuid", "getuid32", "prlimit64", "set_tid_address", "sysinfo", "ugetrlimit", "uname",
	/* the end */
	"exit", "exit_group",
#ifdef __SANITIZE_ADDRESS__
	/* the leak checker looks at the process from a thread of its own, which it traces with */
	"clone", "getdents", "getdents64", "mprotect", "open", "openat", "ptrace", "prctl",
	"readlink", "readlinkat", "rt_sigtimedwait", "sigaltstack", "tgkill", "wait4"
#endif
};

static const char *const calls_of_collector[] = {
	/* its loop */
	"epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait", "signalfd4", "socketpair",
	"timerfd_create", "timerfd_settime", "timerfd_settime64",
	/* files, which Landlock restricts further */
	"getdents64", "open", "openat", "readlink", "readlinkat",
	/* netlink */
	"bind",
	/* its subagent, and by Landlock nothing else */
	"kill", "tgkill", "tkill", "wait4", "waitid", "waitpid",
	/* giving up more: it does, and so does its subagent */
	"capget", "capset", "landlock_add_rule", "landlock_create_ruleset",
	"landlock_restrict_self", "prctl", "seccomp"
};

/* What isatty() and the sockets need. Not TIOCSTI, which types into the operator's terminal. */
static const unsigned long ioctls[] = { FIONBIO, FIONREAD, SIOCOUTQ, TCGETS };

/* Adds one rule after the other, until the library refuses one. */
struct filter_builder {
	scmp_filter_ctx context;
	int result; /* 0, or a negative errno */
};

static void add(struct filter_builder *builder, uint32_t action, const char *name,
		const struct scmp_arg_cmp *conditions, unsigned int count)
{
	int number = seccomp_syscall_resolve_name(name);

	if (builder->result != 0 || number == __NR_SCMP_ERROR)
		return;
	builder->result =
		seccomp_rule_add_array(builder->context, action, number, count, conditions);
	if (builder->result == -EDOM || builder->result == -EEXIST)
		builder->result = 0; /* not of this architecture, or allowed already */
}

static void allow(struct filter_builder *builder, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add(builder, SCMP_ACT_ALLOW, names[i], NULL, 0);
}

/* Only if that argument has that value. */
static void allow_equal(struct filter_builder *builder, const char *name, unsigned int argument,
			uint64_t value)
{
	add(builder, SCMP_ACT_ALLOW, name,
	    &(struct scmp_arg_cmp){ argument, SCMP_CMP_EQ, value, 0 }, 1);
}

/* Only if none of these bits is set in that argument. */
static void allow_without(struct filter_builder *builder, const char *name, unsigned int argument,
			  uint64_t bits)
{
	add(builder, SCMP_ACT_ALLOW, name,
	    &(struct scmp_arg_cmp){ argument, SCMP_CMP_MASKED_EQ, bits, 0 }, 1);
}

static void allow_what_both_need(struct filter_builder *builder)
{
	allow(builder, calls_of_both, COUNT(calls_of_both));
	allow_without(builder, "mmap", 2, PROT_EXEC);
	allow_without(builder, "mmap2", 2, PROT_EXEC);
	allow_without(builder, "mprotect", 2, PROT_EXEC);
	for (size_t i = 0; i < COUNT(ioctls); i++)
		allow_equal(builder, "ioctl", 1, ioctls[i]);
}

static void allow_collector(struct filter_builder *builder, const void *context)
{
	const struct config *config = context;
	const struct scmp_arg_cmp ctnetlink[] = {
		{ 0, SCMP_CMP_EQ, AF_NETLINK, 0 },
		{ 2, SCMP_CMP_EQ, CTNL_PROTOCOL, 0 },
	};

	allow(builder, calls_of_collector, COUNT(calls_of_collector));
	add(builder, SCMP_ACT_ALLOW, "socket", ctnetlink, COUNT(ctnetlink));
	/* for the service manager and the master, whose address a new configuration may change */
	allow_equal(builder, "socket", 0, AF_UNIX);
	allow_equal(builder, "socket", 0, AF_INET);
	allow_equal(builder, "socket", 0, AF_INET6);
	/* fork(), as musl calls it; a library that tries clone3() first goes on to clone() */
	add(builder, SCMP_ACT_ALLOW, "fork", NULL, 0);
	allow_without(builder, "clone", 0, NEW_NAMESPACES);
	add(builder, SCMP_ACT_ERRNO(ENOSYS), "clone3", NULL, 0);
	if (config->namespace_count > 0)
		allow_equal(builder, "setns", 1, CLONE_NEWNET);
}

static void allow_subagent(struct filter_builder *builder, const void *context)
{
	const struct agentx_master *master = context;

	/* abort(); musl's calls tkill(), and the only thread has the number of the process */
	allow_equal(builder, "tgkill", 0, (uint64_t)getpid());
	allow_equal(builder, "tkill", 0, (uint64_t)getpid());
	if (agentx_master_path(master->address)) {
		allow_equal(builder, "socket", 0, AF_UNIX);
		return;
	}
	allow_equal(builder, "socket", 0, AF_INET);
	allow_equal(builder, "socket", 0, AF_INET6);
	/* /etc/hosts and the like, and by Landlock nothing else */
	add(builder, SCMP_ACT_ALLOW, "open", NULL, 0);
	add(builder, SCMP_ACT_ALLOW, "openat", NULL, 0);
}

/* Everything fails with EPERM except what both processes need and what `allow_more` adds. */
static void filter_calls(void (*allow_more)(struct filter_builder *, const void *),
			 const void *context)
{
	struct filter_builder builder = { .context = seccomp_init(SCMP_ACT_ERRNO(EPERM)) };

	if (!builder.context) {
		log_warning("seccomp: out of memory; system calls are not filtered");
		return;
	}
	/* a tree, if the library can: a scan makes a call for each 8 KiB */
	seccomp_attr_set(builder.context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	allow_what_both_need(&builder);
	allow_more(&builder, context);
	if (builder.result == 0)
		builder.result = seccomp_load(builder.context);
	seccomp_release(builder.context);
	if (builder.result != 0)
		log_warning("seccomp: %s; system calls are not filtered",
			    strerror(-builder.result));
}

/* ---- files, ports and signals ---------------------------------------------------------------- */

static void restrict_reach(const struct landlock_rules *rules)
{
	if (landlock_restrict(rules) == 0)
		return;
	if (errno == ENOSYS || errno == EOPNOTSUPP)
		log_debug("this kernel has no Landlock: files are protected by their modes alone");
	else
		log_warning("landlock: %s; files are protected by their modes alone",
			    strerror(errno));
}

/* The directory of a file, because an editor replaces the file; NULL if there is none. */
static char *directory_of(const char *path)
{
	char *copy = path ? strdup(path) : NULL, *directory = NULL;

	if (copy)
		directory = strdup(dirname(copy));
	free(copy);
	return directory;
}

void sandbox_collector(const struct config *config, const char *config_path)
{
	/* /etc: names of users and hosts; /run: namespaces. A new configuration may change where it
	 * connects to. */
	static const char *const always[] = { "/etc", "/proc", "/run" };
	char *real_path, *owned[2 + SNAPSHOT_INSTANCES_MAX];
	const char *readable[COUNT(always) + COUNT(owned)];
	struct landlock_rules rules = { readable, COUNT(always), true, 0 };
	size_t count = 0;

	memcpy(readable, always, sizeof(always));
	if (!config_path)
		config_path = CONFIG_DEFAULT_PATH;
	real_path = realpath(config_path, NULL); /* where a link leads */
	owned[count++] = directory_of(config_path);
	owned[count++] = directory_of(real_path);
	for (size_t i = 0; i < config->namespace_count; i++) {
		if (strchr(config->namespaces[i].name, '/'))
			owned[count++] = directory_of(config->namespaces[i].name);
	}
	for (size_t i = 0; i < count; i++) {
		if (owned[i])
			readable[rules.readable_count++] = owned[i];
	}
	restrict_reach(&rules);
	while (count > 0)
		free(owned[--count]);
	free(real_path);
	filter_calls(allow_collector, config);
}

/* The port of "tcp:host:port" and the like. */
static uint16_t port_of(const char *address)
{
	const char *colon = strrchr(address, ':');
	unsigned long port = colon ? strtoul(colon + 1, NULL, 10) : 0;

	return port > 0 && port <= UINT16_MAX ? (uint16_t)port : AGENTX_PORT;
}

void sandbox_subagent(const struct agentx_master *master)
{
	static const char *const for_names[] = {
		"/etc/host.conf", "/etc/hosts",       "/etc/nsswitch.conf",
		"/etc/gai.conf",  "/etc/resolv.conf", "/etc/services",
	};
	static const char *const nothing[] = { "/proc" }; /* see below */
	bool is_local = agentx_master_path(master->address) != NULL;
	struct landlock_rules rules = { .readable = nothing };

	if (!is_local)
		rules = (struct landlock_rules){ for_names, COUNT(for_names), false,
						 port_of(master->address) };
#ifdef __SANITIZE_ADDRESS__
	if (is_local)
		rules.readable_count = 1; /* the leak checker's */
#endif
	restrict_reach(&rules);
	filter_calls(allow_subagent, master);
}
