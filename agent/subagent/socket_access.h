/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why this process may not connect to a Unix socket. */
#ifndef SOCKET_ACCESS_H
#define SOCKET_ACCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "sandbox/account_names.h"

/* After EACCES: names the first directory of the path that this process may not enter, or else the
 * socket, with owner and mode, and says what would help: one sentence with its full stop. False if
 * the modes do not explain it; `text` is unchanged then. Needs stat() and access() only, and reads
 * no file. */
bool socket_access_explain(const char *path, const struct account_names *names, char *text,
			   size_t size);

#endif
