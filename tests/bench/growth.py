# SPDX-License-Identifier: GPL-2.0-or-later
"""Do the values hold while the table changes: a source whose entries stay the same among many that come. A value that was
read over seconds and scaled by a later count is too high then."""
import math
import statistics

from common import say
from lab import begin, wait_for
from snapshots import snapshots, wait_until_exact
from watcher import Watcher

SOURCE = "172.16.0.9"
CONSTANT, STANDING, RATE, SECONDS = 60000, 300000, 6000, 60
HELD = 5.5  # percent of the limit that the source holds; the alarm is at 6
CONFIG = ("refresh-interval = 10\nsource-rising = 6\nsource-falling = 5\n"
          f'watch "constant" {{ index = 1 source = "{SOURCE}/32" }}\n')


def measure(lab, host, rounds):
    """On an empty table."""
    # the limit is never lower than it was found
    constant = max(CONSTANT, math.ceil(host.limit_before * HELD / 100))
    limit = host.set_limit(math.ceil(constant * 100 / HELD))
    say(f"\na source of {constant:,} entries, {constant * 100 / limit:.2f} % of the limit, among {STANDING:,} others "
        f"and {RATE:,} new ones a second")
    for name, options in (("which stay", ["--keep"]), ("and as many that go", [])):
        tell(name, [one_minute(lab, constant, options) for _ in range(max(1, rounds // 2))])
    lab.run("conntrack", "-F")


def one_minute(lab, constant, options):
    """[(error and margin in entries, margin in percentage points, coverage)] of each snapshot, and the alarms' number."""
    lab.run("conntrack", "-F")
    lab.stop_agent()
    lab.fill(constant, "--source", SOURCE)
    generator = lab.churn(STANDING, RATE, SECONDS, "--spread", *options)
    lab.start_agent(CONFIG, wait=False)
    wait_for(lambda: lab.get("nfctSnapshotScans.1"), 120)
    wait_until_exact(lab, 120)
    found = []
    with Watcher(lab) as watcher:
        begin(generator)
        for snapshot in snapshots(lab, SECONDS + 12):
            found.append((abs(snapshot.watch(1) - constant), snapshot.margin, snapshot.points, snapshot.coverage))
        alarms = [name for _, name, _ in watcher.traps if name == "nfctSourceRising"]
    made, took = map(int, generator.communicate(timeout=60)[0].split())
    assert made == RATE * SECONDS, f"the generator made {made} entries in {took} ms"
    return found, len(alarms)


def tell(name, minutes):
    found = [one for of_minute, _ in minutes for one in of_minute]
    beyond = sum(error > margin for error, margin, _, _ in found)
    error, margin, points, coverage = max(found, key=lambda one: one[0] / one[1])
    say(f"{name}: {len(found)} snapshots, {beyond} beyond the margin (target: 0), {sum(alarms for _, alarms in minutes)} "
        "false alarms (target: 0)")
    say(f"  the worst: off by {error:,}, the margin {margin:,.0f} ({points:.2f} points), {coverage} % read; median margin "
        f"{statistics.median(one[2] for one in found):.2f} points")
