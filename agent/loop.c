/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct loop_source {
	struct loop_source *next;
	int fd;
	bool is_timer, is_periodic;
	loop_callback *callback;
	void *context;
};

struct loop_timer {
	struct loop_source source;
};

struct loop {
	int epoll;
	bool stopped;
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
	/* by edges, an expiration is told once, read or not: a scan saves a call for each step */
	source = loop_add(loop, fd, EPOLLIN | EPOLLET, callback, context);
	if (!source) {
		close(fd);
		return NULL;
	}
	source->is_timer = true;
	return (struct loop_timer *)source;
}

static void timer_set(struct loop_timer *timer, uint64_t delay_ns, uint64_t interval_ns)
{
	struct itimerspec when = {
		.it_value = { (time_t)(delay_ns / 1000000000), (long)(delay_ns % 1000000000) },
		.it_interval = { (time_t)(interval_ns / 1000000000),
				 (long)(interval_ns % 1000000000) },
	};

	timer->source.is_periodic = interval_ns > 0;
	/* fails only for a wrong descriptor or time, neither of which can be here */
	timerfd_settime(timer->source.fd, 0, &when, NULL);
}

void loop_timer_once(struct loop_timer *timer, uint64_t delay_ns)
{
	timer_set(timer, delay_ns ? delay_ns : 1, 0); /* 0 would stop it */
}

void loop_timer_every(struct loop_timer *timer, uint64_t interval_ns)
{
	timer_set(timer, 1, interval_ns);
}

void loop_timer_stop(struct loop_timer *timer)
{
	timer_set(timer, 0, 0);
}

int loop_run(struct loop *loop)
{
	loop->stopped = false;
	while (!loop->stopped) {
		struct epoll_event event;
		struct loop_source *source;
		uint64_t expirations;
		/* one at a time: the kernel takes ready descriptors in turn */
		int count = epoll_wait(loop->epoll, &event, 1, -1);

		if (count < 0 && errno != EINTR)
			return -1;
		if (count <= 0)
			continue;
		source = event.data.ptr;
		/* the kernel starts a periodic timer again only when it is read */
		if (source->is_periodic &&
		    read(source->fd, &expirations, sizeof(expirations)) != sizeof(expirations))
			continue;
		source->callback(source->context);
	}
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}
