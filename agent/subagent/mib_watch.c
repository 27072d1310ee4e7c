/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operator's own filters: nfctWatchTable. */
#include <stddef.h>

#include "subagent/mib_table.h"

static const struct snapshot_watch *watch_of(const struct mib_row *row)
{
	return &row->instance->scan->watches[row->position];
}

static size_t watch_count(const struct mib_instance *instance)
{
	return instance->scan ? instance->scan->watch_count : 0;
}

static void watch_key(const struct mib_instance *instance, size_t position, oid *key)
{
	key[0] = instance->scan->watches[position].index;
}

static const void *watch_base(const struct mib_row *row)
{
	return watch_of(row);
}

static bool get_watch_state(const struct mib_row *row, const struct mib_column *column,
			    struct mib_value *value)
{
	(void)column;
	value->number = watch_of(row)->raised ? 2 : 1;
	return true;
}

static bool get_watch_created(const struct mib_row *row, const struct mib_column *column,
			      struct mib_value *value)
{
	return watch_of(row)->has_created && mib_get_u64(row, column, value);
}

static bool get_watch_began(const struct mib_row *row, const struct mib_column *column,
			    struct mib_value *value)
{
	return watch_of(row)->has_created && mib_get_timestamp(row, column, value);
}

#define WATCH(field) offsetof(struct snapshot_watch, field)

static const struct mib_column watch_columns[] = {
	{ 2, ASN_OCTET_STR, mib_get_string, WATCH(name) },
	{ 3, ASN_OCTET_STR, mib_get_string, WATCH(filter) },
	{ 4, ASN_GAUGE, mib_get_u32, WATCH(entries) },
	{ 5, ASN_UNSIGNED, mib_get_u32, WATCH(rising) },
	{ 6, ASN_UNSIGNED, mib_get_u32, WATCH(falling) },
	{ 7, ASN_INTEGER, get_watch_state, 0 },
	{ 8, ASN_COUNTER64, get_watch_created, WATCH(created) },
	{ 9, ASN_TIMETICKS, get_watch_began, WATCH(created_began) },
};

const struct mib_table mib_watch_table = {
	.number = 10,
	.key_length = 1,
	.count = watch_count,
	.key = watch_key,
	.base = watch_base,
	MIB_COLUMNS(watch_columns),
};
