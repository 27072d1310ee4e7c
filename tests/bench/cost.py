# SPDX-License-Identifier: GPL-2.0-or-later
"""The CPU time of reading the table once, by this agent and by what people use today; and what the default budget gives."""
import collections
import resource
import statistics
import subprocess
import time

from common import a_scan, configure, core_percent, ratio, resident_mib, say
from lab import TOP, bit_watches, mark_of, run_us
from snapshots import wait_for_more, wait_until_exact

FLOOR = "bare receive-and-discard (the floor)"
DEFAULT = "agent, by default"
EVERYTHING = "agent, zones, 64 watches, 100 rows"
WATCHES = "agent, and 64 watches"
TOTALS = "agent, totals alone"
CONNTRACK = "conntrack -L"

UNPACED = "refresh-interval = 3600\ncpu-budget = 100\n"
TOTALS_ALONE = "top = 0\nsource-rising = 0\nnat-rising = 0\nidentities = 0\n"
BITS = 8

# as a script behind snmpd's `extend` does it
AWK = "awk '{ n[$3 \" \" $6]++ } END { for (k in n) print k, n[k] }' /proc/net/nf_conntrack"


def watches(count):
    """Filters of every kind, some of which meet much."""
    kinds = ('protocol = "tcp" destination-port = {n}', 'source = "10.{n}.0.0/16"',
             'protocol = "udp" source-port = {n}',
             'destination = "198.0.{n}.0/24" state = "ESTABLISHED" protocol = "tcp"', "zone = {n}",
             'mark = "{n}/0xff"', 'status = "assured" destination-port = "{n}-2000"',
             'status = "unreplied"')
    return "".join(f'watch "w{n}" {{ index = {n} {kinds[n % len(kinds)].format(n=n)} }}\n'
                   for n in range(1, count + 1))


def children_us(lab, *command):
    """CPU time of a command, user and system, with its output thrown away."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*lab.inside, *command], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e6


def ways_of(lab, large):
    """Of reading the table once; of a large one only what can differ there."""
    everything = UNPACED + "zones = true\ntop = 100\n" + watches(64)
    ways = {
        FLOOR: lambda: int(lab.run(TOP / "build/ctfloor").stdout),
        DEFAULT: lambda: a_scan(lab, UNPACED),
        EVERYTHING: lambda: a_scan(lab, everything),
    }
    if not large:
        ways |= {
            WATCHES: lambda: a_scan(lab, UNPACED + watches(64)),
            TOTALS: lambda: a_scan(lab, UNPACED + TOTALS_ALONE),
            "nfct_query(), counting": lambda: int(lab.run(TOP / "build/ctnfct").stdout),
            CONNTRACK: lambda: children_us(lab, "conntrack", "-L"),
            "awk over /proc/net/nf_conntrack": lambda: children_us(lab, "sh", "-c", AWK),
        }
    return ways


def measure(lab, entries, rounds, large):
    """Medians of the CPU time in microseconds, by what took it."""
    ways = ways_of(lab, large)
    taken = {name: [] for name in ways}
    for _ in range(rounds):
        a_scan(lab, UNPACED)  # not counted: so that the next has identities to compare with
        for name, way in ways.items():
            taken[name].append(way())
    say(f"\n{'reading ' + format(entries, ',') + ' entries, CPU time':<42} {'ms':>10} {'ratio':>7}")
    for name, values in taken.items():
        say(f"{name:<42} {statistics.median(values) / 1000:>10.1f} {ratio(values, taken[FLOOR]):>7.2f}")
    if not large:
        say(f"by default against the floor: {ratio(taken[DEFAULT], taken[FLOOR]):.2f} (target at a million: 1.10), "
            f"against conntrack -L: {ratio(taken[DEFAULT], taken[CONNTRACK]):.2f} (target: 0.70)")
        say(f"64 watches against none: {ratio(taken[WATCHES], taken[DEFAULT]):.2f} (target: under 1.15)")
    a_scan(lab, UNPACED)
    default = resident_mib(lab)
    a_scan(lab, UNPACED + "zones = true\ntop = 100\n" + watches(64))
    say(f"resident, both processes: {default:.1f} MiB by default, {resident_mib(lab):.1f} MiB with everything on "
        "(target: under 16)")
    return {name: statistics.median(values) for name, values in taken.items()}


def measure_nat(lab, entries, rounds):
    """The same if half of the entries have source NAT, each towards another destination: the most work for a sketch."""
    half = entries // 2
    lab.fill(half, "--spread", "--marks", "--remove")
    lab.fill(half, "--spread", "--marks", "--nat-source", "192.0.2.1")
    ways = {name: way for name, way in ways_of(lab, True).items() if name in (FLOOR, DEFAULT)}
    taken = {name: [] for name in ways}
    for _ in range(rounds):
        a_scan(lab, UNPACED)
        for name, way in ways.items():
            taken[name].append(way())
    say(f"{entries:,} entries, half of them with source NAT: {statistics.median(taken[DEFAULT]) / 1000:.1f} ms by default, "
        f"{ratio(taken[DEFAULT], taken[FLOOR]):.2f} of the floor (target: 1.15), {resident_mib(lab):.1f} MiB resident")
    lab.fill(half, "--spread", "--marks", "--remove")
    lab.fill(half, "--spread", "--marks")


def measure_minute(lab, entries):
    """The CPU time of a minute with the default configuration, and the memory after it."""
    configure(lab, "")
    time.sleep(5)
    used, _ = core_percent(lab.agent.pid, lambda: time.sleep(60))
    say(f"a minute with {entries:,} entries and the default configuration: {used:.2f} % of one core (target: 5.50), "
        f"{resident_mib(lab):.1f} MiB resident, both processes (target: under 16)")


def bits_set(entries):
    """How many of the marks of so many entries have each of the watched bits."""
    marks = collections.Counter(mark_of(number) & (1 << BITS) - 1 for number in range(entries))
    return [sum(count for mark, count in marks.items() if mark >> bit & 1) for bit in range(BITS)]


def tell_snapshot(name, snapshot, entries, true):
    worst = max(abs(snapshot.watch(bit + 1) - count) for bit, count in enumerate(true)) * 100 / entries
    say(f"{name:<26} {snapshot.coverage:>4} % read, {snapshot.cpu_us / 1000:>7.1f} ms of CPU time in "
        f"{snapshot.duration:>4.1f} s, margin {snapshot.points:.2f} points; the worst of {BITS} shares of a half was off "
        f"by {worst:.2f} (target: no more than the margin)")


def measure_look(lab, entries):
    """What a snapshot is with the default budget and interval, before the first round has ended."""
    true = bits_set(entries)
    configure(lab, bit_watches(BITS))
    # the second one compares identities, too
    tell_snapshot(f"look at {entries:,}", wait_for_more(lab, 2), entries, true)


def measure_round(lab, entries, floor):
    """From a configuration that needs another reading until a round has ended: then all values are exact."""
    true = bits_set(entries)
    before, began = run_us(lab.agent.pid), time.monotonic()
    configure(lab, bit_watches(BITS))
    wait_for_more(lab, 2)  # the first may have been under way
    if wait_until_exact(lab, 600) is None:
        say("no round ended within ten minutes")
        return
    used = run_us(lab.agent.pid) - before
    say(f"a round at cpu-budget 5, with the looks meanwhile: {used / 1000:.0f} ms, {used / floor:.2f} of the floor, in "
        f"{time.monotonic() - began:.0f} s; it rests after each buffer and wakes with cold caches")
    tell_snapshot("look after it", wait_for_more(lab, 1), entries, true)
