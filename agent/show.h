/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One snapshot for people, on stdout (-1). */
#ifndef ONCE_H
#define ONCE_H

struct config;

/* Samples, scans whole and without pauses, prints. Returns the exit status. */
int once_run(const struct config *config);

#endif
