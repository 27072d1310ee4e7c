/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One snapshot for people, on stdout (-1). */
#ifndef SHOW_H
#define SHOW_H

struct config;

/* Samples, scans the whole table without pauses, and prints; then the rate of new connections,
 * which needs a second reading. Returns the exit status. */
int show_run(const struct config *config);

#endif
