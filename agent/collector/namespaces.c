/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/namespaces.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/text.h"
#include "kernel/netns.h"
#include "kernel/netns_list.h"

/* Instance 1 is the agent's own. */
#define PLACES (SNAPSHOT_INSTANCES_MAX - 1)

/* Trouble that comes back is told again after so long without it. */
#define TELL_AGAIN_MS 3600000

/* The names that patterns match now, while they are gathered. */
struct search {
	const struct config *config;
	const struct config_namespace *pattern; /* which is looked at */
	struct namespace *found;                /* owned; index 0: it has no place yet */
	size_t count, size;
	uint32_t unshown;
	bool is_short; /* of memory */
};

static uint32_t hash_name(const char *name)
{
	uint32_t hash = 2166136261U;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619U;
	return hash;
}

/* ---- what is there --------------------------------------------------------------------------- */

/* Has a block of its own, or was found by another pattern. */
static bool is_known(const struct search *search, const struct namespace *namespace)
{
	const struct config *config = search->config;

	for (size_t i = 0; i < config->namespace_count; i++) {
		if (config->namespaces[i].count == 0 &&
		    netns_is_same_name(config->namespaces[i].name, namespace->netns))
			return true;
	}
	for (size_t i = 0; i < search->count; i++) {
		const struct namespace *found = &search->found[i];

		if (found->hash == namespace->hash && found->first != namespace->first &&
		    netns_is_same_name(found->netns, namespace->netns))
			return true;
	}
	return false;
}

static void add_found(struct search *search, const struct namespace *namespace)
{
	size_t size = search->size ? 2 * search->size : 64;

	if (search->count == search->size) {
		struct namespace *found = realloc(search->found, size * sizeof(*found));

		search->is_short = search->is_short || !found;
		if (!found)
			return;
		search->found = found;
		search->size = size;
	}
	search->found[search->count++] = *namespace;
}

/* A name goes into lines of text, and has room for so many octets. "default" is instance 1. */
static bool can_be_shown(const char *name)
{
	char fault[TEXT_FAULT_SIZE];
	size_t length = strlen(name);

	return length < SNAPSHOT_NAME_SIZE && text_is_plain(name, length, fault) &&
	       strcmp(name, "default") != 0;
}

static void take_name(void *context, const char *name)
{
	struct search *search = context;
	const struct config_namespace *pattern = search->pattern;
	const char *slash = strrchr(pattern->name, '/');
	struct namespace namespace = { .first = pattern->index, .count = pattern->count };

	if (!can_be_shown(name)) {
		search->unshown++;
		return;
	}
	snprintf(namespace.name, sizeof(namespace.name), "%s", name);
	snprintf(namespace.netns, sizeof(namespace.netns), "%.*s%s",
		 slash ? (int)(slash + 1 - pattern->name) : 0, pattern->name, namespace.name);
	namespace.hash = hash_name(name);
	if (!is_known(search, &namespace))
		add_found(search, &namespace);
}

static bool is_of(const struct namespace *namespace, const struct config_namespace *pattern)
{
	return namespace->first == pattern->index && namespace->count == pattern->count &&
	       fnmatch(pattern->name, namespace->netns, FNM_PERIOD | FNM_PATHNAME) == 0;
}

/* The directory says nothing: what was there is there. */
static void take_as_before(struct search *search, const struct namespaces *before)
{
	for (size_t i = 0; i < before->count; i++) {
		struct namespace row = before->list[i];

		row.index = 0;
		if (row.gone_ms == 0 && is_of(&row, search->pattern) && !is_known(search, &row))
			add_found(search, &row);
	}
}

static void look_around(struct search *search, struct namespaces *after,
			const struct namespaces *before)
{
	const struct config *config = search->config;

	for (size_t i = 0; i < config->namespace_count; i++) {
		size_t count = search->count;

		search->pattern = &config->namespaces[i];
		if (search->pattern->count == 0 ||
		    netns_list(search->pattern->name, take_name, search) == 0 || errno == ENOENT)
			continue;
		after->unread = search->pattern;
		after->unread_errno = errno;
		search->count = count;
		take_as_before(search, before);
	}
}

