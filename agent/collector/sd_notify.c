/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/sd_notify.h"

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>

static void tell(const char *state)
{
	sd_notify(0, state);
}
#else
static void tell(const char *state)
{
	(void)state;
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
