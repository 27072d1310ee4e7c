/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sample tier knows: nfctInstanceTable, nfctCpuTable, nfctThresholdTable. */
#include <stddef.h>
#include <stdio.h>

#include "subagent/mib_table.h"

/* The sample, if its values are valid. */
static const struct snapshot_sample *values_of(const struct mib_row *row)
{
	const struct snapshot_sample *sample = row->instance->sample;

	return sample && sample->has_values ? sample : NULL;
}

static const void *sample_base(const struct mib_row *row)
{
	return row->instance->sample;
}

/* A uint32_t of the sample that exists only while the table can be read. */
static bool get_value(const struct mib_row *row, const struct mib_column *column,
		      struct mib_value *value)
{
	return values_of(row) && mib_get_u32(row, column, value);
}

/* The sample has been valid for too long: the collector does not sample any more. (Of a table that
 * cannot be read it says so itself.) */
static bool is_old(const struct mib_row *row)
{
	const struct snapshot_sample *sample = values_of(row);

	return sample && row->view->now_ms > sample->taken &&
	       row->view->now_ms - sample->taken >= sample->fresh_ms;
}

static bool get_status(const struct mib_row *row, const struct mib_column *column,
		       struct mib_value *value)
{
	bool is_there = mib_get_u8(row, column, value);

	if (is_old(row))
		value->number = STATUS_STALE;
	return is_there;
}

static bool get_status_text(const struct mib_row *row, const struct mib_column *column,
			    struct mib_value *value)
{
	char text[SNAPSHOT_TEXT_SIZE];

	if (!is_old(row))
		return mib_get_string(row, column, value);
	snprintf(text, sizeof(text),
		 "the sampled values are %llu seconds old: nothing newer has come from the "
		 "collector",
		 (unsigned long long)(row->view->now_ms - row->instance->sample->taken) / 1000);
	mib_set_string(value, text);
	return true;
}

static bool get_max_entries(const struct mib_row *row, const struct mib_column *column,
			    struct mib_value *value)
{
	const struct snapshot_sample *sample = values_of(row);

	return sample && sample->has_max_entries && mib_get_u32(row, column, value);
}

static bool get_utilization(const struct mib_row *row, const struct mib_column *column,
			    struct mib_value *value)
{
	const struct snapshot_sample *sample = values_of(row);

	(void)column;
	if (sample)
		value->number = snapshot_percent(sample->entries, sample->max_entries);
	return sample && sample->has_max_entries;
}

/* A past value: it stays when the table cannot be read any more. */
static bool get_peak(const struct mib_row *row, const struct mib_column *column,
		     struct mib_value *value)
{
	const struct snapshot_sample *sample = row->instance->sample;

	return sample && sample->peak_time && mib_get_u32(row, column, value);
}

static bool get_buckets(const struct mib_row *row, const struct mib_column *column,
			struct mib_value *value)
{
	const struct snapshot_sample *sample = values_of(row);

	return sample && sample->has_buckets && mib_get_u32(row, column, value);
}

static bool get_expect_max(const struct mib_row *row, const struct mib_column *column,
			   struct mib_value *value)
{
	const struct snapshot_sample *sample = values_of(row);

	return sample && sample->has_expect_max && mib_get_u32(row, column, value);
}

static bool counter_value(const struct counters *counters, size_t counter, struct mib_value *value)
{
	value->number = counters->value[counter];
	return counters->present & (1U << counter);
}

static bool get_counter(const struct mib_row *row, const struct mib_column *column,
			struct mib_value *value)
{
	const struct snapshot_sample *sample = values_of(row);

	return sample && counter_value(&sample->total, column->argument, value);
}

/* NULL: no two samples could be compared. */
static const struct snapshot_sample *loss_of(const struct mib_row *row)
{
	const struct snapshot_sample *sample = values_of(row);

	return sample && sample->has_loss ? sample : NULL;
}

static bool get_dropping(const struct mib_row *row, const struct mib_column *column,
			 struct mib_value *value)
{
	const struct snapshot_sample *sample = loss_of(row);

	(void)column;
	if (sample)
		mib_set_truth(value, sample->dropping);
	return sample;
}

static bool get_loss_cause(const struct mib_row *row, const struct mib_column *column,
			   struct mib_value *value)
{
	return loss_of(row) && mib_get_u8(row, column, value);
}

static bool get_loss_rate(const struct mib_row *row, const struct mib_column *column,
			  struct mib_value *value)
{
	return loss_of(row) && mib_get_u32(row, column, value);
}

static bool get_expectations(const struct mib_row *row, const struct mib_column *column,
			     struct mib_value *value)
{
	const struct snapshot_sample *sample = values_of(row);
	uint32_t count;

	(void)column;
	if (!sample || !counters_expectations(&sample->total, &count))
		return false;
	value->number = count;
	return true;
}

#define SAMPLE(field) offsetof(struct snapshot_sample, field)

