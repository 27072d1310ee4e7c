/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fill thresholds with hysteresis. Pure: no I/O. */
#ifndef THRESHOLD_H
#define THRESHOLD_H

#include <stdbool.h>
#include <stdint.h>

/* The new state: raised from `rising` percent of the limit on, clear from `falling` percent down,
 * in between as it was. Compared exactly, without rounding. A limit of 0 means that there is none,
 * and the state is clear. */
bool threshold_state(bool raised, uint32_t rising, uint32_t falling, uint32_t entries,
		     uint32_t max_entries);

#endif
