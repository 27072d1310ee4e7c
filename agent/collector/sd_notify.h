/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages to the service manager (sd_notify(3)). Without one, these functions do nothing. */
#ifndef SD_NOTIFY_H
#define SD_NOTIFY_H

#include <stdint.h>

/* systemctl(1) shows the status on one line. */
#define SD_NOTIFY_STATUS_SIZE 256

void sd_notify_ready(void);
void sd_notify_reloading(void);
void sd_notify_stopping(void);

/* The watchdog's sign of life, and its interval in nanoseconds: a third of the manager's timeout; 0
 * if the manager asks for none. */
void sd_notify_alive(void);
uint64_t sd_notify_alive_interval_ns(void);

/* The state in one line of less than SD_NOTIFY_STATUS_SIZE octets. */
void sd_notify_status(const char *text);

#endif
