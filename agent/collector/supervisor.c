/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/supervisor.h"

#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/channel.h"
#include "common/clock.h"
#include "common/log.h"
#include "subagent/subagent.h"

#define BACKOFF_FIRST_MS 250
#define BACKOFF_MAX_MS   30000
#define STEADY_MS        30000 /* after a life this long, the next one starts without delay */
#define CHECK_MS         1000
#define HANG_CHECKS      10   /* this many in a row find the same unread: it is hung */
#define QUIET_MS         1500 /* after this long it gets something to read, to show that it does */
#define TERM_MS          1000 /* how long it may take to end */
#define PUBLISH_RETRY_MS 20   /* when to look again if it has not read the last snapshots */
/* How often a message of the events' channel is looked after: when it is new, when it is young;
 * from then on by the regular check, for it may wait for a master for hours. */
#define NEW_POLL_MS   2
#define NEW_MS        100
#define YOUNG_POLL_MS 20
#define YOUNG_MS      5000

struct supervisor {
	loop_callback *forget;
	void *context;
	struct loop_timer *restart_timer, *event_timer, *publish_timer, *check_timer;
	struct agentx_master master;
	pid_t pid; /* 0: none runs */
	struct channel channel;
	uint64_t started_ms;
	uint64_t sent_ms;           /* when snapshots were last sent; monotonic */
	int unsent_errno;           /* the last reason that was told why they could not be sent */
	unsigned int unread_checks; /* how many checks in a row have found them unread */
	uint64_t backoff_ms;
	bool is_killed; /* by us, because it hung */
	struct teller *teller;
	enum { NOTHING, INVITATION, EVENT } under_way; /* in the events' channel */
	uint64_t written_ms;                           /* when it was written */
	uint64_t *master_connects; /* shared by all subagents in turn; for them only */
	/* what the subagent shows, and what it lacks, by position of the instance */
	const struct instances *instances;
	const struct snapshot_agent *agent;
	struct lack {
		bool sample, scan;
	} lacks[SNAPSHOT_INSTANCES_MAX];
};

static void restart(void *context)
{
	supervisor_start(context);
}

static void send_agent(struct supervisor *supervisor);

static void look_after_events(void *context)
{
	supervisor_tell(context);
}

static void publish_again(void *context)
{
	supervisor_publish(context);
}

static void check(void *context);

struct supervisor *supervisor_new(struct loop *loop, const struct agentx_master *master,
				  loop_callback *forget, void *context)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));

	if (!supervisor)
		return NULL;
	supervisor->master = *master;
	supervisor->forget = forget;
	supervisor->context = context;
	supervisor->channel = (struct channel){ -1, -1 };
	supervisor->master_connects =
		mmap(NULL, sizeof(*supervisor->master_connects), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (supervisor->master_connects == MAP_FAILED) {
		free(supervisor);
		return NULL;
	}
	supervisor->restart_timer = loop_timer_new(loop, restart, supervisor);
	supervisor->event_timer = loop_timer_new(loop, look_after_events, supervisor);
	supervisor->publish_timer = loop_timer_new(loop, publish_again, supervisor);
	supervisor->check_timer = loop_timer_new(loop, check, supervisor);
	if (!supervisor->restart_timer || !supervisor->event_timer || !supervisor->publish_timer ||
	    !supervisor->check_timer) {
		supervisor_free(supervisor);
		return NULL;
	}
	return supervisor;
}

/* Waits for the subagent to end, `patience_ms` at most. */
static bool wait_for_end(const struct supervisor *supervisor, uint64_t patience_ms)
{
	const struct timespec nap = { 0, 5000000 };

	for (uint64_t until = clock_monotonic_ms() + patience_ms; clock_monotonic_ms() <= until;) {
		if (waitpid(supervisor->pid, NULL, WNOHANG) != 0)
			return true;
		nanosleep(&nap, NULL);
	}
	return false;
}

