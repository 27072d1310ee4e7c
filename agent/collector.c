/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "confine.h"
#include "loop.h"
#include "privileges.h"
#include "scanner.h"
#include "service.h"
#include "status_line.h"
#include "supervisor.h"
#include "tables.h"

#define NS_PER_S  1000000000ULL
#define NS_PER_MS 1000000ULL

#define LARGE_BLOCK (16 * 1024)

/* A subagent that has not read the last figures yet is looked at again so soon. */
#define PUBLISH_RETRY_MS 20

_Static_assert(CONFIG_NAMESPACES_MAX + 1 <= SNAPSHOT_INSTANCES_MAX, "a place for each instance");

struct collector {
	struct config *config;
	const struct options *options;
	struct loop *loop;
	struct supervisor *supervisor;
	struct scanner *scanner;
	struct loop_timer *sample_timer, *publish_timer, *alive_timer;
	int signal_fd;
	struct tables tables;
	struct snapshot_agent agent;
	struct status_line status;
};

/* -1 with `error`, if there is no such owner. */
static int find_master(const struct collector *collector, const struct config *config,
		       struct agentx_master *master, char *error, size_t size)
{
	master->address = collector->options->agentx_address ? collector->options->agentx_address
							     : config->agentx_address;
	master->owner = AGENTX_NO_OWNER;
	if (!config->agentx_owner || privileges_find_user(config->agentx_owner, &master->owner))
		return 0;
	snprintf(error, size,
		 "agentx-owner \"%s\" does not exist; name the user that snmpd starts as",
		 config->agentx_owner);
	return -1;
}

/* What the subagent does not have yet, as far as there is room for it. True when that is all. */
static bool publish_tables(struct collector *collector)
{
	struct tables *tables = &collector->tables;

	for (size_t i = 0; i < tables->count; i++) {
		struct instance *instance = tables->instances[i];
		struct tables_unsent *unsent = &tables->unsent[i];

		if (unsent->sample)
			unsent->sample = !supervisor_send_sample(collector->supervisor,
								 instance_get_sample(instance));
		if (unsent->scan && !unsent->sample)
			unsent->scan = !supervisor_send_scan(collector->supervisor,
							     instance_get_scan(instance));
		if (unsent->sample || unsent->scan)
			return false;
	}
	return true;
}

static bool has_unsent(const struct tables *tables)
{
	for (size_t i = 0; i < tables->count; i++) {
		if (tables->unsent[i].sample || tables->unsent[i].scan)
			return true;
	}
	return false;
}

/* Gives the subagent what it does not have yet, if it reads; what it cannot take now, it gets when
 * it has read on, and then the newest. */
static void publish(void *context)
{
	struct collector *collector = context;
	struct supervisor *supervisor = collector->supervisor;
	bool done = false;

	if (!has_unsent(&collector->tables))
		return;
	if (supervisor_wants_figures(supervisor)) {
		collector->agent.notifications_sent = supervisor_events_taken(supervisor);
		collector->agent.notifications_lost = supervisor_events_lost(supervisor);
		supervisor_send_agent(supervisor, &collector->agent);
		done = publish_tables(collector);
	}
	if (!done)
		loop_timer_once(collector->publish_timer, PUBLISH_RETRY_MS * NS_PER_MS);
}

/* A new subagent gets everything that is known, before it answers its first request. */
static void subagent_started(void *context)
{
	struct collector *collector = context;

	for (size_t i = 0; i < collector->tables.count; i++) {
		collector->tables.unsent[i] = (struct tables_unsent){ true, true };
	}
	publish(collector);
}

/* A subagent is a copy of the collector: it needs none of this, and would be resident twice. */
static void forget_tables(void *context)
{
	struct collector *collector = context;

	scanner_free(collector->scanner);
	tables_clear(&collector->tables);
}

static void pass_events(struct collector *collector, struct instance *instance)
{
	struct event event;

	while (instance_next_event(instance, &collector->agent.notifications_suppressed, &event)) {
		if (event_is_alarm(&event))
			log_warning("%s", event.text);
		else
			log_info("%s", event.text);
		supervisor_notify(collector->supervisor, &event);
	}
}

static void sample_tables(struct collector *collector)
{
	for (size_t i = 0; i < collector->tables.count; i++) {
		instance_sample(collector->tables.instances[i]);
		collector->tables.unsent[i].sample = true;
	}
}

/* Tells the service manager how the tables are, those in trouble first. */
static void tell_status(struct collector *collector)
{
	struct instance *const *instances = collector->tables.instances;
	size_t count = collector->tables.count, trouble = 0;
	char text[SERVICE_STATUS_SIZE] = "";

	for (size_t i = 0; i < 2 * count; i++) {
		const struct snapshot_sample *is = instance_get_sample(instances[i % count]);

		if (status_line_is_trouble(is) != (i < count))
			continue;
		status_line_add(text, is);
		if (i < count)
			trouble++;
	}
	if (status_line_is_due(&collector->status, text, trouble, clock_monotonic_ms()))
		service_status(collector->status.text);
}

static void sample(void *context)
{
	struct collector *collector = context;

	sample_tables(collector);
	for (size_t i = 0; i < collector->tables.count; i++)
		pass_events(collector, collector->tables.instances[i]);
	supervisor_check(collector->supervisor);
	publish(collector);
	tell_status(collector);
}

/* By a timer of its own, because samples may be farther apart than the manager is patient. */
static void stay_alive(void *context)
{
	(void)context;
	service_alive();
}

static void scan_ended(void *context, size_t position)
{
	struct collector *collector = context;

	collector->tables.unsent[position].scan = true;
	pass_events(collector, collector->tables.instances[position]);
	publish(collector);
}

