/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfctAgent: the agent itself. */
#include <stddef.h>

#include "subagent/mib_table.h"

static const void *agent_base(const struct mib_row *row)
{
	return row->view->agent;
}

static bool get_version(const struct mib_row *row, const struct mib_column *column,
			struct mib_value *value)
{
	(void)row;
	(void)column;
	mib_set_string(value, VERSION);
	return true;
}

static bool get_master_connects(const struct mib_row *row, const struct mib_column *column,
				struct mib_value *value)
{
	(void)column;
	value->number = row->view->master_connects;
	return true;
}

#define AGENT(field) offsetof(struct snapshot_agent, field)

static const struct mib_column columns[] = {
	{ 1, ASN_OCTET_STR, get_version, 0 },
	{ 2, ASN_UNSIGNED, mib_get_u32, AGENT(sample_interval) },
	{ 3, ASN_UNSIGNED, mib_get_u32, AGENT(refresh_interval) },
	{ 4, ASN_UNSIGNED, mib_get_u32, AGENT(cpu_budget) },
	{ 5, ASN_COUNTER64, mib_get_u64, AGENT(notifications_sent) },
	{ 6, ASN_COUNTER64, mib_get_u64, AGENT(notifications_suppressed) },
	{ 7, ASN_COUNTER64, mib_get_u64, AGENT(notifications_lost) },
	{ 8, ASN_COUNTER64, get_master_connects, 0 },
	{ 9, ASN_OCTET_STR, mib_get_date, AGENT(start_time) },
	{ 10, ASN_GAUGE, mib_get_u32, AGENT(namespaces_left_out) },
};

const struct mib_table mib_agent_group = {
	.number = 1,
	.scalars = true,
	.base = agent_base,
	MIB_COLUMNS(columns),
};
