/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration file: what the operator asked for. It is checked completely before anything
 * starts. */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config_blocks.h"
#include "config/config_faults.h"

#define CONFIG_DEFAULT_PATH "/etc/conntrack-agentx.conf"

struct config {
	char *agentx_address;
	char *agentx_owner;             /* a user trusted to be the master; NULL: only root */
	char *user;                     /* NULL: not named in the file; "": keep the caller's */
	uint32_t sample_interval;       /* seconds */
	uint32_t refresh_interval;      /* seconds */
	uint32_t cpu_budget;            /* percent of one core */
	uint32_t identities;            /* entries followed from scan to scan; 0: off */
	uint32_t peak_window;           /* seconds */
	uint32_t notification_interval; /* seconds */
	uint32_t top;                   /* rows per kind; 0: off */
	uint32_t top_prefix_ipv4, top_prefix_ipv6; /* bits */
	uint32_t source_rising;  /* percent of the limit held by one source; 0: off */
	uint32_t source_falling; /* below source_rising */
	uint32_t nat_rising;     /* percent of the ports of a translated address towards one
				  * destination; 0: off */
	uint32_t nat_falling;    /* below nat_rising */
	bool zones;
	size_t threshold_count, watch_count, rate_count, namespace_count;
	struct config_threshold thresholds[SNAPSHOT_THRESHOLDS_MAX];
	struct config_watch *watches;        /* sorted by index; owned */
	struct config_rate *rates;           /* sorted by index; owned */
	struct config_namespace *namespaces; /* sorted by index; owned */
};

/* Reads `path`; NULL means the default file, which may be missing. Returns a new configuration,
 * or NULL with one line in `error` ("FILE:LINE: what is wrong; what would be right"). */
struct config *config_load(const char *path, char error[CONFIG_ERROR_SIZE]);

/* The same from text; `name` stands for the file in messages. */
struct config *config_parse(const char *name, const char *text, size_t length,
			    char error[CONFIG_ERROR_SIZE]);

void config_free(struct config *config);

#endif
