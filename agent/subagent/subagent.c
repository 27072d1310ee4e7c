/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "subagent/subagent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "sandbox/privileges.h"
#include "sandbox/sandbox.h"
#include "subagent/agentx.h"
#include "subagent/mib_view.h"
#include "subagent/notifier.h"

#define WAIT_MAX_MS        60000
#define FIRST_SNAPSHOTS_MS 1000

static volatile sig_atomic_t stop_requested;

static void request_stop(int signal_number)
{
	(void)signal_number;
	stop_requested = 1;
}

/* Undoes the collector's mask. A stop signal is let in only while waiting, so that none is missed.
 */
static void set_up_signals(sigset_t *while_waiting)
{
	struct sigaction action = { .sa_handler = request_stop };
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGINT);
	sigprocmask(SIG_SETMASK, &held, NULL);
	sigemptyset(while_waiting);
	sigaction(SIGTERM, &action, NULL);
	action.sa_handler = SIG_IGN; /* Ctrl-C reaches both processes: the collector decides when to
				      * end */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/* Reads all snapshots that wait. False when the collector is gone. */
static bool receive_snapshots(const struct channel *channel, struct mib_views *views)
{
	struct snapshot *snapshot;
	size_t length;
	void *block;
	int result;

	while ((result = channel_receive(channel->snapshots, &block, &length)) > 0) {
		snapshot = snapshot_accept(block, length);
		if (!snapshot)
			log_warning("channel: a message of %zu octets is not a snapshot", length);
		if (!snapshot || mib_views_put(views, snapshot, clock_monotonic_ms()) != 0)
			free(block);
	}
	if (result < 0 && errno == EAGAIN)
		return true;
	if (result < 0)
		log_warning("channel: %s", strerror(errno));
	return false;
}

/* Waits for the first snapshots, which are on their way: no request is answered without them. */
static bool receive_first_snapshots(const struct channel *channel, struct mib_views *views)
{
	struct pollfd end = { .fd = channel->snapshots, .events = POLLIN };

	poll(&end, 1, FIRST_SNAPSHOTS_MS);
	return receive_snapshots(channel, views);
}

static int serve(const struct channel *channel, struct mib_views *views, struct notifier *notifier,
		 const sigset_t *while_waiting)
{
	struct pollfd fds[2 + AGENTX_POLL_MAX];

	while (!stop_requested) {
		int timeout_ms = WAIT_MAX_MS;
		size_t count = agentx_poll_set(fds + 2, &timeout_ms);
		struct timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };

		fds[0] = (struct pollfd){ .fd = channel->snapshots, .events = POLLIN };
		/* an event stays in the channel while no master takes it */
		fds[1] = (struct pollfd){ .fd = notifier_is_ready(notifier) ? channel->events : -1,
					  .events = POLLIN };
		if (ppoll(fds, 2 + count, &timeout, while_waiting) < 0) {
			if (errno == EINTR)
				continue;
			log_error("cannot wait: %s", strerror(errno));
			return 1;
		}
		if (fds[0].revents && !receive_snapshots(channel, views))
			return 0;
		agentx_process(fds + 2, count);
		notifier_settle(notifier, channel);
		if (fds[1].revents)
			notifier_pass(notifier, channel);
	}
	return 0;
}

int subagent_run(const struct channel *channel, const struct agentx_master *master,
		 uint64_t *master_connects)
{
	struct account_names names = { 0 };
	struct mib_views *views;
	struct notifier notifier = { 0 };
	sigset_t while_waiting;
	int status = 1;

	log_set_role("subagent");
	stop_requested = 0;
	set_up_signals(&while_waiting);
	if (privileges_drop_all() != 0) {
		log_error("cannot drop capabilities: %s", strerror(errno));
		return 1;
	}
	views = mib_views_new();
	if (!views) {
		log_error("out of memory");
		return 1;
	}
	account_names_load(&names); /* no file can be read from here on */
	sandbox_subagent(master);
	if (receive_first_snapshots(channel, views) &&
	    agentx_start(master, &names, views, master_connects) == 0)
		status = serve(channel, views, &notifier, &while_waiting);
	agentx_stop();
	mib_views_free(views);
	account_names_clear(&names);
	return status;
}
