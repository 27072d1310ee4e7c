/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of a master, by its answers and by the time. The master is a list of priorities
 * that are taken. */
#include "common/clock.h"
#include "common/log.h"

#include <stdio.h>
#include <sys/socket.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

static uint64_t time_ms;
static int send_fake(netsnmp_session *session, netsnmp_pdu *pdu, snmp_callback callback,
		     void *context);
static netsnmp_transport *transport_fake(void *session);
static int shutdown_fake(int fd, int how);
static void log_fake(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define clock_monotonic_ms() time_ms
#define snmp_async_send      send_fake
#define snmp_sess_transport  transport_fake
#define shutdown             shutdown_fake
#define log_error            log_fake
#define log_warning          log_fake
#define log_info             log_fake
#include "subagent/master_session.c"

#include "test.h"

/* One question that has no answer yet, of each kind. */
static struct question {
	netsnmp_pdu *pdu;
	snmp_callback callback;
	void *context;
} questions[32];

static netsnmp_session library;
static struct master_session session;
static unsigned int given_up;
static char told[2048];

static int send_fake(netsnmp_session *to, netsnmp_pdu *pdu, snmp_callback callback, void *context)
{
	assert_ptr_equal(to, &library);
	assert_int_equal(pdu->sessid, 77);
	if (questions[pdu->command].pdu)
		fail_msg("a second question %d before the answer to the first", pdu->command);
	questions[pdu->command] = (struct question){ pdu, callback, context };
	return 1;
}

static netsnmp_transport *transport_fake(void *of)
{
	static netsnmp_transport transport = { .sock = 5 };

	(void)of;
	return &transport;
}

static int shutdown_fake(int fd, int how)
{
	assert_int_equal(fd, 5);
	assert_int_equal(how, SHUT_RDWR);
	given_up++;
	return 0;
}

static void log_fake(const char *format, ...)
{
	size_t length = strlen(told);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(told + length, sizeof(told) - length, format, arguments);
	va_end(arguments);
	strcat(told, "\n");
}

/* True if this was told, once, and nothing else, since the last call. */
static void expect_told(const char *text)
{
	const char *line = strchr(told, '\n');

	if (!text && told[0])
		fail_msg("expected no message, got: %s", told);
	if (text && (!strstr(told, text) || line[1]))
		fail_msg("expected \"%s\", got: %s", text, told);
	told[0] = '\0';
}

static void end_question(int command, int operation, long error)
{
	struct question question = questions[command];
	netsnmp_pdu answer = { .errstat = error };

	if (!question.pdu)
		fail_msg("question %d was not asked", command);
	questions[command].pdu = NULL;
	question.callback(operation, &library, 1, &answer, question.context);
	snmp_free_pdu(question.pdu);
}

static void answer(int command, long error)
{
	end_question(command, NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE, error);
}

static void expect_asked(int command, bool is_asked)
{
	if (is_asked != (questions[command].pdu != NULL))
		fail_msg("question %d: %sexpected", command, is_asked ? "" : "not ");
}

/* Answers a Register, which must have this priority. */
static void answer_register(u_char priority, long error)
{
	expect_asked(MESSAGE_REGISTER, true);
	assert_int_equal(questions[MESSAGE_REGISTER].pdu->priority, priority);
	answer(MESSAGE_REGISTER, error);
}

/* A master that answers every ping lets this time pass. */
static void pass(uint64_t ms)
{
	for (uint64_t end = time_ms + ms; time_ms < end;) {
		time_ms += end - time_ms < 1000 ? end - time_ms : 1000;
		master_session_tick(&session);
		if (questions[MESSAGE_PING].pdu)
			answer(MESSAGE_PING, 0);
	}
}

static int set_up(void **state)
{
	(void)state;
	library = (netsnmp_session){ .sessid = 77 };
	session = (struct master_session){ .address = "here" };
	given_up = 0;
	told[0] = '\0';
	time_ms = 1000000;
	master_session_begin(&session, &library);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		snmp_free_pdu(questions[i].pdu);
		questions[i].pdu = NULL;
	}
	return 0;
}

