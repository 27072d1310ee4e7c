/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/rates.h"

#include <stdlib.h>
#include <string.h>

#include "collector/rate_window.h"
#include "config/rate_counter.h"

/* In a smaller table, half of the entries may well end at the same time. */
#define FLUSH_ENTRIES 100

/* Percent of the entries that a flush takes away, and that go from look to look at most where
 * entries do not always go so fast. */
#define FLUSH_TURNOVER 90
#define CALM_TURNOVER  50

/* By then, most entries that are still in use have come back. */
#define FLUSH_SETTLE_MS 10000

/* A flush is rare. So many within such a time are none: then what comes in bursts ends together. */
#define BURSTS_MS 120000

struct rate {
	struct config_rate config;
	struct rate_window window;
};

/* Whether the rate is the same: then its window goes on. */
static bool is_same(const struct config_rate *one, const struct config_rate *other)
{
	return one->index == other->index && strcmp(one->name, other->name) == 0 &&
	       one->counter == other->counter && one->window == other->window;
}

static void prepare(struct rate *rate, const struct config_rate *config, const struct rates *before)
{
	rate->config = *config;
	rate_window_init(&rate->window, config->window);
	for (size_t i = 0; i < before->count; i++) {
		if (is_same(&before->list[i].config, config))
			rate->window = before->list[i].window;
	}
}

int rates_prepare(struct rates *next, const struct rates *rates, const struct config *config)
{
	*next = *rates;
	next->count = config->rate_count;
	next->list = calloc(config->rate_count + 1, sizeof(*next->list));
	if (!next->list) {
		*next = (struct rates){ 0 };
		return -1;
	}
	for (size_t i = 0; i < next->count; i++)
		prepare(&next->list[i], &config->rates[i], rates);
	return 0;
}

void rates_clear(struct rates *rates)
{
	free(rates->list);
	*rates = (struct rates){ 0 };
}

static bool is_of_looks(const struct rate *rate)
{
	return rate->config.counter >= COUNTER_COUNT;
}

static void forget_looks(struct rates *rates)
{
	rates->has_turnover = false;
	for (size_t i = 0; i < rates->count; i++) {
		if (is_of_looks(&rates->list[i]))
			rate_window_forget(&rates->list[i].window);
	}
}

void rates_forget(struct rates *rates)
{
	forget_looks(rates);
	memset(rates->gone_ms, 0, sizeof(rates->gone_ms));
	rates->has_sample = false;
	for (size_t i = 0; i < rates->count; i++)
		rate_window_forget(&rates->list[i].window);
}

static void add_sample(struct rates *rates, const struct snapshot_sample *sample, uint64_t now_ms)
{
	for (size_t i = 0; i < rates->count; i++) {
		struct rate *rate = &rates->list[i];
		uint32_t counter = rate->config.counter;

		if (!is_of_looks(rate) && sample->total.present & 1U << counter)
			rate_window_add(&rate->window, sample->total.value[counter], now_ms);
	}
}

/* Most entries went at once. Whether this was a flush. */
static bool is_flush(struct rates *rates, uint64_t now_ms)
{
	uint64_t *gone_ms = rates->gone_ms;

	/* a sample and a look may notice the same one */
	if (gone_ms[0] == 0 || now_ms >= gone_ms[0] + FLUSH_SETTLE_MS) {
		memmove(gone_ms + 1, gone_ms, (RATES_GONE_MAX - 1) * sizeof(*gone_ms));
		gone_ms[0] = now_ms;
	}
	return gone_ms[RATES_GONE_MAX - 1] == 0 ||
	       now_ms - gone_ms[RATES_GONE_MAX - 1] >= BURSTS_MS;
}

static void notice_flush(struct rates *rates, uint32_t entries, uint64_t now_ms)
{
	if (rates->has_sample && rates->entries >= FLUSH_ENTRIES && entries < rates->entries / 2 &&
	    is_flush(rates, now_ms)) {
		rates->settled_ms = now_ms + FLUSH_SETTLE_MS;
		forget_looks(rates);
	}
	rates->has_sample = true;
	rates->entries = entries;
}

/* Whether nearly all entries of the look before are gone, although few went before that. */
static bool is_turned_over(struct rates *rates, const struct snapshot_scan *look)
{
	uint64_t gone = look->destroyed - rates->destroyed;
	bool was_calm = rates->has_turnover && rates->turnover < CALM_TURNOVER;
	uint32_t before = rates->look_entries;

	rates->has_turnover = before > 0;
	if (gone > before)
		gone = before;
	rates->turnover = before ? (uint32_t)(gone * 100 / before) : 0;
	return was_calm && before >= FLUSH_ENTRIES && rates->turnover >= FLUSH_TURNOVER;
}

static void add_look(struct rates *rates, const struct snapshot_scan *look)
{
	if (!look->has_churn || look->churn_began != rates->began_ms) {
		forget_looks(rates);
	} else if (is_turned_over(rates, look) && is_flush(rates, look->end_monotonic)) {
		rates->settled_ms = look->end_monotonic + FLUSH_SETTLE_MS;
		forget_looks(rates);
	}
	rates->look_ms = look->end_monotonic;
	rates->began_ms = look->has_churn ? look->churn_began : 0;
	rates->destroyed = look->destroyed;
	rates->look_entries = look->ipv4 + look->ipv6;
	if (!look->has_churn || look->end_monotonic < rates->settled_ms + look->duration)
		return;
	for (size_t i = 0; i < rates->count; i++) {
		struct rate *rate = &rates->list[i];

		if (is_of_looks(rate))
			rate_window_add(&rate->window,
					rate->config.counter == RATE_OF_CREATED ? look->created
										: look->destroyed,
					look->end_monotonic);
	}
}

void rates_add(struct rates *rates, const struct snapshot_sample *sample,
	       const struct snapshot_scan *look, uint64_t now_ms)
{
	add_sample(rates, sample, now_ms);
	notice_flush(rates, sample->entries, now_ms);
	if (look->end_monotonic != rates->look_ms)
		add_look(rates, look);
}

void rates_show(const struct rates *rates, struct snapshot_rate *rows)
{
	for (size_t i = 0; i < rates->count; i++) {
		const struct config_rate *config = &rates->list[i].config;
		struct snapshot_rate *row = &rows[i];

		memset(row, 0, sizeof(*row));
		row->index = config->index;
		memcpy(row->name, config->name, sizeof(config->name));
		memcpy(row->counter, config->counter_name, sizeof(config->counter_name));
		row->rising = config->rising;
		row->falling = config->falling;
		row->has_value =
			rate_window_get(&rates->list[i].window, &row->value, &row->seconds);
	}
}
