/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/log.h"

#define DEFAULT_USER  "conntrack-agentx"
#define FALLBACK_USER "nobody"

/* NULL with errno: ENOENT if there is none, which getpwnam(3) says in many ways. */
static const struct passwd *look_up(const char *name)
{
	const struct passwd *account;

	errno = 0;
	account = getpwnam(name);
	if (!account && errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != EIO)
		errno = ENOENT;
	return account;
}

/* NULL with `error`. */
static const struct passwd *find_named(const char *name, char *error, size_t size)
{
	const struct passwd *account = look_up(name);

	if (!account && errno == ENOENT)
		snprintf(error, size,
			 "user \"%s\" does not exist; create it, or set user to an existing one",
			 name);
	else if (!account)
		snprintf(error, size, "user \"%s\" cannot be looked up: %s", name, strerror(errno));
	return account;
}

int privileges_check_user(const char *name, char *error, size_t size)
{
	return !name || !name[0] || find_named(name, error, size) ? 0 : -1;
}

/* The account to change to; NULL to stay. -1 with `error` if the named one does not exist. */
static int find_account(const char *name, const struct passwd **account, char *error, size_t size)
{
	bool may_change = geteuid() == 0 && capng_have_capability(CAPNG_EFFECTIVE, CAP_SETUID);

	*account = NULL;
	if (name && !name[0])
		return 0;
	if (name) {
		*account = find_named(name, error, size);
		if (!*account)
			return -1;
		if ((*account)->pw_uid == geteuid()) {
			*account = NULL;
		} else if (!may_change) {
			snprintf(error, size,
				 "changing to user \"%s\" needs root; start as root, or set user = "
				 "\"\"",
				 name);
			return -1;
		}
		return 0;
	}
	if (!may_change)
		return 0; /* not root: the service manager or a person chose this user */
	*account = getpwnam(DEFAULT_USER);
	if (!*account) {
		*account = getpwnam(FALLBACK_USER);
		log_warning("user \"" DEFAULT_USER "\" does not exist, running as \"" FALLBACK_USER
			    "\"; create it (see the README) or set user");
		if (!*account) {
			snprintf(error, size,
				 "neither user \"" DEFAULT_USER "\" nor \"" FALLBACK_USER
				 "\" exists; "
				 "create the first, or set user");
			return -1;
		}
	}
	return 0;
}

/* Leaves only these in the bounding set. */
static void reduce_bounding_set(const unsigned int *kept, size_t count)
{
	capng_clear(CAPNG_SELECT_BOUNDS);
	for (size_t i = 0; i < count; i++)
		capng_update(CAPNG_ADD, CAPNG_BOUNDING_SET, kept[i]);
	/* without CAP_SETPCAP it stays the same; no_new_privs makes that harmless */
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		capng_apply(CAPNG_SELECT_BOUNDS);
}

static int change_user(const struct passwd *account, char *error, size_t size)
{
	if (initgroups(account->pw_name, account->pw_gid) != 0) {
		snprintf(error, size, "cannot take on the groups of user \"%s\": %s",
			 account->pw_name, strerror(errno));
		return -1;
	}
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 ||
	    setresgid(account->pw_gid, account->pw_gid, account->pw_gid) != 0 ||
	    setresuid(account->pw_uid, account->pw_uid, account->pw_uid) != 0) {
		snprintf(error, size, "cannot change to user \"%s\": %s", account->pw_name,
			 strerror(errno));
		return -1;
	}
	return 0;
}

int privileges_reduce(const char *name, bool namespaces, char *error, size_t size)
{
	const unsigned int wanted[] = { CAP_NET_ADMIN, CAP_SYS_ADMIN };
	size_t count = namespaces ? 2 : 1;
	const struct passwd *account;
	bool has[2];

	capng_get_caps_process();
	for (size_t i = 0; i < count; i++)
		has[i] = capng_have_capability(CAPNG_PERMITTED, wanted[i]);
	if (find_account(name, &account, error, size) != 0)
		return -1;
	reduce_bounding_set(wanted, count);
	if (account && change_user(account, error, size) != 0)
		return -1;
	capng_get_caps_process();
	capng_clear(CAPNG_SELECT_CAPS);
	for (size_t i = 0; i < count; i++) {
		if (has[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, wanted[i]);
	}
	if (capng_apply(CAPNG_SELECT_CAPS) != 0) {
		snprintf(error, size, "cannot drop capabilities: %s", strerror(errno));
		return -1;
	}
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		snprintf(error, size, "cannot set no_new_privs: %s", strerror(errno));
		return -1;
	}
#ifdef __SANITIZE_ADDRESS__
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* the leak checker attaches to its own process */
#endif
	if (!has[0])
		log_warning("CAP_NET_ADMIN is missing: conntrack cannot be read without it; "
			    "start as root or give the capability");
	if (namespaces && !has[1])
		log_warning("CAP_SYS_ADMIN is missing: the configured namespaces cannot be entered "
			    "without it; start as root or give the capability");
	return 0;
}

bool privileges_find_user(const char *name, uid_t *uid)
{
	const struct passwd *account = look_up(name);
	int reason = errno;
	unsigned long number;
	char *end;

	if (account) {
		*uid = account->pw_uid;
		return true;
	}
	errno = 0;
	number = strtoul(name, &end, 10);
	if (name[0] < '0' || name[0] > '9' || *end || errno || number >= (uid_t)-1) {
		errno = reason;
		return false;
	}
	*uid = (uid_t)number;
	return true;
}

bool privileges_has_sys_admin(void)
{
	capng_get_caps_process();
	return capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN);
}

int privileges_drop_sys_admin(void)
{
	capng_get_caps_process();
	capng_update(CAPNG_DROP, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SYS_ADMIN);
	return capng_apply(CAPNG_SELECT_CAPS) == 0 ? 0 : -1;
}

int privileges_drop_all(void)
{
	capng_clear(CAPNG_SELECT_CAPS);
	return capng_apply(CAPNG_SELECT_CAPS) == 0 ? 0 : -1;
}
