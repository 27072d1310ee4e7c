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
#include "subagent/mib_table.h"
#include "subagent/socket_access.h"

#define PING_INTERVAL_S     3      /* also how often to look for a lost master */
#define RESPONSE_TIMEOUT_US 300000 /* a stopped master blocks us at most this long */
#define SEND_TIMEOUT_US     300000
#define REGISTER_RETRY_S    3
#define ANSWER_TIMEOUT_S    60 /* for a notification, by a master that answers pings */
#define PDU_NOTIFY          12 /* agentx-Notify-PDU (RFC 2741); the library does not name it for us */

static const oid registered[] = { MIB_ROOT, MIB_OBJECTS };

/* The library's state is global, so what its callbacks need is global too: this one struct. */
static struct {
	struct mib_view *view;
	uint64_t *master_connects;
	const char *address;
	const struct account_names *names;
	netsnmp_handler_registration *registration;
	netsnmp_session *session; /* the library's; NULL without a master */
	long pinned;              /* transid of the request that the view is held for */
	bool has_pinned;
	bool refused;          /* the last registration was */
	bool refusal_told;     /* and the operator knows */
	char unreachable[512]; /* the last reported reason for having no master; "" with one */
	unsigned int retry_alarm;
} agentx;

/* One GETBULK arrives as many requests with one transaction id: all of them see the same view. */
static void pin_view(long transid)
{
	struct mib_view *view = agentx.view;

	if (!agentx.has_pinned || agentx.pinned != transid) {
		mib_view_commit(view);
		agentx.pinned = transid;
		agentx.has_pinned = true;
		mib_view_set_time(view, clock_monotonic_ms(), netsnmp_get_agent_uptime());
	}
	view->master_connects = *agentx.master_connects;
}

static void answer_next(netsnmp_request_info *request)
{
	netsnmp_variable_list *variable = request->requestvb;
	struct mib_value value;
	oid next[MIB_OID_MAX];
	size_t length;

	if (!mib_get_next(agentx.view, variable->name, variable->name_length, request->inclusive,
			  next, &length, &value))
		return; /* the library continues after this module */
	if (request->range_end &&
	    snmp_oid_compare(next, length, request->range_end, request->range_end_len) >= 0)
		return;
	snmp_set_var_objid(variable, next, length);
	mib_value_put(variable, &value);
}

static void answer_get(netsnmp_agent_request_info *information, netsnmp_request_info *request)
{
	netsnmp_variable_list *variable = request->requestvb;
	struct mib_value value;

	if (mib_get(agentx.view, variable->name, variable->name_length, &value))
		mib_value_put(variable, &value);
	else
		netsnmp_set_request_error(information, request, SNMP_NOSUCHINSTANCE);
}

static int handle_request(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
			  netsnmp_agent_request_info *information, netsnmp_request_info *requests)
{
	(void)handler;
	(void)registration;
	pin_view(information->asp->pdu->transid);
	for (netsnmp_request_info *request = requests; request; request = request->next) {
		if (request->processed)
			continue;
		if (information->mode == MODE_GETNEXT)
			answer_next(request);
		else if (information->mode == MODE_GET)
			answer_get(information, request);
	}
	return SNMP_ERR_NOERROR;
}

static void register_module(void)
{
	agentx.refused = false;
	agentx.registration =
		netsnmp_create_handler_registration("nfConntrackMIB", handle_request, registered,
						    OID_LENGTH(registered), HANDLER_CAN_RONLY);
	if (!agentx.registration ||
	    netsnmp_register_handler(agentx.registration) != MIB_REGISTERED_OK) {
		log_error("libnetsnmpagent refuses to register the module");
		agentx.registration = NULL; /* freed by the library */
	}
}

/* The library does not retry a region that another subagent has registered, and does not report it.
 */
static void retry_registration(unsigned int alarm, void *context)
{
	(void)alarm;
	(void)context;
	if (!agentx.session || !agentx.refused)
		return;
	if (agentx.registration)
		netsnmp_unregister_handler(agentx.registration);
	register_module();
	if (!agentx.refused && agentx.refusal_told) {
		agentx.refusal_told = false;
		log_info("the master has accepted the registration: this agent answers now");
	}
}

static void explain_unreachable(int error, char *text, size_t size)
{
	const char *path = agentx_master_path(agentx.address);
	uid_t peer;

	if (agentx_socket_is_distrusted(&peer))
		snprintf(text, size,
			 "the AgentX socket %s belongs to uid %u, not root: refusing to connect; "
			 "set agentx-owner if snmpd starts as this user.",
			 agentx.address, (unsigned int)peer);
	else if (error != EACCES || !path || !socket_access_explain(path, agentx.names, text, size))
		snprintf(text, size,
			 "no AgentX master at %s: %s; is snmpd running with \"master agentx\", and "
			 "may this user use its socket (agentXPerms)?",
			 agentx.address, strerror(error));
}

