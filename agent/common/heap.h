/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What glibc's allocator must be told; others (musl) return a large block to the kernel by
 * themselves. */
#ifndef HEAP_H
#define HEAP_H

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define HEAP_LARGE_BLOCK (16 * 1024)

/* A large block must go back to the kernel when it is freed. By default glibc stops that after the
 * first one, and would keep what a scan needs for a moment. Large means the identities of some
 * thousand entries: their size differs from scan to scan, and they would fragment the heap by a few
 * MiB an hour. */
static inline void heap_init(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, HEAP_LARGE_BLOCK);
#endif
}

/* Returns what is free to the kernel. */
static inline void heap_trim(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

#endif
