/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "identities.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST     1024
#define INSERTION_SORT 32
#define WALK_MAX       128

static bool is_followed(uint32_t id, unsigned int bits)
{
	return (id & (uint32_t)((1ULL << bits) - 1)) == 0;
}

void identities_clear(struct identities *identities)
{
	free(identities->ids);
	memset(identities, 0, sizeof(*identities));
}

void identities_abandon(struct identities_scan *scan)
{
	free(scan->met);
	free(scan->fresh);
	memset(scan, 0, sizeof(*scan));
}

void identities_begin(struct identities_scan *scan, struct identities *before, uint32_t expected,
		      uint32_t limit)
{
	identities_abandon(scan);
	scan->before = before;
	scan->limit = limit;
	/* a little is left for what comes during the scan */
	while (scan->bits < 32 && expected >> scan->bits > limit - limit / 64)
		scan->bits++;
	scan->met = calloc(before->count / 8 + 1, 1);
	scan->is_following = scan->met != NULL;
}

static bool is_met(const struct identities_scan *scan, size_t position)
{
	return scan->met[position / 8] >> position % 8 & 1;
}

/* One bit more must be 0. */
static void halve(struct identities_scan *scan)
{
	size_t kept = 0;

	scan->bits++;
	for (size_t i = 0; i < scan->fresh_count; i++) {
		if (is_followed(scan->fresh[i], scan->bits))
			scan->fresh[kept++] = scan->fresh[i];
	}
	scan->fresh_count = kept;
	scan->met_count = 0;
	for (size_t i = 0; i < scan->before->count; i++)
		scan->met_count += is_met(scan, i) && is_followed(scan->before->ids[i], scan->bits);
}

static void keep_to_limit(struct identities_scan *scan)
{
	while (scan->met_count + scan->fresh_count > scan->limit && scan->bits < 32)
		halve(scan);
}

static size_t within(int64_t position, size_t count)
{
	return position < 0 ? 0 : (size_t)position < count ? (size_t)position : count - 1;
}

/* Where the identity stands, if it does. */
static size_t binary_search(const struct identities *sorted, uint32_t id)
{
	size_t low = 0, high = sorted->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (sorted->ids[middle] <= id)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* The identities are spread evenly over 32 bits, so their place in the sorted array can be
 * reckoned: to some hundreds at first, then by the one that stands there to about ten, which is a
 * walk within a cache line or two. A binary search would miss the cache at most of its steps. */
static bool find(const struct identities *sorted, uint32_t id, size_t *position)
{
	int64_t count = (int64_t)sorted->count;
	size_t at, steps = 0;

	if (count == 0)
		return false;
	at = (size_t)((uint64_t)id * (uint64_t)count >> 32);
	at = within((int64_t)at + (((int64_t)id - sorted->ids[at]) * count >> 32), sorted->count);
	while (sorted->ids[at] < id && at + 1 < sorted->count && steps < WALK_MAX) {
		at++;
		steps++;
	}
	while (sorted->ids[at] > id && at > 0 && steps < WALK_MAX) {
		at--;
		steps++;
	}
	if (steps == WALK_MAX)
		at = binary_search(sorted, id);
	*position = at;
	return sorted->ids[at] == id;
}

static bool add_fresh(struct identities_scan *scan, uint32_t id)
{
	if (scan->fresh_count == scan->fresh_room) {
		size_t room = scan->fresh_room ? scan->fresh_room * 2 : ROOM_FIRST;
		uint32_t *grown = reallocarray(scan->fresh, room, sizeof(*grown));

		if (!grown)
			return false;
		scan->fresh = grown;
		scan->fresh_room = room;
	}
	scan->fresh[scan->fresh_count++] = id;
	return true;
}

bool identities_add(struct identities_scan *scan, uint32_t id)
{
	const struct identities *before = scan->before;
	bool was_followed = before->is_known && is_followed(id, before->bits);
	size_t position;

	if (!scan->is_following || !is_followed(id, scan->bits))
		return false;
	if (was_followed && find(before, id, &position)) {
		/* an entry may be met twice while the table changes under the scan */
		if (!is_met(scan, position)) {
			scan->met[position / 8] =
				(uint8_t)(scan->met[position / 8] | 1U << position % 8);
			scan->met_count++;
			keep_to_limit(scan);
		}
		return false;
	}
	if (!add_fresh(scan, id)) {
		scan->is_following = false;
		return false;
	}
	keep_to_limit(scan);
	return was_followed && is_followed(id, scan->bits);
}

static void insertion_sort(uint32_t *ids, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint32_t id = ids[i];
		size_t at = i;

		for (; at > 0 && ids[at - 1] > id; at--)
			ids[at] = ids[at - 1];
		ids[at] = id;
	}
}

