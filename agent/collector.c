/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "instance.h"
#include "loop.h"
#include "privileges.h"
#include "service.h"
#include "supervisor.h"

#define NS_PER_S  1000000000ULL
#define NS_PER_MS 1000000ULL

/* A subagent that has not read the last figures yet is looked at again so soon. */
#define PUBLISH_RETRY_MS 20

/* An instance with what the collector keeps about it. */
struct watched {
	struct instance *instance;
	struct loop_timer *scan_timer;
	uint64_t scan_started_ms;
	bool scan_running;
	uint64_t cpu_mark_ns; /* of this thread, at the end of the last step */
	bool scan_unsent;     /* a scan has ended that the subagent does not have */
	struct collector *collector;
};

struct collector {
	struct config *config;
	const struct options *options;
	struct loop *loop;
	struct supervisor *supervisor;
	struct loop_timer *sample_timer, *publish_timer;
	int signal_fd;
	struct watched watched; /* the agent's own namespace, instance 1 */
	struct snapshot_agent agent;
};

static const char *agentx_address(const struct collector *collector)
{
	return collector->options->agentx_address ? collector->options->agentx_address
						  : collector->config->agentx_address;
}

/* Gives the subagent what it does not have yet, if it reads. */
static void publish(void *context)
{
	struct collector *collector = context;
	struct supervisor *supervisor = collector->supervisor;
	struct watched *watched = &collector->watched;

	if (!supervisor_wants_figures(supervisor)) {
		/* the next sample brings the newest anyway; a scan should not wait for it */
		if (watched->scan_unsent)
			loop_timer_once(collector->publish_timer, PUBLISH_RETRY_MS * NS_PER_MS);
		return;
	}
	collector->agent.notifications_sent = supervisor_events_taken(supervisor);
	collector->agent.notifications_lost = supervisor_events_lost(supervisor);
	supervisor_send_agent(supervisor, &collector->agent);
	supervisor_send_sample(supervisor, instance_get_sample(watched->instance));
	if (watched->scan_unsent)
		watched->scan_unsent =
			!supervisor_send_scan(supervisor, instance_get_scan(watched->instance));
}

/* A new subagent gets everything that is known, before it answers its first request. */
static void subagent_started(void *context)
{
	struct collector *collector = context;

	collector->watched.scan_unsent = instance_get_scan(collector->watched.instance)->scans > 0;
	publish(collector);
}

static void sample(void *context)
{
	struct collector *collector = context;
	struct event event;

	instance_sample(collector->watched.instance);
	while (instance_next_event(collector->watched.instance,
				   &collector->agent.notifications_suppressed, &event)) {
		log_info("%s", event.text);
		supervisor_notify(collector->supervisor, &event);
	}
	supervisor_check(collector->supervisor);
	publish(collector);
	service_alive();
}

/* How long to rest after a step of `cpu_ns`, so that steps take cpu-budget percent of a core. */
static uint64_t pause_after(const struct config *config, uint64_t cpu_ns)
{
	return cpu_ns * (100 - config->cpu_budget) / config->cpu_budget;
}

static void scan(void *context)
{
	struct watched *watched = context;
	const struct config *config = watched->collector->config;
	uint64_t interval_ms = (uint64_t)config->refresh_interval * 1000;
	uint64_t elapsed_ms, cpu_ns, before_ns = watched->cpu_mark_ns;
	bool ended;

	if (!watched->scan_running) {
		watched->scan_started_ms = clock_monotonic_ms();
		before_ns = clock_thread_cpu_ns();
	}
	ended = instance_scan_step(watched->instance);
	watched->scan_running = !ended;
	/* from the end of the last step: waking up is part of the cost */
	cpu_ns = watched->cpu_mark_ns = clock_thread_cpu_ns();
	if (!ended) {
		loop_timer_once(watched->scan_timer, pause_after(config, cpu_ns - before_ns));
		return;
	}
	/* a scan that took longer than the interval is followed by the next at once */
	elapsed_ms = clock_monotonic_ms() - watched->scan_started_ms;
	loop_timer_once(watched->scan_timer,
			elapsed_ms < interval_ms ? (interval_ms - elapsed_ms) * NS_PER_MS : 0);
	watched->scan_unsent = true;
	publish(watched->collector);
}