void supervisor_free(struct supervisor *supervisor)
{
	if (!supervisor)
		return;
	if (supervisor->pid > 0) {
		kill(supervisor->pid, SIGTERM);
		if (!wait_for_end(supervisor, TERM_MS)) {
			log_info("the subagent does not end by itself; killing it");
			kill(supervisor->pid, SIGKILL);
			waitpid(supervisor->pid, NULL, 0);
		}
	}
	channel_close(&supervisor->channel);
	munmap(supervisor->master_connects, sizeof(*supervisor->master_connects));
	free(supervisor);
}

/* close_range(2), which the C library has from glibc 2.34. */
static void close_from_to(unsigned int first, unsigned int last)
{
	syscall(__NR_close_range, first, last, 0);
}

/* Closes all descriptors except the standard ones and these two; `first` must be the lower. */
static void close_all_but(int first, int second)
{
	if (first > 3)
		close_from_to(3, (unsigned int)first - 1);
	if (second > first + 1)
		close_from_to((unsigned int)first + 1, (unsigned int)second - 1);
	close_from_to((unsigned int)second + 1, ~0U);
}

/* In the child: closes all that the collector has open, except the channel and stderr. */
__attribute__((noreturn)) static void become_subagent(const struct supervisor *supervisor,
						      const struct channel *ends, pid_t parent)
{
	const struct channel own = { 3, 4 };
	/* first out of the way of 3 and 4 */
	int snapshots = fcntl(ends->snapshots, F_DUPFD, 5);
	int events = fcntl(ends->events, F_DUPFD, snapshots + 1);

	if (snapshots < 0 || events < 0)
		_exit(1);
	close_all_but(snapshots, events);
	/* only now: freeing a timer while its descriptor is open would stop the collector's too */
	supervisor->forget(supervisor->context);
	if (dup2(snapshots, own.snapshots) < 0 || dup2(events, own.events) < 0)
		_exit(1);
	close_from_to(5, ~0U);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1); /* the collector died before this took effect */
	exit(subagent_run(&own, &supervisor->master, supervisor->master_connects));
}

static void schedule_restart(struct supervisor *supervisor)
{
	loop_timer_once(supervisor->restart_timer, supervisor->backoff_ms * NS_PER_MS);
	supervisor->backoff_ms *= 2;
	if (supervisor->backoff_ms > BACKOFF_MAX_MS)
		supervisor->backoff_ms = BACKOFF_MAX_MS;
}

/* A new subagent gets everything. That includes scans that have not been made, to replace the
 * values of an older table with the same index. */
static void forget_what_was_sent(struct supervisor *supervisor)
{
	for (size_t i = 0; i < supervisor->instances->count; i++)
		supervisor->lacks[i] = (struct lack){ true, true };
}

void supervisor_start(struct supervisor *supervisor)
{
	struct channel theirs;
	pid_t parent = getpid();

	if (supervisor->pid > 0)
		return;
	if (supervisor->backoff_ms == 0)
		supervisor->backoff_ms = BACKOFF_FIRST_MS;
	if (channel_open(&supervisor->channel, &theirs) != 0) {
		log_error("cannot open the channel to the subagent: %s", strerror(errno));
		supervisor->channel = (struct channel){ -1, -1 };
		schedule_restart(supervisor);
		return;
	}
	supervisor->pid = fork();
	if (supervisor->pid == 0)
		become_subagent(supervisor, &theirs, parent);
	channel_close(&theirs);
	if (supervisor->pid < 0) {
		log_error("cannot start the subagent: %s", strerror(errno));
		channel_close(&supervisor->channel);
		schedule_restart(supervisor);
		return;
	}
	supervisor->started_ms = clock_monotonic_ms();
	supervisor->unread_checks = 0;
	supervisor->unsent_errno = 0;
	supervisor->is_killed = false;
	supervisor->under_way = NOTHING;
	log_debug("subagent started, pid %d", (int)supervisor->pid);
	/* it gets all values before it answers its first request */
	forget_what_was_sent(supervisor);
	supervisor_publish(supervisor);
	supervisor_tell(supervisor);
	loop_timer_every(supervisor->check_timer, CHECK_MS * NS_PER_MS);
}

