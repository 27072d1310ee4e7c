/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "subagent/mib_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Answers of the master set the uptime by less than this; a new master by more. */
#define UPTIME_JITTER_MS 1000

#define PINS_MAX      64
#define PIN_LIFE_MS   10000           /* after its last use */
#define OLD_BYTES_MAX (1024 * 1024UL) /* what may be kept for transactions alone */

/* A snapshot, and how many generations show it. */
struct mib_block {
	size_t references, size;
	bool is_old; /* the newest generation does not show it */
	struct snapshot *snapshot;
};

/* A state of all values. It is changed only while nobody else refers to it. */
struct generation {
	size_t references; /* the pins of it, and being the newest */
	struct mib_block *agent;
	size_t instance_count;
	struct mib_instance *instances;
};

/* A transaction and its view. */
struct pin {
	struct generation *generation; /* NULL: unused */
	long transaction;
	uint64_t used_ms;
	struct mib_view view;
};

struct mib_views {
	struct generation *newest;
	struct pin pins[PINS_MAX];
	size_t old_bytes; /* in blocks that are old */
	int64_t began_ms;
};

void mib_view_set_time(struct mib_view *view, uint64_t now_ms, uint64_t uptime)
{
	int64_t began_ms = (int64_t)now_ms - (int64_t)uptime * 10;

	view->now_ms = now_ms;
	if (llabs(began_ms - view->began_ms) > UPTIME_JITTER_MS)
		view->began_ms = began_ms;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static struct mib_block *block_new(struct snapshot *snapshot)
{
	struct mib_block *block = malloc(sizeof(*block));

	if (block)
		*block = (struct mib_block){ 1, snapshot_size(snapshot), false, snapshot };
	return block;
}

static void block_release(struct mib_views *views, struct mib_block *block)
{
	if (!block || --block->references > 0)
		return;
	if (block->is_old)
		views->old_bytes -= block->size;
	free(block->snapshot);
	free(block);
}

/* The newest generation drops the block. */
static void block_retire(struct mib_views *views, struct mib_block *block)
{
	if (!block)
		return;
	block->is_old = true;
	views->old_bytes += block->size;
	block_release(views, block);
}

static void *block_snapshot(const struct mib_block *block)
{
	return block ? block->snapshot : NULL;
}

/* ---- generations ----------------------------------------------------------------------------- */

static void generation_release(struct mib_views *views, struct generation *generation)
{
	if (!generation || --generation->references > 0)
		return;
	for (size_t i = 0; i < generation->instance_count; i++) {
		block_release(views, generation->instances[i].sample_block);
		block_release(views, generation->instances[i].scan_block);
	}
	block_release(views, generation->agent);
	free(generation->instances);
	free(generation);
}

static void refer_to(struct mib_block *block)
{
	if (block)
		block->references++;
}

static struct generation *generation_copy(const struct generation *from)
{
	struct generation *copy = malloc(sizeof(*copy));
	size_t size = from->instance_count * sizeof(*from->instances);

	if (!copy)
		return NULL;
	*copy = (struct generation){ 1, from->agent, from->instance_count, NULL };
	if (size > 0) {
		copy->instances = malloc(size);
		if (!copy->instances) {
			free(copy);
			return NULL;
		}
		memcpy(copy->instances, from->instances, size);
	}
	refer_to(copy->agent);
	for (size_t i = 0; i < copy->instance_count; i++) {
		refer_to(copy->instances[i].sample_block);
		refer_to(copy->instances[i].scan_block);
	}
	return copy;
}

/* The newest generation, as one that no transaction sees. */
static struct generation *writable(struct mib_views *views)
{
	struct generation *copy;

	if (views->newest->references == 1)
		return views->newest;
	copy = generation_copy(views->newest);
	if (!copy)
		return NULL;
	generation_release(views, views->newest);
	views->newest = copy;
	return copy;
}

/* The instance of that index, made in its place in the order if it is new. */
static struct mib_instance *generation_instance(struct generation *generation, uint32_t index)
{
	struct mib_instance *grown = generation->instances;
	size_t at = 0, count = generation->instance_count;

	while (at < count && grown[at].index < index)
		at++;
	if (at < count && grown[at].index == index)
		return &grown[at];
	grown = reallocarray(grown, count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	memmove(grown + at + 1, grown + at, (count - at) * sizeof(*grown));
	grown[at] = (struct mib_instance){ .index = index };
	generation->instances = grown;
	generation->instance_count++;
	return &grown[at];
}

static bool is_listed(const struct snapshot_agent *agent, uint32_t index)
{
	for (size_t i = 0; i < agent->instance_count; i++) {
		if (agent->instances[i] == index)
			return true;
	}
	return false;
}

/* Forgets the instances that are not among the agent's any more. */
static void drop_unlisted(struct mib_views *views, struct generation *generation)
{
	const struct snapshot_agent *agent = block_snapshot(generation->agent);
	size_t kept = 0;

	for (size_t i = 0; i < generation->instance_count; i++) {
		struct mib_instance *instance = &generation->instances[i];

		if (is_listed(agent, instance->index)) {
			generation->instances[kept++] = *instance;
		} else {
			block_retire(views, instance->sample_block);
			block_retire(views, instance->scan_block);
		}
	}
	generation->instance_count = kept;
}

static void put_instance(struct mib_views *views, struct mib_instance *instance,
			 struct mib_block *block)
{
	bool is_sample = block->snapshot->kind == SNAPSHOT_SAMPLE;
	struct mib_block **place = is_sample ? &instance->sample_block : &instance->scan_block;

	block_retire(views, *place);
	*place = block;
	instance->sample = block_snapshot(instance->sample_block);
	instance->scan = block_snapshot(instance->scan_block);
}

static uint32_t instance_of(const struct snapshot *snapshot)
{
	return snapshot->kind == SNAPSHOT_SAMPLE
		       ? ((const struct snapshot_sample *)snapshot)->instance
		       : ((const struct snapshot_scan *)snapshot)->instance;
}

/* ---- transactions ---------------------------------------------------------------------------- */

static void pin_release(struct mib_views *views, struct pin *pin)
{
	generation_release(views, pin->generation);
	pin->generation = NULL;
}

static void release_unused(struct mib_views *views, uint64_t now_ms)
{
	for (size_t i = 0; i < PINS_MAX; i++) {
		if (views->pins[i].generation && now_ms - views->pins[i].used_ms > PIN_LIFE_MS)
			pin_release(views, &views->pins[i]);
	}
}

static bool is_older(const struct pin *one, const struct pin *other)
{
	return !other || one->used_ms < other->used_ms;
}

/* Keeps within OLD_BYTES_MAX by giving up the views that were used longest ago. The last one stays
 * whatever its size: it may be in use. */
static void release_excess(struct mib_views *views)
{
	while (views->old_bytes > OLD_BYTES_MAX) {
		struct pin *oldest = NULL;
		size_t count = 0;

		for (size_t i = 0; i < PINS_MAX; i++) {
			struct pin *pin = &views->pins[i];

			if (!pin->generation || pin->generation == views->newest)
				continue;
			count++;
			if (is_older(pin, oldest))
				oldest = pin;
		}
		if (count <= 1)
			return;
		pin_release(views, oldest);
	}
}

/* The transaction's pin; or else a free one, or the one that was used longest ago, with its
 * generation released. */
static struct pin *pin_of(struct mib_views *views, long transaction)
{
	struct pin *spare = NULL;

	for (size_t i = 0; i < PINS_MAX; i++) {
		struct pin *pin = &views->pins[i];

		if (pin->generation && pin->transaction == transaction)
			return pin;
		if (!spare || (spare->generation && (!pin->generation || is_older(pin, spare))))
			spare = pin;
	}
	pin_release(views, spare);
	return spare;
}

static void pin_newest(struct mib_views *views, struct pin *pin, uint64_t now_ms, uint64_t uptime)
{
	struct generation *newest = views->newest;

	newest->references++;
	pin->generation = newest;
	pin->view = (struct mib_view){ .agent = block_snapshot(newest->agent),
				       .instance_count = newest->instance_count,
				       .instances = newest->instances,
				       .began_ms = views->began_ms };
	mib_view_set_time(&pin->view, now_ms, uptime);
	views->began_ms = pin->view.began_ms;
}

/* ---- the door -------------------------------------------------------------------------------- */

struct mib_views *mib_views_new(void)
{
	struct mib_views *views = calloc(1, sizeof(*views));

	if (!views)
		return NULL;
	views->newest = calloc(1, sizeof(*views->newest));
	if (!views->newest) {
		free(views);
		return NULL;
	}
	views->newest->references = 1;
	return views;
}

void mib_views_free(struct mib_views *views)
{
	if (!views)
		return;
	mib_views_forget(views);
	generation_release(views, views->newest);
	free(views);
}

int mib_views_put(struct mib_views *views, struct snapshot *snapshot, uint64_t now_ms)
{
	struct mib_block *block = block_new(snapshot);
	struct generation *generation;
	struct mib_instance *instance;

	release_unused(views, now_ms);
	generation = block ? writable(views) : NULL;
	if (!generation)
		goto no_memory;
	if (snapshot->kind == SNAPSHOT_AGENT) {
		block_retire(views, generation->agent);
		generation->agent = block;
		drop_unlisted(views, generation);
	} else {
		instance = generation_instance(generation, instance_of(snapshot));
		if (!instance)
			goto no_memory;
		put_instance(views, instance, block);
	}
	release_excess(views);
	return 0;

no_memory:
	free(block);
	errno = ENOMEM;
	return -1;
}

struct mib_view *mib_views_of(struct mib_views *views, long transaction, uint64_t now_ms,
			      uint64_t uptime)
{
	struct pin *pin;

	release_unused(views, now_ms);
	pin = pin_of(views, transaction);
	if (!pin->generation)
		pin_newest(views, pin, now_ms, uptime);
	pin->transaction = transaction;
	pin->used_ms = now_ms;
	return &pin->view;
}

void mib_views_forget(struct mib_views *views)
{
	for (size_t i = 0; i < PINS_MAX; i++)
		pin_release(views, &views->pins[i]);
}
