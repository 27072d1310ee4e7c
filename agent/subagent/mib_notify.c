/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "subagent/mib_notify.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <stddef.h>
#include <string.h>

#include "common/log.h"
#include "subagent/mib_table.h"

/* Where an object of a notification gets its value from, and its OID: table, column and which of
 * the event's indexes follow. */
enum varbind_index { INDEX_SCALAR, INDEX_INSTANCE, INDEX_THRESHOLD, INDEX_SOURCE, INDEX_WATCH };

struct varbind {
	oid table, column;
	enum varbind_index index;
	u_char type;
	size_t offset; /* in struct event: a string, a uint8_t, uint32_t or uint64_t, by the type */
};

#define EVENT(field) offsetof(struct event, field)

enum varbind_name {
	VARBIND_END,
	TEXT,
	NAME,
	STATUS,
	STATUS_TEXT,
	ENTRIES,
	MAX_ENTRIES,
	UTILIZATION,
	DROPS,
	EARLY_DROPS,
	THRESHOLD_NAME,
	THRESHOLD_RISING,
	THRESHOLD_FALLING,
	SOURCE_TEXT,
	SOURCE_ENTRIES,
	SOURCE_SHARE,
	WATCH_NAME,
	WATCH_ENTRIES,
	WATCH_RISING,
	WATCH_FALLING,
};

static const struct varbind varbinds[] = {
	[TEXT] = { 11, 1, INDEX_SCALAR, ASN_OCTET_STR, EVENT(text) },
	[NAME] = { 2, 2, INDEX_INSTANCE, ASN_OCTET_STR, EVENT(instance_name) },
	[STATUS] = { 2, 3, INDEX_INSTANCE, ASN_INTEGER, EVENT(status) },
	[STATUS_TEXT] = { 2, 4, INDEX_INSTANCE, ASN_OCTET_STR, EVENT(status_text) },
	[ENTRIES] = { 2, 5, INDEX_INSTANCE, ASN_GAUGE, EVENT(entries) },
	[MAX_ENTRIES] = { 2, 6, INDEX_INSTANCE, ASN_GAUGE, EVENT(max_entries) },
	[UTILIZATION] = { 2, 7, INDEX_INSTANCE, ASN_GAUGE, EVENT(utilization) },
	[DROPS] = { 2, 12, INDEX_INSTANCE, ASN_COUNTER64, EVENT(drops) },
	[EARLY_DROPS] = { 2, 13, INDEX_INSTANCE, ASN_COUNTER64, EVENT(early_drops) },
	[THRESHOLD_NAME] = { 9, 2, INDEX_THRESHOLD, ASN_OCTET_STR, EVENT(threshold_name) },
	[THRESHOLD_RISING] = { 9, 3, INDEX_THRESHOLD, ASN_UNSIGNED, EVENT(threshold_rising) },
	[THRESHOLD_FALLING] = { 9, 4, INDEX_THRESHOLD, ASN_UNSIGNED, EVENT(threshold_falling) },
	[SOURCE_TEXT] = { 8, 12, INDEX_SOURCE, ASN_OCTET_STR, EVENT(source_text) },
	[SOURCE_ENTRIES] = { 8, 8, INDEX_SOURCE, ASN_GAUGE, EVENT(source_entries) },
	[SOURCE_SHARE] = { 8, 10, INDEX_SOURCE, ASN_GAUGE, EVENT(source_share) },
	[WATCH_NAME] = { 10, 2, INDEX_WATCH, ASN_OCTET_STR, EVENT(watch_name) },
	[WATCH_ENTRIES] = { 10, 4, INDEX_WATCH, ASN_GAUGE, EVENT(watch_entries) },
	[WATCH_RISING] = { 10, 5, INDEX_WATCH, ASN_UNSIGNED, EVENT(watch_rising) },
	[WATCH_FALLING] = { 10, 6, INDEX_WATCH, ASN_UNSIGNED, EVENT(watch_falling) },
};

