/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Something the operator is to be told: the notification, its words and its figures. */
#ifndef EVENT_H
#define EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec.h"
#include "snapshot.h"

/* SnmpAdminString holds 255 octets. */
#define EVENT_TEXT_SIZE 256

/* The last sub-identifier of the notification's OID. */
enum event_kind {
	EVENT_UTILIZATION_RISING = 1,
	EVENT_UTILIZATION_FALLING = 2,
	EVENT_DROPPING_STARTED = 3,
	EVENT_DROPPING_STOPPED = 4,
	EVENT_SOURCE_RISING = 5,
	EVENT_SOURCE_FALLING = 6,
	EVENT_WATCH_RISING = 7,
	EVENT_WATCH_FALLING = 8,
	EVENT_INSTANCE_DEGRADED = 9,
	EVENT_INSTANCE_RECOVERED = 10,
};

struct event {
	uint8_t kind; /* enum event_kind */
	uint32_t instance;
	char instance_name[SNAPSHOT_NAME_SIZE];
	char text[EVENT_TEXT_SIZE]; /* nfctNotifyText */
	uint32_t entries, max_entries, utilization;
	uint64_t drops, early_drops;
	uint8_t status;
	char status_text[SNAPSHOT_TEXT_SIZE];
	uint32_t threshold; /* nfctThresholdIndex; 0: not of a threshold */
	char threshold_name[SNAPSHOT_NAME_SIZE];
	uint32_t threshold_rising, threshold_falling; /* percent */
	uint32_t source_rank;                         /* nfctTopRank; 0: not of a source */
	char source_text[ADDRESS_TEXT_SIZE];
	uint32_t source_entries, source_share; /* percent of the entries */
	uint32_t watch;                        /* nfctWatchIndex; 0: not of a watch */
	char watch_name[SNAPSHOT_NAME_SIZE];
	uint32_t watch_entries, watch_rising, watch_falling;
};

/* An event of `kind` (but EVENT_SOURCE_* and EVENT_WATCH_*) with the figures of `sample`, and the
 * words for it; `threshold` is the position in the sample's thresholds for the kinds that have one.
 */
void event_compose(struct event *event, enum event_kind kind, const struct snapshot_sample *sample,
		   size_t threshold);

/* EVENT_SOURCE_*: of a source whose alarm is raised at `rising` and cleared at `falling` percent.
 */
void event_compose_source(struct event *event, enum event_kind kind,
			  const struct snapshot_sample *sample, const struct snapshot_top *source,
			  uint32_t rising, uint32_t falling);

/* EVENT_WATCH_*. */
void event_compose_watch(struct event *event, enum event_kind kind,
			 const struct snapshot_sample *sample, const struct snapshot_watch *watch);

/* Whether it says that something is wrong now, and not that it is over. */
bool event_is_alarm(const struct event *event);

/* Encode or decode, by the codec's direction. */
void event_code(struct codec *codec, struct event *event);

#endif
