/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a service manager is told (sd_notify(3)); nothing where there is none. */
#ifndef SERVICE_H
#define SERVICE_H

void service_ready(void);
void service_reloading(void);
void service_stopping(void);
/* The watchdog's sign of life. */
void service_alive(void);

#endif
