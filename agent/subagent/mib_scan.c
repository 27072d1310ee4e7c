/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the last scan found: nfctSnapshotTable, nfctProtocolTable, nfctStateTable, nfctZoneTable. */
#include <stddef.h>
#include <stdio.h>

#include "common/ct_names.h"
#include "subagent/mib_table.h"

/* The values of the scan tier, even if no scan has succeeded yet. */
static const void *scan_base(const struct mib_row *row)
{
	return row->instance->scan;
}

static bool has_ended(const struct mib_row *row)
{
	return row->instance->scan && row->instance->scan->end_wall;
}

/* A uint32_t that a scan has found. */
static bool get_value(const struct mib_row *row, const struct mib_column *column,
		      struct mib_value *value)
{
	return has_ended(row) && mib_get_u32(row, column, value);
}

static bool has_churn(const struct mib_row *row)
{
	return row->instance->scan && row->instance->scan->has_churn;
}

static bool get_churn(const struct mib_row *row, const struct mib_column *column,
		      struct mib_value *value)
{
	return has_churn(row) && mib_get_u64(row, column, value);
}

static bool get_churn_began(const struct mib_row *row, const struct mib_column *column,
			    struct mib_value *value)
{
	return has_churn(row) && mib_get_timestamp(row, column, value);
}

static bool get_firm_utilization(const struct mib_row *row, const struct mib_column *column,
				 struct mib_value *value)
{
	return has_ended(row) && row->instance->scan->has_firm_utilization &&
	       mib_get_u32(row, column, value);
}

static bool get_unlisted(const struct mib_row *row, const struct mib_column *column,
			 struct mib_value *value)
{
	return has_ended(row) && row->instance->scan->has_unlisted &&
	       mib_get_u32(row, column, value);
}

static bool get_identity_share(const struct mib_row *row, const struct mib_column *column,
			       struct mib_value *value)
{
	return has_ended(row) && row->instance->scan->has_identity_share &&
	       mib_get_u32(row, column, value);
}

static bool get_create_rate(const struct mib_row *row, const struct mib_column *column,
			    struct mib_value *value)
{
	return has_ended(row) && row->instance->scan->has_create_rate &&
	       mib_get_u32(row, column, value);
}

#define SCAN(field) offsetof(struct snapshot_scan, field)

static const struct mib_column snapshot_columns[] = {
	{ 1, ASN_OCTET_STR, mib_get_date, SCAN(end_wall) },
	{ 2, ASN_TIMETICKS, mib_get_age, SCAN(end_monotonic) },
	{ 3, ASN_GAUGE, get_value, SCAN(duration) },
	{ 4, ASN_GAUGE, get_value, SCAN(cpu_time) },
	{ 5, ASN_GAUGE, get_value, SCAN(scanned) },
	{ 6, ASN_GAUGE, get_value, SCAN(coverage) },
	{ 7, ASN_COUNTER64, mib_get_u64, SCAN(scans) },
	{ 8, ASN_COUNTER64, mib_get_u64, SCAN(failures) },
	{ 9, ASN_GAUGE, get_value, SCAN(assured) },
	{ 10, ASN_GAUGE, get_value, SCAN(unreplied) },
	{ 11, ASN_GAUGE, get_value, SCAN(evictable) },
	{ 12, ASN_GAUGE, get_value, SCAN(source_nat) },
	{ 13, ASN_GAUGE, get_value, SCAN(destination_nat) },
	{ 14, ASN_GAUGE, get_value, SCAN(offloaded) },
	{ 15, ASN_GAUGE, get_value, SCAN(ipv4) },
	{ 16, ASN_GAUGE, get_value, SCAN(ipv6) },
	{ 17, ASN_GAUGE, get_value, SCAN(helped) },
	{ 18, ASN_GAUGE, get_firm_utilization, SCAN(firm_utilization) },
	{ 19, ASN_GAUGE, get_value, SCAN(margin) },
	{ 20, ASN_COUNTER64, get_churn, SCAN(created) },
	{ 21, ASN_COUNTER64, get_churn, SCAN(destroyed) },
	{ 22, ASN_GAUGE, get_create_rate, SCAN(create_rate) },
	{ 23, ASN_GAUGE, get_identity_share, SCAN(identity_share) },
	{ 24, ASN_GAUGE, get_unlisted, SCAN(unlisted) },
	{ 25, ASN_GAUGE, get_value, SCAN(closing) },
	{ 26, ASN_TIMETICKS, get_churn_began, SCAN(churn_began) },
};

const struct mib_table mib_snapshot_table = {
	.number = 4,
	.base = scan_base,
	MIB_COLUMNS(snapshot_columns),
};

