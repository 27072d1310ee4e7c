/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The figures of one table in words, for people, on standard output. */
#ifndef REPORT_H
#define REPORT_H

#include "hints.h"
#include "snapshot.h"

void report_print(const struct snapshot_sample *sample, const struct snapshot_scan *scan,
		  const struct hints *hints);

#endif
