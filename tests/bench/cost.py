# SPDX-License-Identifier: GPL-2.0-or-later
"""The CPU time of reading the table once: this agent in its modes, and what people use today."""
import resource
import statistics
import subprocess
import time

from common import a_scan, configure, core_percent, ratio, resident_mib, say
from lab import TOP, bit_watches, mark_of

FLOOR = "bare receive-and-discard (the floor)"
DEFAULT = "agent, by default"
EVERYTHING = "agent, zones, 64 watches, 100 rows"
WATCHES = "agent, and 64 watches"
TOTALS = "agent, totals alone"
CONNTRACK = "conntrack -L"

UNPACED = "refresh-interval = 3600\ncpu-budget = 100\n"
TOTALS_ALONE = "top = 0\nsource-rising = 0\nidentities = 0\n"
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


def measure_minute(lab):
    """The CPU time of a minute without a rest between scans."""
    configure(lab, "refresh-interval = 1\n")
    time.sleep(2)
    used, _ = core_percent(lab.agent.pid, lambda: time.sleep(60))
    say(f"a minute of scans at cpu-budget 5: {used:.2f} % of one core (target: 5.50)")


def measure_paced(lab, entries, floor):
    """At the default budget: an exact scan, and one that ends with its interval's budget."""
    exact = a_scan(lab, "refresh-interval = 3600\n", 2)
    say("\nat cpu-budget 5, which rests after each buffer and wakes with cold caches:")
    say(f"exact scan               {exact / 1000:>10.1f} ms {exact / floor:>7.2f} of the floor, in "
        f"{lab.get('nfctSnapshotDuration.1') / 1000:.1f} s")
    for interval in (5, 30):
        measure_sample(lab, entries, floor, interval)
    configure(lab, "refresh-interval = 3600\n")


def measure_sample(lab, entries, floor, interval):
    config = f'scan = "sample"\nrefresh-interval = {interval}\n' + bit_watches(BITS)
    a_scan(lab, config)
    sample = a_scan(lab, config)  # the second one compares identities, too
    walk = lab.walk("nfctSnapshotTable") | lab.walk("nfctWatchEntries")
    marks = [mark_of(number) for number in range(entries)]
    worst = max(abs(walk[f"nfctWatchEntries.1.{bit + 1}"] - sum(mark >> bit & 1 for mark in marks))
                for bit in range(BITS)) * 100 / entries
    say(f"sampled, every {interval:>2} s      {sample / 1000:>10.1f} ms {sample / floor:>7.2f} of the floor "
        f"(target at 5 s: 0.20), {walk['nfctSnapshotCoverage.1']} % of the entries")
    say(f"  the worst of {BITS} shares of a half was off by {worst:.2f} percentage points (target: 0.5), the margin "
        f"was {walk['nfctSnapshotMargin.1'] / 100:.2f}")
