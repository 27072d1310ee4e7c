/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/churn.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST     1024
#define INSERTION_SORT 32
#define WALK_MAX       128
#define SEGMENT_SIZE   (1U << 22)

_Static_assert((uint64_t)SEGMENT_SIZE *CHURN_SEGMENTS == 1ULL << 32, "all identities");

static bool is_followed(uint32_t id, unsigned int bits)
{
	return (id & (uint32_t)((1ULL << bits) - 1)) == 0;
}

void churn_clear(struct churn *churn)
{
	free(churn->ids);
	free(churn->positions);
	memset(churn, 0, sizeof(*churn));
}

void churn_reorder(struct churn *churn)
{
	free(churn->positions);
	churn->positions = NULL;
}

void churn_abandon(struct churn_scan *scan)
{
	free(scan->met);
	free(scan->fresh);
	free(scan->met_positions);
	free(scan->fresh_positions);
	memset(scan, 0, sizeof(*scan));
}

/* The position of the first identity of each segment of the 32 bits. */
static void guide_build(struct churn_scan *scan)
{
	const struct churn *before = scan->before;
	size_t at = 0;

	for (uint32_t segment = 0; segment <= CHURN_SEGMENTS; segment++) {
		uint64_t first = (uint64_t)segment * SEGMENT_SIZE;

		while (at < before->count && before->ids[at] < first)
			at++;
		scan->guide[segment] = (uint32_t)at;
	}
}

void churn_begin(struct churn_scan *scan, struct churn *before, uint32_t expected, uint32_t limit,
		 bool has_positions)
{
	churn_abandon(scan);
	scan->before = before;
	scan->limit = limit;
	/* leave a little room for what comes during the scan */
	while (scan->bits < 32 && expected >> scan->bits > limit - limit / 64)
		scan->bits++;
	scan->met = calloc(before->count / 8 + 1, 1);
	scan->is_following = scan->met != NULL;
	scan->has_positions = has_positions;
	guide_build(scan);
	if (!has_positions)
		return;
	scan->met_positions = calloc(before->count + 1, sizeof(*scan->met_positions));
	scan->is_following = scan->is_following && scan->met_positions;
}

static bool is_met(const struct churn_scan *scan, size_t position)
{
	return scan->met[position / 8] >> position % 8 & 1;
}

/* One bit more must be 0. */
static void halve(struct churn_scan *scan)
{
	size_t kept = 0, sure = scan->fresh_sure;

	scan->bits++;
	for (size_t i = 0; i < scan->fresh_count; i++) {
		if (i == sure)
			scan->fresh_sure = kept;
		if (!is_followed(scan->fresh[i], scan->bits))
			continue;
		scan->fresh[kept] = scan->fresh[i];
		if (scan->has_positions)
			scan->fresh_positions[kept] = scan->fresh_positions[i];
		kept++;
	}
	if (sure == scan->fresh_count)
		scan->fresh_sure = kept;
	scan->fresh_count = kept;
	scan->met_count = 0;
	for (size_t i = 0; i < scan->before->count; i++)
		scan->met_count += is_met(scan, i) && is_followed(scan->before->ids[i], scan->bits);
}

static void keep_to_limit(struct churn_scan *scan)
{
	while (scan->met_count + scan->fresh_count > scan->limit && scan->bits < 32)
		halve(scan);
}

/* Identities are spread evenly, so their place within their segment can be calculated. It is off by
 * about ten, which is a walk within a cache line or two. A binary search would miss the cache at
 * most of its steps. */
static size_t reckon(const struct churn_scan *scan, uint32_t id)
{
	const uint32_t *begin = &scan->guide[id / SEGMENT_SIZE];
	uint64_t count = begin[1] - begin[0];

	return begin[0] + (size_t)(count * (id % SEGMENT_SIZE) / SEGMENT_SIZE);
}

