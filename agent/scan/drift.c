/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/drift.h"

#include <stdlib.h>
#include <string.h>

/* Slots, of which at most a half are used: a power of two, between these. Many tables are small,
 * and slots that are used lie scattered. */
#define BITS_LEAST 6
#define BITS_MOST  14

_Static_assert(1U << BITS_MOST >= 2 * DRIFT_LIMIT, "room for all that are followed");

/* An entry that has changed its kind is a new one. */
enum drift_state { DRIFT_FREE, DRIFT_KNOWN, DRIFT_MET, DRIFT_NEW };

struct drift_entry {
	double since; /* its position; of DRIFT_NEW: not known yet */
	uint32_t id;
	uint8_t kind;
	uint8_t state; /* enum drift_state */
};

void drift_clear(struct drift *drift)
{
	free(drift->entries);
	*drift = (struct drift){ 0 };
}

static size_t slots(const struct drift *drift)
{
	return drift->entries ? (size_t)1 << drift->slot_bits : 0;
}

static bool is_followed(const struct drift *drift, uint32_t id)
{
	return (id & ((1U << drift->bits) - 1)) == 0;
}

/* The slot of the identity, or the free one where it belongs. The low bits are those that all have
 * in common. */
static struct drift_entry *find(struct drift_entry *entries, unsigned int slot_bits, uint32_t id)
{
	uint32_t slot = (id * 2654435761U) >> (32 - slot_bits);

	while (entries[slot].state != DRIFT_FREE && entries[slot].id != id)
		slot = (slot + 1) & ((1U << slot_bits) - 1);
	return &entries[slot];
}

/* Keeps what `keeps` allows, in new memory with room for so many. -1 with ENOMEM. */
static int rebuild(struct drift *drift, size_t room,
		   bool (*keeps)(const struct drift *, const struct drift_entry *))
{
	struct drift_entry *entries;
	unsigned int slot_bits = BITS_LEAST;
	size_t count = 0;

	while (slot_bits < BITS_MOST && (size_t)1 << slot_bits < 2 * room)
		slot_bits++;
	entries = calloc((size_t)1 << slot_bits, sizeof(*entries));
	if (!entries)
		return -1;
	for (size_t i = 0; i < slots(drift); i++) {
		const struct drift_entry *entry = &drift->entries[i];

		if (entry->state == DRIFT_FREE || !keeps(drift, entry))
			continue;
		*find(entries, slot_bits, entry->id) = *entry;
		count++;
	}
	free(drift->entries);
	drift->entries = entries;
	drift->slot_bits = slot_bits;
	drift->count = count;
	return 0;
}

static bool keeps_followed(const struct drift *drift, const struct drift_entry *entry)
{
	return is_followed(drift, entry->id);
}

static bool keeps_met(const struct drift *drift, const struct drift_entry *entry)
{
	(void)drift;
	return entry->state != DRIFT_KNOWN;
}

int drift_begin(struct drift *drift)
{
	if (!drift->entries)
		return rebuild(drift, 0, keeps_followed);
	for (size_t i = 0; i < slots(drift); i++) {
		if (drift->entries[i].state != DRIFT_FREE)
			drift->entries[i].state = DRIFT_KNOWN;
	}
	return 0;
}

/* Without memory for another array some entries are not followed. */
static void keep_to_limit(struct drift *drift)
{
	while (drift->count >= DRIFT_LIMIT && drift->bits < 31) {
		drift->bits++;
		if (rebuild(drift, drift->count, keeps_followed) != 0) {
			drift->bits--;
			return;
		}
	}
}

void drift_add(struct drift *drift, uint32_t id, uint8_t kind)
{
	struct drift_entry *entry;

	if (!drift->entries || !is_followed(drift, id))
		return;
	entry = find(drift->entries, drift->slot_bits, id);
	if (entry->state == DRIFT_KNOWN) {
		entry->state = entry->kind == kind ? DRIFT_MET : DRIFT_NEW;
		entry->kind = kind;
		return;
	}
	if (entry->state != DRIFT_FREE)
		return; /* met twice */
	if (drift->count >= DRIFT_LIMIT)
		return;
	if (2 * (drift->count + 1) > slots(drift)) {
		if (rebuild(drift, 2 * drift->count, keeps_followed) != 0)
			return;
		entry = find(drift->entries, drift->slot_bits, id);
	}
	*entry = (struct drift_entry){ .id = id, .kind = kind, .state = DRIFT_NEW };
	drift->count++;
	keep_to_limit(drift);
}

/* How much of the round lies between two positions. */
static double overlap(const struct drift_round *round, double from, double until)
{
	double begin = from > round->from ? from : round->from;
	double end = until < round->until ? until : round->until;

	return end > begin ? end - begin : 0;
}

int drift_end(struct drift *drift, double position, struct drift_round *const *rounds, size_t count)
{
	double times = (double)(1U << drift->bits);
	size_t changed = 0;

	if (!drift->entries)
		return -1;
	for (size_t i = 0; i < slots(drift); i++) {
		struct drift_entry *entry = &drift->entries[i];

		if (entry->state == DRIFT_FREE)
			continue;
		changed += entry->state != DRIFT_MET;
		if (entry->state == DRIFT_NEW)
			entry->since = position;
		for (size_t n = 0; entry->state == DRIFT_KNOWN && n < count; n++) {
			double weight = overlap(rounds[n], entry->since, position);

			rounds[n]->gone += weight * weight * times;
		}
	}
	drift->changed = drift->is_begun ? (double)changed * times : 0;
	drift->is_begun = true;
	if (rebuild(drift, drift->count, keeps_met) == 0)
		return 0;
	drift_clear(drift);
	return -1;
}

struct drift_sum drift_since(const struct drift *drift, const struct drift_round *round,
			     double position)
{
	double times = (double)(1U << drift->bits), arrivals = 0;

	for (size_t i = 0; i < slots(drift); i++) {
		const struct drift_entry *entry = &drift->entries[i];
		double change;

		if (entry->state == DRIFT_FREE)
			continue;
		change = 1 - overlap(round, entry->since, position);
		arrivals += change * change * times;
	}
	return (struct drift_sum){ arrivals + round->gone, arrivals };
}
