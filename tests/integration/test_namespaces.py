# SPDX-License-Identifier: GPL-2.0-or-later
"""Other network namespaces as instances: made, deleted and made again while the agent runs."""
import subprocess
import time
from pathlib import Path

import pytest

from lab import SANITIZED, TOP, wait_for

NET_ADMIN, SYS_ADMIN = 1 << 12, 1 << 21
DEGRADED, RECOVERED = 9, 10
BASE = 'user = ""\nrefresh-interval = 1\ncpu-budget = 100\nnotification-interval = 0\n'


class Namespaces:
    """Network namespaces beside the lab's own, which end with the test."""

    def __init__(self, lab):
        self.lab = lab
        self.made = set()

    def name(self, short):
        return f"{self.lab.netns}-{short}"

    def add(self, short):
        subprocess.run(["ip", "netns", "add", self.name(short)], check=True)
        self.made.add(short)

    def delete(self, short):
        subprocess.run(["ip", "netns", "del", self.name(short)], check=True)
        self.made.discard(short)

    def run(self, short, *command):
        return subprocess.run(["nsenter", f"--net=/run/netns/{self.name(short)}", *map(str, command)],
                              check=True, capture_output=True, text=True, timeout=60).stdout

    def fill(self, short, count, *options):
        return int(self.run(short, TOP / "build/ctfill", count, *options))

    def block(self, short, index):
        return f'namespace "{self.name(short)}" {{ index = {index} }}\n'


@pytest.fixture
def spaces(bare_lab):
    namespaces = Namespaces(bare_lab)
    try:
        yield namespaces
    finally:
        if bare_lab.agent:
            bare_lab.stop_agent()
        for short in list(namespaces.made):
            # conntrack needs something of itself in a namespace before it can be asked to flush
            namespaces.delete(short)


def start(lab, config, **more):
    lab.start_trapd()
    lab.start_snmpd("trap2sink 127.0.0.1:162 public\n", owner="root nogroup")
    lab.start_agent(f"cpu-budget = 100\nnotification-interval = 0\n{config}", **more)


