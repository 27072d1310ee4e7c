/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any OID that a manager may send. The input is a list of numbers of four octets: an OID below the
 * module's root, or, if the first octet is odd, a whole one. GETNEXT must lead on, to something
 * that GET finds. */
#include <stdlib.h>
#include <string.h>

#include "subagent/mib_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct counters cpus[2] = { { .present = 7 }, { .present = 5 } };
static struct snapshot_protocol protocols[] = { { .address_type = 1, .number = 6 },
						{ .address_type = 2, .number = 255 } };
static struct snapshot_state states[] = { { 6, 1, 5 }, { 6, 10, 7 }, { 132, 3, 1 } };
static struct snapshot_zone zones[] = { { 0, 4 }, { 7, 9 }, { 65535, 1 } };
static struct snapshot_top tops[] = {
	{ .kind = TOP_SOURCE, .rank = 1, .address_type = 1 },
	{ .kind = TOP_DESTINATION, .rank = 1, .address_type = 2 },
	{ .kind = TOP_SERVICE, .rank = 1, .port = 443 },
	{ .kind = TOP_SERVICE, .rank = 2, .port = 53 },
	{ .kind = TOP_UNREPLIED_SOURCE, .rank = 1, .address_type = 1 }
};
static struct snapshot_nat nats[] = { { .rank = 1, .address_type = 1 },
				      { .rank = 2, .address_type = 2 } };
static struct snapshot_watch watches[] = { { .index = 1, .name = "one" },
					   { .index = 65535, .name = "last" } };
static struct snapshot_threshold thresholds[] = { { .index = 1 }, { .index = 2 } };
static struct snapshot_rate rates[] = { { .index = 1, .has_value = true }, { .index = 65535 } };
static struct snapshot_agent agent;
static struct snapshot_sample samples[2];
static struct snapshot_scan scan;
static struct mib_instance instances[3];

static struct mib_view view_of_three(void)
{
	struct mib_view view = { .agent = &agent, .instances = instances, .instance_count = 3 };

	instances[0].index = 1;
	instances[0].sample = &samples[0];
	instances[0].scan = &scan;
	samples[0] = (struct snapshot_sample){ .name = "default",
					       .has_values = true,
					       .discontinuity = 1,
					       .cpu_count = 2,
					       .cpus = cpus,
					       .threshold_count = 2,
					       .thresholds = thresholds,
					       .rate_count = 2,
					       .rates = rates };
	samples[0].total.present = 0xffff;
	scan = (struct snapshot_scan){ .end_wall = 1,
				       .has_churn = true,
				       .has_accounting = true,
				       .protocol_count = 2,
				       .protocols = protocols,
				       .state_count = 3,
				       .states = states,
				       .zone_count = 3,
				       .zones = zones,
				       .top_count = 5,
				       .tops = tops,
				       .nat_count = 2,
				       .nats = nats,
				       .watch_count = 2,
				       .watches = watches };
	instances[1].index = 2; /* nothing is known yet */
	instances[2].index = 65535;
	instances[2].sample = &samples[1];
	samples[1] = (struct snapshot_sample){ .name = "gone", .status = STATUS_UNAVAILABLE };
	mib_view_set_time(&view, 5000, 100);
	return view;
}

static void walk_on(const struct mib_view *view, const oid *name, size_t length, bool inclusive)
{
	struct mib_value value, same;
	oid next[MIB_OID_MAX];
	size_t next_length;
	int order;

	if (!mib_get_next(view, name, length, inclusive, next, &next_length, &value))
		return;
	order = snmp_oid_compare(next, next_length, name, length);
	if (order < 0 || (order == 0 && !inclusive) || value.length > sizeof(value.bytes))
		abort();
	if (!mib_get(view, next, next_length, &same) || same.type != value.type ||
	    !mib_is_object(next, next_length))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const oid root[] = { MIB_ROOT, MIB_OBJECTS };
	struct mib_view view = view_of_three();
	struct mib_value value;
	oid name[MAX_OID_LEN], next[MIB_OID_MAX];
	size_t length = 0, next_length;
	uint32_t number;

	if (size == 0)
		return 0;
	if (data[0] % 2 == 0) {
		memcpy(name, root, sizeof(root));
		length = sizeof(root) / sizeof(root[0]);
	}
	for (size_t at = 1; at + sizeof(number) <= size && length < MAX_OID_LEN;
	     at += sizeof(number)) {
		memcpy(&number, data + at, sizeof(number));
		name[length++] = number;
	}
	if (mib_get(&view, name, length, &value) &&
	    (!mib_get_next(&view, name, length, true, next, &next_length, &value) ||
	     snmp_oid_compare(next, next_length, name, length) != 0))
		abort(); /* what is there is the next one, if it may be itself */
	walk_on(&view, name, length, false);
	walk_on(&view, name, length, true);
	return 0;
}
