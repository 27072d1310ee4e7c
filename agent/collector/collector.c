/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/collector.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "collector/instances.h"
#include "collector/loop.h"
#include "collector/namespaces.h"
#include "collector/scan_pacer.h"
#include "collector/sd_notify.h"
#include "collector/status_line.h"
#include "collector/supervisor.h"
#include "collector/teller.h"
#include "common/clock.h"
#include "common/heap.h"
#include "config/config.h"
#include "sandbox/privileges.h"
#include "sandbox/sandbox.h"

struct collector {
	struct config *config;
	const struct options *options;
	struct loop *loop;
	struct supervisor *supervisor;
	struct scan_pacer *pacer;
	struct loop_timer *sample_timer, *alive_timer;
	int signal_fd;
	struct namespaces namespaces;
	struct namespaces_told namespaces_told;
	struct instances instances;
	struct teller teller;
	struct snapshot_agent *agent; /* owned, with room for the maximum number of instances */
	struct status_line status;
};

/* -1 with `error` if the owner is not found. */
static int find_master(const struct collector *collector, const struct config *config,
		       struct agentx_master *master, char *error, size_t size)
{
	master->address = collector->options->agentx_address ? collector->options->agentx_address
							     : config->agentx_address;
	master->owner = AGENTX_MASTER_NO_OWNER;
	if (!config->agentx_owner || privileges_find_user(config->agentx_owner, &master->owner))
		return 0;
	if (errno == ENOENT)
		snprintf(error, size,
			 "agentx-owner \"%s\" does not exist; name the user that snmpd starts as",
			 config->agentx_owner);
	else
		snprintf(error, size, "agentx-owner \"%s\" cannot be looked up: %s",
			 config->agentx_owner, strerror(errno));
	return -1;
}

/* A subagent is a copy of the collector. It needs none of this, which would take memory twice. */
static void forget_instances(void *context)
{
	struct collector *collector = context;

	scan_pacer_free(collector->pacer);
	instances_clear(&collector->instances);
	namespaces_clear(&collector->namespaces);
}

/* Logs each transition of an alarm, whether somebody can be notified of it now or not. */
static void log_transitions(struct collector *collector)
{
	struct event event;

	while (teller_news(&collector->teller, &event)) {
		if (event_is_alarm(&event))
			log_warning("%s", event.text);
		else
			log_info("%s", event.text);
	}
}

static void sample_instances(struct collector *collector)
{
	scan_pacer_expect(collector->pacer);
	for (size_t i = 0; i < collector->instances.count; i++) {
		instance_sample(collector->instances.list[i]);
		supervisor_sampled(collector->supervisor, i);
		if (instance_has_forgotten(collector->instances.list[i]))
			supervisor_scanned(collector->supervisor, i);
	}
	log_transitions(collector);
	scan_pacer_hurry(collector->pacer);
}

/* Sends the state of the instances to the service manager, those in trouble first. */
static void tell_status(struct collector *collector)
{
	struct instance *const *instances = collector->instances.list;
	size_t count = collector->instances.count, trouble = 0;
	char text[SD_NOTIFY_STATUS_SIZE] = "";

	for (size_t i = 0; i < 2 * count; i++) {
		const struct snapshot_sample *is = instance_get_sample(instances[i % count]);

		if (status_line_is_trouble(is) != (i < count))
			continue;
		status_line_add(text, is);
		if (i < count)
			trouble++;
	}
	if (status_line_is_due(&collector->status, text, trouble, clock_monotonic_ms()))
		sd_notify_status(collector->status.text);
}

/* Updates what the agent says about itself, and what the subagent shows. */
static void describe_agent(struct collector *collector)
{
	struct snapshot_agent *agent = collector->agent;

	agent->sample_interval = collector->config->sample_interval;
	agent->refresh_interval = collector->config->refresh_interval;
	agent->cpu_budget = collector->config->cpu_budget;
	agent->namespaces_left_out = collector->namespaces.left_out;
	agent->instance_count = collector->instances.count;
	for (size_t i = 0; i < agent->instance_count; i++)
		agent->instances[i] = instance_get_sample(collector->instances.list[i])->instance;
	supervisor_show(collector->supervisor, &collector->instances, agent);
}

static void take_namespaces(struct collector *collector, const struct namespaces *namespaces)
{
	namespaces_clear(&collector->namespaces);
	collector->namespaces = *namespaces;
	collector->agent->namespaces_left_out = namespaces->left_out;
}

