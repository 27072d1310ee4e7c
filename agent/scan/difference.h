/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is remembered of a table that is too large to be read whole in an interval. Pure: no I/O,
 *the clock is given.
 *
 * A round reads the whole table; it takes many intervals. In each interval a look reads the first
 * part of it. The value now is what the last round had counted, and what the looks show to have
 * changed since (survey sampling calls it a difference estimator):
 *
 *	value = round + (look now - looks during the round) / part
 *
 * A round counts each entry at another moment. So the looks during the round are a mean, in which
 * each has the weight of what the round had read around it. While nothing changes, all looks are
 * the same, and the value is exactly that of the round.
 *
 * A change that came all at once in the midst of a round is uncertain in that: how much of the
 *table had been read before? Such a round is not used if the one before it, corrected, is more
 *certain. And where no round is, or less has stayed than has changed, the look speaks for itself.
 */
#ifndef DIFFERENCE_H
#define DIFFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "scan/estimate.h"
#include "scan/tally.h"

struct difference;

/* For looks at `part` of a table. NULL with ENOMEM. */
struct difference *difference_new(double part, bool has_zones);
void difference_free(struct difference *difference);

double difference_part(const struct difference *difference);

/* A look begins; it meets an entry (`kind`: see drift.h). -1 with ENOMEM. */
int difference_begin_look(struct difference *difference);
void difference_meet(struct difference *difference, uint32_t id, uint8_t kind);

/* A look has ended, in the middle of which it was `now_ms` (monotonic). It has read `part`, which
 * is the part that was asked for but for a fraction of an entry. Its tally becomes an estimate of
 * the whole table. -1 with ENOMEM: all is forgotten but the look. */
int difference_end_look(struct difference *difference, struct tally *look, double part,
			uint64_t now_ms, struct estimate *estimate);

/* What the looks that the last estimate compares with had of it, of which the look has `now`. */
double difference_watch_then(const struct difference *difference, size_t position);
double difference_top_then(const struct difference *difference, enum top_kind kind,
			   const struct sketch_key *key);

/* A round begins, right after a look. It has read so much of the table from the last call on, until
 * `now_ms`. It has ended well, and counted `round`. It was stopped. */
void difference_begin_round(struct difference *difference, uint64_t now_ms);
void difference_advance_round(struct difference *difference, double part, uint64_t now_ms);
void difference_end_round(struct difference *difference, const struct tally *round);
void difference_abandon_round(struct difference *difference);

/* Whether a round may begin, or go on: one that has ended waits for the look after it. Whether one
 * has begun and not ended. */
bool difference_wants_round(const struct difference *difference);
bool difference_has_round(const struct difference *difference);

#endif