static size_t protocol_count(const struct mib_instance *instance)
{
	return instance->scan ? instance->scan->protocol_count : 0;
}

static void protocol_key(const struct mib_instance *instance, size_t position, oid *key)
{
	key[0] = instance->scan->protocols[position].address_type;
	key[1] = instance->scan->protocols[position].number;
}

static const void *protocol_base(const struct mib_row *row)
{
	return &row->instance->scan->protocols[row->position];
}

/* "tcp", "253" */
static bool get_protocol_name(const struct mib_row *row, const struct mib_column *column,
			      struct mib_value *value)
{
	uint8_t number = row->instance->scan->protocols[row->position].number;
	const char *name = ct_protocol_name(number);
	char digits[8];

	(void)column;
	snprintf(digits, sizeof(digits), "%u", number);
	mib_set_string(value, name ? name : digits);
	return true;
}

/* "tcp over IPv6" */
static bool get_protocol_text(const struct mib_row *row, const struct mib_column *column,
			      struct mib_value *value)
{
	bool is_ipv6 = row->instance->scan->protocols[row->position].address_type == 2;
	char text[64];

	get_protocol_name(row, column, value);
	snprintf(text, sizeof(text), "%.*s over %s", (int)value->length, (const char *)value->bytes,
		 is_ipv6 ? "IPv6" : "IPv4");
	mib_set_string(value, text);
	return true;
}

static bool get_traffic(const struct mib_row *row, const struct mib_column *column,
			struct mib_value *value)
{
	return row->instance->scan->has_accounting && mib_get_u64(row, column, value);
}

#define PROTOCOL(field) offsetof(struct snapshot_protocol, field)

static const struct mib_column protocol_columns[] = {
	{ 3, ASN_OCTET_STR, get_protocol_name, 0 },
	{ 4, ASN_GAUGE, mib_get_u32, PROTOCOL(entries) },
	{ 5, ASN_GAUGE, mib_get_u32, PROTOCOL(assured) },
	{ 6, ASN_GAUGE, mib_get_u32, PROTOCOL(unreplied) },
	{ 7, ASN_GAUGE, mib_get_u32, PROTOCOL(peak_entries) },
	{ 8, ASN_COUNTER64, get_traffic, PROTOCOL(packets) },
	{ 9, ASN_COUNTER64, get_traffic, PROTOCOL(octets) },
	{ 10, ASN_OCTET_STR, get_protocol_text, 0 },
};

const struct mib_table mib_protocol_table = {
	.number = 5,
	.key_length = 2,
	.count = protocol_count,
	.key = protocol_key,
	.base = protocol_base,
	MIB_COLUMNS(protocol_columns),
};

static size_t state_count(const struct mib_instance *instance)
{
	return instance->scan ? instance->scan->state_count : 0;
}

static void state_key(const struct mib_instance *instance, size_t position, oid *key)
{
	key[0] = instance->scan->states[position].protocol;
	key[1] = instance->scan->states[position].number;
}

static const void *state_base(const struct mib_row *row)
{
	return &row->instance->scan->states[row->position];
}

static bool get_state_name(const struct mib_row *row, const struct mib_column *column,
			   struct mib_value *value)
{
	const struct snapshot_state *state = &row->instance->scan->states[row->position];
	const char *name = ct_state_name(state->protocol, (uint8_t)(state->number - 1));

	(void)column;
	if (name)
		mib_set_string(value, name);
	return name;
}

static const struct mib_column state_columns[] = {
	{ 3, ASN_OCTET_STR, get_state_name, 0 },
	{ 4, ASN_GAUGE, mib_get_u32, offsetof(struct snapshot_state, entries) },
};

const struct mib_table mib_state_table = {
	.number = 6,
	.key_length = 2,
	.count = state_count,
	.key = state_key,
	.base = state_base,
	MIB_COLUMNS(state_columns),
};

static size_t zone_count(const struct mib_instance *instance)
{
	return instance->scan ? instance->scan->zone_count : 0;
}

static void zone_key(const struct mib_instance *instance, size_t position, oid *key)
{
	key[0] = instance->scan->zones[position].zone;
}

static const void *zone_base(const struct mib_row *row)
{
	return &row->instance->scan->zones[row->position];
}

static const struct mib_column zone_columns[] = {
	{ 2, ASN_GAUGE, mib_get_u32, offsetof(struct snapshot_zone, entries) },
};

const struct mib_table mib_zone_table = {
	.number = 7,
	.key_length = 1,
	.count = zone_count,
	.key = zone_key,
	.base = zone_base,
	MIB_COLUMNS(zone_columns),
};
