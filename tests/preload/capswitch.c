/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An LD_PRELOAD object for tests: SIGUSR1 takes the process's effective capabilities away, SIGUSR2
 * gives back those that are permitted. So the kernel itself refuses, and later no longer. */
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void switch_capabilities(int signal_number)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) != 0)
		return;
	for (int i = 0; i < 2; i++)
		data[i].effective = signal_number == SIGUSR2 ? data[i].permitted : 0;
	syscall(SYS_capset, &header, data);
}

__attribute__((constructor)) static void install(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = switch_capabilities;
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
}
