/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "log.h"

#define DEFAULT_USER  "conntrack-agentx"
#define FALLBACK_USER "nobody"

/* The account to change to; NULL to stay. -1 with `error` if a named one does not exist. */
static int find_account(const char *name, const struct passwd **account, char *error, size_t size)
{
	bool may_change = geteuid() == 0 && capng_have_capability(CAPNG_EFFECTIVE, CAP_SETUID);

	*account = NULL;
	if (name && !name[0])
		return 0;
	if (name) {
		*account = getpwnam(name);
		if (!*account) {
			snprintf(error, size,
				 "user \"%s\" does not exist; create it, or set user to one that "
				 "does",
				 name);
			return -1;
		}
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
		return 0; /* already somebody: a service manager's choice, or a person's own */
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

int privileges_keep_net_admin(const char *name, char *error, size_t size)
{
	const struct passwd *account;
	bool has_net_admin;

	capng_get_caps_process();
	has_net_admin = capng_have_capability(CAPNG_PERMITTED, CAP_NET_ADMIN);
	if (find_account(name, &account, error, size) != 0)
		return -1;
	capng_clear(CAPNG_SELECT_BOUNDS);
	capng_update(CAPNG_ADD, CAPNG_BOUNDING_SET, CAP_NET_ADMIN);
	/* without CAP_SETPCAP it stays as it is; no_new_privs makes that harmless */
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		capng_apply(CAPNG_SELECT_BOUNDS);
	if (account && initgroups(account->pw_name, account->pw_gid) != 0) {
		snprintf(error, size, "cannot take the groups of user \"%s\": %s", account->pw_name,
			 strerror(errno));
		return -1;
	}
	if (account && (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 ||
			setresgid(account->pw_gid, account->pw_gid, account->pw_gid) != 0 ||
			setresuid(account->pw_uid, account->pw_uid, account->pw_uid) != 0)) {
		snprintf(error, size, "cannot change to user \"%s\": %s", account->pw_name,
			 strerror(errno));
		return -1;
	}
	capng_get_caps_process();
	capng_clear(CAPNG_SELECT_CAPS);
	if (has_net_admin)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0) {
		snprintf(error, size, "cannot drop capabilities: %s", strerror(errno));
		return -1;
	}
	capng_clear(CAPNG_SELECT_AMBIENT);
	capng_apply(CAPNG_SELECT_AMBIENT);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		snprintf(error, size, "cannot set no_new_privs: %s", strerror(errno));
		return -1;
	}
#ifdef __SANITIZE_ADDRESS__
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* the leak checker attaches to its own process */
#endif
	if (!has_net_admin)
		log_warning("CAP_NET_ADMIN is missing: conntrack cannot be read without it; "
			    "start as root or give the capability");
	return 0;
}

int privileges_drop_all(void)
{
	capng_clear(CAPNG_SELECT_CAPS);
	return capng_apply(CAPNG_SELECT_CAPS) == 0 ? 0 : -1;
}