/* ---- who has which place --------------------------------------------------------------------- */

static void add(struct namespaces *after, const struct namespace *namespace)
{
	after->list[after->count++] = *namespace;
}

static void add_blocks(struct namespaces *after, const struct config *config)
{
	for (size_t i = 0; i < config->namespace_count; i++) {
		struct namespace *namespace = &after->list[after->count];

		if (config->namespaces[i].count)
			continue;
		*namespace = (struct namespace){ .index = config->namespaces[i].index };
		snprintf(namespace->name, sizeof(namespace->name), "%s",
			 config->namespaces[i].name);
		snprintf(namespace->netns, sizeof(namespace->netns), "%s",
			 config->namespaces[i].name);
		after->count++;
	}
}

static const struct namespace *find_row(const struct namespaces *before,
					const struct namespace *found)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct namespace *row = &before->list[i];

		if (row->hash == found->hash && row->first == found->first &&
		    row->count == found->count && strcmp(row->netns, found->netns) == 0)
			return row;
	}
	return NULL;
}

/* The row of a deleted one takes no place from one that exists. */
static bool is_taken(const struct namespaces *after, uint32_t index)
{
	for (size_t i = 0; i < after->count; i++) {
		if (after->list[i].index == index)
			return true;
	}
	return false;
}

/* Before any new one gets a place: also of those that have come back. */
static void keep_places(struct namespaces *after, struct search *search,
			const struct namespaces *before)
{
	for (size_t i = 0; i < search->count && after->count < PLACES; i++) {
		struct namespace *found = &search->found[i];
		const struct namespace *row = find_row(before, found);

		if (!row)
			continue;
		found->index = row->index;
		add(after, found);
	}
}

/* The first free index from the name's own on; 0: none. */
static uint32_t find_place(const struct namespaces *after, const struct namespace *found)
{
	for (uint32_t i = 0; i < found->count; i++) {
		uint32_t index = found->first + (found->hash % found->count + i) % found->count;

		if (!is_taken(after, index))
			return index;
	}
	return 0;
}

static void give_places(struct namespaces *after, struct search *search)
{
	uint32_t full = 0; /* the first index of the pattern that has no place left */

	for (size_t i = 0; i < search->count; i++) {
		struct namespace *found = &search->found[i];

		if (found->index)
			continue;
		if (found->first != full && after->count < PLACES)
			found->index = find_place(after, found);
		if (found->index) {
			add(after, found);
		} else {
			full = found->first;
			after->left_out++;
		}
	}
}

static bool is_shown(const struct namespaces *after, const struct namespace *row)
{
	for (size_t i = 0; i < after->count; i++) {
		if (after->list[i].index == row->index ||
		    netns_is_same_name(after->list[i].netns, row->netns))
			return true;
	}
	return false;
}

static bool has_pattern(const struct config *config, const struct namespace *row)
{
	for (size_t i = 0; i < config->namespace_count; i++) {
		if (config->namespaces[i].count && is_of(row, &config->namespaces[i]))
			return true;
	}
	return false;
}

/* The rows of deleted ones, where there is room: those that went last. */
static void keep_gone(struct namespaces *after, struct namespaces *gone)
{
	for (size_t i = 0; i < gone->count && after->count < PLACES; i++)
		add(after, &gone->list[i]);
}

static void find_gone(struct namespaces *gone, const struct namespaces *after,
		      const struct namespaces *before, const struct config *config, uint64_t now_ms)
{
	for (size_t i = 0; i < before->count; i++) {
		struct namespace row = before->list[i];

		if (row.count == 0 || is_shown(after, &row) || !has_pattern(config, &row))
			continue;
		if (row.gone_ms == 0)
			row.gone_ms = now_ms;
		if (now_ms - row.gone_ms < NAMESPACES_KEPT_MS)
			add(gone, &row);
	}
}