/* The objects of each notification, in the order of the MIB. */
static const enum varbind_name contents[][9] = {
	[EVENT_UTILIZATION_RISING] = { TEXT, NAME, ENTRIES, MAX_ENTRIES, UTILIZATION,
				       THRESHOLD_NAME, THRESHOLD_RISING },
	[EVENT_UTILIZATION_FALLING] = { TEXT, NAME, ENTRIES, MAX_ENTRIES, UTILIZATION,
					THRESHOLD_NAME, THRESHOLD_RISING, THRESHOLD_FALLING },
	[EVENT_DROPPING_STARTED] = { TEXT, NAME, ENTRIES, MAX_ENTRIES, DROPS, EARLY_DROPS },
	[EVENT_DROPPING_STOPPED] = { TEXT, NAME, ENTRIES, MAX_ENTRIES, DROPS, EARLY_DROPS },
	[EVENT_SOURCE_RISING] = { TEXT, NAME, SOURCE_TEXT, SOURCE_ENTRIES, SOURCE_SHARE,
				  MAX_ENTRIES },
	[EVENT_SOURCE_FALLING] = { TEXT, NAME, SOURCE_TEXT, SOURCE_ENTRIES, SOURCE_SHARE,
				   MAX_ENTRIES },
	[EVENT_WATCH_RISING] = { TEXT, NAME, WATCH_NAME, WATCH_ENTRIES, WATCH_RISING },
	[EVENT_WATCH_FALLING] = { TEXT, NAME, WATCH_NAME, WATCH_ENTRIES, WATCH_RISING,
				  WATCH_FALLING },
	[EVENT_INSTANCE_DEGRADED] = { TEXT, NAME, STATUS, STATUS_TEXT },
	[EVENT_INSTANCE_RECOVERED] = { TEXT, NAME, STATUS },
};

static size_t varbind_oid(const struct varbind *varbind, const struct event *event,
			  oid name[MIB_OID_MAX])
{
	const oid objects[] = { MIB_ROOT, MIB_OBJECTS, varbind->table };
	size_t length = sizeof(objects) / sizeof(objects[0]);

	memcpy(name, objects, sizeof(objects));
	if (varbind->index != INDEX_SCALAR)
		name[length++] = 1; /* the entry */
	name[length++] = varbind->column;
	name[length++] = varbind->index == INDEX_SCALAR ? 0 : event->instance;
	switch (varbind->index) {
	case INDEX_THRESHOLD:
		name[length++] = event->threshold;
		break;
	case INDEX_SOURCE:
		name[length++] = TOP_SOURCE;
		name[length++] = event->source_rank;
		break;
	case INDEX_WATCH:
		name[length++] = event->watch;
		break;
	default:
		break;
	}
	return length;
}

static void varbind_add(netsnmp_variable_list **list, const struct varbind *varbind,
			const struct event *event)
{
	const char *field = (const char *)event + varbind->offset;
	oid name[MIB_OID_MAX];
	size_t length = varbind_oid(varbind, event, name);
	struct counter64 wide;
	uint64_t number;
	uint32_t narrow;
	long integer;

	switch (varbind->type) {
	case ASN_OCTET_STR:
		snmp_varlist_add_variable(list, name, length, ASN_OCTET_STR, field, strlen(field));
		break;
	case ASN_COUNTER64:
		memcpy(&number, field, sizeof(number));
		wide.high = (u_long)(number >> 32);
		wide.low = (u_long)(number & 0xffffffff);
		snmp_varlist_add_variable(list, name, length, ASN_COUNTER64, &wide, sizeof(wide));
		break;
	case ASN_INTEGER:
		integer = (unsigned char)*field;
		snmp_varlist_add_variable(list, name, length, ASN_INTEGER, &integer,
					  sizeof(integer));
		break;
	default:
		memcpy(&narrow, field, sizeof(narrow));
		integer = (long)narrow;
		snmp_varlist_add_variable(list, name, length, varbind->type, &integer,
					  sizeof(integer));
	}
}

void notify_send(const struct event *event)
{
	static const oid trap_oid[] = { 1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0 }; /* snmpTrapOID.0 */
	const oid notification[] = { MIB_ROOT, MIB_NOTIFICATIONS, event->kind };
	netsnmp_variable_list *list = NULL;

	if (event->kind >= sizeof(contents) / sizeof(contents[0]) || !contents[event->kind][0]) {
		log_error("event of unknown kind %u dropped: %s", event->kind, event->text);
		return;
	}
	snmp_varlist_add_variable(&list, trap_oid, OID_LENGTH(trap_oid), ASN_OBJECT_ID,
				  notification, sizeof(notification));
	for (const enum varbind_name *name = contents[event->kind]; *name; name++)
		varbind_add(&list, &varbinds[*name], event);
	send_v2trap(list);
	snmp_free_varbind(list);
}
