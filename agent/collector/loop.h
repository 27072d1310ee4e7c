/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The collector's event loop: descriptors and timers, one callback at a time. */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;

typedef void loop_callback(void *context);

/* NULL with errno. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Calls `callback` whenever `fd` is readable. The descriptor stays the caller's. -1 with errno. */
int loop_watch(struct loop *loop, int fd, loop_callback *callback, void *context);

/* A timer, not running yet; it belongs to the loop. NULL with errno. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_callback *callback, void *context);

/* Runs it once, after `delay_ns` (0: at once). */
void loop_timer_once(struct loop_timer *timer, uint64_t delay_ns);
/* Runs it at once and then every `interval_ns`; missed runs are not repeated. */
void loop_timer_every(struct loop_timer *timer, uint64_t interval_ns);
void loop_timer_stop(struct loop_timer *timer);

/* Runs until loop_stop(). -1 with errno if waiting fails. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

#endif
