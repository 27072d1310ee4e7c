/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "subagent/mib_notify.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <stddef.h>

#include "common/log.h"
#include "subagent/mib_table.h"

/* A view of the one row of each table that an event is about. */
struct notification {
	struct mib_view view; /* first: what a row's getters are given leads here */
	const struct event *event;
};

/* nfctNotifyObjects: accessible in notifications alone, so they are not among the tables. */
static const void *notify_base(const struct mib_row *row)
{
	return ((const struct notification *)(const void *)row->view)->event;
}

static const struct mib_column notify_columns[] = {
	{ 1, ASN_OCTET_STR, mib_get_string, offsetof(struct event, text) },
};

static const struct mib_table notify_group = {
	.number = 11,
	.scalars = true,
	.base = notify_base,
	MIB_COLUMNS(notify_columns),
};

struct object {
	const struct mib_table *table;
	oid column;
};

/* clang-format off */
#define TEXT              { &notify_group, 1 }
#define NAME              { &mib_instance_table, 2 }
#define STATUS            { &mib_instance_table, 3 }
#define STATUS_TEXT       { &mib_instance_table, 4 }
#define ENTRIES           { &mib_instance_table, 5 }
#define MAX_ENTRIES       { &mib_instance_table, 6 }
#define UTILIZATION       { &mib_instance_table, 7 }
#define LOSS_CAUSE        { &mib_instance_table, 29 }
#define LOSS_RATE         { &mib_instance_table, 30 }
#define TOP_ENTRIES       { &mib_top_table, 8 }
#define TOP_SHARE         { &mib_top_table, 10 }
#define TOP_TEXT          { &mib_top_table, 12 }
#define THRESHOLD_NAME    { &mib_threshold_table, 2 }
#define THRESHOLD_RISING  { &mib_threshold_table, 3 }
#define THRESHOLD_FALLING { &mib_threshold_table, 4 }
#define WATCH_NAME        { &mib_watch_table, 2 }
#define WATCH_ENTRIES     { &mib_watch_table, 4 }
#define WATCH_RISING      { &mib_watch_table, 5 }
#define WATCH_FALLING     { &mib_watch_table, 6 }
#define NAT_ENTRIES       { &mib_nat_table, 8 }
#define NAT_UTILIZATION   { &mib_nat_table, 10 }
#define NAT_TEXT          { &mib_nat_table, 11 }
#define RATE_NAME         { &mib_rate_table, 2 }
#define RATE_VALUE        { &mib_rate_table, 4 }
#define RATE_RISING       { &mib_rate_table, 5 }
#define RATE_FALLING      { &mib_rate_table, 6 }
#define UNREPLIED         { &mib_snapshot_table, 10 }

#define OBJECTS_MAX 9

/* The objects of each notification, in the order of the MIB; fewer end with one without a table. None
 * is a Counter64: SNMPv1 has no such type, and a notification that carries one never gets there. */
static const struct object contents[][OBJECTS_MAX] = {
	[EVENT_UTILIZATION_RISING] = { TEXT, NAME, ENTRIES, MAX_ENTRIES, UTILIZATION,
				       THRESHOLD_NAME, THRESHOLD_RISING },
	[EVENT_UTILIZATION_FALLING] = { TEXT, NAME, ENTRIES, MAX_ENTRIES, UTILIZATION,
					THRESHOLD_NAME, THRESHOLD_RISING, THRESHOLD_FALLING },
	[EVENT_DROPPING_STARTED] = { TEXT, NAME, ENTRIES, MAX_ENTRIES, LOSS_CAUSE, LOSS_RATE },
	[EVENT_DROPPING_STOPPED] = { TEXT, NAME, ENTRIES, MAX_ENTRIES, LOSS_CAUSE, LOSS_RATE },
	[EVENT_SOURCE_RISING] = { TEXT, NAME, TOP_TEXT, TOP_ENTRIES, TOP_SHARE, MAX_ENTRIES },
	[EVENT_SOURCE_FALLING] = { TEXT, NAME, TOP_TEXT, TOP_ENTRIES, TOP_SHARE, MAX_ENTRIES },
	[EVENT_WATCH_RISING] = { TEXT, NAME, WATCH_NAME, WATCH_ENTRIES, WATCH_RISING },
	[EVENT_WATCH_FALLING] = { TEXT, NAME, WATCH_NAME, WATCH_ENTRIES, WATCH_RISING,
				  WATCH_FALLING },
	[EVENT_INSTANCE_DEGRADED] = { TEXT, NAME, STATUS, STATUS_TEXT },
	[EVENT_INSTANCE_RECOVERED] = { TEXT, NAME, STATUS },
	[EVENT_NAT_RISING] = { TEXT, NAME, NAT_TEXT, NAT_ENTRIES, NAT_UTILIZATION },
	[EVENT_NAT_FALLING] = { TEXT, NAME, NAT_TEXT, NAT_ENTRIES, NAT_UTILIZATION },
	[EVENT_RATE_RISING] = { TEXT, NAME, RATE_NAME, RATE_VALUE, RATE_RISING },
	[EVENT_RATE_FALLING] = { TEXT, NAME, RATE_NAME, RATE_VALUE, RATE_RISING, RATE_FALLING },
};

