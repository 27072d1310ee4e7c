/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "subagent/mib_table.h"

#include <string.h>
#include <time.h>

/* In the order of their numbers. */
static const struct mib_table *const tables[] = {
	&mib_agent_group,     &mib_instance_table, &mib_cpu_table,  &mib_snapshot_table,
	&mib_protocol_table,  &mib_state_table,    &mib_zone_table, &mib_top_table,
	&mib_threshold_table, &mib_watch_table,    &mib_nat_table,  &mib_rate_table,
};
#define TABLE_COUNT (sizeof(tables) / sizeof(tables[0]))

static const oid objects[] = { MIB_ROOT, MIB_OBJECTS };
#define OBJECTS_LENGTH (MIB_ROOT_LENGTH + 1)

#define KEY_MAX 3 /* nfctInstanceIndex and two more */

/* Compares two lists of sub-identifiers; if one continues the other, the longer is the greater. */
static int compare(const oid *one, size_t one_length, const oid *other, size_t other_length)
{
	size_t common = one_length < other_length ? one_length : other_length;

	for (size_t i = 0; i < common; i++) {
		if (one[i] != other[i])
			return one[i] < other[i] ? -1 : 1;
	}
	return one_length == other_length ? 0 : one_length < other_length ? -1 : 1;
}

static size_t row_index(const struct mib_row *row, oid *index)
{
	const struct mib_table *table = row->table;

	if (table->scalars) {
		index[0] = 0;
		return 1;
	}
	index[0] = row->instance->index;
	if (table->key_length)
		table->key(row->instance, row->position, index + 1);
	return 1 + table->key_length;
}

static size_t rows_of(const struct mib_table *table, const struct mib_instance *instance)
{
	return table->key_length ? table->count(instance) : 1;
}

/* Moves from a position that may be one past an instance's last row to the next row. */
static bool row_settle(struct mib_row *row)
{
	for (; row->instance_position < row->view->instance_count; row->instance_position++) {
		row->instance = &row->view->instances[row->instance_position];
		if (row->position < rows_of(row->table, row->instance))
			return true;
		row->position = 0;
	}
	return false;
}

static bool row_advance(struct mib_row *row)
{
	if (row->table->scalars)
		return false;
	row->position++;
	return row_settle(row);
}

/* The first row whose index is not below `index` (with `above`: above it). O(log rows). */
static bool row_seek(const struct mib_table *table, const struct mib_view *view, const oid *index,
		     size_t length, bool above, struct mib_row *row)
{
	size_t low = 0, high = view->instance_count;
	oid own[KEY_MAX];

	*row = (struct mib_row){ .table = table, .view = view };
	if (table->scalars) {
		int order = compare((oid[]){ 0 }, 1, index, length);

		return order > 0 || (order == 0 && !above);
	}
	if (length == 0)
		return row_settle(row);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (view->instances[middle].index < index[0])
			low = middle + 1;
		else
			high = middle;
	}
	row->instance_position = low;
	if (low == view->instance_count || view->instances[low].index != index[0])
		return row_settle(row);
	row->instance = &view->instances[low];
	low = 0;
	high = rows_of(row->table, row->instance);
	while (low < high) {
		int order;

		row->position = low + (high - low) / 2;
		order = compare(own, row_index(row, own), index, length);
		if (order < 0 || (order == 0 && above))
			low = row->position + 1;
		else
			high = row->position;
	}
	row->position = low;
	return row_settle(row);
}

static bool column_get(const struct mib_column *column, const struct mib_row *row,
		       struct mib_value *value)
{
	value->type = column->type;
	value->number = 0;
	value->length = 0;
	return column->get(row, column, value);
}

/* Sub-identifiers between nfctObjects and the row's index: table [entry] column. */
static size_t column_prefix(const struct mib_table *table, const struct mib_column *column,
			    oid prefix[3])
{
	size_t length = 0;

	prefix[length++] = table->number;
	if (!table->scalars)
		prefix[length++] = 1;
	prefix[length++] = column->number;
	return length;
}

