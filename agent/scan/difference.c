/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan/difference.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scan/drift.h"

/* A round, and what is needed to bring it up to date. */
struct round {
	bool is_known; /* it has ended, and the look after it too */
	struct tally counted;
	struct tally_mean looks; /* during the round */
	struct drift_round drift;
	double timing; /* the variance by changes that came all at once, in entries^2 */
};

struct difference {
	double part;
	struct drift drift;
	double position;   /* of the rounds, see drift.h */
	double changed[2]; /* entries, from look to look, the last two times */
	bool has_last;
	struct tally last; /* look */
	uint64_t last_ms;
	struct round rounds[2];
	struct round *reference, *running;
	bool is_running, is_waiting; /* the round ended, and waits for the next look */
	double advance;              /* what it has read since the last look ... */
	uint64_t from_ms, until_ms;  /* ... between these times */
};

void difference_free(struct difference *difference)
{
	if (!difference)
		return;
	drift_clear(&difference->drift);
	free(difference->last.zones);
	for (int i = 0; i < 2; i++) {
		free(difference->rounds[i].counted.zones);
		free(difference->rounds[i].looks.zones);
	}
	free(difference);
}

struct difference *difference_new(double part, bool has_zones)
{
	struct difference *difference = calloc(1, sizeof(*difference));
	bool is_complete = true;

	if (!difference)
		return NULL;
	difference->part = part;
	difference->reference = &difference->rounds[0];
	difference->running = &difference->rounds[1];
	if (!has_zones)
		return difference;
	difference->last.zones = calloc(1, sizeof(struct zones));
	for (int i = 0; i < 2; i++) {
		struct round *round = &difference->rounds[i];

		round->counted.zones = calloc(1, sizeof(struct zones));
		round->looks.zones = calloc(ZONES_COUNT, sizeof(*round->looks.zones));
		is_complete = is_complete && round->counted.zones && round->looks.zones;
	}
	if (is_complete && difference->last.zones)
		return difference;
	difference_free(difference);
	return NULL;
}

double difference_part(const struct difference *difference)
{
	return difference->part;
}

int difference_begin_look(struct difference *difference)
{
	return drift_begin(&difference->drift);
}

void difference_meet(struct difference *difference, uint32_t id, uint8_t kind)
{
	drift_add(&difference->drift, id, kind);
}

static void restart_round(struct difference *difference)
{
	struct round *round = difference->running;

	round->is_known = false;
	tally_mean_clear(&round->looks);
	round->drift = (struct drift_round){ difference->position, difference->position, 0 };
	round->timing = 0;
}

void difference_begin_round(struct difference *difference, uint64_t now_ms)
{
	restart_round(difference);
	difference->is_running = true;
	difference->is_waiting = false;
	difference->advance = 0;
	difference->from_ms = difference->until_ms = now_ms;
}

void difference_advance_round(struct difference *difference, double part, uint64_t now_ms)
{
	if (!difference->is_running)
		return;
	if (difference->advance <= 0)
		difference->from_ms = difference->until_ms;
	difference->advance += part;
	difference->until_ms = now_ms;
}

void difference_end_round(struct difference *difference, const struct tally *round)
{
	if (!difference->is_running)
		return;
	tally_copy(&difference->running->counted, round);
	difference->is_waiting = true;
}

void difference_abandon_round(struct difference *difference)
{
	difference->is_running = difference->is_waiting = false;
	difference->advance = 0;
}

bool difference_wants_round(const struct difference *difference)
{
	return difference->has_last && !difference->is_waiting;
}

bool difference_has_round(const struct difference *difference)
{
	return difference->is_running && !difference->is_waiting;
}

/* All that looked alike is forgotten: only the tally of the look that has just ended is known. */
static void forget(struct difference *difference)
{
	difference_abandon_round(difference);
	difference->reference->is_known = false;
	difference->has_last = false;
}

/* Where in the time between two looks the round's reading was: 0 at the last one, 1 now. */
static double moment(const struct difference *difference, uint64_t now_ms)
{
	double middle = ((double)difference->from_ms + (double)difference->until_ms) / 2;
	double elapsed = (double)now_ms - (double)difference->last_ms;
	double at = elapsed > 0 ? (middle - (double)difference->last_ms) / elapsed : 0.5;

	return at < 0 ? 0 : at > 1 ? 1 : at;
}

