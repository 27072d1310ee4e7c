/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/clock.h"

struct loop_source {
	struct loop_source *next;
	int fd;
	bool is_timer, is_periodic;
	bool is_due; /* a timer without delay: runs before the loop waits again */
	loop_callback *callback;
	void *context;
};

struct loop_timer {
	struct loop_source source;
	struct loop *loop;
};

struct loop {
	int epoll;
	bool stopped;
	size_t due_count;
	struct loop_source *sources;
};

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	while (loop->sources) {
		struct loop_source *source = loop->sources;

		loop->sources = source->next;
		if (source->is_timer)
			close(source->fd);
		free(source);
	}
	close(loop->epoll);
	free(loop);
}

static struct loop_source *loop_add(struct loop *loop, int fd, uint32_t events,
				    loop_callback *callback, void *context)
{
	struct loop_source *source = calloc(1, sizeof(struct loop_timer));
	struct epoll_event event = { .events = events, .data.ptr = source };

	if (!source)
		return NULL;
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
		free(source);
		return NULL;
	}
	source->fd = fd;
	source->callback = callback;
	source->context = context;
	source->next = loop->sources;
	loop->sources = source;
	return source;
}

int loop_watch(struct loop *loop, int fd, loop_callback *callback, void *context)
{
	return loop_add(loop, fd, EPOLLIN, callback, context) ? 0 : -1;
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_callback *callback, void *context)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct loop_source *source;

	if (fd < 0)
		return NULL;
	/* edge-triggered: an expiration is reported once even if it is not read, which saves a scan
	 * one call per step */
	source = loop_add(loop, fd, EPOLLIN | EPOLLET, callback, context);
	if (!source) {
		close(fd);
		return NULL;
	}
	source->is_timer = true;
	((struct loop_timer *)source)->loop = loop;
	return (struct loop_timer *)source;
}

static void set_due(struct loop *loop, struct loop_source *source, bool is_due)
{
	if (source->is_due == is_due)
		return;
	source->is_due = is_due;
	loop->due_count = is_due ? loop->due_count + 1 : loop->due_count - 1;
}

static void timer_set(struct loop_timer *timer, uint64_t delay_ns, uint64_t interval_ns)
{
	struct itimerspec when = {
		.it_value = { (time_t)(delay_ns / NS_PER_S), (long)(delay_ns % NS_PER_S) },
		.it_interval = { (time_t)(interval_ns / NS_PER_S), (long)(interval_ns % NS_PER_S) },
	};

	set_due(timer->loop, &timer->source, false);
	timer->source.is_periodic = interval_ns > 0;
	/* fails only for a wrong descriptor or time; both are right here */
	timerfd_settime(timer->source.fd, 0, &when, NULL);
}

void loop_timer_once(struct loop_timer *timer, uint64_t delay_ns)
{
	timer_set(timer, delay_ns, 0); /* a delay of 0 stops the kernel's timer */
	set_due(timer->loop, &timer->source, delay_ns == 0);
}

void loop_timer_every(struct loop_timer *timer, uint64_t interval_ns)
{
	timer_set(timer, 1, interval_ns);
}

void loop_timer_stop(struct loop_timer *timer)
{
	timer_set(timer, 0, 0);
}

/* Runs the callbacks of what is ready, one at a time: the kernel returns ready descriptors in turn.
 */
static int run_ready(struct loop *loop)
{
	struct epoll_event event;
	struct loop_source *source;
	uint64_t expirations;
	int count = epoll_wait(loop->epoll, &event, 1, loop->due_count ? 0 : -1);

	if (count < 0 && errno != EINTR)
		return -1;
	if (count <= 0)
		return 0;
	source = event.data.ptr;
	/* the kernel starts a periodic timer again only when it is read */
	if (source->is_periodic &&
	    read(source->fd, &expirations, sizeof(expirations)) != sizeof(expirations))
		return 0;
	source->callback(source->context);
	return 0;
}

static void run_due(struct loop *loop)
{
	struct loop_source *source = loop->sources;

	while (source && !source->is_due)
		source = source->next;
	if (!source)
		return;
	set_due(loop, source, false);
	source->callback(source->context);
}

int loop_run(struct loop *loop)
{
	loop->stopped = false;
	while (!loop->stopped) {
		if (run_ready(loop) != 0)
			return -1;
		if (loop->due_count && !loop->stopped)
			run_due(loop);
	}
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}
