/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/snapshot.h"

#include <stdlib.h>

static void counters_code(struct codec *codec, struct counters *counters)
{
	codec_u32(codec, &counters->present);
	for (int i = 0; i < COUNTER_COUNT; i++)
		codec_u64(codec, &counters->value[i]);
}

static void instances_code(struct codec *codec, struct snapshot_agent *agent)
{
	uint16_t count = (uint16_t)agent->instance_count;

	codec_u16(codec, &count);
	if (count > SNAPSHOT_INSTANCES_MAX) {
		codec->failed = true;
		count = 0;
	}
	agent->instance_count = count;
	for (size_t i = 0; i < count; i++)
		codec_u32(codec, &agent->instances[i]);
}

void snapshot_agent_code(struct codec *codec, struct snapshot_agent *agent)
{
	codec_u32(codec, &agent->sample_interval);
	codec_u32(codec, &agent->refresh_interval);
	codec_u32(codec, &agent->cpu_budget);
	codec_u64(codec, &agent->notifications_sent);
	codec_u64(codec, &agent->notifications_suppressed);
	codec_u64(codec, &agent->notifications_lost);
	codec_u64(codec, &agent->start_time);
	instances_code(codec, agent);
}

static void threshold_code(struct codec *codec, struct snapshot_threshold *threshold)
{
	codec_string(codec, threshold->name, sizeof(threshold->name));
	codec_u32(codec, &threshold->rising);
	codec_u32(codec, &threshold->falling);
	codec_bool(codec, &threshold->raised);
	codec_u64(codec, &threshold->transitions);
	codec_u64(codec, &threshold->since);
}

static void thresholds_code(struct codec *codec, struct snapshot_sample *sample)
{
	uint8_t count = (uint8_t)sample->threshold_count;

	codec_u8(codec, &count);
	if (count > SNAPSHOT_THRESHOLDS_MAX) {
		codec->failed = true;
		count = 0;
	}
	sample->threshold_count = count;
	for (size_t i = 0; i < count; i++)
		threshold_code(codec, &sample->thresholds[i]);
}

void snapshot_sample_code(struct codec *codec, struct snapshot_sample *sample)
{
	codec_u32(codec, &sample->instance);
	codec_string(codec, sample->name, sizeof(sample->name));
	codec_u8(codec, &sample->status);
	codec_string(codec, sample->status_text, sizeof(sample->status_text));
	codec_bool(codec, &sample->has_figures);
	codec_u32(codec, &sample->entries);
	codec_u32(codec, &sample->max_entries);
	codec_u32(codec, &sample->peak_entries);
	codec_u32(codec, &sample->recent_peak_entries);
	codec_u64(codec, &sample->peak_time);
	codec_bool(codec, &sample->has_buckets);
	codec_bool(codec, &sample->has_expect_max);
	codec_u32(codec, &sample->buckets);
	codec_u32(codec, &sample->expect_max);
	codec_bool(codec, &sample->dropping);
	codec_u64(codec, &sample->discontinuity);
	counters_code(codec, &sample->total);
	codec_array(codec, (void **)&sample->cpus, &sample->cpu_count, sizeof(*sample->cpus),
		    COUNTERS_CPU_MAX);
	for (size_t i = 0; i < sample->cpu_count; i++)
		counters_code(codec, &sample->cpus[i]);
	thresholds_code(codec, sample);
}

static void protocol_code(struct codec *codec, struct snapshot_protocol *protocol)
{
	codec_u8(codec, &protocol->address_type);
	codec_u8(codec, &protocol->number);
	codec_u32(codec, &protocol->entries);
	codec_u32(codec, &protocol->assured);
	codec_u32(codec, &protocol->unreplied);
	codec_u32(codec, &protocol->peak_entries);
	codec_u64(codec, &protocol->packets);
	codec_u64(codec, &protocol->octets);
}

static void state_code(struct codec *codec, struct snapshot_state *state)
{
	codec_u8(codec, &state->protocol);
	codec_u8(codec, &state->number);
	codec_u32(codec, &state->entries);
}

static void zone_code(struct codec *codec, struct snapshot_zone *zone)
{
	codec_u16(codec, &zone->zone);
	codec_u32(codec, &zone->entries);
}