void supervisor_set_master(struct supervisor *supervisor, const struct agentx_master *master)
{
	bool is_same = strcmp(supervisor->master.address, master->address) == 0 &&
		       supervisor->master.owner == master->owner;

	supervisor->master = *master;
	if (is_same)
		return;
	supervisor->backoff_ms = 0;
	if (supervisor->pid > 0)
		kill(supervisor->pid, SIGTERM);
}

/* Finds out what became of the message under way. Only one is at a time, so that it is clear which
 * was taken. */
static void settle(struct supervisor *supervisor)
{
	enum channel_progress progress = CHANNEL_UNREAD;

	if (supervisor->under_way != NOTHING)
		progress = channel_progress(supervisor->channel.events);
	if (progress == CHANNEL_UNREAD)
		return;
	if (supervisor->under_way == EVENT)
		teller_settle(supervisor->teller,
			      progress == CHANNEL_READ ? ALARM_TAKEN : ALARM_IN_DOUBT);
	supervisor->under_way = NOTHING;
}

static void tell_end(const struct supervisor *supervisor, int status)
{
	if (WIFSIGNALED(status) && !supervisor->is_killed)
		log_warning("the subagent was ended by signal %d (%s); starting it again",
			    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		log_warning("the subagent ended with status %d; starting it again",
			    WEXITSTATUS(status));
}

/* The subagent has ended, and its status was read. */
static void follow_end(struct supervisor *supervisor, int status)
{
	tell_end(supervisor, status);
	settle(supervisor);
	/* it may have passed the event on, but did not live to say so */
	if (supervisor->under_way == EVENT)
		teller_settle(supervisor->teller, ALARM_IN_DOUBT);
	supervisor->under_way = NOTHING;
	supervisor->pid = 0;
	channel_close(&supervisor->channel);
	loop_timer_stop(supervisor->publish_timer);
	loop_timer_stop(supervisor->check_timer);
	if (clock_monotonic_ms() - supervisor->started_ms >= STEADY_MS)
		supervisor->backoff_ms = BACKOFF_FIRST_MS;
	schedule_restart(supervisor);
}

/* Every child, not only the subagent: a container's first process gets those that others have left
 * behind, and they remain in the process table until somebody asks for their status. One signal may
 * stand for several. */
void supervisor_reap(struct supervisor *supervisor)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == supervisor->pid)
			follow_end(supervisor, status);
	}
}

static void end_hung(struct supervisor *supervisor)
{
	if (supervisor->is_killed)
		return;
	log_warning("the subagent has not read for %d seconds (is the master hung?); starting it "
		    "again",
		    HANG_CHECKS * CHECK_MS / 1000);
	supervisor->is_killed = true;
	kill(supervisor->pid, SIGKILL);
}

/* Counts checks, not time: it is no fault of the subagent if the collector or the whole machine
 * stood still. */
static void check(void *context)
{
	struct supervisor *supervisor = context;

	if (supervisor->pid <= 0)
		return;
	if (channel_progress(supervisor->channel.snapshots) != CHANNEL_UNREAD)
		supervisor->unread_checks = 0;
	else if (++supervisor->unread_checks >= HANG_CHECKS)
		end_hung(supervisor);
	if (supervisor->unread_checks == 0 &&
	    clock_monotonic_ms() - supervisor->sent_ms >= QUIET_MS)
		send_agent(supervisor);
	supervisor_tell(supervisor);
}

/* An event follows only what the subagent has just read, which it does only while it has a master:
 * so no event waits in the channel while its alarm changes. True if one was sent. */
static bool send_event(struct supervisor *supervisor)
{
	struct event event;

	if (!teller_next(supervisor->teller, &event))
		return false;
	if (channel_send(supervisor->channel.events, &event, sizeof(event)) != 0) {
		teller_settle(supervisor->teller, ALARM_UNSENT);
		return false;
	}
	supervisor->under_way = EVENT;
	return true;
}

/* One octet, which the subagent reads when it has a master. */
static bool send_invitation(struct supervisor *supervisor)
{
	if (!teller_is_due(supervisor->teller) ||
	    channel_send(supervisor->channel.events, "", 1) != 0)
		return false;
	supervisor->under_way = INVITATION;
	return true;
}

