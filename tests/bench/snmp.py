# SPDX-License-Identifier: GPL-2.0-or-later
"""How long the asking and the telling take: GETs, and from a crossing to snmptrapd."""
import socket
import statistics
import threading
import time

import ber
import mib
from common import configure, core_percent, percentile, ratio, say
from lab import TOP, enter, wait_for


def round_trips(seconds, netns):
    """Of GETs, one after the other, in microseconds."""
    found = []

    def ask():
        enter(netns)  # this thread alone
        name = ber.encode_oid(mib.numbers("nfctInstanceEntries.1"))
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.settimeout(5)
        client.connect(("127.0.0.1", 161))
        end = time.monotonic() + seconds
        number = 1
        while time.monotonic() < end:
            before = time.perf_counter()
            client.send(ber.message(ber.GET, [name], request=number))
            client.recv(1500)
            found.append((time.perf_counter() - before) * 1e6)
            number += 1
            time.sleep(0.002)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return found


def measure_get(lab, rounds):
    """Without a scan, and while looks and rounds go on: in turn, because what else the machine does changes."""
    idle, busy, used = [], [], []
    for _ in range(rounds):
        configure(lab, "refresh-interval = 3600\ncpu-budget = 100\n")
        time.sleep(4)
        idle.append(round_trips(10, lab.netns))
        configure(lab, "")
        time.sleep(1)
        percent, trips = core_percent(lab.agent.pid, lambda: round_trips(12, lab.netns))
        used.append(percent)
        busy.append(trips)
    say(f"\n{'GET round trip, microseconds':<42} {'p50':>7} {'p99':>7}")
    for name, runs in (("no scan", idle), ("looks and rounds at cpu-budget 5", busy)):
        say(f"{name:<42} {median_of(runs, 0.5):>7.0f} {median_of(runs, 0.99):>7.0f}")
    say(f"p99 {ratio([percentile(run, 0.99) for run in busy], [percentile(run, 0.99) for run in idle]):.2f} x idle "
        f"(target: 1.25); collector meanwhile: {statistics.median(used):.2f} % of one core")


def median_of(runs, part):
    return statistics.median(percentile(run, part) for run in runs)


def measure_trap(lab, entries, limit, times=5):
    """Entries past a threshold, by a percent of the limit, while the table is scanned. The first waits for its own look;
    the others share that."""
    percent = entries * 100 // limit + 2  # so that without the added ones it is below falling
    configure(lab, "refresh-interval = 1\nnotification-interval = 0\n"
              f'threshold "bench" {{ rising = {percent} falling = {percent - 1} }}\n')
    wait_for(lambda: lab.get("nfctThresholdName.1.1") == "bench")
    more = limit * percent // 100 + 1 - entries
    took = []
    for _ in range(times):
        told = len(lab.told())
        lab.run(TOP / "build/ctfill", more, "--udp", "--spread", "--from", 12000000)
        crossed = time.monotonic()
        wait_for(lambda: len(lab.told()) > told, 10, 0.01)
        took.append(time.monotonic() - crossed)
        lab.run(TOP / "build/ctfill", more, "--udp", "--spread", "--from", 12000000, "--remove")
        wait_for(lambda: len(lab.told()) > told + 1, 10, 0.05)
    say(f"trap, from the crossing to snmptrapd's log: {min(took):.2f} to {max(took):.2f} s (target: 2.5)")