static void start_timers(struct collector *collector)
{
	collector->agent.sample_interval = collector->config->sample_interval;
	collector->agent.refresh_interval = collector->config->refresh_interval;
	collector->agent.cpu_budget = collector->config->cpu_budget;
	loop_timer_every(collector->sample_timer, collector->config->sample_interval * NS_PER_S);
	loop_timer_once(collector->watched.scan_timer, 0);
}

static bool same_text(const char *one, const char *other)
{
	return one == other || (one && other && strcmp(one, other) == 0);
}

static void reload(struct collector *collector)
{
	char error[CONFIG_ERROR_SIZE];
	struct config *config = config_load(collector->options->config_path, error);
	struct config *before = collector->config;

	if (!config) {
		log_error("%s", error);
		log_warning("the configuration stays as it was");
		return;
	}
	if (instance_configure(collector->watched.instance, config) != 0) {
		log_error("out of memory; the configuration stays as it was");
		config_free(config);
		return;
	}
	if (!same_text(config->user, before->user))
		log_warning("user: a new one takes effect at the next start");
	collector->config = config;
	if (!collector->options->agentx_address &&
	    !same_text(config->agentx_address, before->agentx_address))
		supervisor_set_address(collector->supervisor, config->agentx_address);
	else if (!collector->options->agentx_address)
		supervisor_keep_address(collector->supervisor, config->agentx_address);
	config_free(before);
	start_timers(collector);
	log_info("the configuration was read again");
}

static void handle_signal(void *context)
{
	struct collector *collector = context;
	struct signalfd_siginfo signal;

	if (read(collector->signal_fd, &signal, sizeof(signal)) != sizeof(signal))
		return;
	switch (signal.ssi_signo) {
	case SIGCHLD:
		supervisor_reap(collector->supervisor);
		break;
	case SIGHUP:
		service_reloading();
		reload(collector);
		service_ready();
		break;
	default:
		service_stopping();
		loop_stop(collector->loop);
	}
}

/* Signals come through the loop; the mask is what the subagent must undo. */
static int open_signals(struct collector *collector)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) != 0)
		return -1;
	signal(SIGPIPE, SIG_IGN); /* whoever read our log may go */
	collector->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return collector->signal_fd < 0 ? -1 : 0;
}

static int set_up(struct collector *collector)
{
	struct watched *watched = &collector->watched;

	collector->loop = loop_new();
	if (!collector->loop || open_signals(collector) != 0 ||
	    loop_watch(collector->loop, collector->signal_fd, handle_signal, collector) != 0)
		return -1;
	collector->supervisor = supervisor_new(collector->loop, agentx_address(collector),
					       subagent_started, collector);
	collector->sample_timer = loop_timer_new(collector->loop, sample, collector);
	collector->publish_timer = loop_timer_new(collector->loop, publish, collector);
	watched->scan_timer = loop_timer_new(collector->loop, scan, watched);
	watched->instance = instance_new(1, "default", collector->config);
	if (!collector->supervisor || !collector->sample_timer || !collector->publish_timer ||
	    !watched->scan_timer || !watched->instance)
		return -1;
	return 0;
}

int collector_run(struct config *config, const struct options *options)
{
	struct collector collector = { .config = config, .options = options, .signal_fd = -1 };
	char error[256];
	int status = 1;

	collector.watched.collector = &collector;
	collector.agent.start_time = clock_wall_ms();
	if (privileges_keep_net_admin(config->user, error, sizeof(error)) != 0) {
		log_error("%s", error);
		status = 2;
		goto done;
	}
	if (set_up(&collector) != 0) {
		log_error("cannot start: %s", strerror(errno));
		goto done;
	}
	/* the first figures are there before the subagent, and so before the first request */
	instance_sample(collector.watched.instance);
	supervisor_start(collector.supervisor);
	start_timers(&collector);
	service_ready();
	if (loop_run(collector.loop) == 0)
		status = 0;
	else
		log_error("cannot wait for events: %s", strerror(errno));
done:
	supervisor_free(collector.supervisor);
	instance_free(collector.watched.instance);
	loop_free(collector.loop);
	if (collector.signal_fd >= 0)
		close(collector.signal_fd);
	config_free(collector.config);
	return status;
}
