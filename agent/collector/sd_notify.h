/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a service manager is told (sd_notify(3)); nothing where there is none. */
#ifndef SD_NOTIFY_H
#define SD_NOTIFY_H

void sd_notify_ready(void);
void sd_notify_reloading(void);
void sd_notify_stopping(void);
/* The watchdog's sign of life. */
void sd_notify_alive(void);

#endif
