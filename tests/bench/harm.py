# SPDX-License-Identifier: GPL-2.0-or-later
"""What forwarded packets feel: round trips through the router, everything pinned to one core."""
import subprocess
import time

from common import configure, say
from lab import TOP

CORE = "0"
SECONDS = 12


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

    def close(self):
        if self.server:
            self.server.kill()
            self.server.wait()
            self.server.stdout.close()
        for name in self.made:
            subprocess.run(["ip", "netns", "del", name], check=True)


def measure(lab):
    """(p50, p99, p99.9) by what goes on beside the packets."""
    path = Path(lab)
    taken = {}
    try:
        configure(lab, "refresh-interval = 3600\ncpu-budget = 100\n")
        time.sleep(4)
        taken["idle"] = path.ask()
        subprocess.run(["taskset", "-a", "-p", "-c", CORE, str(lab.agent.pid)], check=True,
                       stdout=subprocess.DEVNULL)
        for budget in (2, 5, 20, 100):
            configure(lab, f"refresh-interval = 1\ncpu-budget = {budget}\n")
            time.sleep(1.5)
            name = "unpaced scans" if budget == 100 else f"scan at cpu-budget {budget}"
            taken[name] = path.ask()
        configure(lab, "refresh-interval = 3600\ncpu-budget = 100\n")
        time.sleep(4)
        lister = subprocess.Popen([*lab.inside, "taskset", "-c", CORE, "sh", "-c",
                                   "while :; do conntrack -L >/dev/null 2>&1; done"],
                                  start_new_session=True)
        try:
            time.sleep(0.5)
            taken["conntrack -L, over and over"] = path.ask()
        finally:
            subprocess.run(["kill", "--", f"-{lister.pid}"], check=True)
            lister.wait()
    finally:
        path.close()
    say(f"\n{'forwarded on the same core, microseconds':<42} {'p50':>7} {'p99':>7} {'p99.9':>7}")
    for name, values in taken.items():
        say(f"{name:<42} {values[0]:>7} {values[1]:>7} {values[2]:>7}")
    say(f"at cpu-budget 5: p99 {taken['scan at cpu-budget 5'][1] / taken['idle'][1]:.1f} x idle (target: 2), p99.9 1/"
        f"{taken['unpaced scans'][2] / taken['scan at cpu-budget 5'][2]:.0f} of unpaced (target: 1/20)")
    return taken
