/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/agentx_master.h"

#include <string.h>

const char *agentx_master_path(const char *address)
{
	size_t first = strcspn(address, ":/");

	if (strncmp(address, "unix:", 5) == 0)
		return address + 5;
	return address[first] == '/' ? address : NULL; /* a colon first: a transport, or a host */
}
