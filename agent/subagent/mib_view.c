/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "subagent/mib_view.h"

#include <stdlib.h>
#include <string.h>

/* Answers of the master set the uptime by less than this; a new master by more. */
#define UPTIME_JITTER_MS 1000

/* The instance of that index, made in its place in the order if it is new. */
static struct mib_instance *view_instance(struct mib_view *view, uint32_t index)
{
	struct mib_instance *grown;
	size_t at = 0;

	while (at < view->instance_count && view->instances[at].index < index)
		at++;
	if (at < view->instance_count && view->instances[at].index == index)
		return &view->instances[at];
	grown = reallocarray(view->instances, view->instance_count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	view->instances = grown;
	memmove(grown + at + 1, grown + at, (view->instance_count - at) * sizeof(*grown));
	memset(grown + at, 0, sizeof(*grown));
	grown[at].index = index;
	view->instance_count++;
	return &grown[at];
}

static int stage_sample(struct mib_view *view, struct channel_message *message)
{
	struct mib_instance *instance = view_instance(view, message->sample.instance);

	if (!instance)
		return -1;
	if (instance->has_staged_sample)
		snapshot_sample_clear(&instance->staged_sample);
	instance->staged_sample = message->sample;
	instance->has_staged_sample = true;
	return 0;
}

static int stage_scan(struct mib_view *view, struct channel_message *message)
{
	struct mib_instance *instance = view_instance(view, message->scan.instance);

	if (!instance)
		return -1;
	if (instance->has_staged_scan)
		snapshot_scan_clear(&instance->staged_scan);
	instance->staged_scan = message->scan;
	instance->has_staged_scan = true;
	return 0;
}

int mib_view_stage(struct mib_view *view, struct channel_message *message)
{
	int result = 0;

	if (message->kind == CHANNEL_AGENT) {
		view->staged_agent = message->agent;
		view->has_agent = true;
	} else if (message->kind == CHANNEL_SAMPLE) {
		result = stage_sample(view, message);
	} else if (message->kind == CHANNEL_SCAN) {
		result = stage_scan(view, message);
	}
	if (result != 0)
		channel_message_clear(message);
	return result;
}

static bool is_listed(const struct snapshot_agent *agent, uint32_t index)
{
	for (size_t i = 0; i < agent->instance_count; i++) {
		if (agent->instances[i] == index)
			return true;
	}
	return false;
}

static void instance_clear(struct mib_instance *instance)
{
	snapshot_sample_clear(&instance->sample);
	snapshot_scan_clear(&instance->scan);
	if (instance->has_staged_sample)
		snapshot_sample_clear(&instance->staged_sample);
	if (instance->has_staged_scan)
		snapshot_scan_clear(&instance->staged_scan);
}

/* Forgets the instances that are not among the agent's any more. */
static void drop_unlisted(struct mib_view *view)
{
	size_t kept = 0;

	for (size_t i = 0; i < view->instance_count; i++) {
		if (is_listed(&view->agent, view->instances[i].index))
			view->instances[kept++] = view->instances[i];
		else
			instance_clear(&view->instances[i]);
	}
	view->instance_count = kept;
}

void mib_view_commit(struct mib_view *view)
{
	view->agent = view->staged_agent;
	if (view->has_agent)
		drop_unlisted(view);
	for (size_t i = 0; i < view->instance_count; i++) {
		struct mib_instance *instance = &view->instances[i];

		if (instance->has_staged_sample) {
			snapshot_sample_clear(&instance->sample);
			instance->sample = instance->staged_sample;
			instance->has_sample = true;
			instance->has_staged_sample = false;
		}
		if (instance->has_staged_scan) {
			snapshot_scan_clear(&instance->scan);
			instance->scan = instance->staged_scan;
			instance->has_scan = true;
			instance->has_staged_scan = false;
		}
	}
}

void mib_view_set_time(struct mib_view *view, uint64_t now_ms, uint64_t uptime)
{
	int64_t began_ms = (int64_t)now_ms - (int64_t)uptime * 10;

	view->now_ms = now_ms;
	if (llabs(began_ms - view->began_ms) > UPTIME_JITTER_MS)
		view->began_ms = began_ms;
}

void mib_view_clear(struct mib_view *view)
{
	for (size_t i = 0; i < view->instance_count; i++)
		instance_clear(&view->instances[i]);
	free(view->instances);
	memset(view, 0, sizeof(*view));
}