/* ---- all together ---------------------------------------------------------------------------- */

static int by_name(const void *one, const void *other)
{
	const struct namespace *first = one, *second = other;

	if (first->first != second->first)
		return first->first < second->first ? -1 : 1;
	return strcmp(first->name, second->name);
}

static int by_index(const void *one, const void *other)
{
	const struct namespace *first = one, *second = other;

	return first->index < second->index ? -1 : first->index > second->index;
}

static int last_gone_first(const void *one, const void *other)
{
	const struct namespace *first = one, *second = other;

	if (first->gone_ms != second->gone_ms)
		return first->gone_ms > second->gone_ms ? -1 : 1;
	return by_index(one, other);
}

static void sort(struct namespace *list, size_t count,
		 int (*compare)(const void *one, const void *other))
{
	if (count)
		qsort(list, count, sizeof(*list), compare);
}

int namespaces_find(struct namespaces *after, const struct namespaces *before,
		    const struct config *config, uint64_t now_ms)
{
	struct search search = { .config = config };
	struct namespaces gone = { 0 };
	int result = -1;

	*after = (struct namespaces){ 0 };
	look_around(&search, after, before);
	after->list = calloc(config->namespace_count + search.count + before->count + 1,
			     sizeof(*after->list));
	gone.list = calloc(before->count + 1, sizeof(*gone.list));
	if (search.is_short || !after->list || !gone.list)
		goto done;
	sort(search.found, search.count, by_name);
	add_blocks(after, config);
	keep_places(after, &search, before);
	give_places(after, &search);
	find_gone(&gone, after, before, config, now_ms);
	sort(gone.list, gone.count, last_gone_first);
	keep_gone(after, &gone);
	sort(after->list, after->count, by_index);
	after->unshown = search.unshown;
	after->left_out += search.unshown;
	result = 0;
done:
	free(search.found);
	free(gone.list);
	if (result != 0) {
		namespaces_clear(after);
		errno = ENOMEM;
	}
	return result;
}

void namespaces_clear(struct namespaces *namespaces)
{
	free(namespaces->list);
	*namespaces = (struct namespaces){ 0 };
}

bool namespaces_are_same(const struct namespaces *one, const struct namespaces *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++) {
		const struct namespace *row = &one->list[i], *with = &other->list[i];

		if (row->index != with->index || row->count != with->count ||
		    strcmp(row->netns, with->netns) != 0)
			return false;
	}
	return true;
}

bool namespaces_have_patterns(const struct config *config)
{
	for (size_t i = 0; i < config->namespace_count; i++) {
		if (config->namespaces[i].count)
			return true;
	}
	return false;
}

/* Whether to tell of trouble; it is there now. */
static bool is_news(uint64_t *last_ms, uint64_t now_ms)
{
	bool is_news = *last_ms == 0 || now_ms - *last_ms >= TELL_AGAIN_MS;

	*last_ms = now_ms;
	return is_news;
}

void namespaces_tell(const struct namespaces *namespaces, struct namespaces_told *told,
		     uint64_t now_ms)
{
	uint32_t full = namespaces->left_out - namespaces->unshown;

	if (full && is_news(&told->full_ms, now_ms))
		log_warning("namespace: %u more match a pattern than have a place; raise "
			    "its count (the agent has room for %d in all)",
			    full, PLACES);
	if (namespaces->unshown && is_news(&told->unshown_ms, now_ms))
		log_warning("namespace: %u that match a pattern are not shown: their "
			    "names are longer than %d octets, not plain text, or \"default\"",
			    namespaces->unshown, SNAPSHOT_NAME_SIZE - 1);
	if (namespaces->unread && is_news(&told->unread_ms, now_ms))
		log_warning("namespace \"%s\": cannot read the directory: %s",
			    namespaces->unread->name, strerror(namespaces->unread_errno));
}
