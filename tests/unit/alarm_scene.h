/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An instance with its alarms, and what happens to it. */
#ifndef ALARM_SCENE_H
#define ALARM_SCENE_H

#include <stdio.h>

#include "alarm/alarm.h"
#include "alarm/instance_alarms.h"
#include "config/config.h"
#include "test.h"

#define INTERVAL_MS 30000

static const struct config_threshold thresholds[] = { { "warning", 80, 70 },
						      { "critical", 95, 90 } };

static struct config_watch watches[] = {
	{ .index = 3, .name = "ssh", .rising = 1000, .falling = 800 }, { .index = 9, .name = "dns" }
};

/* A configuration with those thresholds, the first `watch_count` watches and a source alarm. */
static inline struct config config_of(const struct config_threshold *some, size_t count,
				      size_t watch_count)
{
	struct config config = { .threshold_count = count,
				 .watch_count = watch_count,
				 .watches = watches,
				 .source_rising = 50,
				 .source_falling = 40,
				 .nat_rising = 80,
				 .nat_falling = 70,
				 .top_prefix_ipv4 = 32,
				 .top_prefix_ipv6 = 64,
				 .notification_interval = INTERVAL_MS / 1000 };

	memcpy(config.thresholds, some, count * sizeof(*some));
	return config;
}

struct scene {
	struct instance_alarms alarms;
	struct snapshot_sample sample;
	struct snapshot_threshold rows[2];
	uint64_t now_ms;
	struct event event;
};

static inline void apply(struct scene *scene, const struct config *config)
{
	struct instance_alarms next;

	assert_int_equal(instance_alarms_prepare(&next, &scene->alarms, config), 0);
	instance_alarms_apply(&scene->alarms, &next, &scene->sample, scene->now_ms);
}

static inline void configure(struct scene *scene, const struct config_threshold *some, size_t count)
{
	struct config config = config_of(some, count, 2);

	apply(scene, &config);
}

static inline int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->now_ms = 1000000;
	configure(scene, thresholds, 2);
	scene->sample.instance = 1;
	scene->sample.thresholds = scene->rows;
	scene->sample.threshold_count = 2;
	scene->sample.status = STATUS_OK;
	scene->sample.has_values = true;
	scene->sample.max_entries = 1000;
	strcpy(scene->sample.name, "default");
	*state = scene;
	return 0;
}

static inline int tear_down(void **state)
{
	struct scene *scene = *state;

	instance_alarms_clear(&scene->alarms);
	free(scene);
	return 0;
}

/* A sample `after_ms` later. What rises may wait for findings. */
static inline void sample(struct scene *scene, uint64_t after_ms, uint32_t entries)
{
	scene->now_ms += after_ms;
	scene->sample.entries = entries;
	instance_alarms_sample(&scene->alarms, &scene->sample, scene->now_ms, scene->now_ms);
}

/* The same; a look is made at once, and finds nothing: nothing waits. */
static inline void take(struct scene *scene, uint64_t after_ms, uint32_t entries)
{
	sample(scene, after_ms, entries);
	instance_alarms_found(&scene->alarms, &(struct findings){ .is_known = false },
			      scene->now_ms);
}

/* The kind of the event that goes out now, 0 if none is due. */
static inline int hand_out(struct scene *scene)
{
	return instance_alarms_next(&scene->alarms, scene->now_ms, scene->now_ms, &scene->event)
		       ? (int)scene->event.kind
		       : 0;
}

static inline void settle(struct scene *scene, enum alarm_fate fate)
{
	instance_alarms_settle(&scene->alarms, fate, scene->now_ms);
}

/* The kind of the next event, 0 if none is due; there is a master, which takes it at once. */
static inline int next(struct scene *scene)
{
	int kind = hand_out(scene);

	settle(scene, ALARM_TAKEN);
	return kind;
}

/* The kind of the next transition that is logged, 0 if there is none. */
static inline int news(struct scene *scene)
{
	return instance_alarms_news(&scene->alarms, scene->now_ms, &scene->event)
		       ? (int)scene->event.kind
		       : 0;
}

/* A scan whose leading source holds `entries`, of which `error` may be too many. */
static inline void take_source(struct scene *scene, const char *text, uint32_t entries,
			       uint32_t error)
{
	struct snapshot_top source = { .kind = TOP_SOURCE,
				       .rank = 1,
				       .entries = entries,
				       .unreplied = entries / 4,
				       .error = error,
				       .share = entries / 10,
				       .address_type = 1,
				       .prefix_length = 32 };

	/* the text stands for the address */
	source.address.half[0] = (uint64_t)text[strlen(text) - 1];
	strcpy(source.text, text);
	instance_alarms_source(&scene->alarms, &source, &scene->sample, scene->now_ms);
}

/* A scan whose first row of NAT ports, to this octet of its destination, has `entries`. */
static inline void take_nat(struct scene *scene, uint8_t to, uint32_t entries, uint32_t error,
			    uint32_t margin)
{
	struct snapshot_nat nat = { .rank = 1,
				    .address_type = 1,
				    .protocol = 6,
				    .port = 443,
				    .destination.octet = { 198, 51, 100, to },
				    .entries = entries,
				    .error = error,
				    .margin = margin,
				    .utilization = entries * 100 / SNAPSHOT_NAT_PORTS };

	snprintf(nat.text, sizeof(nat.text), "192.0.2.1 to 198.51.100.%u tcp/443", to);
	instance_alarms_nat(&scene->alarms, &nat, &scene->sample, scene->now_ms);
}

static inline bool take_watches(struct scene *scene, uint32_t ssh, uint32_t dns)
{
	struct snapshot_watch rows[] = {
		{ .index = 3, .name = "ssh", .entries = ssh, .rising = 1000, .falling = 800 },
		{ .index = 9, .name = "dns", .entries = dns },
	};

	instance_alarms_watches(&scene->alarms, rows, scene->alarms.watch_count, &scene->sample,
				scene->now_ms);
	assert_false(rows[1].raised);
	return rows[0].raised;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
