/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/turns.h"

#include "common/snapshot.h"

/* A table that changes all the time has a look this often, not more. */
#define EARLY_MS 3000

static uint64_t later(uint64_t one_ms, uint64_t other_ms)
{
	return one_ms > other_ms ? one_ms : other_ms;
}

static uint64_t turn_due(const struct turn *turn)
{
	return turn->early_ms && turn->early_ms < turn->due_ms ? turn->early_ms : turn->due_ms;
}

/* The quick looks at large tables make others wait, so each may pass them once an interval only. */
static uint64_t turn_ready(const struct turn *turn, const struct turns_ready *ready,
			   uint64_t now_ms)
{
	if (!turn->has_run)
		return ready->first_ms;
	if (turn->is_large && turn->began_ms + ready->interval_ms <= now_ms)
		return ready->pass_ms;
	return ready->other_ms;
}

size_t turns_next(const struct turn *turns, size_t count, struct turns_ready ready, uint64_t now_ms,
		  uint64_t *at_ms)
{
	size_t first = count;

	for (size_t i = 0; i < count; i++) {
		const struct turn *turn = &turns[i];
		uint64_t may_ms =
			later(later(turn_due(turn), now_ms), turn_ready(turn, &ready, now_ms));

		/* early looks come after those that are due */
		if (first < count &&
		    (may_ms > *at_ms || (may_ms == *at_ms && turn->due_ms >= turns[first].due_ms)))
			continue;
		first = i;
		*at_ms = may_ms;
	}
	return first;
}

void turns_join(struct turn *turn, uint64_t now_ms)
{
	/* no first look, which goes before the others */
	*turn = (struct turn){ .due_ms = now_ms, .has_run = true };
}

void turns_begin(struct turn *turns, size_t count, size_t position, uint64_t now_ms,
		 uint64_t interval_ms)
{
	struct turn *turn = &turns[position];

	/* the second look comes early, at each position one step later than at the one before */
	turn->due_ms =
		now_ms + (turn->has_run ? interval_ms : interval_ms * (position + 1) / count);
	turn->early_ms = 0;
	turn->began_ms = now_ms;
	turn->has_run = true;
}

void turns_change(struct turn *turn, bool has_changed, uint64_t now_ms)
{
	if (!has_changed)
		turn->early_ms = 0;
	else if (!turn->early_ms)
		turn->early_ms = later(now_ms, turn->began_ms + EARLY_MS);
}

/* How many are due before this one. */
static size_t turns_rank(const struct turn *turns, size_t count, size_t position)
{
	size_t rank = 0;

	for (size_t i = 0; i < count; i++) {
		if (turns[i].due_ms < turns[position].due_ms ||
		    (i < position && turns[i].due_ms == turns[position].due_ms))
			rank++;
	}
	return rank;
}

void turns_hurry(struct turn *turns, size_t count)
{
	size_t ranks[SNAPSHOT_INSTANCES_MAX];

	for (size_t i = 0; i < count; i++)
		ranks[i] = turns_rank(turns, count, i);
	/* the first milliseconds after the machine was started are long gone */
	for (size_t i = 0; i < count; i++)
		turns[i].due_ms = ranks[i];
}

void turns_limit(struct turn *turns, size_t count, uint64_t now_ms, uint64_t interval_ms)
{
	for (size_t i = 0; i < count; i++) {
		if (turns[i].due_ms > now_ms + interval_ms)
			turns[i].due_ms = now_ms + interval_ms;
	}
}