/* By the octet at `shift`, in place, and then each of its 256 parts by the next one. qsort()
 * would take several times as long, and as much memory again. */
static void radix_sort(uint32_t *ids, size_t count, unsigned int shift)
{
	size_t begin[257] = { 0 }, next[256];

	if (count <= INSERTION_SORT) {
		insertion_sort(ids, count);
		return;
	}
	for (size_t i = 0; i < count; i++)
		begin[(ids[i] >> shift & 0xff) + 1]++;
	for (unsigned int part = 0; part < 256; part++) {
		begin[part + 1] += begin[part];
		next[part] = begin[part];
	}
	for (unsigned int part = 0; part < 256; part++) {
		while (next[part] < begin[part + 1]) {
			uint32_t id = ids[next[part]];
			unsigned int home = id >> shift & 0xff;

			ids[next[part]] = ids[next[home]];
			ids[next[home]++] = id;
		}
	}
	for (unsigned int part = 0; part < 256 && shift > 0; part++)
		radix_sort(ids + begin[part], begin[part + 1] - begin[part], shift - 8);
}

static void sort_fresh(struct identities_scan *scan)
{
	size_t kept = 0;

	radix_sort(scan->fresh, scan->fresh_count, 24);
	for (size_t i = 0; i < scan->fresh_count; i++) {
		if (kept == 0 || scan->fresh[kept - 1] != scan->fresh[i])
			scan->fresh[kept++] = scan->fresh[i];
	}
	scan->fresh_count = kept;
}

static void compare(const struct identities_scan *scan, struct identities_change *change)
{
	const struct identities *before = scan->before;

	change->bits = scan->bits > before->bits ? scan->bits : before->bits;
	for (size_t i = 0; i < scan->fresh_count; i++)
		change->created += is_followed(scan->fresh[i], change->bits);
	for (size_t i = 0; i < before->count; i++)
		change->destroyed += !is_met(scan, i) && is_followed(before->ids[i], change->bits);
	change->created <<= change->bits;
	change->destroyed <<= change->bits;
}

/* Leaves those of `before` that were met and are followed now. */
static void keep_survivors(const struct identities_scan *scan, struct identities *before)
{
	size_t kept = 0;

	for (size_t i = 0; i < before->count; i++) {
		if (is_met(scan, i) && is_followed(before->ids[i], scan->bits))
			before->ids[kept++] = before->ids[i];
	}
	before->count = kept;
}

/* Merges the fresh ones in, from behind, so that it needs no second array. */
static void merge_fresh(const struct identities_scan *scan, struct identities *before)
{
	size_t old = before->count, fresh = scan->fresh_count, at = old + fresh;
	uint32_t *resized;

	before->count = at;
	if (at == 0) {
		free(before->ids);
		before->ids = NULL;
		return;
	}
	resized = reallocarray(before->ids, at, sizeof(*resized));
	if (!resized) {
		identities_clear(before); /* the next scan has nothing to compare with */
		return;
	}
	before->ids = resized;
	while (fresh > 0) {
		bool take_fresh = old == 0 || scan->fresh[fresh - 1] > resized[old - 1];

		resized[--at] = take_fresh ? scan->fresh[--fresh] : resized[--old];
	}
}

void identities_finish(struct identities_scan *scan, uint64_t time_ms,
		       struct identities_change *change)
{
	struct identities *before = scan->before;

	memset(change, 0, sizeof(*change));
	change->bits = scan->bits;
	if (!scan->is_following) {
		identities_abandon(scan);
		return;
	}
	sort_fresh(scan);
	if (before->is_known) {
		compare(scan, change);
		/* two scans of an empty table may share a millisecond */
		change->elapsed_ms = time_ms > before->time_ms ? time_ms - before->time_ms : 1;
	}
	before->is_known = true;
	before->bits = scan->bits;
	before->time_ms = time_ms;
	keep_survivors(scan, before);
	merge_fresh(scan, before);
	identities_abandon(scan);
}
