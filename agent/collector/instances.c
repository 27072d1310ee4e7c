/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/instances.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool has(const struct instances *instances, const struct instance *instance)
{
	for (size_t i = 0; i < instances->count; i++) {
		if (instances->list[i] == instance)
			return true;
	}
	return false;
}

static struct instance *find(const struct instances *instances, uint32_t index, const char *name,
			     const char *netns)
{
	for (size_t i = 0; i < instances->count; i++) {
		const struct snapshot_sample *sample = instance_get_sample(instances->list[i]);

		if (sample->instance == index && strcmp(sample->name, name) == 0 &&
		    instance_is_of(instances->list[i], netns))
			return instances->list[i];
	}
	return NULL;
}

/* Frees the list, and those instances that `but` does not have. */
static void clear_but(struct instances *instances, const struct instances *but)
{
	for (size_t i = 0; i < instances->count; i++) {
		if (!but || !has(but, instances->list[i]))
			instance_free(instances->list[i]);
	}
	free(instances->list);
	free(instances->parting);
	*instances = (struct instances){ 0 };
}

/* The old instance, or a new one. */
static int add(struct instances *instances, const struct instances *before, uint32_t index,
	       const char *name, const char *netns, const struct config *config)
{
	struct instance *instance = find(before, index, name, netns);

	if (!instance)
		instance = instance_new(index, name, netns, config);
	else if (instance_configure(instance, config) != 0)
		return -1;
	if (!instance)
		return -1;
	instances->list[instances->count++] = instance;
	return 0;
}

int instances_build(struct instances *instances, const struct instances *before,
		    const struct config *config, const struct namespaces *namespaces)
{
	size_t count = namespaces->count + 1;
	int saved;

	*instances = (struct instances){ 0 };
	instances->list = calloc(count, sizeof(struct instance *));
	instances->parting =
		calloc(before->count + before->parting_count + 1, sizeof(struct instance *));
	if (!instances->list || !instances->parting ||
	    add(instances, before, 1, "default", NULL, config) != 0)
		goto fail;
	for (size_t i = 0; i < namespaces->count; i++) {
		const struct namespace *namespace = &namespaces->list[i];

		if (add(instances, before, namespace->index, namespace->name, namespace->netns,
			config) != 0)
			goto fail;
		instance_may_go(instances->list[i + 1], namespace->count > 0);
	}
	return 0;
fail:
	saved = errno;
	clear_but(instances, before);
	for (size_t i = 0; i < before->count; i++)
		instance_discard(before->list[i]);
	errno = saved;
	return -1;
}

/* `instances` has room for all of them. */
static void part_with(struct instances *instances, struct instance *instance, const char *reason)
{
	instance_scan_abandon(instance);
	instance_part(instance, reason);
	instances->parting[instances->parting_count++] = instance;
}

void instances_replace(struct instances *before, const struct instances *instances,
		       const char *reason)
{
	struct instances after = *instances;

	for (size_t i = 0; i < before->parting_count; i++)
		after.parting[after.parting_count++] = before->parting[i];
	for (size_t i = 0; i < before->count; i++) {
		if (!has(&after, before->list[i]))
			part_with(&after, before->list[i], reason);
	}
	free(before->list);
	free(before->parting);
	*before = after;
	for (size_t i = 0; i < before->count; i++)
		instance_apply(before->list[i]);
}

void instances_forget_parted(struct instances *instances)
{
	size_t kept = 0;

	for (size_t i = 0; i < instances->parting_count; i++) {
		struct instance *instance = instances->parting[i];

		if (instance_alarms_are_settled(instance_get_alarms(instance)))
			instance_free(instance);
		else
			instances->parting[kept++] = instance;
	}
	instances->parting_count = kept;
}

void instances_clear(struct instances *instances)
{
	for (size_t i = 0; i < instances->parting_count; i++)
		instance_free(instances->parting[i]);
	clear_but(instances, NULL);
}