def capabilities(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    raise AssertionError("no CapEff")


def test_each_namespace_has_its_own_figures(bare_lab, spaces):
    lab = bare_lab
    spaces.add("blue")
    spaces.add("red")
    lab.fill(100)
    spaces.fill("blue", 300)
    spaces.fill("red", 20, "--udp", "--spread")
    start(lab, f'{spaces.block("red", 65535)}namespace "/run/netns/{spaces.name("blue")}" {{ index = 2 }}\n'
               'threshold "low" { rising = 1 falling = 0 }\nwatch "udp" { index = 1 protocol = "udp" }\n',
          user="nobody")  # not root: the capability alone is what enters
    wait_for(lambda: lab.entry("1.4.1.7.65535"))
    lab.after_a_scan()
    assert lab.column("1.2.1.2") == {"1": "default", "2": f"/run/netns/{spaces.name('blue')}",
                                     "65535": spaces.name("red")}
    assert lab.column("1.2.1.3") == {"1": 1, "2": 1, "65535": 1}
    assert lab.column("1.2.1.5") == {"1": 100, "2": 300, "65535": 20}
    assert lab.column("1.4.1.5") == {"1": 100, "2": 300, "65535": 20}
    assert lab.entry("1.5.1.4.2.1.6") == 300
    assert lab.entry("1.5.1.4.65535.1.17") == 20
    assert lab.column("1.8.1.8")["2.1.1"] == 300
    assert lab.column("1.10.1.4") == {"1.1": 0, "2.1": 0, "65535.1": 20}
    assert lab.column("1.9.1.2") == {"1.1": "low", "2.1": "low", "65535.1": "low"}
    # a walk goes through every instance of a column before the next one
    walk = list(lab.walk("1.2"))
    assert walk[:3] == ["1.2.1.2.1", "1.2.1.2.2", "1.2.1.2.65535"]
    # each has its own alarms, which name it
    spaces.fill("blue", lab.limit() // 50, "--udp", "--spread")
    wait_for(lambda: len(lab.traps()) == 1)
    number, objects = lab.traps()[0]
    assert number == 1
    assert objects[0][1].startswith(f'conntrack table \\"/run/netns/{spaces.name("blue")}\\" is ')
    assert objects[2][0] == "1.2.1.5.2"
    assert lab.column("1.9.1.5") == {"1.1": 1, "2.1": 2, "65535.1": 1}


def test_a_namespace_comes_and_goes(bare_lab, spaces):
    lab = bare_lab
    start(lab, spaces.block("blue", 7))
    # not there yet: the agent runs, and says so
    wait_for(lambda: lab.entry("1.2.1.3.7") == 3)
    assert lab.entry("1.2.1.4.7") == (f"network namespace /run/netns/{spaces.name('blue')}: "
                                      "there is none of this name")
    assert lab.entry("1.2.1.5.7") is None
    assert lab.entry("1.2.1.3.1") == 1
    wait_for(lambda: [number for number, _ in lab.traps()] == [DEGRADED])

    spaces.add("blue")
    # one end of a pair of devices tells whether the namespace is alive
    lab.run("ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns",
            f"/run/netns/{spaces.name('blue')}")
    spaces.fill("blue", 500)
    wait_for(lambda: lab.entry("1.4.1.5.7") == 500)
    assert lab.entry("1.2.1.3.7") == 1
    assert lab.entry("1.2.1.8.7") == 500
    wait_for(lambda: [number for number, _ in lab.traps()] == [DEGRADED, RECOVERED])
    created, destroyed, scans = (lab.entry(f"1.4.1.{column}.7") for column in (20, 21, 7))

    spaces.delete("blue")
    wait_for(lambda: lab.entry("1.2.1.3.7") == 3)
    assert "there is none of this name" in lab.entry("1.2.1.4.7")
    assert lab.entry("1.2.1.5.7") is None
    # the kernel has freed it: nothing of the agent's holds it
    wait_for(lambda: lab.run("ip", "link", "show", "here", check=False).returncode != 0)
    failures = lab.entry("1.4.1.8.7")
    time.sleep(2.5)
    assert lab.entry("1.4.1.8.7") == failures, "what is not there is not scanned"
    assert lab.entry("1.2.1.3.1") == 1

    spaces.add("blue")
    spaces.fill("blue", 20)
    wait_for(lambda: lab.entry("1.4.1.5.7") == 20)
    assert lab.entry("1.2.1.3.7") == 1
    assert lab.entry("1.2.1.8.7") <= 20, "the peak is the new one's own"
    wait_for(lambda: lab.entry("1.4.1.7.7") >= scans + 3)
    assert lab.entry("1.4.1.20.7") - created in range(21), "entries of two tables were compared"
    assert lab.entry("1.4.1.21.7") == destroyed, "entries of two tables were compared"
    wait_for(lambda: [number for number, _ in lab.traps()] == [DEGRADED, RECOVERED] * 2)


@pytest.mark.parametrize("sample_interval", [1, 60])
def test_a_namespace_replaced_between_two_samples_is_noticed(bare_lab, spaces, sample_interval):
    """Also when it is the next scan that comes upon it, and not the next sample."""
    lab = bare_lab
    spaces.add("blue")
    start(lab, f"sample-interval = {sample_interval}\n" + spaces.block("blue", 2))
    spaces.fill("blue", 500)
    wait_for(lambda: lab.entry("1.4.1.5.2") == 500)
    began = lab.entry("1.2.1.27.2")
    lab.run("ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns",
            f"/run/netns/{spaces.name('blue')}")
    spaces.delete("blue")
    spaces.add("blue")
    spaces.fill("blue", 5)
    wait_for(lambda: lab.entry("1.4.1.5.2") == 5)
    wait_for(lambda: lab.run("ip", "link", "show", "here", check=False).returncode != 0)
    if sample_interval == 1:
        assert lab.entry("1.2.1.8.2") <= 5
        assert lab.entry("1.2.1.27.2") > began


def test_the_capability_is_kept_only_for_a_configured_namespace(bare_lab, spaces):
    lab = bare_lab
    spaces.add("blue")
    start(lab, spaces.block("blue", 2), user="nobody")
    assert capabilities(lab.agent.pid) == NET_ADMIN | SYS_ADMIN
    assert capabilities(lab.subagent()) == 0
    # no block, no capability; and it does not come back without a start
    base = BASE.replace('user = ""', 'user = "nobody"')
    (lab.dir / "agent.conf").chmod(0o644)
    lab.configure(base)
    wait_for(lambda: lab.column("1.2.1.2") == {"1": "default"})
    assert capabilities(lab.agent.pid) == NET_ADMIN
    lab.configure(base + spaces.block("blue", 2))
    wait_for(lambda: lab.entry("1.2.1.3.2") == 3)
    assert "CAP_SYS_ADMIN is needed" in lab.entry("1.2.1.4.2"), "the first thing that is shown"
    assert "restart it" in lab.log()


def test_a_reload_adds_changes_and_removes_and_leaves_the_rest(bare_lab, spaces):
    lab = bare_lab
    spaces.add("blue")
    spaces.add("red")
    start(lab, spaces.block("blue", 2))
    spaces.fill("blue", 700)
    wait_for(lambda: lab.entry("1.2.1.8.2") == 700)
    spaces.run("blue", "conntrack", "-F")
    wait_for(lambda: lab.entry("1.4.1.5.2") == 0)
    scans = lab.entry("1.4.1.7.2")
    lab.configure(BASE + spaces.block("blue", 2) + spaces.block("red", 3))
    wait_for(lambda: lab.entry("1.4.1.7.3"))
    assert lab.entry("1.2.1.8.2") == 700, "what did not change keeps its peak"
    assert lab.entry("1.4.1.7.2") >= scans
    # another index is another row; the old one is gone, in every table
    lab.configure(BASE + spaces.block("blue", 9) + spaces.block("red", 2))
    wait_for(lambda: lab.entry("1.4.1.7.9"))
    assert lab.column("1.2.1.2") == {"1": "default", "2": spaces.name("red"), "9": spaces.name("blue")}
    assert lab.entry("1.2.1.8.2") == 0
    # another name under the same index shows nothing of the one before
    lab.configure(BASE + spaces.block("missing", 9))
    wait_for(lambda: lab.entry("1.2.1.2.9") == spaces.name("missing"))
    assert lab.entry("1.4.1.5.9") is None
    lab.configure(BASE)
    wait_for(lambda: lab.column("1.2.1.2") == {"1": "default"})
    assert not [oid for oid in lab.walk("1") if oid.startswith(("1.4.1.7.9", "1.5.1.4.2."))]
    # and its socket is closed
    lab.run("ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns",
            f"/run/netns/{spaces.name('blue')}")
    spaces.delete("blue")
    wait_for(lambda: lab.run("ip", "link", "show", "here", check=False).returncode != 0)


def test_sixty_four_namespaces(bare_lab, spaces):
    lab = bare_lab
    for i in range(64):
        spaces.add(str(i))
        spaces.fill(str(i), 10 + i)
    start(lab, "refresh-interval = 10\n" + "".join(spaces.block(str(i), 2 + i) for i in range(64)))
    wait_for(lambda: len(lab.column("1.4.1.5")) == 65, 60)
    assert lab.column("1.2.1.5") == {"1": 0, **{str(2 + i): 10 + i for i in range(64)}}
    assert lab.column("1.4.1.5") == {"1": 0, **{str(2 + i): 10 + i for i in range(64)}}
    assert set(lab.column("1.2.1.3").values()) == {1}
    # after the first round the scans are spread over the interval
    before = lab.column("1.4.1.7")
    wait_for(lambda: all(n >= before[key] + 2 for key, n in lab.column("1.4.1.7").items()), 60, 0.5)
    if not SANITIZED:
        ages = sorted(lab.column("1.4.1.2").values())
        assert ages[-1] - ages[0] > 500, f"all were scanned at once: {ages}"
        assert max(ages) < 2000
    # one that changes is seen, whichever it is
    spaces.fill("63", 500, "--udp", "--spread")
    wait_for(lambda: lab.entry("1.2.1.5.65") == 573)
    lab.stop_agent()
