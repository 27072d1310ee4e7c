/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/loss_window.h"

/* From this fill on, a dropped packet is laid to the table: entries that end between two samples
 * make a full table look less full. */
#define NEARLY_FULL 95

/* The worst first: new connections are refused for want of room; they are refused whatever the
 * room; others are evicted for them; single packets are refused. */
static const enum loss_cause by_weight[] = { LOSS_TABLE_FULL, LOSS_CHAIN_TOO_LONG, LOSS_EVICTING,
					     LOSS_REFUSED };
#define CAUSES (sizeof(by_weight) / sizeof(by_weight[0]))

void loss_window_restart(struct loss_window *window)
{
	window->has_before = window->is_held = false;
}

static uint64_t grown(const struct loss_window *window, const struct snapshot_sample *sample,
		      enum counter counter)
{
	return sample->total.value[counter] - window->before.value[counter];
}

/* What `drop` has grown by beyond the races. The kernel counts a race in two steps, and a sample
 * may come between them. So one drop alone waits for the next sample, which may explain it. */
static uint64_t drops_beyond_races(struct loss_window *window, const struct snapshot_sample *sample,
				   uint64_t chains, bool is_full)
{
	uint64_t failed = grown(window, sample, COUNTER_INSERT_FAILED);
	uint64_t races = failed > chains ? failed - chains : 0;
	uint64_t drops = grown(window, sample, COUNTER_DROPS) + window->is_held;
	uint64_t beyond = drops > races ? drops - races : 0;

	window->is_held = beyond == 1 && !window->is_held && !is_full;
	return window->is_held ? 0 : beyond;
}

static void compare(struct loss_window *window, const struct snapshot_sample *sample, bool is_full,
		    uint64_t now_ms)
{
	uint64_t evicted = grown(window, sample, COUNTER_EARLY_DROPS);
	uint64_t chains = grown(window, sample, COUNTER_CHAIN_TOO_LONG);
	uint64_t refused = drops_beyond_races(window, sample, chains, is_full);

	if (evicted)
		window->seen_ms[LOSS_EVICTING] = now_ms;
	if (chains)
		window->seen_ms[LOSS_CHAIN_TOO_LONG] = now_ms;
	if (refused)
		window->seen_ms[is_full ? LOSS_TABLE_FULL : LOSS_REFUSED] = now_ms;
	window->lost += evicted + chains + refused;
	window->is_compared = true;
}

static struct loss_mark *mark_at(struct loss_window *window, size_t position)
{
	return &window->marks[(window->first + position) % LOSS_WINDOW_MARKS];
}

/* Adds a mark; the first is then the last one that is a minute old, or the oldest. */
static void add_mark(struct loss_window *window, uint64_t now_ms)
{
	if (window->count == LOSS_WINDOW_MARKS)
		window->count--; /* samples come faster than each second: the newest gives way */
	*mark_at(window, window->count++) = (struct loss_mark){ now_ms, window->lost };
	while (window->count > 1 && mark_at(window, 1)->time_ms + LOSS_WINDOW_MS <= now_ms) {
		window->first = (window->first + 1) % LOSS_WINDOW_MARKS;
		window->count--;
	}
}

static enum loss_cause cause_of(const struct loss_window *window, uint64_t now_ms)
{
	for (size_t i = 0; i < CAUSES; i++) {
		uint64_t seen_ms = window->seen_ms[by_weight[i]];

		if (seen_ms && now_ms - seen_ms < LOSS_WINDOW_MS)
			return by_weight[i];
	}
	return LOSS_NONE;
}

/* Rounded up, so that it is 0 only if nothing was lost. */
static uint32_t rate_of(uint64_t lost, uint64_t elapsed_ms)
{
	uint64_t rate = elapsed_ms ? (lost * 1000 + elapsed_ms - 1) / elapsed_ms : 0;

	return rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;
}

void loss_window_add(struct loss_window *window, struct snapshot_sample *sample, uint64_t now_ms)
{
	bool is_full = snapshot_percent(sample->entries, sample->max_entries) >= NEARLY_FULL;
	const struct loss_mark *since;

	if (window->has_before)
		compare(window, sample, is_full || window->was_full, now_ms);
	window->before = sample->total;
	window->has_before = true;
	window->was_full = is_full;
	add_mark(window, now_ms);
	since = mark_at(window, 0);
	sample->has_loss = window->is_compared && sample->total.present & 1U << COUNTER_DROPS;
	sample->loss_cause = (uint8_t)cause_of(window, now_ms);
	sample->dropping = sample->loss_cause != LOSS_NONE;
	sample->lost = window->lost - since->lost;
	sample->loss_rate = rate_of(sample->lost, now_ms - since->time_ms);
}