static void the_first_agent_registers_and_is_listed(void **state)
{
	(void)state;
	answer_register(PRIORITY_FIRST, 0);
	expect_asked(MESSAGE_ADD_AGENT_CAPS, true);
	answer(MESSAGE_ADD_AGENT_CAPS, 0);
	pass(60000);
	expect_asked(MESSAGE_REGISTER, false);
	expect_told(NULL);
	assert_int_equal(given_up, 0);
}

static void a_second_agent_stands_behind_and_says_so_once(void **state)
{
	(void)state;
	answer_register(PRIORITY_FIRST, ERROR_DUPLICATE_REGISTRATION);
	expect_told("another subagent has registered it");
	answer_register(PRIORITY_FIRST + 1, ERROR_DUPLICATE_REGISTRATION);
	answer_register(PRIORITY_FIRST + 2, 0);
	pass(3600000);
	expect_asked(MESSAGE_REGISTER, false);
	expect_asked(MESSAGE_ADD_AGENT_CAPS, false);
	expect_told(NULL);
}

static void it_answers_when_the_first_has_ended(void **state)
{
	(void)state;
	answer_register(PRIORITY_FIRST, ERROR_DUPLICATE_REGISTRATION);
	answer_register(PRIORITY_FIRST + 1, 0);
	told[0] = '\0';
	master_session_asked(&session);
	expect_told("this agent answers now");
	master_session_asked(&session); /* before the master has answered */
	answer_register(PRIORITY_FIRST, 0);
	expect_asked(MESSAGE_ADD_AGENT_CAPS, true);
	master_session_asked(&session);
	expect_asked(MESSAGE_REGISTER, false);
	expect_told(NULL);
}

static void a_third_agent_may_be_quicker(void **state)
{
	(void)state;
	answer_register(PRIORITY_FIRST, ERROR_DUPLICATE_REGISTRATION);
	answer_register(PRIORITY_FIRST + 1, 0);
	master_session_asked(&session);
	told[0] = '\0';
	answer_register(PRIORITY_FIRST, ERROR_DUPLICATE_REGISTRATION);
	expect_told("another subagent has registered it");
	expect_asked(MESSAGE_REGISTER, false);
	master_session_asked(&session);
	expect_told("this agent answers now");
	answer_register(PRIORITY_FIRST, 0);
}

static void with_every_priority_taken_it_tries_again(void **state)
{
	(void)state;
	for (int priority = PRIORITY_FIRST; priority <= PRIORITY_LAST; priority++)
		answer_register((u_char)priority, ERROR_DUPLICATE_REGISTRATION);
	expect_told("another subagent has registered it");
	expect_asked(MESSAGE_REGISTER, false);
	pass(RETRY_MS);
	answer_register(PRIORITY_FIRST, 0);
	expect_told("this agent answers now");
}

static void what_was_told_holds_over_a_new_connection(void **state)
{
	(void)state;
	answer_register(PRIORITY_FIRST, ERROR_DUPLICATE_REGISTRATION);
	expect_told("another subagent has registered it");
	answer_register(PRIORITY_FIRST + 1, 0);
	master_session_end(&session);
	master_session_begin(&session, &library);
	answer_register(PRIORITY_FIRST, ERROR_DUPLICATE_REGISTRATION);
	expect_told(NULL);
	answer_register(PRIORITY_FIRST + 1, 0);
	master_session_end(&session);
	master_session_begin(&session, &library);
	answer_register(PRIORITY_FIRST, 0);
	expect_told("this agent answers now");
}

static void another_error_is_told_and_tried_again(void **state)
{
	(void)state;
	answer_register(PRIORITY_FIRST, 267);
	expect_told("AgentX error 267");
	pass(RETRY_MS);
	answer_register(PRIORITY_FIRST, 267);
	expect_told(NULL);
	pass(RETRY_MS);
	answer_register(PRIORITY_FIRST, 0);
}

