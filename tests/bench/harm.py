# SPDX-License-Identifier: GPL-2.0-or-later
"""What forwarded packets feel: round trips through the router, everything pinned to one core."""
import os
import subprocess
import time

from common import configure, percentile, say
from lab import TOP, wait_for
from watcher import Watcher

CORE = "0"
OTHER_CORE = str(os.cpu_count() - 1)
SECONDS = 12        # longer than a refresh-interval
ALARM_SECONDS = 1.1  # before the notification comes, its look has run
BUDGET, UNPACED, ALARM = "looks and rounds at cpu-budget 5", "unpaced scans", "an alarm's look"


class Path:
    """A host on either side of the lab's namespace, which forwards between them."""

    def __init__(self, lab):
        self.lab, self.made, self.server = lab, [], None
        for side, network in (("left", "192.0.2"), ("right", "198.51.100")):
            name = f"{lab.netns}-{side}"
            subprocess.run(["ip", "netns", "add", name], check=True)
            self.made.append(name)
            lab.run("ip", "link", "add", side, "type", "veth", "peer", "name", "eth0", "netns",
                    f"/run/netns/{name}")
            lab.run("ip", "address", "add", f"{network}.1/24", "dev", side)
            lab.run("ip", "link", "set", side, "up")
            self.within(name, "ip", "address", "add", f"{network}.2/24", "dev", "eth0")
            self.within(name, "ip", "link", "set", "eth0", "up")
            self.within(name, "ip", "route", "add", "default", "via", f"{network}.1")
        lab.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")  # of this namespace
        lab.run("nft", "add", "chain", "inet", "lab", "forwarded",
                "{ type filter hook forward priority 0; ct state new accept; }")
        self.server = subprocess.Popen([*self.inside(self.made[1]), "taskset", "-c", CORE,
                                        TOP / "build/udpping", "serve", "7"],
                                       stdout=subprocess.PIPE, text=True)
        assert self.server.stdout.readline() == "ready\n"

    @staticmethod
    def inside(name):
        return ["nsenter", f"--net=/run/netns/{name}"]

    def within(self, name, *command):
        return subprocess.run([*self.inside(name), *map(str, command)], check=True,
                              capture_output=True, text=True).stdout

    def ask(self):
        """(p50, p99, p99.9) in microseconds."""
        out = self.within(self.made[0], "taskset", "-c", CORE, TOP / "build/udpping", "ask",
                          "198.51.100.2", "7", SECONDS)
        return tuple(map(int, out.split()[1:4]))

    def ask_each(self, seconds):
        """Begins; finish() gives [(when, round trip)] in microseconds."""
        return subprocess.Popen([*self.inside(self.made[0]), "taskset", "-c", CORE, TOP / "build/udpping", "ask",
                                 "198.51.100.2", "7", str(seconds), "each"], stdout=subprocess.PIPE, text=True)

    @staticmethod
    def finish(asking):
        out = asking.communicate(timeout=60)[0]
        assert asking.returncode == 0
        return [tuple(map(int, line.split())) for line in out.splitlines()]

    def close(self):
        if self.server:
            self.server.kill()
            self.server.wait()
            self.server.stdout.close()
        for name in self.made:
            subprocess.run(["ip", "netns", "del", name], check=True)


def measure(lab, entries, limit, rounds):
    """(p50, p99, p99.9) by what goes on beside the packets."""
    path = Path(lab)
    taken = {}
    try:
        configure(lab, "refresh-interval = 3600\ncpu-budget = 100\n")
        time.sleep(4)
        taken["idle"] = path.ask()
        pin_agent(lab)
        for budget in (2, 5, 20):
            configure(lab, f"cpu-budget = {budget}\n")
            time.sleep(1.5)
            taken[f"looks and rounds at cpu-budget {budget}"] = path.ask()
        configure(lab, "refresh-interval = 1\ncpu-budget = 100\n")
        time.sleep(1.5)
        taken[UNPACED] = path.ask()
        configure(lab, "refresh-interval = 3600\ncpu-budget = 100\n")
        time.sleep(4)
        taken["conntrack -L, over and over"] = beside_lister(lab, path)
        taken[ALARM] = beside_alarms(lab, path, entries, limit, rounds)
    finally:
        path.close()
    tell(taken)
    return taken


def pin_agent(lab):
    subprocess.run(["taskset", "-a", "-p", "-c", CORE, str(lab.agent.pid)], check=True, stdout=subprocess.DEVNULL)


def beside_lister(lab, path):
    lister = subprocess.Popen([*lab.inside, "taskset", "-c", CORE, "sh", "-c",
                               "while :; do conntrack -L >/dev/null 2>&1; done"],
                              start_new_session=True)
    try:
        time.sleep(0.5)
        return path.ask()
    finally:
        subprocess.run(["kill", "--", f"-{lister.pid}"], check=True)
        lister.wait()


def beside_alarms(lab, path, entries, limit, rounds):
    """All packets of the time in which the alarms' looks ran, with looks and rounds before and after."""
    percent = entries * 100 // limit + 2  # so that without the added ones it is below falling
    more = limit * percent // 100 + 1 - entries
    fill = ["taskset", "-c", OTHER_CORE, TOP / "build/ctfill", more, "--udp", "--spread", "--from", 12000000]
    trips = []
    for _ in range(rounds):
        lab.stop_agent()  # what an alarm's look has found is shared for a minute, but not with another process
        lab.start_agent(f'refresh-interval = 10\nthreshold "bench" {{ rising = {percent} falling = {percent - 1} }}\n',
                        wait=False)
        pin_agent(lab)
        wait_for(lambda: lab.get("nfctSnapshotScans.1"), 600)
        with Watcher(lab) as watcher:
            asking = path.ask_each(4)
            lab.run(*fill)
            came = wait_for(lambda: watcher.first_trap("nfctUtilizationRising"), 10)[0] * 1e6
            each = path.finish(asking)
        trips += [trip for when, trip in each if came - ALARM_SECONDS * 1e6 < when < came]
        lab.run(*fill, "--remove")
    return tuple(percentile(trips, part) for part in (0.5, 0.99, 0.999))


def tell(taken):
    say(f"\n{'forwarded on the same core, microseconds':<42} {'p50':>7} {'p99':>7} {'p99.9':>7}")
    for name, values in taken.items():
        say(f"{name:<42} {values[0]:>7} {values[1]:>7} {values[2]:>7}")
    for name in (BUDGET, ALARM):
        say(f"{name}: p99 {taken[name][1] / taken['idle'][1]:.1f} x idle (target: 2), p99.9 1/"
            f"{taken[UNPACED][2] / taken[name][2]:.0f} of unpaced (target: 1/20)")