static size_t object_name(const struct mib_row *row, const struct mib_column *column,
			  oid name[MIB_OID_MAX])
{
	size_t length = OBJECTS_LENGTH;

	memcpy(name, objects, sizeof(objects));
	length += column_prefix(row->table, column, name + length);
	return length + row_index(row, name + length);
}

bool mib_get_object(const struct mib_row *row, oid column, oid name[MIB_OID_MAX], size_t *length,
		    struct mib_value *value)
{
	for (size_t c = 0; c < row->table->column_count; c++) {
		if (row->table->columns[c].number != column)
			continue;
		*length = object_name(row, &row->table->columns[c], name);
		return column_get(&row->table->columns[c], row, value);
	}
	return false;
}

static bool starts_with(const oid *name, size_t length, const oid *prefix, size_t prefix_length)
{
	return length >= prefix_length && compare(name, prefix_length, prefix, prefix_length) == 0;
}

/* The column that `name` begins with; `*used` is how far. NULL: none. */
static const struct mib_column *find_column(const oid *name, size_t length,
					    const struct mib_table **table, size_t *used)
{
	oid prefix[3];

	if (!starts_with(name, length, objects, OBJECTS_LENGTH))
		return NULL;
	name += OBJECTS_LENGTH;
	length -= OBJECTS_LENGTH;
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		for (size_t c = 0;
		     length && tables[t]->number == name[0] && c < tables[t]->column_count; c++) {
			size_t own = column_prefix(tables[t], &tables[t]->columns[c], prefix);

			if (!starts_with(name, length, prefix, own))
				continue;
			*table = tables[t];
			*used = OBJECTS_LENGTH + own;
			return &tables[t]->columns[c];
		}
	}
	return NULL;
}

bool mib_is_object(const oid *name, size_t length)
{
	const struct mib_table *table;
	size_t used;

	return find_column(name, length, &table, &used);
}

bool mib_get(const struct mib_view *view, const oid *name, size_t length, struct mib_value *value)
{
	const struct mib_table *table;
	const struct mib_column *column;
	struct mib_row row;
	oid index[KEY_MAX];
	size_t used;

	column = find_column(name, length, &table, &used);
	if (!column || !row_seek(table, view, name + used, length - used, false, &row))
		return false;
	return compare(index, row_index(&row, index), name + used, length - used) == 0 &&
	       column_get(column, &row, value);
}

/* The first value of a column at or behind the index. */
static bool column_next(const struct mib_table *table, const struct mib_column *column,
			const struct mib_view *view, const oid *index, size_t length, bool above,
			struct mib_row *row, struct mib_value *value)
{
	if (!row_seek(table, view, index, length, above, row))
		return false;
	do {
		if (column_get(column, row, value))
			return true;
	} while (row_advance(row));
	return false;
}

bool mib_get_next(const struct mib_view *view, const oid *name, size_t length, bool inclusive,
		  oid next[MIB_OID_MAX], size_t *next_length, struct mib_value *value)
{
	oid prefix[3];
	struct mib_row row;

	if (starts_with(name, length, objects, OBJECTS_LENGTH)) {
		name += OBJECTS_LENGTH;
		length -= OBJECTS_LENGTH;
	} else if (compare(name, length, objects, OBJECTS_LENGTH) < 0) {
		length = 0;
	} else {
		return false;
	}
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		const struct mib_table *table = tables[t];

		if (length && table->number < name[0])
			continue;
		for (size_t c = 0; c < table->column_count; c++) {
			const struct mib_column *column = &table->columns[c];
			size_t used = column_prefix(table, column, prefix);
			bool inside = starts_with(name, length, prefix, used);

			if (!inside && compare(prefix, used, name, length) < 0)
				continue; /* the whole column comes before */
			if (!column_next(table, column, view, name + (inside ? used : 0),
					 inside ? length - used : 0,
					 inside && !inclusive && length > used, &row, value))
				continue;
			*next_length = object_name(&row, column, next);
			return true;
		}
	}
	return false;
}

