/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/sd_notify.h"

#include <stdio.h>

#include "common/text.h"

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>

static void tell(const char *state)
{
	sd_notify(0, state);
}

uint64_t sd_notify_alive_interval_ns(void)
{
	uint64_t patience_us;

	if (sd_watchdog_enabled(0, &patience_us) <= 0)
		return 0;
	return patience_us * 1000 / 3;
}
#else
static void tell(const char *state)
{
	(void)state;
}

uint64_t sd_notify_alive_interval_ns(void)
{
	return 0;
}
#endif

void sd_notify_ready(void)
{
	tell("READY=1");
}

void sd_notify_reloading(void)
{
	tell("RELOADING=1");
}

void sd_notify_stopping(void)
{
	tell("STOPPING=1");
}

void sd_notify_alive(void)
{
	tell("WATCHDOG=1");
}

void sd_notify_status(const char *text)
{
	char state[SD_NOTIFY_STATUS_SIZE + sizeof("STATUS=")];

	snprintf(state, sizeof(state), "STATUS=%s", text);
	/* after a newline the manager would read another assignment; it drops what is not UTF-8 */
	text_make_plain(state);
	tell(state);
}