/* What the agent says of itself follows the configuration. */
static void describe_agent(struct collector *collector)
{
	struct snapshot_agent *agent = &collector->agent;

	agent->sample_interval = collector->config->sample_interval;
	agent->refresh_interval = collector->config->refresh_interval;
	agent->cpu_budget = collector->config->cpu_budget;
	agent->instance_count = collector->tables.count;
	for (size_t i = 0; i < agent->instance_count; i++)
		agent->instances[i] = instance_get_sample(collector->tables.instances[i])->instance;
}

static void start_tiers(struct collector *collector)
{
	describe_agent(collector);
	loop_timer_every(collector->sample_timer, collector->config->sample_interval * NS_PER_S);
	scanner_start(collector->scanner, collector->tables.instances);
}

static bool same_text(const char *one, const char *other)
{
	return one == other || (one && other && strcmp(one, other) == 0);
}

/* What takes a start to change, and what a change of the namespaces means. */
static void review_privileges(const struct config *config, const struct config *before)
{
	if (!same_text(config->user, before->user))
		log_warning("user: a new one takes effect at the next start");
	if (config->namespace_count == 0 && privileges_has_sys_admin() &&
	    privileges_drop_sys_admin() != 0)
		log_warning("cannot drop CAP_SYS_ADMIN: %s", strerror(errno));
	if (config->namespace_count > 0 && !privileges_has_sys_admin())
		log_warning("namespace: CAP_SYS_ADMIN is missing; it is kept only if one is "
			    "configured when the agent starts: restart it");
}

static void reload(struct collector *collector)
{
	char error[CONFIG_ERROR_SIZE];
	struct config *config = config_load(collector->options->config_path, error);
	struct config *before = collector->config;
	struct agentx_master master;
	struct tables tables;

	if (config && find_master(collector, config, &master, error, sizeof(error)) != 0) {
		config_free(config);
		config = NULL;
	}
	if (!config) {
		log_error("%s", error);
		log_warning("the configuration stays as it was");
		return;
	}
	if (scanner_prepare(collector->scanner, config, config->namespace_count + 1) != 0 ||
	    tables_build(&tables, &collector->tables, config, before) != 0) {
		log_error("%s; the configuration stays as it was", strerror(errno));
		config_free(config);
		return;
	}
	scanner_stop(collector->scanner);
	tables_replace(&collector->tables, &tables);
	review_privileges(config, before);
	collector->config = config;
	sample_tables(collector); /* nothing is shown of a new one before it has been looked at */
	supervisor_set_master(collector->supervisor, &master);
	start_tiers(collector);
	config_free(before);
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

static int set_up(struct collector *collector, const struct agentx_master *master)
{
	const struct config *config = collector->config;
	const struct tables none = { 0 };

	collector->loop = loop_new();
	if (!collector->loop || open_signals(collector) != 0 ||
	    loop_watch(collector->loop, collector->signal_fd, handle_signal, collector) != 0)
		return -1;
	collector->supervisor =
		supervisor_new(collector->loop, master, subagent_started, forget_tables, collector);
	collector->scanner = scanner_new(collector->loop, scan_ended, collector);
	collector->sample_timer = loop_timer_new(collector->loop, sample, collector);
	collector->publish_timer = loop_timer_new(collector->loop, publish, collector);
	collector->alive_timer = loop_timer_new(collector->loop, stay_alive, collector);
	if (!collector->supervisor || !collector->scanner || !collector->sample_timer ||
	    !collector->publish_timer || !collector->alive_timer)
		return -1;
	if (scanner_prepare(collector->scanner, config, config->namespace_count + 1) != 0)
		return -1;
	return tables_build(&collector->tables, &none, config, config);
}

int collector_check(const struct config *config, const struct options *options)
{
	const struct collector collector = { .options = options };
	struct agentx_master master;
	char error[256];

	if (privileges_check_user(config->user, error, sizeof(error)) == 0 &&
	    find_master(&collector, config, &master, error, sizeof(error)) == 0)
		return 0;
	log_error("%s", error);
	return 2;
}

int collector_run(struct config *config, const struct options *options)
{
	struct collector collector = { .config = config, .options = options, .signal_fd = -1 };
	struct agentx_master master;
	char error[256];
	int status = 1;

	/* A large block goes back to the kernel when it is freed; by default glibc stops that after
	 * the first one, and what a scan needs for a moment would be held for ever. Large is what
	 * identities of some thousand entries take: of another size at each scan, they would tear
	 * the heap apart by a few MiB an hour. */
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	collector.agent.start_time = clock_wall_ms();
	if (find_master(&collector, config, &master, error, sizeof(error)) != 0 ||
	    privileges_reduce(config->user, config->namespace_count > 0, error, sizeof(error)) !=
		    0) {
		log_error("%s", error);
		status = 2;
		goto done;
	}
	confine_collector(config, options->config_path);
	if (set_up(&collector, &master) != 0) {
		log_error("cannot start: %s", strerror(errno));
		goto done;
	}
	/* the first figures are there before the subagent, and so before the first request */
	sample_tables(&collector);
	describe_agent(&collector);
	supervisor_start(collector.supervisor);
	start_tiers(&collector);
	if (service_alive_interval_ns())
		loop_timer_every(collector.alive_timer, service_alive_interval_ns());
	tell_status(&collector);
	service_ready();
	if (loop_run(collector.loop) == 0)
		status = 0;
	else
		log_error("cannot wait for events: %s", strerror(errno));
done:
	supervisor_free(collector.supervisor);
	scanner_free(collector.scanner);
	tables_clear(&collector.tables);
	loop_free(collector.loop);
	if (collector.signal_fd >= 0)
		close(collector.signal_fd);
	config_free(collector.config);
	return status;
}