/* The position of the identity, if it is there. */
static size_t binary_search(const struct churn *sorted, uint32_t id)
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

static bool find(const struct churn_scan *scan, uint32_t id, size_t *position)
{
	const struct churn *sorted = scan->before;
	size_t at = reckon(scan, id), steps = 0;

	if (sorted->count == 0)
		return false;
	if (at == sorted->count)
		at--;
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

/* Doubles the room. False if out of memory. */
static bool grow(uint32_t **array, size_t room)
{
	uint32_t *grown = reallocarray(*array, room, sizeof(*grown));

	if (grown)
		*array = grown;
	return grown;
}

static bool add_fresh(struct churn_scan *scan, uint32_t id, uint32_t position)
{
	if (scan->fresh_count == scan->fresh_room) {
		size_t room = scan->fresh_room ? scan->fresh_room * 2 : ROOM_FIRST;

		if (!grow(&scan->fresh, room) ||
		    (scan->has_positions && !grow(&scan->fresh_positions, room)))
			return false;
		scan->fresh_room = room;
	}
	if (scan->has_positions)
		scan->fresh_positions[scan->fresh_count] = position;
	scan->fresh[scan->fresh_count++] = id;
	return true;
}

/* Whether it comes in the order of the scan before: not before what was already met. If one came
 * too early, the next one shows it by a lower position. */
static bool is_in_order(struct churn_scan *scan, uint32_t position_before)
{
	if (position_before < scan->last_before) {
		scan->astray++;
		return false;
	}
	if (position_before >= scan->next_before)
		scan->last_before = scan->next_before;
	else
		scan->astray++;
	scan->next_before = position_before;
	scan->in_order++;
	return true;
}

static enum churn_sign meet_again(struct churn_scan *scan, size_t at, uint32_t position)
{
	const struct churn *before = scan->before;

	/* an entry may be met twice while the table changes under the scan */
	if (is_met(scan, at))
		return CHURN_ASTRAY;
	scan->met[at / 8] = (uint8_t)(scan->met[at / 8] | 1U << at % 8);
	scan->met_count++;
	if (scan->has_positions)
		scan->met_positions[at] = position;
	keep_to_limit(scan);
	if (before->positions && !is_in_order(scan, before->positions[at]))
		return CHURN_ASTRAY;
	scan->fresh_sure = scan->fresh_count;
	scan->last_now = position;
	return CHURN_MET;
}

void churn_expect(const struct churn_scan *scan, uint32_t id)
{
	const struct churn *before = scan->before;
	size_t at;

	if (before->count == 0 || !is_followed(id, scan->bits))
		return;
	at = reckon(scan, id);
	__builtin_prefetch(&before->ids[at < before->count ? at : 0]);
	__builtin_prefetch(&scan->met[at / 8], 1);
}

enum churn_sign churn_add(struct churn_scan *scan, uint32_t id, uint32_t position)
{
	const struct churn *before = scan->before;
	bool was_followed = before->is_known && is_followed(id, before->bits);
	size_t at;

	if (!scan->is_following || !is_followed(id, scan->bits))
		return CHURN_UNKNOWN;
	if (was_followed && find(scan, id, &at))
		return meet_again(scan, at, position);
	if (!add_fresh(scan, id, position)) {
		scan->is_following = false;
		return CHURN_UNKNOWN;
	}
	keep_to_limit(scan);
	return was_followed && is_followed(id, scan->bits) ? CHURN_NEW : CHURN_UNKNOWN;
}

/* Sorts identities and, unless that is NULL, what belongs to each. */
struct pairs {
	uint32_t *ids, *others;
};

static void pair_swap(struct pairs pairs, size_t one, size_t other)
{
	uint32_t id = pairs.ids[one];

	pairs.ids[one] = pairs.ids[other];
	pairs.ids[other] = id;
	if (!pairs.others)
		return;
	id = pairs.others[one];
	pairs.others[one] = pairs.others[other];
	pairs.others[other] = id;
}

static void insertion_sort(struct pairs pairs, size_t first, size_t end)
{
	for (size_t i = first + 1; i < end; i++) {
		for (size_t at = i; at > first && pairs.ids[at - 1] > pairs.ids[at]; at--)
			pair_swap(pairs, at - 1, at);
	}
}

/* Sorts by the octet at `shift`, in place, and then each of the 256 parts by the next octet.
 * qsort() would take several times as long, and as much memory again. */
static void radix_sort(struct pairs pairs, size_t first, size_t end, unsigned int shift)
{
	size_t begin[257] = { 0 }, next[256];

	if (end - first <= INSERTION_SORT) {
		insertion_sort(pairs, first, end);
		return;
	}
	for (size_t i = first; i < end; i++)
		begin[(pairs.ids[i] >> shift & 0xff) + 1]++;
	begin[0] = first;
	for (unsigned int part = 0; part < 256; part++) {
		begin[part + 1] += begin[part];
		next[part] = begin[part];
	}
	for (unsigned int part = 0; part < 256; part++) {
		while (next[part] < begin[part + 1]) {
			unsigned int home = pairs.ids[next[part]] >> shift & 0xff;

			if (home == part)
				next[part]++;
			else
				pair_swap(pairs, next[part], next[home]++);
		}
	}
	for (unsigned int part = 0; part < 256 && shift > 0; part++)
		radix_sort(pairs, begin[part], begin[part + 1], shift - 8);
}

static void sort_fresh(struct churn_scan *scan)
{
	struct pairs pairs = { scan->fresh, scan->fresh_positions };
	size_t kept = 0;

	radix_sort(pairs, 0, scan->fresh_count, 24);
	for (size_t i = 0; i < scan->fresh_count; i++) {
		if (kept > 0 && scan->fresh[kept - 1] == scan->fresh[i])
			continue;
		scan->fresh[kept] = scan->fresh[i];
		if (scan->has_positions)
			scan->fresh_positions[kept] = scan->fresh_positions[i];
		kept++;
	}
	scan->fresh_count = kept;
}

/* The whole of two tables, of which `fresh` is sorted. */
static void compare_whole(const struct churn_scan *scan, struct churn_change *change)
{
	const struct churn *before = scan->before;

	for (size_t i = 0; i < scan->fresh_count; i++)
		change->created += is_followed(scan->fresh[i], change->bits);
	for (size_t i = 0; i < before->count; i++)
		change->destroyed += !is_met(scan, i) && is_followed(before->ids[i], change->bits);
	change->created <<= change->bits;
	change->destroyed <<= change->bits;
}

/* The average time at which a scan read its first `read` entries. */
static uint64_t mean_time(const struct churn_part *part, uint32_t read)
{
	uint64_t duration = part->end_ms - part->start_ms;

	return part->start_ms + (part->read ? duration * read / part->read / 2 : duration / 2);
}

static uint64_t elapsed_between(uint64_t before_ms, uint64_t now_ms)
{
	/* two scans of an empty table may share a millisecond */
	return now_ms > before_ms ? now_ms - before_ms : 1;
}

static uint64_t scale_up(uint64_t count, uint32_t read, uint32_t entries, uint64_t part_ms,
			 uint64_t elapsed_ms)
{
	return count * entries / read * elapsed_ms / part_ms;
}

uint64_t churn_scale(const struct churn_change *change, uint64_t count)
{
	if (change->is_whole)
		return count;
	if (change->part_ms == 0)
		return 0;
	return scale_up(count, change->read, change->entries, change->part_ms, change->elapsed_ms);
}

/* The first parts that both scans have read, of which `fresh` is still in the order of the dump.
 * False if it is unknown where the common part ends: nothing was met again, or most of it in
 * another order. */
static bool compare_part(const struct churn_scan *scan, const struct churn_part *part,
			 struct churn_change *change)
{
	const struct churn *before = scan->before;

	if (scan->last_before == 0 || scan->astray > scan->in_order)
		return false;
	change->read = scan->last_now;
	for (size_t i = 0; i < scan->fresh_sure; i++)
		change->created += is_followed(scan->fresh[i], change->bits);
	for (size_t i = 0; i < before->count; i++)
		change->destroyed += !is_met(scan, i) && before->positions[i] < scan->last_before &&
				     is_followed(before->ids[i], change->bits);
	change->part_ms = elapsed_between(mean_time(&before->part, scan->last_before),
					  mean_time(part, scan->last_now));
	change->created = churn_scale(change, change->created << change->bits);
	change->destroyed = scale_up(change->destroyed << change->bits, scan->last_before,
				     before->part.entries, change->part_ms, change->elapsed_ms);
	return true;
}

/* Keeps those of `before` that were met and are still followed. */
static void keep_survivors(const struct churn_scan *scan, struct churn *before)
{
	size_t kept = 0;

	for (size_t i = 0; i < before->count; i++) {
		if (!is_met(scan, i) || !is_followed(before->ids[i], scan->bits))
			continue;
		before->ids[kept] = before->ids[i];
		if (before->positions)
			before->positions[kept] = scan->met_positions[i];
		kept++;
	}
	before->count = kept;
}

/* Merges the fresh ones in, from the end, so that it needs no second array. */
static void merge_fresh(const struct churn_scan *scan, struct churn *before)
{
	size_t old = before->count, fresh = scan->fresh_count, at = old + fresh;
	uint32_t *ids, *positions;

	if (!grow(&before->ids, at + 1) ||
	    (scan->has_positions && !grow(&before->positions, at + 1))) {
		churn_clear(before); /* the next scan has nothing to compare with */
		return;
	}
	before->count = at;
	ids = before->ids;
	positions = before->positions;
	while (fresh > 0) {
		bool take_fresh = old == 0 || scan->fresh[fresh - 1] > ids[old - 1];

		ids[--at] = take_fresh ? scan->fresh[--fresh] : ids[--old];
		if (positions)
			positions[at] = take_fresh ? scan->fresh_positions[fresh] : positions[old];
	}
}

/* Starts or stops to keep positions. */
static bool follow_positions(const struct churn_scan *scan, struct churn *before)
{
	if (!scan->has_positions) {
		free(before->positions);
		before->positions = NULL;
	} else if (!before->positions) {
		before->positions = calloc(before->count + 1, sizeof(*before->positions));
		return before->positions;
	}
	return true;
}

void churn_finish(struct churn_scan *scan, const struct churn_part *part,
		  struct churn_change *change)
{
	struct churn *before = scan->before;
	bool is_whole = part->read == part->entries;
	bool both_whole = is_whole && (before->part.read == before->part.entries);
	bool can_compare = before->is_known && (both_whole || before->positions);

	memset(change, 0, sizeof(*change));
	change->bits = scan->bits > before->bits ? scan->bits : before->bits;
	change->is_whole = both_whole;
	change->read = part->read;
	change->entries = part->entries;
	if (!scan->is_following) {
		churn_abandon(scan);
		return;
	}
	if (can_compare)
		change->elapsed_ms = elapsed_between(mean_time(&before->part, before->part.read),
						     mean_time(part, part->read));
	if (can_compare && !both_whole)
		can_compare = compare_part(scan, part, change);
	if (!can_compare)
		change->elapsed_ms = 0;
	change->is_gap = !can_compare;
	sort_fresh(scan);
	if (can_compare && both_whole)
		compare_whole(scan, change);
	before->is_known = true;
	before->bits = scan->bits;
	before->part = *part;
	if (follow_positions(scan, before)) {
		keep_survivors(scan, before);
		merge_fresh(scan, before);
	} else {
		churn_clear(before);
	}
	churn_abandon(scan);
}
