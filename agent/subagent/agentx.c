/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "subagent/agentx.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/library/large_fd_set.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/log.h"
#include "subagent/agentx_socket.h"
#include "subagent/master_session.h"
#include "subagent/mib_table.h"
#include "subagent/socket_access.h"

#define CONNECT_INTERVAL_S  3 /* between two attempts to find a master */
#define TICK_S              1
#define RESPONSE_TIMEOUT_US 500000 /* the opening of a session blocks us so long */
#define SEND_TIMEOUT_US     300000
#define ANSWER_TIMEOUT_S    60 /* for a notification, by a master that answers pings */
#define PDU_NOTIFY          12 /* agentx-Notify-PDU (RFC 2741); the library does not name it for us */

static const oid registered[] = { MIB_ROOT, MIB_OBJECTS };

/* The library's state is global, so what its callbacks need is global too: this one struct. */
static struct {
	struct mib_views *views;
	uint64_t *master_connects;
	const struct account_names *names;
	netsnmp_handler_registration *registration;
	struct master_session session;
	bool is_opening;       /* an attempt to find a master has neither failed nor succeeded */
	char unreachable[512]; /* the last reported reason for having no master; "" with one */
	unsigned int tick_alarm;
} agentx;

/* One GETBULK arrives as many requests with one transaction id: all of them see the same view. */
static const struct mib_view *view_of(long transaction)
{
	struct mib_view *view = mib_views_of(agentx.views, transaction, clock_monotonic_ms(),
					     netsnmp_get_agent_uptime());

	view->master_connects = *agentx.master_connects;
	return view;
}

static void answer_next(const struct mib_view *view, netsnmp_request_info *request)
{
	netsnmp_variable_list *variable = request->requestvb;
	struct mib_value value;
	oid next[MIB_OID_MAX];
	size_t length;

	if (!mib_get_next(view, variable->name, variable->name_length, request->inclusive, next,
			  &length, &value))
		return; /* the library continues after this module */
	if (request->range_end &&
	    snmp_oid_compare(next, length, request->range_end, request->range_end_len) >= 0)
		return;
	snmp_set_var_objid(variable, next, length);
	mib_value_put(variable, &value);
}

static void answer_get(const struct mib_view *view, netsnmp_agent_request_info *information,
		       netsnmp_request_info *request)
{
	netsnmp_variable_list *variable = request->requestvb;
	struct mib_value value;

	if (mib_get(view, variable->name, variable->name_length, &value))
		mib_value_put(variable, &value);
	else if (mib_is_object(variable->name, variable->name_length))
		netsnmp_set_request_error(information, request, SNMP_NOSUCHINSTANCE);
	else
		netsnmp_set_request_error(information, request, SNMP_NOSUCHOBJECT);
}

static int handle_request(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
			  netsnmp_agent_request_info *information, netsnmp_request_info *requests)
{
	const struct mib_view *view = view_of(information->asp->pdu->transid);

	(void)handler;
	(void)registration;
	master_session_asked(&agentx.session);
	for (netsnmp_request_info *request = requests; request; request = request->next) {
		if (request->processed)
			continue;
		if (information->mode == MODE_GETNEXT)
			answer_next(view, request);
		else if (information->mode == MODE_GET)
			answer_get(view, information, request);
	}
	return SNMP_ERR_NOERROR;
}

/* Only here: what the master learns of it is master_session's matter. */
static int register_handler(void)
{
	agentx.registration =
		netsnmp_create_handler_registration("nfConntrackMIB", handle_request, registered,
						    OID_LENGTH(registered), HANDLER_CAN_RONLY);
	if (agentx.registration &&
	    netsnmp_register_handler(agentx.registration) == MIB_REGISTERED_OK)
		return 0;
	log_error("libnetsnmpagent refuses to register the module");
	agentx.registration = NULL; /* freed by the library */
	return -1;
}

/* With each connection the library registers what is not marked, and waits for the answer. */
static void keep_library_from_registering(void)
{
	netsnmp_subtree *module =
		netsnmp_subtree_find(registered, OID_LENGTH(registered), NULL, "");

	if (module)
		module->flags |= SUBTREE_ATTACHED;
}

/* The library's own ping waits for its answer, and a master that is busy meanwhile loses the
 * session. The library keeps the ping's alarm in a field that AgentX does not use. */
static void keep_library_from_pinging(void)
{
	netsnmp_session *session = agentx.session.library;

	if (!session || session->securityModel == (int)SNMP_DEFAULT_SECMODEL)
		return;
	snmp_alarm_unregister((unsigned int)session->securityModel);
	session->securityModel = (int)SNMP_DEFAULT_SECMODEL;
}

