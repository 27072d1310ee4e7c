/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "subagent/master_session.h"

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/library/large_fd_set.h>

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/log.h"
#include "subagent/mib_table.h"

/* RFC 2741, 6.1 and 6.2.16 */
enum { MESSAGE_CLOSE = 2, MESSAGE_REGISTER = 3, MESSAGE_PING = 13, MESSAGE_ADD_AGENT_CAPS = 16 };
enum { ERROR_NONE = 0, ERROR_NOT_OPEN = 257, ERROR_DUPLICATE_REGISTRATION = 263 };

enum { REASON_SHUTDOWN = 5 };

/* Not the default (127), which another program's Unregister would name. */
#define PRIORITY_FIRST 100
#define PRIORITY_LAST  115

#define PING_INTERVAL_MS  3000
#define FRESH_MS          1000
#define SILENCE_MS        10000
#define RETRY_MS          3000
#define LEAVE_MS          500    /* for the answer when we close the session */
#define CHECK_INTERVAL_MS 400000 /* more than the usual 300 s between two polls */
#define CHECK_MAX_MS      3600000

/* A session whose master is silent for so long is given up. In microseconds it must fit into 32
 * bits. */
#define PATIENCE_S 1800

#define DESCRIPTION "NF-CONNTRACK-MIB: the connection tracking tables of Linux"

bool master_session_is_refused(long error)
{
	return error == ERROR_NOT_OPEN;
}

/* The library then finds that its peer has closed, and connects anew. */
void master_session_give_up(const struct master_session *session)
{
	netsnmp_transport *transport = snmp_sess_transport(snmp_sess_pointer(session->library));

	if (transport)
		shutdown(transport->sock, SHUT_RDWR);
}

static void heard(struct master_session *session)
{
	session->heard_ms = clock_monotonic_ms();
	if (session->is_silence_told)
		log_info("the AgentX master at %s answers again", session->address);
	session->is_silence_told = false;
}

static bool ask(struct master_session *session, netsnmp_pdu *pdu, snmp_callback callback)
{
	if (!pdu)
		return false;
	pdu->sessid = session->library->sessid;
	if (snmp_async_send(session->library, pdu, callback, session))
		return true;
	snmp_free_pdu(pdu);
	master_session_give_up(session);
	return false;
}

/* Whether this is the answer of the master. What belongs to an earlier session is not. A question
 * that has no answer after all the patience ends the session. */
static bool is_answer(struct master_session *session, int operation, const netsnmp_session *library)
{
	if (!session->library || session->library != library || session->is_closing)
		return false;
	if (operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE) {
		heard(session);
		return true;
	}
	if (operation == NETSNMP_CALLBACK_OP_TIMED_OUT)
		master_session_give_up(session);
	return false;
}

/* ---- sysORTable ------------------------------------------------------------------------------ */

static int handle_listed(int operation, netsnmp_session *library, int request, netsnmp_pdu *pdu,
			 void *context)
{
	(void)request;
	if (is_answer(context, operation, library) && pdu->errstat != ERROR_NONE)
		log_debug("the master does not list the module in sysORTable: AgentX error %ld",
			  pdu->errstat);
	return 1;
}

/* The master takes the row away when the session ends. */
static void list_module(struct master_session *session)
{
	static const oid root[] = { MIB_ROOT };
	netsnmp_pdu *pdu = snmp_pdu_create(MESSAGE_ADD_AGENT_CAPS);

	if (pdu)
		snmp_pdu_add_variable(pdu, root, OID_LENGTH(root), ASN_OCTET_STR, DESCRIPTION,
				      strlen(DESCRIPTION));
	ask(session, pdu, handle_listed);
}

/* ---- registration ---------------------------------------------------------------------------- */

static void tell_first(struct master_session *session)
{
	if (session->is_second_told)
		log_info("the other subagent has ended: this agent answers now");
	session->is_second_told = false;
}