/* What came all at once since the last look, beyond what came in the intervals before, in entries.
 * When it came is not known: the round may have read all of its advance before that, or nothing. */
static void judge_timing(struct difference *difference)
{
	double changed = difference->drift.changed / difference->part,
	       *before = difference->changed;
	double usual = before[0] < before[1] ? before[0] : before[1];
	double sudden = changed - usual - 3 * sqrt(usual / difference->part);

	before[1] = before[0];
	before[0] = changed;
	if (difference->is_running && sudden > 0)
		difference->running->timing += pow(sudden * difference->advance, 2) / 12;
}

static struct estimate estimate_by(const struct difference *difference, const struct round *round,
				   const struct tally *look)
{
	const struct drift_sum sum =
		drift_since(&difference->drift, &round->drift, difference->position);
	double read = look->totals.scanned, least;
	struct estimate estimate = {
		.part = difference->part,
		.entries = read / difference->part,
		.read = read,
		.is_compared = round->is_known,
		.changes = sum.squares,
		.arrivals = sum.arrivals,
		.variance = round->timing,
	};

	/* the size tells of changes that the look has not met */
	least = fabs(read - round->looks.counts[0]);
	if (estimate.changes < least)
		estimate.changes = least;
	return estimate;
}

/* The round that has ended is complete with this look. It takes the place of the one before, unless
 * that one is more certain. */
static void settle_round(struct difference *difference, const struct tally *look)
{
	struct round *ended = difference->running, *before = difference->reference;
	double length = ended->drift.until - ended->drift.from;
	struct estimate by_ended, by_before;

	difference_abandon_round(difference);
	if (length <= 0)
		return;
	ended->is_known = true;
	ended->drift.gone /= length * length;
	by_ended = estimate_by(difference, ended, look);
	by_before = estimate_by(difference, before, look);
	if (before->is_known && estimate_margin(&by_before) < estimate_margin(&by_ended))
		return;
	difference->reference = ended;
	difference->running = before;
	before->is_known = false;
}

/* Brings the running round, and what is known of entries, to the time of this look. */
static int follow(struct difference *difference, const struct tally *look, uint64_t now_ms)
{
	double at = moment(difference, now_ms), advance = difference->advance;
	struct round *running = difference->running;
	struct drift_round *rounds[2] = { &difference->reference->drift, &running->drift };
	double position = difference->position + advance * at;

	if (difference->is_running) {
		tally_mean_add(&running->looks, &difference->last, advance * (1 - at));
		tally_mean_add(&running->looks, look, advance * at);
		running->drift.until += advance;
	}
	difference->position += advance;
	if (drift_end(&difference->drift, position, rounds, 2) != 0)
		return -1;
	judge_timing(difference);
	difference->advance = 0;
	return 0;
}

int difference_end_look(struct difference *difference, struct tally *look, double part,
			uint64_t now_ms, struct estimate *estimate)
{
	const struct round *round;
	struct estimate alone;
	int result;

	result = follow(difference, look, now_ms);
	if (result != 0)
		forget(difference);
	else if (difference->is_waiting)
		settle_round(difference, look);
	tally_copy(&difference->last, look);
	difference->last_ms = now_ms;
	difference->has_last = result == 0;
	round = difference->reference;
	*estimate = estimate_by(difference, round, look);
	alone = *estimate;
	alone.is_compared = false;
	alone.part = part;
	alone.entries = alone.read / part;
	if (!estimate->is_compared || estimate_margin(&alone) < estimate_margin(estimate))
		*estimate = alone;
	if (estimate->is_compared)
		tally_estimate(look, &round->counted, &round->looks, difference->part);
	else
		tally_estimate(look, NULL, NULL, part);
	if (result != 0)
		errno = ENOMEM;
	return result;
}

double difference_watch_then(const struct difference *difference, size_t position)
{
	return difference->reference->looks.watches[position];
}

double difference_top_then(const struct difference *difference, enum top_kind kind,
			   const struct sketch_key *key)
{
	return top_mean_count(&difference->reference->looks.tops[kind - 1], key);
}
