/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration file: it is taken, or refused with one line that says where. */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[CONFIG_ERROR_SIZE] = "";
	struct config *config = config_parse("fuzz.conf", (const char *)data, size, error);

	if (config) {
		config_free(config);
		return 0;
	}
	if (!error[0] || strchr(error, '\n') || memchr(error, 0, sizeof(error)) == NULL)
		abort();
	return 0;
}