static void an_agent_that_nobody_asks_looks_at_its_registration(void **state)
{
	uint64_t waited = 0;
	unsigned int checks = 0;

	(void)state;
	answer_register(PRIORITY_FIRST, 0);
	for (; waited < 86400000; waited += 10000) {
		pass(10000);
		if (!questions[MESSAGE_REGISTER].pdu)
			continue;
		checks++;
		assert_true(waited >= 390000); /* not between two polls of 300 s */
		answer_register(PRIORITY_FIRST, ERROR_DUPLICATE_REGISTRATION);
	}
	assert_in_range(checks, 20, 30); /* in a day */
	expect_told(NULL);
	pass(CHECK_MAX_MS);
	answer_register(PRIORITY_FIRST, 0);
	expect_told("had lost the registration");
}

static void an_agent_that_is_asked_does_not(void **state)
{
	(void)state;
	answer_register(PRIORITY_FIRST, 0);
	for (int i = 0; i < 288; i++) {
		pass(300000);
		master_session_asked(&session);
		expect_asked(MESSAGE_REGISTER, false);
	}
}

static void a_busy_master_only_answers_late(void **state)
{
	(void)state;
	answer_register(PRIORITY_FIRST, 0);
	time_ms += PING_INTERVAL_MS;
	master_session_tick(&session);
	expect_asked(MESSAGE_PING, true);
	for (int i = 0; i < 9; i++) {
		time_ms += 1000;
		master_session_tick(&session); /* asks nothing twice */
		assert_false(master_session_is_fresh(&session));
	}
	expect_told(NULL);
	answer(MESSAGE_PING, 0);
	assert_true(master_session_is_fresh(&session));
	expect_told(NULL);
	assert_int_equal(given_up, 0);
}

static void a_hung_master_is_told_once_and_waited_for(void **state)
{
	(void)state;
	answer_register(PRIORITY_FIRST, 0);
	for (int i = 0; i < 600; i++) {
		time_ms += 1000;
		master_session_tick(&session);
	}
	expect_told("master at here has not answered for 10 seconds");
	assert_int_equal(given_up, 0);
	answer(MESSAGE_PING, 0);
	expect_told("answers again");
}

static void a_master_that_never_answers_is_left(void **state)
{
	(void)state;
	end_question(MESSAGE_REGISTER, NETSNMP_CALLBACK_OP_TIMED_OUT, 0);
	assert_int_equal(given_up, 1);
}

static void a_master_that_does_not_know_the_session_is_left(void **state)
{
	(void)state;
	answer_register(PRIORITY_FIRST, 0);
	time_ms += PING_INTERVAL_MS;
	master_session_tick(&session);
	answer(MESSAGE_PING, 257); /* notOpen */
	assert_int_equal(given_up, 1);
}

static void an_answer_from_an_earlier_session_counts_for_nothing(void **state)
{
	(void)state;
	master_session_end(&session);
	answer_register(PRIORITY_FIRST, 0);
	assert_false(session.is_registered);
	expect_asked(MESSAGE_ADD_AGENT_CAPS, false);
	master_session_tick(&session);
	master_session_ping(&session);
	master_session_asked(&session);
	assert_false(master_session_is_fresh(&session));
	expect_asked(MESSAGE_PING, false);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_agent_registers_and_is_listed),
		TEST(a_second_agent_stands_behind_and_says_so_once),
		TEST(it_answers_when_the_first_has_ended),
		TEST(a_third_agent_may_be_quicker),
		TEST(with_every_priority_taken_it_tries_again),
		TEST(what_was_told_holds_over_a_new_connection),
		TEST(another_error_is_told_and_tried_again),
		TEST(an_agent_that_nobody_asks_looks_at_its_registration),
		TEST(an_agent_that_is_asked_does_not),
		TEST(a_busy_master_only_answers_late),
		TEST(a_hung_master_is_told_once_and_waited_for),
		TEST(a_master_that_never_answers_is_left),
		TEST(a_master_that_does_not_know_the_session_is_left),
		TEST(an_answer_from_an_earlier_session_counts_for_nothing),
	};

	return cmocka_run_group_tests_name("master_session", tests, NULL, NULL);
}
