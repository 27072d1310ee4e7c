/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole numbers under /proc/sys, as this network namespace has them. */
#ifndef SYSCTL_H
#define SYSCTL_H

#include <stdbool.h>
#include <stdint.h>

/* `name` with slashes, "net/netfilter/nf_conntrack_buckets". False if the kernel has no such number
 * or does not show it; `*value` is unchanged then. */
bool sysctl_read_u32(const char *name, uint32_t *value);

#endif