static void explain_unreachable(int error, char *text, size_t size)
{
	const char *path = agentx_master_path(agentx.session.address);
	uid_t peer;

	if (agentx_socket_is_distrusted(&peer))
		snprintf(text, size,
			 "the AgentX socket %s belongs to uid %u, not root: refusing to connect; "
			 "set agentx-owner if snmpd starts as this user.",
			 agentx.session.address, (unsigned int)peer);
	else if (error != EACCES || !path || !socket_access_explain(path, agentx.names, text, size))
		snprintf(text, size,
			 "no AgentX master at %s: %s; is snmpd running with \"master agentx\", and "
			 "may this user use its socket (agentXPerms)?",
			 agentx.session.address, strerror(error));
}

/* Once for each reason: after the directory is opened, the socket may still be closed to us. */
static void tell_unreachable(const char *reason)
{
	if (strcmp(reason, agentx.unreachable) == 0)
		return;
	snprintf(agentx.unreachable, sizeof(agentx.unreachable), "%s", reason);
	log_warning("%s Trying again every %d seconds", reason, CONNECT_INTERVAL_S);
}

static void tell_failure(int error)
{
	char text[sizeof(agentx.unreachable)];

	agentx.is_opening = false;
	explain_unreachable(error, text, sizeof(text));
	tell_unreachable(text);
}

/* The library says nothing of a master that has accepted the connection and then is silent. */
static void tell_silence(void)
{
	char text[sizeof(agentx.unreachable)];

	if (!agentx.is_opening || agentx.session.library)
		return;
	agentx.is_opening = false;
	snprintf(text, sizeof(text),
		 "the AgentX master at %s accepts the connection, but does not answer; it is busy, "
		 "or hangs.",
		 agentx.session.address);
	tell_unreachable(text);
}

/* Some events show only in the messages of the library. */
static int handle_log(int major, int minor, void *server, void *client)
{
	const struct snmp_log_message *message = server;

	(void)major;
	(void)minor;
	(void)client;
	if (strstr(message->msg, "Failed to connect to the agentx master")) {
		tell_failure(errno);
		return SNMP_ERR_NOERROR;
	}
	if (message->priority <= LOG_ERR)
		log_warning("net-snmp: %s", message->msg);
	else
		log_debug("net-snmp: %s", message->msg);
	return SNMP_ERR_NOERROR;
}

/* With the library's defaults a stopped master would block us for 18 seconds, and a notification
 * sent meanwhile would arrive four times. */
static int handle_session_init(int major, int minor, void *server, void *client)
{
	netsnmp_session *session = server;

	(void)major;
	(void)minor;
	(void)client;
	session->timeout = RESPONSE_TIMEOUT_US;
	session->retries = 0;
	agentx.is_opening = true;
	return SNMP_ERR_NOERROR;
}

static int handle_connected(int major, int minor, void *server, void *client)
{
	const struct timeval timeout = { 0, SEND_TIMEOUT_US };
	netsnmp_transport *transport = snmp_sess_transport(snmp_sess_pointer(server));

	(void)major;
	(void)minor;
	(void)client;
	mib_views_forget(agentx.views); /* a new master counts its transactions from the start */
	agentx.unreachable[0] = '\0';
	agentx.is_opening = false;
	(*agentx.master_connects)++;
	/* a master that does not read would block a write for ever */
	if (transport)
		setsockopt(transport->sock, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	log_info("connected to the AgentX master at %s", agentx.session.address);
	keep_library_from_registering();
	master_session_begin(&agentx.session, server);
	return SNMP_ERR_NOERROR;
}

static int handle_disconnected(int major, int minor, void *server, void *client)
{
	(void)major;
	(void)minor;
	(void)server;
	(void)client;
	if (agentx.session.library && !agentx.session.is_closing)
		log_warning("the AgentX master at %s is gone; trying again every %d seconds",
			    agentx.session.address, CONNECT_INTERVAL_S);
	master_session_end(&agentx.session);
	return SNMP_ERR_NOERROR;
}

static void tick(unsigned int alarm, void *context)
{
	(void)alarm;
	(void)context;
	tell_silence();
	master_session_tick(&agentx.session);
}

static void set_up_library(const char *address)
{
	/* no MIB files, no configuration files, nothing written (into a directory that cannot be
	 * made): the master does all that */
	setenv("MIBS", "", 1);
	setenv("MIBDIRS", "", 1);
	setenv("SNMP_PERSISTENT_DIR", "/dev/null", 1);
	snmp_enable_calllog();
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, handle_log, NULL);
	netsnmp_enable_subagent();
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, address);
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_SESSION_INIT,
			       handle_session_init, NULL);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START,
			       handle_connected, NULL);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP,
			       handle_disconnected, NULL);
}

int agentx_start(const struct agentx_master *master, const struct account_names *names,
		 struct mib_views *views, uint64_t *master_connects)
{
	const char *address = agentx_socket_register(master);

