/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An LD_PRELOAD object for tests: libseccomp loads no filter. valgrind makes system calls of its
 * own in the process's name, and maps memory that can be executed. */
#include <seccomp.h>

int seccomp_load(const scmp_filter_ctx context)
{
	(void)context;
	return 0;
}