/* Appended if a look has found it in time: the table's, then those of its first source and service. */
static const struct object unreplied = UNREPLIED;
static const struct object top_contents[] = { TOP_TEXT, TOP_ENTRIES };
/* clang-format on */

static void add_object(netsnmp_variable_list **list, const struct notification *notification,
		       const struct object *object, size_t position)
{
	const struct mib_row row = { .table = object->table,
				     .view = &notification->view,
				     .instance = notification->view.instances,
				     .position = position };
	oid name[MIB_OID_MAX];
	netsnmp_variable_list *variable;
	struct mib_value value;
	size_t length;

	if (!mib_get_object(&row, object->column, name, &length, &value)) {
		log_debug("notification %u: no value for object %lu of table %lu",
			  notification->event->kind, (unsigned long)object->column,
			  (unsigned long)object->table->number);
		return;
	}
	variable = snmp_varlist_add_variable(list, name, length, ASN_NULL, NULL, 0);
	if (variable)
		mib_value_put(variable, &value);
}

/* What a look has found, as the rows that a whole scan would have. */
static void add_findings(netsnmp_variable_list **list, const struct event *event)
{
	const struct findings *findings = &event->findings;
	struct snapshot_top tops[] = { findings->source, findings->service };
	struct snapshot_scan scan = { .end_wall = event->wall_ms, /* it has ended */
				      .unreplied = findings->unreplied,
				      .tops = tops };
	struct mib_instance instance = { .index = event->sample.instance, .scan = &scan };
	const struct notification notification = { { .instances = &instance, .instance_count = 1 },
						   event };

	add_object(list, &notification, &unreplied, 0);
	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; tops[i].rank && j < 2; j++)
			add_object(list, &notification, &top_contents[j], i);
	}
}

static void add_objects(netsnmp_variable_list **list, const struct event *event)
{
	union event_subject subject = event->subject;
	struct snapshot_sample sample = event->sample;
	struct snapshot_scan scan = { .tops = &subject.source,
				      .watches = &subject.watch,
				      .nats = &subject.nat };
	struct mib_instance instance = { .index = sample.instance,
					 .sample = &sample,
					 .scan = &scan };
	const struct notification notification = { { .instances = &instance, .instance_count = 1 },
						   event };

	sample.thresholds = &subject.threshold;
	sample.rates = &subject.rate;
	for (size_t i = 0; i < OBJECTS_MAX && contents[event->kind][i].table; i++)
		add_object(list, &notification, &contents[event->kind][i], 0);
	if (event->findings.is_known)
		add_findings(list, event);
}

void mib_notify_send(const struct event *event, enum agentx_fate *fate)
{
	static const oid trap_oid[] = { 1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0 }; /* snmpTrapOID.0 */
	const oid notification[] = { MIB_ROOT, MIB_NOTIFICATIONS, event->kind };
	netsnmp_variable_list *list = NULL;

	if (event->kind >= sizeof(contents) / sizeof(contents[0]) ||
	    !contents[event->kind][0].table) {
		log_error("event of unknown kind %u dropped: %s", event->kind, event->text);
		*fate = AGENTX_ANSWERED;
		return;
	}
	snmp_varlist_add_variable(&list, trap_oid, OID_LENGTH(trap_oid), ASN_OBJECT_ID,
				  notification, sizeof(notification));
	add_objects(&list, event);
	agentx_notify(list, fate);
}