static void top_code(struct codec *codec, struct snapshot_top *top)
{
	codec_u8(codec, &top->kind);
	codec_u32(codec, &top->rank);
	codec_u8(codec, &top->address_type);
	codec_u64(codec, &top->address.half[0]);
	codec_u64(codec, &top->address.half[1]);
	codec_u32(codec, &top->prefix_length);
	codec_u8(codec, &top->protocol);
	codec_u16(codec, &top->port);
	codec_u32(codec, &top->entries);
	codec_u32(codec, &top->unreplied);
	codec_u32(codec, &top->share);
	codec_u32(codec, &top->error);
	codec_string(codec, top->text, sizeof(top->text));
}

static void watch_code(struct codec *codec, struct snapshot_watch *watch)
{
	codec_u32(codec, &watch->index);
	codec_string(codec, watch->name, sizeof(watch->name));
	codec_string(codec, watch->filter, sizeof(watch->filter));
	codec_u32(codec, &watch->entries);
	codec_u32(codec, &watch->rising);
	codec_u32(codec, &watch->falling);
	codec_bool(codec, &watch->raised);
	codec_u64(codec, &watch->created);
}

static void rows_code(struct codec *codec, struct snapshot_scan *scan)
{
	codec_array(codec, (void **)&scan->protocols, &scan->protocol_count,
		    sizeof(*scan->protocols), SNAPSHOT_PROTOCOLS_MAX);
	for (size_t i = 0; i < scan->protocol_count; i++)
		protocol_code(codec, &scan->protocols[i]);
	codec_array(codec, (void **)&scan->states, &scan->state_count, sizeof(*scan->states),
		    SNAPSHOT_STATES_MAX);
	for (size_t i = 0; i < scan->state_count; i++)
		state_code(codec, &scan->states[i]);
	codec_array(codec, (void **)&scan->zones, &scan->zone_count, sizeof(*scan->zones),
		    SNAPSHOT_ZONES_MAX);
	for (size_t i = 0; i < scan->zone_count; i++)
		zone_code(codec, &scan->zones[i]);
	codec_array(codec, (void **)&scan->tops, &scan->top_count, sizeof(*scan->tops),
		    (size_t)SNAPSHOT_TOP_MAX * TOP_KINDS);
	for (size_t i = 0; i < scan->top_count; i++)
		top_code(codec, &scan->tops[i]);
	codec_array(codec, (void **)&scan->watches, &scan->watch_count, sizeof(*scan->watches),
		    SNAPSHOT_WATCHES_MAX);
	for (size_t i = 0; i < scan->watch_count; i++)
		watch_code(codec, &scan->watches[i]);
}

void snapshot_scan_code(struct codec *codec, struct snapshot_scan *scan)
{
	codec_u32(codec, &scan->instance);
	codec_u64(codec, &scan->end_wall);
	codec_u64(codec, &scan->end_monotonic);
	codec_u32(codec, &scan->duration);
	codec_u32(codec, &scan->cpu_time);
	codec_u32(codec, &scan->scanned);
	codec_u32(codec, &scan->coverage);
	codec_u64(codec, &scan->scans);
	codec_u64(codec, &scan->failures);
	codec_u32(codec, &scan->assured);
	codec_u32(codec, &scan->unreplied);
	codec_u32(codec, &scan->evictable);
	codec_u32(codec, &scan->source_nat);
	codec_u32(codec, &scan->destination_nat);
	codec_u32(codec, &scan->offloaded);
	codec_u32(codec, &scan->ipv4);
	codec_u32(codec, &scan->ipv6);
	codec_u32(codec, &scan->helped);
	codec_u32(codec, &scan->firm_utilization);
	codec_u32(codec, &scan->margin);
	codec_bool(codec, &scan->has_accounting);
	codec_bool(codec, &scan->has_identities);
	codec_bool(codec, &scan->has_create_rate);
	codec_u64(codec, &scan->created);
	codec_u64(codec, &scan->destroyed);
	codec_u32(codec, &scan->create_rate);
	codec_u32(codec, &scan->identity_share);
	rows_code(codec, scan);
}

void snapshot_sample_clear(struct snapshot_sample *sample)
{
	free(sample->cpus);
	sample->cpus = NULL;
	sample->cpu_count = 0;
}

void snapshot_scan_clear(struct snapshot_scan *scan)
{
	free(scan->protocols);
	free(scan->states);
	free(scan->zones);
	free(scan->tops);
	free(scan->watches);
	scan->protocols = NULL;
	scan->states = NULL;
	scan->zones = NULL;
	scan->tops = NULL;
	scan->watches = NULL;
	scan->protocol_count = scan->state_count = 0;
	scan->zone_count = scan->top_count = scan->watch_count = 0;
}
