/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NF-CONNTRACK-MIB: from an OID to a value, for requests and notifications alike. Pure: looks a
 * view up, does no I/O.
 *
 * Every table has a description (struct mib_table): its OID, its rows, and a line for each column.
 * To add a column, add its line. To add a table, describe it in a mib_*.c and name it in
 * mib_table.c. */
#ifndef MIB_TABLE_H
#define MIB_TABLE_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "subagent/mib_view.h"

/* The module's root: netSnmpPlaypen 6696. To move it, change this line and the MIB's. */
#define MIB_ROOT          1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 6696
#define MIB_ROOT_LENGTH   10
#define MIB_NOTIFICATIONS 0
#define MIB_OBJECTS       1

/* A value in the type that its column has. */
struct mib_value {
	u_char type;     /* ASN_* */
	uint64_t number; /* of every type but octet strings */
	size_t length;   /* of `bytes` */
	unsigned char bytes[256];
};

/* A row: an instance, and a position among its rows of the table. Scalars use neither. */
struct mib_table;
struct mib_row {
	const struct mib_table *table;
	const struct mib_view *view;
	const struct mib_instance *instance;
	size_t instance_position, position;
};

struct mib_column;
/* Fills `value`; its type is set already. False: the object is absent in this row. */
typedef bool mib_getter(const struct mib_row *row, const struct mib_column *column,
			struct mib_value *value);

struct mib_column {
	oid number;
	u_char type;
	mib_getter *get;
	size_t argument; /* the getter's own: an offset, a counter */
};

struct mib_table {
	oid number;        /* below nfctObjects */
	bool scalars;      /* a group of scalars: no entry, one row, index 0 */
	size_t key_length; /* index sub-identifiers after nfctInstanceIndex, 2 at most */
	size_t (*count)(const struct mib_instance *instance);
	/* the sub-identifiers after nfctInstanceIndex; rows are sorted by them */
	void (*key)(const struct mib_instance *instance, size_t position, oid *key);
	/* the struct that offsets refer to; NULL: the row has no values now */
	const void *(*base)(const struct mib_row *row);
	const struct mib_column *columns; /* sorted by number */
	size_t column_count;
};

#define MIB_COLUMNS(array) .columns = (array), .column_count = sizeof(array) / sizeof((array)[0])

/* Longest OID of the module. */
#define MIB_OID_MAX (MIB_ROOT_LENGTH + 8)

/* GET: the value at `name`. False: there is none. */
bool mib_get(const struct mib_view *view, const oid *name, size_t length, struct mib_value *value);

/* Whether `name` is an object of the module, or an instance of one, that a request may read. */
bool mib_is_object(const oid *name, size_t length);

/* GETNEXT: the first value after `name` (or at it, if `inclusive`); its OID goes to `next`. False:
 * there is none in this module. */
bool mib_get_next(const struct mib_view *view, const oid *name, size_t length, bool inclusive,
		  oid next[MIB_OID_MAX], size_t *next_length, struct mib_value *value);

/* The same for a given row: OID and value of its object in the column with this number. */
bool mib_get_object(const struct mib_row *row, oid column, oid name[MIB_OID_MAX], size_t *length,
		    struct mib_value *value);

/* Puts the value into a variable of a response or a notification. */
void mib_value_put(netsnmp_variable_list *variable, const struct mib_value *value);

/* The tables' descriptions, in mib_agent.c, mib_instance.c, mib_scan.c, mib_top.c, mib_watch.c and
 * mib_nat.c and mib_rate.c. */
extern const struct mib_table mib_agent_group, mib_instance_table, mib_cpu_table,
	mib_threshold_table, mib_snapshot_table, mib_protocol_table, mib_state_table,
	mib_zone_table, mib_top_table, mib_watch_table, mib_nat_table, mib_rate_table;

/* Getters that several tables use. Their argument is an offset from the table's base, to a uint8_t,
 * uint32_t, uint64_t, a terminated string, wall-clock milliseconds, or monotonic milliseconds,
 * which are shown as an age at the request, or as a TimeStamp: the sysUpTime then, but 0 if that
 * was before the master. A time of 0 is absent. */
mib_getter mib_get_u8, mib_get_u32, mib_get_u64, mib_get_string, mib_get_date, mib_get_age,
	mib_get_timestamp;
void mib_set_string(struct mib_value *value, const char *text);
void mib_set_truth(struct mib_value *value, bool truth);

#endif