	if (!address) {
		log_error("out of memory");
		return -1;
	}
	agentx.session.address = master->address;
	agentx.names = names;
	agentx.views = views;
	agentx.master_connects = master_connects;
	signal(SIGPIPE, SIG_IGN);
	set_up_library(address);
	if (init_agent("conntrack-agentx") != 0) {
		log_error("cannot start libnetsnmpagent");
		return -1;
	}
	/* init_agent() sets its own, so this comes after */
	netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL,
			   CONNECT_INTERVAL_S);
	if (register_handler() != 0)
		return -1;
	init_snmp("conntrack-agentx");
	keep_library_from_pinging();
	agentx.tick_alarm = snmp_alarm_register(TICK_S, SA_REPEAT, tick, NULL);
	return 0;
}

void agentx_stop(void)
{
	if (agentx.tick_alarm)
		snmp_alarm_unregister(agentx.tick_alarm);
	/* Close the session first, so that nothing is unregistered at the master: it would take
	 * away what another agent has registered with the same priority. */
	master_session_close(&agentx.session);
	snmp_shutdown("conntrack-agentx");
	if (agentx.registration)
		netsnmp_unregister_handler(agentx.registration);
	agentx.registration = NULL;
	shutdown_agent();
}

/* The library notices only when it reads that the master has closed. */
static bool is_open(void)
{
	netsnmp_transport *transport =
		snmp_sess_transport(snmp_sess_pointer(agentx.session.library));
	struct pollfd end = { .fd = transport ? transport->sock : -1, .events = 0 };

	return end.fd >= 0 && poll(&end, 1, 0) == 0;
}

bool agentx_awaits_events(void)
{
	return agentx.session.library && !agentx.session.is_pinging && is_open();
}

bool agentx_takes_event(void)
{
	if (!agentx_awaits_events())
		return false;
	if (master_session_is_fresh(&agentx.session))
		return true;
	master_session_ping(&agentx.session);
	return false;
}

static int handle_answer(int operation, netsnmp_session *session, int id, netsnmp_pdu *pdu,
			 void *context)
{
	enum agentx_fate *fate = context;

	(void)session;
	(void)id;
	if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE) {
		*fate = AGENTX_FAILED;
		return 1;
	}
	if (master_session_is_refused(pdu->errstat)) {
		/* it goes to the master by the next session */
		*fate = AGENTX_FAILED;
		master_session_give_up(&agentx.session);
		return 1;
	}
	if (pdu->errstat != 0)
		log_warning("the master refuses a notification: AgentX error %ld", pdu->errstat);
	*fate = AGENTX_ANSWERED;
	return 1;
}

/* As send_v2trap() does it for a subagent, but the answer reaches us. */
void agentx_notify(struct variable_list *objects, enum agentx_fate *fate)
{
	netsnmp_pdu *pdu = agentx.session.library ? snmp_pdu_create(PDU_NOTIFY) : NULL;

	*fate = AGENTX_FAILED;
	if (!pdu) {
		snmp_free_varbind(objects);
		return;
	}
	pdu->version = agentx.session.library->version;
	pdu->sessid = agentx.session.library->sessid;
	pdu->variables = objects;
	pdu->flags |= UCD_MSG_FLAG_PDU_TIMEOUT;
	pdu->time = ANSWER_TIMEOUT_S;
	*fate = AGENTX_UNDER_WAY;
	if (snmp_async_send(agentx.session.library, pdu, handle_answer, fate))
		return;
	snmp_free_pdu(pdu);
	*fate = AGENTX_FAILED;
}

size_t agentx_poll_set(struct pollfd *fds, int *timeout_ms)
{
	struct timeval timeout = { *timeout_ms / 1000, *timeout_ms % 1000 * 1000 };
	netsnmp_large_fd_set set;
	int highest = 0, block = 0;
	size_t count = 0;

	netsnmp_large_fd_set_init(&set, FD_SETSIZE);
	NETSNMP_LARGE_FD_ZERO(&set);
	snmp_select_info2(&highest, &set, &timeout, &block);
	for (int fd = 0; fd < highest && count < AGENTX_POLL_MAX; fd++) {
		if (NETSNMP_LARGE_FD_ISSET(fd, &set))
			fds[count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	netsnmp_large_fd_set_cleanup(&set);
	if (!block) {
		int library = (int)(timeout.tv_sec * 1000 + (timeout.tv_usec + 999) / 1000);

		if (library < *timeout_ms)
			*timeout_ms = library;
	}
	return count;
}

void agentx_process(const struct pollfd *fds, size_t count)
{
	netsnmp_large_fd_set set;
	int ready = 0;

	netsnmp_large_fd_set_init(&set, FD_SETSIZE);
	NETSNMP_LARGE_FD_ZERO(&set);
	for (size_t i = 0; i < count; i++) {
		if (fds[i].revents) {
			NETSNMP_LARGE_FD_SET(fds[i].fd, &set);
			ready++;
		}
	}
	if (ready)
		snmp_read2(&set);
	else
		snmp_timeout();
	netsnmp_large_fd_set_cleanup(&set);
	run_alarms();
	keep_library_from_pinging();
	netsnmp_check_outstanding_agent_requests();
}
