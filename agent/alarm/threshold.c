/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarm/threshold.h"

bool threshold_state(bool raised, uint32_t rising, uint32_t falling, uint32_t entries,
		     uint32_t max_entries)
{
	uint64_t filled = (uint64_t)entries * 100;

	if (max_entries == 0)
		return false;
	if (filled >= (uint64_t)rising * max_entries)
		return true;
	if (filled <= (uint64_t)falling * max_entries)
		return false;
	return raised;
}
