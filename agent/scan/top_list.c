/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/top_list.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int compare_keys(const void *one, const void *other)
{
	const struct sketch_item *first = one, *second = other;

	return sketch_key_compare(&first->key, &second->key);
}

static int compare_counts(const void *one, const void *other)
{
	const struct sketch_item *first = one, *second = other;

	if (first->count != second->count)
		return first->count > second->count ? -1 : 1;
	return sketch_key_compare(&first->key, &second->key);
}

void top_list_rank(struct top_list *list)
{
	qsort(list->items, list->count, sizeof(list->items[0]), compare_counts);
}

static bool has_key(const struct top_list *list, const struct sketch_key *key)
{
	for (size_t i = 0; i < list->count; i++) {
		if (sketch_key_compare(&list->items[i].key, key) == 0)
			return true;
	}
	return false;
}

void top_list_take(struct top_list *list, const struct sketch *sketch,
		   const struct sketch_key *wanted)
{
	struct sketch_item item;

	list->count = sketch_top(sketch, list->items, TOP_LIST_MAX);
	list->floor = list->count == TOP_LIST_MAX ? list->items[TOP_LIST_MAX - 1].count : 0;
	/* the list is full, or it would have the key: the last in rank goes */
	if (wanted && !has_key(list, wanted) && sketch_find(sketch, wanted, &item))
		list->items[TOP_LIST_MAX - 1] = item;
	qsort(list->items, list->count, sizeof(list->items[0]), compare_keys);
}

const struct sketch_item *top_list_find(const struct top_list *list, const struct sketch_key *key)
{
	const struct sketch_item wanted = { .key = *key };

	return bsearch(&wanted, list->items, list->count, sizeof(list->items[0]), compare_keys);
}

const struct sketch_item *top_list_first(const struct top_list *list)
{
	const struct sketch_item *first = NULL;

	for (size_t i = 0; i < list->count; i++) {
		if (!first || list->items[i].count > first->count)
			first = &list->items[i];
	}
	return first;
}

static int compare_mean_keys(const void *one, const void *other)
{
	const struct top_mean_item *first = one, *second = other;

	return sketch_key_compare(&first->key, &second->key);
}

static int compare_mean_counts(const void *one, const void *other)
{
	const struct top_mean_item *first = one, *second = other;

	if (first->count != second->count)
		return first->count > second->count ? -1 : 1;
	return sketch_key_compare(&first->key, &second->key);
}

static const struct top_mean_item *find_mean(const struct top_mean *mean,
					     const struct sketch_key *key)
{
	const struct top_mean_item wanted = { .key = *key };

	return bsearch(&wanted, mean->items, mean->count, sizeof(mean->items[0]),
		       compare_mean_keys);
}

double top_mean_count(const struct top_mean *mean, const struct sketch_key *key)
{
	const struct top_mean_item *item = find_mean(mean, key);

	return item ? item->count : 0;
}

/* Moves the mean towards a value; what is the same in all lists stays exactly that. */
static void approach(double *mean, uint32_t value, double share)
{
	*mean += (value - *mean) * share;
}

void top_mean_add(struct top_mean *mean, const struct top_list *list, double weight)
{
	struct top_mean_item merged[TOP_MEAN_MAX + TOP_LIST_MAX];
	size_t count = 0, at = 0;
	double share;

	if (weight <= 0)
		return;
	mean->weight += weight;
	share = weight / mean->weight;
	approach(&mean->floor, list->floor, share);
	for (size_t i = 0; i < mean->count || at < list->count; count++) {
		const struct sketch_item none = { .count = 0 }, *item = &none;
		int order = i == mean->count ? 1
			    : at == list->count
				    ? -1
				    : sketch_key_compare(&mean->items[i].key, &list->items[at].key);

		merged[count] = (struct top_mean_item){ .count = 0 };
		if (order <= 0)
			merged[count] = mean->items[i++];
		if (order >= 0)
			item = &list->items[at++];
		if (order > 0)
			merged[count].key = item->key;
		approach(&merged[count].count, item->count, share);
		approach(&merged[count].error, item->error, share);
		approach(&merged[count].marked, item->marked, share);
	}
	if (count > TOP_MEAN_MAX) {
		qsort(merged, count, sizeof(merged[0]), compare_mean_counts);
		count = TOP_MEAN_MAX;
		if (mean->floor < merged[count].count)
			mean->floor = merged[count].count;
		qsort(merged, count, sizeof(merged[0]), compare_mean_keys);
	}
	memcpy(mean->items, merged, count * sizeof(merged[0]));
	mean->count = count;
}

static uint32_t rounded(double value)
{
	if (value <= 0)
		return 0;
	return value < UINT32_MAX ? (uint32_t)(value + 0.5) : UINT32_MAX;
}

/* `look` and `then` NULL: the key is not among the first ones. */
static struct sketch_item estimate_key(const struct sketch_key *key, const struct sketch_item *look,
				       const struct sketch_item *round,
				       const struct top_mean_item *then, double floor, double part)
{
	const struct sketch_item none = { .count = 0 };
	const struct top_mean_item never = { .count = 0 };
	struct sketch_item item = { .key = *key };

	look = look ? look : &none;
	round = round ? round : &none;
	item.error = round->error;
	/* a sketch errs alike in two looks at the same entries */
	if (then ? then->count != look->count : look->count != 0)
		item.error =
			rounded(item.error + (look->error + (then ? then->error : floor)) / part);
	then = then ? then : &never;
	item.count = rounded(round->count + (look->count - then->count) / part);
	item.marked = rounded(round->marked + (look->marked - then->marked) / part);
	if (item.marked > item.count)
		item.marked = item.count;
	if (item.error > item.count)
		item.error = item.count;
	return item;
}

void top_list_estimate(struct top_list *look, const struct top_list *round,
		       const struct top_mean *mean, double part)
{
	const struct top_list no_round = { .count = 0 };
	struct sketch_item all[2 * TOP_LIST_MAX];
	size_t count = 0, kept = 0;

	round = round ? round : &no_round;
	for (size_t i = 0; i < look->count; i++) {
		const struct sketch_key *key = &look->items[i].key;

		all[count++] = estimate_key(key, &look->items[i], top_list_find(round, key),
					    mean ? find_mean(mean, key) : NULL,
					    mean ? mean->floor : 0, part);
	}
	for (size_t i = 0; i < round->count; i++) {
		const struct sketch_key *key = &round->items[i].key;

		if (!top_list_find(look, key))
			all[count++] = estimate_key(key, NULL, &round->items[i],
						    mean ? find_mean(mean, key) : NULL, 0, part);
	}
	qsort(all, count, sizeof(all[0]), compare_counts);
	while (kept < count && kept < TOP_LIST_MAX && all[kept].count > 0)
		kept++;
	memcpy(look->items, all, kept * sizeof(all[0]));
	look->count = kept;
	qsort(look->items, kept, sizeof(look->items[0]), compare_keys);
}
