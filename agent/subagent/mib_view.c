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

/* The newest of each kind stays. */
static void put_staged(struct snapshot **place, struct snapshot *snapshot)
{
	free(*place);
	*place = snapshot;
}

/* What is to be shown from now on: what is staged, or else what was shown. */
static void *take_staged(void *shown, struct snapshot **staged)
{
	void *newer = *staged;

	if (!newer)
		return shown;
	free(shown);
	*staged = NULL;
	return newer;
}

int mib_view_stage(struct mib_view *view, struct snapshot *snapshot)
{
	bool is_sample = snapshot->kind == SNAPSHOT_SAMPLE;
	struct mib_instance *instance;

	if (snapshot->kind == SNAPSHOT_AGENT) {
		put_staged(&view->staged_agent, snapshot);
		return 0;
	}
	instance = view_instance(view, is_sample ? ((struct snapshot_sample *)snapshot)->instance
						 : ((struct snapshot_scan *)snapshot)->instance);
	if (!instance)
		return -1;
	put_staged(is_sample ? &instance->staged_sample : &instance->staged_scan, snapshot);
	return 0;
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
	free(instance->sample);
	free(instance->staged_sample);
	free(instance->scan);
	free(instance->staged_scan);
}

/* Forgets the instances that are not among the agent's any more. */
static void drop_unlisted(struct mib_view *view)
{
	size_t kept = 0;

	for (size_t i = 0; i < view->instance_count; i++) {
		if (is_listed(view->agent, view->instances[i].index))
			view->instances[kept++] = view->instances[i];
		else
			instance_clear(&view->instances[i]);
	}
	view->instance_count = kept;
}

void mib_view_commit(struct mib_view *view)
{
	view->agent = take_staged(view->agent, &view->staged_agent);
	if (view->agent)
		drop_unlisted(view);
	for (size_t i = 0; i < view->instance_count; i++) {
		struct mib_instance *instance = &view->instances[i];

		instance->sample = take_staged(instance->sample, &instance->staged_sample);
		instance->scan = take_staged(instance->scan, &instance->staged_scan);
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
	free(view->agent);
	free(view->staged_agent);
	memset(view, 0, sizeof(*view));
}
