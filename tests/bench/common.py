# SPDX-License-Identifier: GPL-2.0-or-later
"""What every part of the bench needs: saying, timing, the agent under measurement."""
import statistics
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
OUT = TOP / "build/bench"
sys.path.insert(0, str(TOP / "tests/integration"))
from lab import Lab, bit_watches, mark_of, resident_kib, wait_for  # noqa: E402, F401

lines = []


def say(text=""):
    print(text, flush=True)
    lines.append(text)


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def run_us(pid):
    """Microseconds that a process has run, user and system, as the kernel counts them (schedstat)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1000


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


def configure(lab, text):
    """Writes the configuration and has it read; the reload makes a scan begin."""
    lab.configure('user = ""\n' + text)


def a_scan(lab, config, interval=0.2):
    """One scan with that configuration, from its begin to its end: what the kernel says of the CPU time
    of the process, in microseconds."""
    scans, before = lab.entry("1.4.1.7.1"), run_us(lab.agent.pid)
    configure(lab, config)
    wait_for(lambda: lab.entry("1.4.1.7.1") > scans, 600, interval)
    return run_us(lab.agent.pid) - before