/* Goes over to other instances, if there is memory for all of it; what runs goes on. Takes
 * `namespaces` then. `reason`: why those end that are not among them. -1 with errno. */
static int regroup(struct collector *collector, const struct config *config,
		   const struct namespaces *namespaces, const char *reason)
{
	struct instances instances;

	if (scan_pacer_prepare(collector->pacer, config, namespaces->count + 1) != 0 ||
	    instances_build(&instances, &collector->instances, config, namespaces) != 0)
		return -1;
	scan_pacer_start(collector->pacer, instances.list); /* the list stays where it is */
	instances_replace(&collector->instances, &instances, reason);
	take_namespaces(collector, namespaces);
	return 0;
}

static int find_namespaces(struct collector *collector, const struct config *config,
			   struct namespaces *namespaces)
{
	uint64_t now_ms = clock_monotonic_ms();

	if (namespaces_find(namespaces, &collector->namespaces, config, now_ms) != 0)
		return -1;
	namespaces_tell(namespaces, &collector->namespaces_told, now_ms);
	return 0;
}

/* Those that match a pattern come and go. Without memory everything stays as it was, until the next
 * sample. True if they have changed. */
static bool follow_namespaces(struct collector *collector)
{
	struct namespaces now;

	if (!namespaces_have_patterns(collector->config))
		return false;
	if (find_namespaces(collector, collector->config, &now) != 0) {
		log_debug("namespaces: %s", strerror(errno));
		return false;
	}
	if (namespaces_are_same(&now, &collector->namespaces)) {
		take_namespaces(collector, &now);
		return false;
	}
	if (regroup(collector, collector->config, &now, "its network namespace was deleted") == 0)
		return true;
	log_debug("namespaces: %s", strerror(errno));
	namespaces_clear(&now);
	return false;
}

static void sample(void *context)
{
	struct collector *collector = context;
	bool has_changed = follow_namespaces(collector);

	sample_instances(collector); /* a new instance is sampled before it is shown */
	if (has_changed)
		describe_agent(collector);
	supervisor_tell(collector->supervisor);
	supervisor_publish(collector->supervisor);
	tell_status(collector);
}

/* Has its own timer, because the sample interval may be longer than the manager's timeout. */
static void stay_alive(void *context)
{
	(void)context;
	sd_notify_alive();
}

static void look_ended(void *context, size_t position)
{
	struct collector *collector = context;

	supervisor_scanned(collector->supervisor, position);
	log_transitions(collector);
	supervisor_tell(collector->supervisor);
	supervisor_publish(collector->supervisor);
}

/* An alarm has waited for this to speak. */
static void alarm_look_ended(void *context, size_t position)
{
	struct collector *collector = context;

	(void)position;
	log_transitions(collector);
	supervisor_tell(collector->supervisor);
}

static void start_samples(struct collector *collector)
{
	loop_timer_every(collector->sample_timer, collector->config->sample_interval * NS_PER_S);
}

static bool same_text(const char *one, const char *other)
{
	return one == other || (one && other && strcmp(one, other) == 0);
}

/* Warns of what a reload cannot change, and adapts to a change of the namespaces. */
static void review_privileges(const struct config *config, const struct config *before)
{
	if (!same_text(config->user, before->user))
		log_warning("user: the new user takes effect at the next start");
	if (config->namespace_count == 0 && privileges_has_sys_admin() &&
	    privileges_drop_sys_admin() != 0)
		log_warning("cannot drop CAP_SYS_ADMIN: %s", strerror(errno));
	if (config->namespace_count > 0 && !privileges_has_sys_admin())
		log_warning("namespace: CAP_SYS_ADMIN is missing; the agent keeps it only if a "
			    "namespace is configured when it starts: restart the agent");
}

/* The instances of another configuration. -1 with errno; nothing has changed then. */
static int switch_config(struct collector *collector, const struct config *config)
{
	struct namespaces namespaces;
	int saved;

	if (find_namespaces(collector, config, &namespaces) != 0)
		return -1;
	if (regroup(collector, config, &namespaces,
		    "the namespace was removed from the configuration") == 0)
		return 0;
	saved = errno;
	namespaces_clear(&namespaces);
	errno = saved;
	return -1;
}

