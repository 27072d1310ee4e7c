/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a service manager is told (sd_notify(3)); nothing where there is none. */
#ifndef SD_NOTIFY_H
#define SD_NOTIFY_H

#include <stdint.h>

/* systemctl(1) shows the status on one line. */
#define SD_NOTIFY_STATUS_SIZE 256

void sd_notify_ready(void);
void sd_notify_reloading(void);
void sd_notify_stopping(void);

/* The watchdog's sign of life, and how often it is due: three times within the manager's patience,
 * in nanoseconds; 0 if none is asked for. */
void sd_notify_alive(void);
uint64_t sd_notify_alive_interval_ns(void);

/* How things are, in one line of less than SD_NOTIFY_STATUS_SIZE octets. */
void sd_notify_status(const char *text);

#endif
