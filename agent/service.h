/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a service manager is told (sd_notify(3)); nothing where there is none. */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdint.h>

/* systemctl(1) shows the status on one line. */
#define SERVICE_STATUS_SIZE 256

void service_ready(void);
void service_reloading(void);
void service_stopping(void);

/* The watchdog's sign of life, and how often it is due: three times within the manager's patience,
 * in nanoseconds; 0 if none is asked for. */
void service_alive(void);
uint64_t service_alive_interval_ns(void);

/* How things are, in one line of less than SERVICE_STATUS_SIZE octets. */
void service_status(const char *text);

#endif