/* The address of the column's value in the base struct of its table; NULL if there is none now. */
static const void *field(const struct mib_row *row, const struct mib_column *column)
{
	const char *base = row->table->base(row);

	return base ? base + column->argument : NULL;
}

bool mib_get_u8(const struct mib_row *row, const struct mib_column *column, struct mib_value *value)
{
	const uint8_t *number = field(row, column);

	if (number)
		value->number = *number;
	return number;
}

bool mib_get_u32(const struct mib_row *row, const struct mib_column *column,
		 struct mib_value *value)
{
	const uint32_t *number = field(row, column);

	if (number)
		value->number = *number;
	return number;
}

bool mib_get_u64(const struct mib_row *row, const struct mib_column *column,
		 struct mib_value *value)
{
	const uint64_t *number = field(row, column);

	if (number)
		value->number = *number;
	return number;
}

bool mib_get_string(const struct mib_row *row, const struct mib_column *column,
		    struct mib_value *value)
{
	const char *text = field(row, column);

	if (text)
		mib_set_string(value, text);
	return text;
}

/* DateAndTime in UTC, 11 octets (RFC 2579). */
static void set_date(struct mib_value *value, uint64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm utc;
	int year;

	gmtime_r(&seconds, &utc);
	year = utc.tm_year + 1900;
	value->length = 11;
	memcpy(value->bytes,
	       (unsigned char[]){ (unsigned char)(year >> 8), (unsigned char)year,
				  (unsigned char)(utc.tm_mon + 1), (unsigned char)utc.tm_mday,
				  (unsigned char)utc.tm_hour, (unsigned char)utc.tm_min,
				  (unsigned char)utc.tm_sec, (unsigned char)(wall_ms % 1000 / 100),
				  '+', 0, 0 },
	       value->length);
}

bool mib_get_date(const struct mib_row *row, const struct mib_column *column,
		  struct mib_value *value)
{
	const uint64_t *wall_ms = field(row, column);

	if (!wall_ms || *wall_ms == 0)
		return false;
	set_date(value, *wall_ms);
	return true;
}

bool mib_get_age(const struct mib_row *row, const struct mib_column *column,
		 struct mib_value *value)
{
	const uint64_t *then_ms = field(row, column);

	if (!then_ms || *then_ms == 0)
		return false;
	value->number = (row->view->now_ms - *then_ms) / 10;
	return true;
}

bool mib_get_timestamp(const struct mib_row *row, const struct mib_column *column,
		       struct mib_value *value)
{
	const uint64_t *then_ms = field(row, column);
	int64_t uptime_ms;

	if (!then_ms || *then_ms == 0)
		return false;
	uptime_ms = (int64_t)*then_ms - row->view->began_ms;
	value->number = uptime_ms > 0 ? (uint64_t)uptime_ms / 10 : 0;
	return true;
}

void mib_set_string(struct mib_value *value, const char *text)
{
	value->length = strnlen(text, sizeof(value->bytes) - 1);
	memcpy(value->bytes, text, value->length);
}

void mib_set_truth(struct mib_value *value, bool truth)
{
	value->number = truth ? 1 : 2; /* TruthValue */
}

void mib_value_put(netsnmp_variable_list *variable, const struct mib_value *value)
{
	struct counter64 wide;

	switch (value->type) {
	case ASN_OCTET_STR:
		snmp_set_var_typed_value(variable, ASN_OCTET_STR, value->bytes, value->length);
		break;
	case ASN_COUNTER64:
		wide.high = (u_long)(value->number >> 32);
		wide.low = (u_long)(value->number & 0xffffffff);
		snmp_set_var_typed_value(variable, ASN_COUNTER64, &wide, sizeof(wide));
		break;
	default:
		/* gauges and ticks may exceed LONG_MAX where long has 32 bits; the bits are the
		 * same
		 */
		snmp_set_var_typed_integer(variable, value->type, (long)value->number);
	}
}
