/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "identities.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST     1024
#define INSERTION_SORT 32

static bool is_followed(uint32_t id, unsigned int bits)
{
	return (id & (uint32_t)((1ULL << bits) - 1)) == 0;
}

void identities_clear(struct identities *identities)
{
	free(identities->ids);
	memset(identities, 0, sizeof(*identities));
}

void identities_begin(struct identities *now, uint32_t expected, uint32_t limit)
{
	identities_clear(now);
	/* a sixteenth is left for what comes during the scan */
	while (now->bits < 32 && expected >> now->bits > limit - limit / 16)
		now->bits++;
}

/* One bit more must be 0. */
static void halve(struct identities *identities)
{
	size_t kept = 0;

	identities->bits++;
	for (size_t i = 0; i < identities->count; i++) {
		if (is_followed(identities->ids[i], identities->bits))
			identities->ids[kept++] = identities->ids[i];
	}
	identities->count = kept;
}

static bool grow(struct identities *identities, uint32_t limit)
{
	size_t room = identities->room ? identities->room * 2 : ROOM_FIRST;
	uint32_t *grown;

	if (room > limit)
		room = limit;
	if (room <= identities->room)
		return false;
	grown = reallocarray(identities->ids, room, sizeof(*grown));
	if (!grown)
		return false;
	identities->ids = grown;
	identities->room = room;
	return true;
}

void identities_add(struct identities *now, uint32_t id, uint32_t limit)
{
	if (!is_followed(id, now->bits))
		return;
	while (now->count == now->room && !grow(now, limit) && now->bits < 32)
		halve(now);
	if (now->count < now->room && is_followed(id, now->bits))
		now->ids[now->count++] = id;
}

/* The identities are spread evenly: where one stands in the sorted array can nearly be reckoned. */
static bool contains(const struct identities *sorted, uint32_t id)
{
	size_t low = 0, high = sorted->count;

	while (low < high) {
		uint32_t first = sorted->ids[low], last = sorted->ids[high - 1];
		size_t guess;

		if (id < first || id > last)
			return false;
		if (id == first || id == last)
			return true;
		guess = low + (size_t)((uint64_t)(id - first) * (high - 1 - low) / (last - first));
		if (sorted->ids[guess] == id)
			return true;
		if (sorted->ids[guess] < id)
			low = guess + 1;
		else
			high = guess;
	}
	return false;
}

bool identities_is_new(const struct identities *now, const struct identities *before, uint32_t id)
{
	return before->is_known && is_followed(id, now->bits) && is_followed(id, before->bits) &&
	       !contains(before, id);
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

/* By the octet at `shift`, in place, and then each of its 256 parts by the next one. qsort() would
 * take five times as long and as much memory again. */
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

/* An entry may be met twice while the table changes under the scan. */
static void remove_doubles(struct identities *identities)
{
	size_t kept = 0;

	for (size_t i = 0; i < identities->count; i++) {
		if (kept == 0 || identities->ids[kept - 1] != identities->ids[i])
			identities->ids[kept++] = identities->ids[i];
	}
	identities->count = kept;
}

static void compare(const struct identities *now, const struct identities *before,
		    struct identities_change *change)
{
	size_t n = 0, b = 0;

	change->bits = now->bits > before->bits ? now->bits : before->bits;
	while (n < now->count || b < before->count) {
		bool is_new =
			b == before->count || (n < now->count && now->ids[n] < before->ids[b]);
		bool is_gone = !is_new && (n == now->count || before->ids[b] < now->ids[n]);

		if (is_new)
			change->created += is_followed(now->ids[n], change->bits);
		else if (is_gone)
			change->destroyed += is_followed(before->ids[b], change->bits);
		n += !is_gone;
		b += !is_new;
	}
	change->created <<= change->bits;
	change->destroyed <<= change->bits;
}

void identities_finish(struct identities *now, struct identities *before, uint64_t time_ms,
		       struct identities_change *change)
{
	uint32_t *fitted;

	memset(change, 0, sizeof(*change));
	radix_sort(now->ids, now->count, 24);
	remove_doubles(now);
	if (before->is_known) {
		compare(now, before, change);
		/* two scans of an empty table may share a millisecond */
		change->elapsed_ms = time_ms > before->time_ms ? time_ms - before->time_ms : 1;
	} else {
		change->bits = now->bits;
	}
	identities_clear(before);
	*before = *now;
	before->is_known = true;
	before->time_ms = time_ms;
	memset(now, 0, sizeof(*now));
	if (before->count == 0) {
		free(before->ids);
		before->ids = NULL;
		before->room = 0;
		return;
	}
	fitted = reallocarray(before->ids, before->count, sizeof(*fitted));
	if (fitted) {
		before->ids = fitted;
		before->room = before->count;
	}
}
