# SPDX-License-Identifier: GPL-2.0-or-later
"""run_filtered.py UNIT COMMAND...: runs a command under the system calls that a systemd unit allows.

Another call ends it by SIGSYS, as with systemd.
"""
import os
import subprocess
import sys

import seccomp


def expand(name, groups):
    if not name.startswith("@"):
        return {name}
    return set().union(*(expand(member, groups) for member in groups[name]))


def read_groups():
    groups, members = {}, None
    for line in subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter"], check=True, text=True,
                               capture_output=True).stdout.splitlines():
        word = line.strip()
        if line.startswith("@"):
            members = groups.setdefault(word, [])
        elif members is not None and word and not word.startswith("#"):
            members.append(word)
    return groups


def allowed(unit):
    groups, names = read_groups(), set()
    for line in open(unit):
        key, _, value = line.strip().partition("=")
        if key == "SystemCallFilter":
            listed = set().union(*(expand(name, groups) for name in value.lstrip("~").split()))
            names = names - listed if value.startswith("~") else names | listed
    return names | expand("@default", groups) | {"execve"}


filter_ = seccomp.SyscallFilter(seccomp.KILL_PROCESS)
for call in allowed(sys.argv[1]):
    try:
        filter_.add_rule(seccomp.ALLOW, call)
    except (RuntimeError, ValueError):
        pass  # of another architecture, or newer than the library
filter_.load()
os.execv(sys.argv[2], sys.argv[2:])
