# SPDX-License-Identifier: GPL-2.0-or-later
"""What every part of the bench needs: saying, timing, the agent under measurement."""
import itertools
import statistics
import time

from lab import TOP, resident_kib, run_us, wait_for

OUT = TOP / "build/bench"
LARGE = 1000000  # up to this many entries everything is measured
NEVER = float("inf")

lines = []


def say(text=""):
    print(text, flush=True)
    lines.append(text)


def seconds(value):
    return f"{value:.2f}" if value < NEVER else "never"


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def core_percent(pid, during):
    """What a process uses of one core while `during` is called, and what that returns."""
    before, began = run_us(pid), time.monotonic()
    result = during()
    return (run_us(pid) - before) / 1e4 / (time.monotonic() - began), result


def resident_mib(lab):
    """Of both processes together."""
    return (resident_kib(lab.agent.pid) + resident_kib(lab.subagent())) / 1024


def ratio(values, floor):
    """The median of the paired ratios."""
    return statistics.median(value / base for value, base in zip(values, floor))


lengths = itertools.cycle((62, 63))


def configure(lab, text):
    """Writes the configuration and has it read. A scan begins, because it shall gather something else: of IPv6, which is
    not there."""
    lab.configure(f'user = ""\ntop-prefix-ipv6 = {next(lengths)}\n' + text)


def a_scan(lab, config, interval=0.2):
    """One scan with that configuration, from its begin to its end: what the kernel says of the CPU time
    of the process, in microseconds."""
    scans, before = lab.get("nfctSnapshotScans.1"), run_us(lab.agent.pid)
    configure(lab, config)
    wait_for(lambda: lab.get("nfctSnapshotScans.1") > scans, 600, interval)
    return run_us(lab.agent.pid) - before