static void tell_second(struct master_session *session)
{
	if (!session->is_second_told)
		log_error("the master refuses to register the module: another subagent has "
			  "registered it; this agent answers when the other one ends");
	session->is_second_told = true;
}

static void tell_denial(struct master_session *session, long error)
{
	if (!session->is_denial_told)
		log_error("the master does not register the module: AgentX error %ld; trying again "
			  "every %d seconds",
			  error, RETRY_MS / 1000);
	session->is_denial_told = true;
}

static void handle_acceptance(struct master_session *session)
{
	session->is_registered = true;
	session->is_denial_told = false;
	if (session->priority != PRIORITY_FIRST)
		return;
	if (session->is_first) {
		log_warning("the master had lost the registration of the module (another program "
			    "may have removed it); the module is registered again");
		return;
	}
	session->is_first = true;
	tell_first(session);
	list_module(session);
}

static void register_module(struct master_session *session, u_char priority);

/* It is registered: by this agent itself, if that is known to be so. */
static void handle_duplicate(struct master_session *session)
{
	if (session->is_first)
		return;
	tell_second(session);
	if (session->is_registered)
		return; /* behind the other one */
	if (session->priority < PRIORITY_LAST)
		register_module(session, session->priority + 1);
}

static int handle_registered(int operation, netsnmp_session *library, int request, netsnmp_pdu *pdu,
			     void *context)
{
	struct master_session *session = context;

	(void)request;
	if (!is_answer(session, operation, library))
		return 1;
	session->is_registering = false;
	if (pdu->errstat == ERROR_NONE)
		handle_acceptance(session);
	else if (pdu->errstat == ERROR_DUPLICATE_REGISTRATION)
		handle_duplicate(session);
	else if (master_session_is_refused(pdu->errstat))
		master_session_give_up(session);
	else
		tell_denial(session, pdu->errstat);
	return 1;
}

static void register_module(struct master_session *session, u_char priority)
{
	static const oid objects[] = { MIB_ROOT, MIB_OBJECTS };
	netsnmp_pdu *pdu = snmp_pdu_create(MESSAGE_REGISTER);

	if (pdu) {
		pdu->time = 0; /* the master decides how long it waits for our answers */
		pdu->priority = priority;
		snmp_add_null_var(pdu, objects, OID_LENGTH(objects));
	}
	session->priority = priority;
	session->register_at_ms = clock_monotonic_ms() + RETRY_MS;
	session->is_registering = ask(session, pdu, handle_registered);
}

/* Nobody asks. That is usual where nobody polls, but a lost registration looks the same. snmpd logs
 * each check as a duplicate registration, so they become fewer. */
static void check_registration(struct master_session *session, uint64_t now_ms)
{
	session->asked_ms = now_ms;
	session->check_interval_ms *= 2;
	if (session->check_interval_ms > CHECK_MAX_MS)
		session->check_interval_ms = CHECK_MAX_MS;
	register_module(session, PRIORITY_FIRST);
}

/* ---- whether the master answers -------------------------------------------------------------- */

static int handle_pinged(int operation, netsnmp_session *library, int request, netsnmp_pdu *pdu,
			 void *context)
{
	struct master_session *session = context;

	(void)request;
	if (!is_answer(session, operation, library))
		return 1;
	session->is_pinging = false;
	if (pdu->errstat == ERROR_NONE)
		netsnmp_set_agent_uptime((u_long)pdu->time);
	else
		master_session_give_up(session); /* it does not know this session */
	return 1;
}

void master_session_ping(struct master_session *session)
{
	if (!session->library || session->is_pinging)
		return;
	session->pinged_ms = clock_monotonic_ms();
	session->is_pinging = ask(session, snmp_pdu_create(MESSAGE_PING), handle_pinged);
}

bool master_session_is_fresh(const struct master_session *session)
{
	return session->library && !session->is_pinging &&
	       clock_monotonic_ms() - session->heard_ms < FRESH_MS;
}

