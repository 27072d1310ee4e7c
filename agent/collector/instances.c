/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/instances.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool has(const struct tables *tables, const struct instance *instance)
{
	for (size_t i = 0; i < tables->count; i++) {
		if (tables->instances[i] == instance)
			return true;
	}
	return false;
}

static struct instance *find(const struct tables *tables, uint32_t index, const char *name)
{
	for (size_t i = 0; i < tables->count; i++) {
		const struct snapshot_sample *sample = instance_get_sample(tables->instances[i]);

		if (sample->instance == index && strcmp(sample->name, name) == 0)
			return tables->instances[i];
	}
	return NULL;
}

/* The lists alone; the instances are freed unless `but` has them. */
static void clear_but(struct tables *tables, const struct tables *but)
{
	for (size_t i = 0; i < tables->count; i++) {
		if (!but || !has(but, tables->instances[i]))
			instance_free(tables->instances[i]);
	}
	free(tables->instances);
	*tables = (struct tables){ 0 };
}

/* The instance from before, or a new one. */
static int add(struct tables *tables, const struct tables *before, uint32_t index, const char *name,
	       const char *netns, const struct config *config)
{
	struct instance *instance = find(before, index, name);

	if (!instance)
		instance = instance_new(index, name, netns, config);
	else if (instance_configure(instance, config) != 0)
		return -1;
	if (!instance)
		return -1;
	tables->instances[tables->count++] = instance;
	return 0;
}

int tables_build(struct tables *tables, const struct tables *before, const struct config *config,
		 const struct config *config_before)
{
	size_t count = config->namespace_count + 1;
	int saved;

	*tables = (struct tables){ .instances = calloc(count, sizeof(*tables->instances)) };
	if (!tables->instances || add(tables, before, 1, "default", NULL, config) != 0)
		goto fail;
	for (size_t i = 0; i < config->namespace_count; i++) {
		const struct config_namespace *namespace = &config->namespaces[i];

		if (add(tables, before, namespace->index, namespace->name, namespace->name,
			config) != 0)
			goto fail;
	}
	return 0;
fail:
	saved = errno;
	clear_but(tables, before);
	for (size_t i = 0; i < before->count; i++)
		instance_configure(before->instances[i], config_before);
	errno = saved;
	return -1;
}

void tables_replace(struct tables *before, const struct tables *tables)
{
	clear_but(before, tables);
	*before = *tables;
}

void tables_clear(struct tables *tables)
{
	clear_but(tables, NULL);
}