/* Once for each reason: after the directory is opened, the socket may still be closed to us. */
static void tell_unreachable(void)
{
	char text[sizeof(agentx.unreachable)];

	explain_unreachable(errno, text, sizeof(text));
	if (strcmp(text, agentx.unreachable) == 0)
		return;
	memcpy(agentx.unreachable, text, sizeof(text));
	log_warning("%s Trying again every %d seconds", text, PING_INTERVAL_S);
}

/* Some events show only in the messages of the library. */
static int handle_log(int major, int minor, void *server, void *client)
{
	const struct snmp_log_message *message = server;

	(void)major;
	(void)minor;
	(void)client;
	if (strstr(message->msg, "registering pdu failed")) {
		agentx.refused = true;
		if (!agentx.refusal_told)
			log_error("the master refuses to register the module: another subagent "
				  "has registered it; trying again every %d seconds",
				  REGISTER_RETRY_S);
		agentx.refusal_told = true;
		return SNMP_ERR_NOERROR;
	}
	if (strstr(message->msg, "Failed to connect to the agentx master")) {
		tell_unreachable();
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
	return SNMP_ERR_NOERROR;
}

static int handle_connected(int major, int minor, void *server, void *client)
{
	const struct timeval timeout = { 0, SEND_TIMEOUT_US };
	netsnmp_transport *transport = snmp_sess_transport(snmp_sess_pointer(server));

	(void)major;
	(void)minor;
	(void)client;
	agentx.session = server;
	agentx.has_pinned = false; /* a new master counts its transactions from the start */
	agentx.unreachable[0] = '\0';
	agentx.refused = false; /* the library registers again after each connection */
	(*agentx.master_connects)++;
	/* a master that does not read would block a write for ever */
	if (transport)
		setsockopt(transport->sock, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	log_info("connected to the AgentX master at %s", agentx.address);
	return SNMP_ERR_NOERROR;
}

static int handle_disconnected(int major, int minor, void *server, void *client)
{
	(void)major;
	(void)minor;
	(void)server;
	(void)client;
	if (agentx.session)
		log_warning("the AgentX master at %s is gone; trying again every %d seconds",
			    agentx.address, PING_INTERVAL_S);
	agentx.session = NULL;
	return SNMP_ERR_NOERROR;
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
		 struct mib_view *view, uint64_t *master_connects)
{
	const char *address = agentx_socket_register(master);

	if (!address) {
		log_error("out of memory");
		return -1;
	}
	agentx.address = master->address;
	agentx.names = names;
	agentx.view = view;
	agentx.master_connects = master_connects;
	signal(SIGPIPE, SIG_IGN);
	set_up_library(address);
	if (init_agent("conntrack-agentx") != 0) {
		log_error("cannot start libnetsnmpagent");
		return -1;
	}
	/* init_agent() sets its own, so this comes after */
	netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL,
			   PING_INTERVAL_S);
	register_module();
	init_snmp("conntrack-agentx");
	agentx.retry_alarm =
		snmp_alarm_register(REGISTER_RETRY_S, SA_REPEAT, retry_registration, NULL);
	return agentx.registration ? 0 : -1;
}

void agentx_stop(void)
{
	snmp_alarm_unregister(agentx.retry_alarm);
	/* Close the session first: this also unregisters at the master, in one message. If a master
	 * went away during an unregistration, the library would call its own callback from within
	 * it. */
	snmp_shutdown("conntrack-agentx");
	if (agentx.registration)
		netsnmp_unregister_handler(agentx.registration);
	agentx.registration = NULL;
	shutdown_agent();
	agentx.session = NULL;
}

bool agentx_is_connected(void)
{
	netsnmp_transport *transport;
	struct pollfd end = { .fd = -1, .events = 0 };

	if (!agentx.session)
		return false;
	transport = snmp_sess_transport(snmp_sess_pointer(agentx.session));
	end.fd = transport ? transport->sock : -1;
	/* the library notices only when it reads that the master has closed */
	return end.fd >= 0 && poll(&end, 1, 0) == 0;
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
	if (pdu->errstat != 0)
		log_warning("the master refuses a notification: AgentX error %ld", pdu->errstat);
	*fate = AGENTX_ANSWERED;
	return 1;
}

/* As send_v2trap() does it for a subagent, but the answer reaches us. */
void agentx_notify(struct variable_list *objects, enum agentx_fate *fate)
{
	netsnmp_pdu *pdu = agentx.session ? snmp_pdu_create(PDU_NOTIFY) : NULL;

	*fate = AGENTX_FAILED;
	if (!pdu) {
		snmp_free_varbind(objects);
		return;
	}
	pdu->version = agentx.session->version;
	pdu->sessid = agentx.session->sessid;
	pdu->variables = objects;
	pdu->flags |= UCD_MSG_FLAG_PDU_TIMEOUT;
	pdu->time = ANSWER_TIMEOUT_S;
	*fate = AGENTX_UNDER_WAY;
	if (snmp_async_send(agentx.session, pdu, handle_answer, fate))
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
	netsnmp_check_outstanding_agent_requests();
}