static void tell_silence(struct master_session *session, uint64_t now_ms)
{
	if (!session->is_pinging || session->is_silence_told ||
	    now_ms - session->pinged_ms < SILENCE_MS)
		return;
	session->is_silence_told = true;
	log_warning("the AgentX master at %s has not answered for %d seconds; notifications wait "
		    "until it does",
		    session->address, SILENCE_MS / 1000);
}

/* ---- the end --------------------------------------------------------------------------------- */

static int handle_closed(int operation, netsnmp_session *library, int request, netsnmp_pdu *pdu,
			 void *context)
{
	struct master_session *session = context;

	(void)operation;
	(void)library;
	(void)request;
	(void)pdu;
	session->is_closed = true;
	return 1;
}

/* Reads until the answer or, with `to_end`, until the library finds that its peer has closed. */
static void read_on(struct master_session *session, bool to_end)
{
	uint64_t end_ms = clock_monotonic_ms() + LEAVE_MS, now_ms;
	netsnmp_transport *transport = snmp_sess_transport(snmp_sess_pointer(session->library));
	struct pollfd fd = { .fd = transport ? transport->sock : -1, .events = POLLIN };
	netsnmp_large_fd_set set;

	netsnmp_large_fd_set_init(&set, FD_SETSIZE);
	while (fd.fd >= 0 && session->library && (to_end || !session->is_closed) &&
	       (now_ms = clock_monotonic_ms()) < end_ms &&
	       poll(&fd, 1, (int)(end_ms - now_ms)) > 0) {
		NETSNMP_LARGE_FD_ZERO(&set);
		NETSNMP_LARGE_FD_SET(fd.fd, &set);
		snmp_read2(&set);
	}
	netsnmp_large_fd_set_cleanup(&set);
}

/* ---- the door -------------------------------------------------------------------------------- */

void master_session_begin(struct master_session *session, netsnmp_session *library)
{
	uint64_t now_ms = clock_monotonic_ms();

	session->library = library;
	library->timeout = PATIENCE_S * 1000000L;
	session->is_registered = session->is_first = false;
	session->is_pinging = session->is_silence_told = false;
	session->check_interval_ms = CHECK_INTERVAL_MS;
	session->asked_ms = session->heard_ms = now_ms;
	register_module(session, PRIORITY_FIRST);
}

void master_session_end(struct master_session *session)
{
	session->library = NULL;
}

/* The library would do this within a callback of its own. If the master ends meanwhile, it needs
 * that callback again, and waits for itself. */
void master_session_close(struct master_session *session)
{
	netsnmp_pdu *pdu;

	if (!session->library)
		return;
	session->is_closing = true;
	pdu = snmp_pdu_create(MESSAGE_CLOSE);
	if (pdu)
		pdu->errstat = REASON_SHUTDOWN;
	if (ask(session, pdu, handle_closed))
		read_on(session, false);
	if (!session->library)
		return;
	master_session_give_up(session);
	read_on(session, true);
	master_session_end(session);
}

void master_session_asked(struct master_session *session)
{
	if (!session->library || session->is_closing)
		return;
	heard(session);
	session->asked_ms = session->heard_ms;
	session->check_interval_ms = CHECK_INTERVAL_MS;
	if (!session->is_registered || session->is_first || session->is_registering)
		return;
	tell_first(session);
	register_module(session, PRIORITY_FIRST);
}

void master_session_tick(struct master_session *session)
{
	uint64_t now_ms = clock_monotonic_ms();

	if (!session->library)
		return;
	tell_silence(session, now_ms);
	if (now_ms - session->heard_ms >= PING_INTERVAL_MS)
		master_session_ping(session);
	if (session->is_registering || !session->library)
		return;
	if (!session->is_registered && now_ms >= session->register_at_ms)
		register_module(session, PRIORITY_FIRST);
	else if (session->is_first && now_ms - session->asked_ms >= session->check_interval_ms)
		check_registration(session, now_ms);
}