static const struct mib_column instance_columns[] = {
	{ 2, ASN_OCTET_STR, mib_get_string, SAMPLE(name) },
	{ 3, ASN_INTEGER, get_status, SAMPLE(status) },
	{ 4, ASN_OCTET_STR, get_status_text, SAMPLE(status_text) },
	{ 5, ASN_GAUGE, get_value, SAMPLE(entries) },
	{ 6, ASN_GAUGE, get_max_entries, SAMPLE(max_entries) },
	{ 7, ASN_GAUGE, get_utilization, 0 },
	{ 8, ASN_GAUGE, get_peak, SAMPLE(peak_entries) },
	{ 9, ASN_OCTET_STR, mib_get_date, SAMPLE(peak_time) },
	{ 10, ASN_GAUGE, get_value, SAMPLE(recent_peak_entries) },
	{ 11, ASN_GAUGE, get_buckets, SAMPLE(buckets) },
	{ 12, ASN_COUNTER64, get_counter, COUNTER_DROPS },
	{ 13, ASN_COUNTER64, get_counter, COUNTER_EARLY_DROPS },
	{ 14, ASN_COUNTER64, get_counter, COUNTER_INSERT_FAILED },
	{ 15, ASN_COUNTER64, get_counter, COUNTER_INVALID },
	{ 16, ASN_COUNTER64, get_counter, COUNTER_FOUND },
	{ 17, ASN_COUNTER64, get_counter, COUNTER_INSERTS },
	{ 18, ASN_COUNTER64, get_counter, COUNTER_ERRORS },
	{ 19, ASN_COUNTER64, get_counter, COUNTER_SEARCH_RESTARTS },
	{ 20, ASN_COUNTER64, get_counter, COUNTER_CLASH_RESOLVES },
	{ 21, ASN_COUNTER64, get_counter, COUNTER_CHAIN_TOO_LONG },
	{ 22, ASN_GAUGE, get_expect_max, SAMPLE(expect_max) },
	{ 23, ASN_COUNTER64, get_counter, COUNTER_EXPECT_NEW },
	{ 24, ASN_COUNTER64, get_counter, COUNTER_EXPECT_CREATES },
	{ 25, ASN_COUNTER64, get_counter, COUNTER_EXPECT_DELETES },
	{ 26, ASN_INTEGER, get_dropping, 0 },
	{ 27, ASN_TIMETICKS, mib_get_timestamp, SAMPLE(discontinuity) },
	{ 28, ASN_TIMETICKS, mib_get_age, SAMPLE(taken) },
	{ 29, ASN_INTEGER, get_loss_cause, SAMPLE(loss_cause) },
	{ 30, ASN_GAUGE, get_loss_rate, SAMPLE(loss_rate) },
	{ 31, ASN_GAUGE, get_expectations, 0 },
};

const struct mib_table mib_instance_table = {
	.number = 2,
	.base = sample_base,
	MIB_COLUMNS(instance_columns),
};

static size_t cpu_count(const struct mib_instance *instance)
{
	return instance->sample && instance->sample->has_values ? instance->sample->cpu_count : 0;
}

static void cpu_key(const struct mib_instance *instance, size_t position, oid *key)
{
	(void)instance;
	key[0] = position + 1; /* an index of 0 is bad style; the kernel's numbers begin there */
}

static bool get_cpu_counter(const struct mib_row *row, const struct mib_column *column,
			    struct mib_value *value)
{
	return counter_value(&row->instance->sample->cpus[row->position], column->argument, value);
}

static const struct mib_column cpu_columns[] = {
	{ 2, ASN_COUNTER64, get_cpu_counter, COUNTER_DROPS },
	{ 3, ASN_COUNTER64, get_cpu_counter, COUNTER_EARLY_DROPS },
	{ 4, ASN_COUNTER64, get_cpu_counter, COUNTER_INSERT_FAILED },
	{ 5, ASN_COUNTER64, get_cpu_counter, COUNTER_INVALID },
	{ 6, ASN_COUNTER64, get_cpu_counter, COUNTER_FOUND },
	{ 7, ASN_COUNTER64, get_cpu_counter, COUNTER_INSERTS },
	{ 8, ASN_COUNTER64, get_cpu_counter, COUNTER_ERRORS },
	{ 9, ASN_COUNTER64, get_cpu_counter, COUNTER_SEARCH_RESTARTS },
	{ 10, ASN_COUNTER64, get_cpu_counter, COUNTER_CLASH_RESOLVES },
	{ 11, ASN_COUNTER64, get_cpu_counter, COUNTER_CHAIN_TOO_LONG },
};

const struct mib_table mib_cpu_table = {
	.number = 3,
	.key_length = 1,
	.count = cpu_count,
	.key = cpu_key,
	MIB_COLUMNS(cpu_columns),
};

static size_t threshold_count(const struct mib_instance *instance)
{
	return instance->sample ? instance->sample->threshold_count : 0;
}

static void threshold_key(const struct mib_instance *instance, size_t position, oid *key)
{
	key[0] = instance->sample->thresholds[position].index;
}

static const void *threshold_base(const struct mib_row *row)
{
	return &row->instance->sample->thresholds[row->position];
}

static bool get_threshold_state(const struct mib_row *row, const struct mib_column *column,
				struct mib_value *value)
{
	(void)column;
	value->number = row->instance->sample->thresholds[row->position].raised ? 2 : 1;
	return true;
}

#define THRESHOLD(field) offsetof(struct snapshot_threshold, field)

static const struct mib_column threshold_columns[] = {
	{ 2, ASN_OCTET_STR, mib_get_string, THRESHOLD(name) },
	{ 3, ASN_UNSIGNED, mib_get_u32, THRESHOLD(rising) },
	{ 4, ASN_UNSIGNED, mib_get_u32, THRESHOLD(falling) },
	{ 5, ASN_INTEGER, get_threshold_state, 0 },
	{ 6, ASN_COUNTER64, mib_get_u64, THRESHOLD(transitions) },
	{ 7, ASN_OCTET_STR, mib_get_date, THRESHOLD(since) },
};

const struct mib_table mib_threshold_table = {
	.number = 9,
	.key_length = 1,
	.count = threshold_count,
	.key = threshold_key,
	.base = threshold_base,
	MIB_COLUMNS(threshold_columns),
};
