/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table whose entries a test hands to an aggregate: looks, rounds, and what is remembered. */
#ifndef AGGREGATE_SCENE_H
#define AGGREGATE_SCENE_H

#include <arpa/inet.h>
#include <stdio.h>

#include "scan/aggregate_private.h"
#include "common/ct_names.h"
#include "scan/aggregate.h"
#include "test.h"

struct scene {
	struct config *config;
	struct aggregate *aggregate; /* of looks */
	struct aggregate_memory *memory;
	struct snapshot_scan *scan;
	struct snapshot_top source; /* whom the alarm is to judge */
	struct snapshot_nat nat;    /* likewise */
	uint64_t time_ms;
};

/* With that configuration; what stood there before goes. */
static void configure(struct scene *scene, const char *text)
{
	char error[CONFIG_ERROR_SIZE];

	aggregate_free(scene->aggregate);
	config_free(scene->config);
	scene->config = config_parse("t.conf", text, strlen(text), error);
	if (!scene->config)
		fail_msg("%s", error);
	scene->aggregate = aggregate_new(scene->config, AGGREGATE_LOOK);
	assert_non_null(scene->aggregate);
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->memory = aggregate_memory_new();
	configure(scene, "");
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	free(scene->scan);
	aggregate_free(scene->aggregate);
	aggregate_memory_free(scene->memory);
	config_free(scene->config);
	free(scene);
	return 0;
}

/* A look at a part of the table; 1: at all of it. */
static void begin_part(struct scene *scene, double part)
{
	const struct aggregate_plan plan = { .part = part, .begin_ms = scene->time_ms };

	assert_int_equal(aggregate_begin(scene->aggregate, scene->memory, &plan), 0);
}

static inline void begin(struct scene *scene)
{
	begin_part(scene, 1);
}

/* Source NAT, to one address. */
static void translate(struct ct_entry *entry)
{
	entry->has_nat = entry->has_nat_ports = true;
	entry->nat_source.octet[0] = 203;
	entry->nat_destination = entry->destination;
	entry->nat_destination_port = entry->destination_port;
}

/* Hands over `count` entries from `first_id` on. A fourth of them has seen a reply. Those to port
 * 53 have source NAT. */
static void add_to(struct aggregate *aggregate, uint32_t first_id, uint32_t count,
		   const char *source, const char *destination, uint8_t protocol, uint16_t port,
		   uint16_t zone)
{
	struct ct_entry entry = { .family = strchr(source, ':') ? AF_INET6 : AF_INET,
				  .protocol = protocol,
				  .has_ports = ct_protocol_has_ports(protocol),
				  .destination_port = port,
				  .has_id = true,
				  .packets = 3,
				  .octets = 1000,
				  .zone = zone };

	assert_int_equal(inet_pton(entry.family, source, entry.source.octet), 1);
	assert_int_equal(inet_pton(entry.family, destination, entry.destination.octet), 1);
	if (port == 53)
		translate(&entry);
	for (uint32_t i = 0; i < count; i++) {
		entry.id = first_id + i;
		entry.status = i % 4 == 0 ? CT_STATUS_SEEN_REPLY : 0;
		aggregate_add(aggregate, &entry);
	}
}

/* To the look. */
static inline void add(struct scene *scene, uint32_t first_id, uint32_t count, const char *source,
		       const char *destination, uint8_t protocol, uint16_t port, uint16_t zone)
{
	add_to(scene->aggregate, first_id, count, source, destination, protocol, port, zone);
}

/* `is_whole`: the table ended before its part was read. `culprit`: whom a raised source alarm is
 * about, or NULL. */
static void finish_as(struct scene *scene, bool is_whole, const struct snapshot_top *culprit)
{
	const struct snapshot_culprits culprits = { .source = culprit };
	struct aggregate_result result;

	scene->time_ms += 10000;
	assert_int_equal(aggregate_finish(scene->aggregate, scene->time_ms, scene->time_ms,
					  is_whole ? 1 : scene->aggregate->plan.part, &culprits,
					  &result),
			 0);
	free(scene->scan);
	scene->scan = result.scan;
	scene->source = result.source;
	scene->nat = result.nat;
}

static inline void finish(struct scene *scene)
{
	finish_as(scene, true, NULL);
}

static inline void finish_part(struct scene *scene)
{
	finish_as(scene, false, NULL);
}

/* The rows of a kind as "text entries unreplied share, ..." */
static inline const char *tops(const struct scene *scene, enum top_kind kind)
{
	static char text[1024];
	uint32_t rank = 0;

	text[0] = '\0';
	for (size_t i = 0; i < scene->scan->top_count; i++) {
		const struct snapshot_top *row = &scene->scan->tops[i];

		if (row->kind != kind)
			continue;
		assert_int_equal(row->rank, ++rank);
		assert_int_equal(row->error, 0);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s %u %u %u",
			 rank > 1 ? ", " : "", row->text, row->entries, row->unreplied, row->share);
	}
	return text;
}

#endif