void supervisor_tell(struct supervisor *supervisor)
{
	uint64_t now = clock_monotonic_ms();
	bool was_idle = supervisor->under_way == NOTHING;

	if (supervisor->pid <= 0)
		return;
	settle(supervisor);
	if (supervisor->under_way == NOTHING &&
	    (was_idle ? send_invitation(supervisor) : send_event(supervisor)))
		supervisor->written_ms = now;
	if (supervisor->under_way == NOTHING || now - supervisor->written_ms >= YOUNG_MS)
		return;
	loop_timer_once(supervisor->event_timer,
			(now - supervisor->written_ms < NEW_MS ? NEW_POLL_MS : YOUNG_POLL_MS) *
				NS_PER_MS);
}

void supervisor_set_teller(struct supervisor *supervisor, struct teller *teller)
{
	supervisor->teller = teller;
}

void supervisor_show(struct supervisor *supervisor, const struct instances *instances,
		     const struct snapshot_agent *agent)
{
	supervisor->instances = instances;
	supervisor->agent = agent;
	forget_what_was_sent(supervisor);
}

void supervisor_sampled(struct supervisor *supervisor, size_t position)
{
	supervisor->lacks[position].sample = true;
}

void supervisor_scanned(struct supervisor *supervisor, size_t position)
{
	supervisor->lacks[position].scan = true;
}

/* Once for each subagent: else there would be a line for each sample. */
static void tell_unsent(struct supervisor *supervisor, size_t size, int error)
{
	if (supervisor->unsent_errno == error)
		return;
	supervisor->unsent_errno = error;
	if (error == EMSGSIZE)
		log_warning("channel: a snapshot of %zu octets is too long for the socket, and its "
			    "values are not shown; raise net.core.wmem_max and restart the agent",
			    size);
	else
		log_warning("channel: %s", strerror(error));
}

/* False if another try makes sense. */
static bool send_snapshot(struct supervisor *supervisor, const struct snapshot *snapshot)
{
	size_t size = snapshot_size(snapshot);
	int error;

	if (channel_send(supervisor->channel.snapshots, snapshot, size) == 0)
		return true;
	error = errno;
	/* the subagent is gone: the next one gets everything */
	if (error == EPIPE || error == ECONNRESET)
		return true;
	if (error != EAGAIN)
		tell_unsent(supervisor, size, error);
	return error == EMSGSIZE;
}

static void send_agent(struct supervisor *supervisor)
{
	send_snapshot(supervisor, &supervisor->agent->base);
	supervisor->sent_ms = clock_monotonic_ms();
}

/* Sends what the subagent lacks, while there is room. True when everything was sent. */
static bool send_what_lacks(struct supervisor *supervisor)
{
	send_agent(supervisor);
	for (size_t i = 0; i < supervisor->instances->count; i++) {
		struct instance *instance = supervisor->instances->list[i];
		struct lack *lack = &supervisor->lacks[i];

		if (lack->sample)
			lack->sample =
				!send_snapshot(supervisor, &instance_get_sample(instance)->base);
		if (lack->scan && !lack->sample)
			lack->scan =
				!send_snapshot(supervisor, &instance_get_last_scan(instance)->base);
		if (lack->sample || lack->scan)
			return false;
	}
	return true;
}

static bool lacks_something(const struct supervisor *supervisor)
{
	for (size_t i = 0; i < supervisor->instances->count; i++) {
		if (supervisor->lacks[i].sample || supervisor->lacks[i].scan)
			return true;
	}
	return false;
}

void supervisor_publish(struct supervisor *supervisor)
{
	bool done = false;

	if (supervisor->pid <= 0 || !lacks_something(supervisor))
		return; /* a new subagent gets everything */
	if (channel_progress(supervisor->channel.snapshots) == CHANNEL_READ) {
		supervisor->unread_checks = 0;
		done = send_what_lacks(supervisor);
	}
	if (!done)
		loop_timer_once(supervisor->publish_timer, PUBLISH_RETRY_MS * NS_PER_MS);
}
