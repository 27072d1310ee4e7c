/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast counters grow: nfctRateTable. */
#include <stddef.h>

#include "subagent/mib_table.h"

static const struct snapshot_rate *rate_of(const struct mib_row *row)
{
	return &row->instance->sample->rates[row->position];
}

static size_t rate_count(const struct mib_instance *instance)
{
	return instance->sample ? instance->sample->rate_count : 0;
}

static void rate_key(const struct mib_instance *instance, size_t position, oid *key)
{
	key[0] = instance->sample->rates[position].index;
}

static const void *rate_base(const struct mib_row *row)
{
	return rate_of(row);
}

static bool get_rate_value(const struct mib_row *row, const struct mib_column *column,
			   struct mib_value *value)
{
	return row->instance->sample->has_values && rate_of(row)->has_value &&
	       mib_get_u32(row, column, value);
}

static bool get_rate_state(const struct mib_row *row, const struct mib_column *column,
			   struct mib_value *value)
{
	(void)column;
	value->number = rate_of(row)->raised ? 2 : 1;
	return true;
}

#define RATE(field) offsetof(struct snapshot_rate, field)

static const struct mib_column rate_columns[] = {
	{ 2, ASN_OCTET_STR, mib_get_string, RATE(name) },
	{ 3, ASN_OCTET_STR, mib_get_string, RATE(counter) },
	{ 4, ASN_GAUGE, get_rate_value, RATE(value) },
	{ 5, ASN_UNSIGNED, mib_get_u32, RATE(rising) },
	{ 6, ASN_UNSIGNED, mib_get_u32, RATE(falling) },
	{ 7, ASN_INTEGER, get_rate_state, 0 },
};

const struct mib_table mib_rate_table = {
	.number = 13,
	.key_length = 1,
	.count = rate_count,
	.key = rate_key,
	.base = rate_base,
	MIB_COLUMNS(rate_columns),
};
