/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/landlock.h */
#define CREATE_RULESET 444
#define ADD_RULE       445
#define RESTRICT_SELF  446

#define CREATE_RULESET_VERSION 1U

#define RULE_PATH_BENEATH 1
#define RULE_NET_PORT     2

#define FS_READ_FILE   (1ULL << 2)
#define FS_READ_DIR    (1ULL << 3)
#define NET_CONNECT    (1ULL << 1)
#define SCOPE_ABSTRACT (1ULL << 0)
#define SCOPE_SIGNAL   (1ULL << 1)

struct ruleset {
	uint64_t fs, net, scoped;
};

struct path_rule {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

struct port_rule {
	uint64_t allowed, port;
};

/* All the rights that a version knows. */
static struct ruleset known_to(long version)
{
	static const struct {
		long since;
		struct ruleset adds;
	} steps[] = {
		{ 1, { .fs = (1ULL << 13) - 1 } },
		{ 2, { .fs = 1ULL << 13 } }, /* refer */
		{ 3, { .fs = 1ULL << 14 } }, /* truncate */
		{ 4, { .net = (1ULL << 0) | NET_CONNECT } },
		{ 5, { .fs = 1ULL << 15 } }, /* ioctl of devices */
		{ 6, { .scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL } },
	};
	struct ruleset known = { 0 };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (version < steps[i].since)
			break;
		known.fs |= steps[i].adds.fs;
		known.net |= steps[i].adds.net;
		known.scoped |= steps[i].adds.scoped;
	}
	return known;
}

static int allow_reading(int ruleset, const char *path)
{
	struct path_rule rule = { .allowed = FS_READ_FILE };
	struct stat status;
	int result, saved;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return 0; /* a missing file cannot be read */
	if (fstat(rule.parent_fd, &status) == 0 && S_ISDIR(status.st_mode))
		rule.allowed |= FS_READ_DIR;
	result = (int)syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0);
	saved = errno;
	close(rule.parent_fd);
	errno = saved;
	return result;
}

static int add_rules(int ruleset, const struct ruleset *handled, const struct landlock_rules *rules)
{
	const struct port_rule port = { NET_CONNECT, rules->tcp_port };

	for (size_t i = 0; i < rules->readable_count; i++) {
		if (allow_reading(ruleset, rules->readable[i]) != 0)
			return -1;
	}
	if (!(handled->net & NET_CONNECT) || rules->tcp_port == 0)
		return 0;
	return (int)syscall(ADD_RULE, ruleset, RULE_NET_PORT, &port, 0);
}

int landlock_restrict(const struct landlock_rules *rules)
{
	long version = syscall(CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
	struct ruleset handled = known_to(version);
	int ruleset, result, saved;

	if (version < 0)
		return -1;
	if (rules->connects_anywhere) {
		handled.net &= ~NET_CONNECT;
		handled.scoped &= ~SCOPE_ABSTRACT;
	}
	ruleset = (int)syscall(CREATE_RULESET, &handled, sizeof(handled), 0);
	if (ruleset < 0)
		return -1;
	result = add_rules(ruleset, &handled, rules);
	if (result == 0)
		result = (int)syscall(RESTRICT_SELF, ruleset, 0);
	saved = errno;
	close(ruleset);
	errno = saved;
	return result;
}
