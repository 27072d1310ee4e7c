/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration file: it is taken, with plain texts, or refused with one line of plain
 * text that says where. */
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_plain(const char *text)
{
	char fault[TEXT_FAULT_SIZE];

	return !text || text_is_plain(text, strlen(text), fault);
}

static void check_texts(const struct config *config)
{
	bool plain = is_plain(config->agentx_address) && is_plain(config->agentx_owner) &&
		     is_plain(config->user);

	for (size_t i = 0; i < config->threshold_count; i++)
		plain = plain && is_plain(config->thresholds[i].name);
	for (size_t i = 0; i < config->watch_count; i++)
		plain = plain && is_plain(config->watches[i].name);
	for (size_t i = 0; i < config->rate_count; i++)
		plain = plain && is_plain(config->rates[i].name);
	for (size_t i = 0; i < config->namespace_count; i++)
		plain = plain && is_plain(config->namespaces[i].name);
	if (!plain)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[CONFIG_ERROR_SIZE] = "";
	struct config *config = config_parse("fuzz.conf", (const char *)data, size, error);

	if (config) {
		check_texts(config);
		config_free(config);
		return 0;
	}
	if (!error[0] || memchr(error, 0, sizeof(error)) == NULL || !is_plain(error) ||
	    strtol(error + strlen("fuzz.conf:"), NULL, 10) < 1)
		abort();
	return 0;
}
