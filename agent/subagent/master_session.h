/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session with a connected AgentX master: the registration of the module, its row of
 * sysORTable, and whether the master answers.
 *
 * snmpd does one thing at a time: while it waits for a script, it answers nobody. So every question
 * is sent without waiting for its answer, and a late answer is as good as an early one.
 *
 * Several agents may show this module to one master. Each registers it with a priority (RFC 2741,
 * 7.1.4.1); the master asks the first in this order, and the next one as soon as that one ends. An
 * agent that is not the first says so. None ever unregisters: snmpd finds what to unregister by OID
 * and priority and does not look whose it is. */
#ifndef MASTER_SESSION_H
#define MASTER_SESSION_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <stdbool.h>
#include <stdint.h>

struct master_session {
	const char *address;        /* for messages; must stay */
	netsnmp_session *library;   /* the library's; NULL without a master */
	bool is_registering;        /* an answer is awaited */
	bool is_registered;         /* with some priority */
	bool is_first;              /* with the first priority: this agent is asked */
	bool is_second_told;        /* the operator knows that another agent is first, */
	bool is_denial_told;        /* or that the master refuses for another reason */
	u_char priority;            /* of the last attempt */
	uint64_t register_at_ms;    /* the next attempt, if it fails; monotonic, as all times */
	uint64_t asked_ms;          /* the last request, or check of the registration */
	uint64_t check_interval_ms; /* the registration is checked when nobody asks for so long */
	bool is_pinging;
	uint64_t pinged_ms, heard_ms;
	bool is_silence_told;
	bool is_closing, is_closed; /* nothing is asked any more; the master knows it */
};

/* Zeroed at start, but for the address. The library has a new session, or has lost it. */
void master_session_begin(struct master_session *session, netsnmp_session *library);
void master_session_end(struct master_session *session);

/* Takes leave of the master: half a second at most. Afterwards the library has no session. */
void master_session_close(struct master_session *session);

/* Whether an error in an answer of the master means that it does not know the session (notOpen). */
bool master_session_is_refused(long error);

/* Closes the session; the library then connects anew. */
void master_session_give_up(const struct master_session *session);

/* The master has asked for a value. */
void master_session_asked(struct master_session *session);

/* Call it every second: asks the master what is due. */
void master_session_tick(struct master_session *session);

/* Whether the master has just answered; it may also be asked now. A notification is given to a
 * master that answers, since one that hangs may never read it. */
bool master_session_is_fresh(const struct master_session *session);
void master_session_ping(struct master_session *session);

#endif