static void reload(struct collector *collector)
{
	char error[CONFIG_ERROR_SIZE];
	struct config *config = config_load(collector->options->config_path, error);
	struct config *before = collector->config;
	struct agentx_master master;

	if (config && find_master(collector, config, &master, error, sizeof(error)) != 0) {
		config_free(config);
		config = NULL;
	}
	if (!config) {
		log_error("%s", error);
		log_warning("the configuration stays as it was");
		return;
	}
	if (switch_config(collector, config) != 0) {
		log_error("%s; the configuration stays as it was", strerror(errno));
		config_free(config);
		return;
	}
	review_privileges(config, before);
	collector->config = config;
	sample_instances(collector); /* a new instance is sampled before it is shown */
	describe_agent(collector);
	supervisor_set_master(collector->supervisor, &master);
	start_samples(collector);
	config_free(before);
	heap_trim(); /* what was built and swapped took memory twice for a moment */
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
		sd_notify_reloading();
		reload(collector);
		sd_notify_ready();
		break;
	default:
		sd_notify_stopping();
		loop_stop(collector->loop);
	}
}

/* Signals come through the loop. The subagent must undo this mask. Before anything else: the first
 * process of a container never gets a SIGTERM that is neither handled nor blocked. */
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
	signal(SIGPIPE, SIG_IGN); /* whoever reads our log may end */
	collector->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return collector->signal_fd < 0 ? -1 : 0;
}

/* Has room for the maximum number of instances; the count says how many there are. */
static struct snapshot_agent *new_agent(void)
{
	struct snapshot_agent head;

	memset(&head, 0, sizeof(head));
	head.base.kind = SNAPSHOT_AGENT;
	head.start_time = clock_wall_ms();
	head.instance_count = SNAPSHOT_INSTANCES_MAX;
	return (struct snapshot_agent *)snapshot_new(&head.base);
}

static int set_up(struct collector *collector, const struct agentx_master *master)
{
	const struct config *config = collector->config;
	const struct instances none = { 0 };
	const struct scan_pacer_listener listener = { look_ended, alarm_look_ended, collector };
	struct namespaces namespaces;

	collector->agent = new_agent();
	if (!collector->agent)
		return -1;
	collector->loop = loop_new();
	if (!collector->loop ||
	    loop_watch(collector->loop, collector->signal_fd, handle_signal, collector) != 0)
		return -1;
	collector->supervisor =
		supervisor_new(collector->loop, master, forget_instances, collector);
	collector->pacer = scan_pacer_new(collector->loop, &listener);
	collector->sample_timer = loop_timer_new(collector->loop, sample, collector);
	collector->alive_timer = loop_timer_new(collector->loop, stay_alive, collector);
	if (!collector->supervisor || !collector->pacer || !collector->sample_timer ||
	    !collector->alive_timer)
		return -1;
	collector->teller.instances = &collector->instances;
	collector->teller.agent = collector->agent;
	supervisor_set_teller(collector->supervisor, &collector->teller);
	if (find_namespaces(collector, config, &namespaces) != 0)
		return -1;
	take_namespaces(collector, &namespaces);
	if (scan_pacer_prepare(collector->pacer, config, namespaces.count + 1) != 0)
		return -1;
	return instances_build(&collector->instances, &none, config, &namespaces);
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

	heap_init();
	if (open_signals(&collector) != 0) {
		log_error("cannot start: %s", strerror(errno));
		goto done;
	}
	if (find_master(&collector, config, &master, error, sizeof(error)) != 0 ||
	    privileges_reduce(config->user, config->namespace_count > 0, error, sizeof(error)) !=
		    0) {
		log_error("%s", error);
		status = 2;
		goto done;
	}
	sandbox_collector(config, options->config_path);
	if (set_up(&collector, &master) != 0) {
		log_error("cannot start: %s", strerror(errno));
		goto done;
	}
	/* sample before the subagent starts, so that the first request finds values */
	sample_instances(&collector);
	describe_agent(&collector);
	supervisor_start(collector.supervisor);
	supervisor_reap(collector.supervisor); /* who ended before the signal was watched */
	start_samples(&collector);
	scan_pacer_start(collector.pacer, collector.instances.list);
	if (sd_notify_alive_interval_ns())
		loop_timer_every(collector.alive_timer, sd_notify_alive_interval_ns());
	tell_status(&collector);
	sd_notify_ready();
	if (loop_run(collector.loop) == 0)
		status = 0;
	else
		log_error("cannot wait for events: %s", strerror(errno));
done:
	supervisor_free(collector.supervisor);
	scan_pacer_free(collector.pacer);
	instances_clear(&collector.instances);
	namespaces_clear(&collector.namespaces);
	loop_free(collector.loop);
	free(collector.agent);
	if (collector.signal_fd >= 0)
		close(collector.signal_fd);
	config_free(collector.config);
	return status;
}
