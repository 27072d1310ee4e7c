# SPDX-License-Identifier: GPL-2.0-or-later
"""Namespaces by pattern: instances that come and go with the directory, and leave nothing behind."""
import os
import random
import re
import subprocess
import time
from pathlib import Path

import pytest

from lab import AGENT, SANITIZED, TRAPS, descriptors, resident_kib, run_us, wait_for
from namespaces import Namespaces

BASE = 'user = ""\nrefresh-interval = 1\ncpu-budget = 100\nnotification-interval = 0\n'
FIRST, COUNT = 1000, 5000  # so many that a clash of a few names is rare; where it matters, names are chosen


@pytest.fixture
def spaces(bare_lab):
    with Namespaces(bare_lab) as namespaces:
        yield namespaces
        if bare_lab.agent:
            bare_lab.stop_agent()


def start(lab, config, **more):
    lab.start_trapd()
    lab.start_snmpd(TRAPS, owner="root nogroup")
    lab.start_agent(f"cpu-budget = 100\nnotification-interval = 0\n{config}", **more)


def names(lab):
    """{index: name} of all rows but the agent's own."""
    return {int(index): name for index, name in lab.column("nfctInstanceName").items() if index != "1"}


def wanted(spaces, *shorts):
    return {spaces.index(short, FIRST, COUNT): spaces.name(short) for short in shorts}


def samples(lab):
    """How many seconds two samples take, and some for a busy machine."""
    return 2 + (5 if SANITIZED else 1)


@pytest.mark.quick
def test_rows_come_and_go_with_their_namespaces(bare_lab, spaces):
    lab = bare_lab
    spaces.add("a")
    spaces.fill("a", 30)
    start(lab, spaces.pattern("*", FIRST, COUNT) + spaces.block("own", 2) +
          'threshold "low" { rising = 1 falling = 0 }\n', user="nobody")
    assert names(lab) == {2: spaces.name("own"), **wanted(spaces, "a")}
    index = spaces.index("a", FIRST, COUNT)
    wait_for(lambda: lab.get(f"nfctSnapshotScanned.{index}") == 30)

    spaces.add("b", "own")
    spaces.fill("b", 7)
    wait_for(lambda: names(lab) == {2: spaces.name("own"), **wanted(spaces, "a", "b")}, samples(lab))
    new = spaces.index("b", FIRST, COUNT)
    wait_for(lambda: lab.get(f"nfctSnapshotScanned.{new}") == 7)
    assert lab.get(f"nfctInstanceEntries.{new}") == 7
    assert lab.get("nfctAgentNamespacesLeftOut.0") == 0
    scans = lab.get(f"nfctSnapshotScans.{index}")
    assert scans >= 2, "those that were there go on"

    # a deleted one stays for an hour, unavailable; that is no trouble, but what was raised ends
    spaces.fill("b", lab.limit() // 50, "--udp", "--spread")
    wait_for(lambda: lab.get(f"nfctThresholdState.{new}.1") == 2)
    wait_for(lambda: "nfctUtilizationRising" in lab.told())
    lab.run("ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns",
            f"/run/netns/{spaces.name('b')}")
    spaces.delete("b")
    wait_for(lambda: lab.get(f"nfctInstanceStatus.{new}") == 3, samples(lab))
    wait_for(lambda: lab.run("ip", "link", "show", "here", check=False).returncode != 0)  # the kernel has freed it
    assert lab.get(f"nfctInstanceStatusText.{new}") == "its network namespace was deleted"
    assert lab.get(f"nfctInstanceEntries.{new}") is None
    wait_for(lambda: "nfctUtilizationFalling" in lab.told())
    text = next(rows[0][1] for name, rows in lab.traps() if name == "nfctUtilizationFalling")
    assert text == (f"conntrack table {spaces.name('b')} is no longer checked against the threshold low: "
                    "its network namespace was deleted")
    time.sleep(1.5)
    degraded = [rows[1][1] for name, rows in lab.traps() if name == "nfctInstanceDegraded"]
    assert set(degraded) <= {spaces.name("own")}, "a deleted one is no trouble"

    # the same name again is the same row, and begins anew
    spaces.add("b")
    spaces.fill("b", 3)
    wait_for(lambda: lab.get(f"nfctInstanceEntries.{new}") == 3, samples(lab))
    wait_for(lambda: lab.get(f"nfctSnapshotScanned.{new}") == 3)
    assert lab.get(f"nfctInstancePeakEntries.{new}") == 3
    assert names(lab) == {2: spaces.name("own"), **wanted(spaces, "a", "b")}


def test_the_index_is_the_same_after_a_restart(bare_lab, spaces):
    lab = bare_lab
    # of those that clash, the index is another thing: test_namespaces.c
    by_index = {spaces.index(f"r{i}", FIRST, COUNT): f"r{i}" for i in range(20)}
    shorts = list(by_index.values())[:12]
    config = spaces.pattern("r*", FIRST, COUNT)
    lab.start_snmpd()
    lab.start_agent(BASE + config)
    random.shuffle(shorts)
    for short in shorts:
        spaces.add(short)
        time.sleep(random.random() / 5)
    wait_for(lambda: len(names(lab)) == 12)
    before = names(lab)
    assert before == wanted(spaces, *shorts)
    lab.stop_agent()
    lab.start_agent(BASE + config)
    assert names(lab) == before


def test_more_than_fit_are_told(bare_lab, spaces):
    lab = bare_lab
    for i in range(5):
        spaces.add(f"q{i}")
    lab.start_snmpd()
    lab.start_agent(BASE + spaces.pattern("q*", FIRST, 3))
    assert sorted(names(lab)) == [FIRST, FIRST + 1, FIRST + 2]
    assert set(names(lab).values()) == {spaces.name(f"q{i}") for i in range(3)}, "the first by name"
    assert lab.get("nfctAgentNamespacesLeftOut.0") == 2
    time.sleep(2)
    assert lab.log().count("2 more match a pattern than have a place") == 1
    # the place of a deleted one is given away
    spaces.delete("q1")
    wait_for(lambda: set(names(lab).values()) == {spaces.name(f"q{i}") for i in (0, 2, 3)})
    wait_for(lambda: lab.get("nfctAgentNamespacesLeftOut.0") == 1)
    # a larger range takes them all
    lab.configure(BASE + spaces.pattern("q*", FIRST, 100))
    wait_for(lambda: set(names(lab).values()) == {spaces.name(f"q{i}") for i in (0, 2, 3, 4)})
    wait_for(lambda: lab.get("nfctAgentNamespacesLeftOut.0") == 0)
    # and no pattern, none
    lab.configure(BASE)
    wait_for(lambda: names(lab) == {})


def test_a_directory_by_pattern(bare_lab, spaces):
    """As that of a container engine, which is made when the first container starts; the own namespace is in it, too."""
    lab = bare_lab
    directory = Path(f"/run/{lab.netns}.d")
    lab.start_snmpd()
    lab.start_agent(BASE + f'namespace "{directory}/*" {{ index = {FIRST} count = {COUNT} }}\n')
    assert names(lab) == {}
    made = []
    try:
        spaces.add("x")
        directory.mkdir()
        for name, target in (("default", lab.netns), ("cafe12", spaces.name("x")), (".hidden", spaces.name("x")),
                             ("\033[2J", spaces.name("x"))):
            path = directory / name
            path.touch()
            made.append(path)
            subprocess.run(["mount", "--bind", f"/run/netns/{target}", path], check=True)
        (directory / "empty").touch()
        spaces.fill("x", 11)
        wait_for(lambda: list(names(lab).values()) == ["cafe12"])
        index = next(iter(names(lab)))
        wait_for(lambda: lab.get(f"nfctInstanceEntries.{index}") == 11)
        wait_for(lambda: lab.get("nfctAgentNamespacesLeftOut.0") == 1)
        assert "1 that match a pattern are not shown: " in lab.log()
        assert "\033" not in lab.log()
    finally:
        for path in made:
            subprocess.run(["umount", path], check=False)
            path.unlink()
        (directory / "empty").unlink(missing_ok=True)
        directory.rmdir()
    wait_for(lambda: lab.get(f"nfctInstanceStatus.{index}") == 3)
    assert lab.agent.poll() is None


def test_a_directory_that_a_file_replaces_is_as_good_as_gone(bare_lab, spaces):
    lab = bare_lab
    directory = lab.dir / "ns"
    directory.mkdir()
    spaces.add("x")
    (directory / "x").symlink_to(f"/run/netns/{spaces.name('x')}")
    start(lab, f'namespace "{directory}/*" {{ index = {FIRST} count = 1 }}\n')
    wait_for(lambda: lab.get(f"nfctInstanceStatus.{FIRST}") == 1)
    directory.rename(lab.dir / "aside")
    directory.touch()
    wait_for(lambda: lab.get(f"nfctInstanceStatus.{FIRST}") == 3)
    time.sleep(2)
    assert lab.get(f"nfctInstanceStatusText.{FIRST}") == "its network namespace was deleted"
    directory.unlink()
    (lab.dir / "aside").rename(directory)
    wait_for(lambda: lab.get(f"nfctInstanceStatus.{FIRST}") == 1)
    assert lab.told() == []
    assert "cannot read" not in lab.log()


def test_a_look_at_a_glance_shows_them(bare_lab, spaces):
    lab = bare_lab
    spaces.add("g1", "g2", "other")
    spaces.fill("g1", 5)
    config = lab.dir / "once.conf"
    config.write_text("identities = 0\n" + spaces.pattern("g*", FIRST, COUNT))
    out = lab.run(AGENT, "-1", "-c", config).stdout
    assert set(re.findall(r'^conntrack table "(.*)"$', out, re.M)) == {"default", spaces.name("g1"), spaces.name("g2")}
    assert f'conntrack table "{spaces.name("g1")}"\n  entries       5 of ' in out


def alive_and_held(pid):
    """The namespaces that descriptors of the process lead to, and how many descriptors it has."""
    links = descriptors(pid)
    return {link for link in links.values() if link.startswith("net:")}, len(links)


def witness(lab, spaces, short):
    """One end of a pair of devices, which the kernel removes when it frees the namespace that has the other end."""
    lab.run("ip", "link", "add", f"w-{short}", "type", "veth", "peer", "name", "there", "netns",
            f"/run/netns/{spaces.name(short)}")


def witnessed(lab):
    """The namespaces with a witness that the kernel has not freed, also those that nobody can see any more."""
    return set(re.findall(r" w-(\w+)@", lab.run("ip", "-o", "link", "show", "type", "veth").stdout))


def come_and_go(lab, spaces, standing, rate, seconds, number=0):
    """Each second `rate` namespaces are deleted, and as many new ones made, some with entries. Returns the names that
    stand at the end, and how many were made; `number`: those that were made before."""
    alive = list(standing)
    first = number
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        for _ in range(rate):
            spaces.delete(alive.pop(random.randrange(len(alive))))
            short = f"n{number}"
            number += 1
            spaces.add(short)
            alive.append(short)
        spaces.fill(alive[-1], 20)
        witness(lab, spaces, alive[-1])
        time.sleep(max(0, 1 - (time.monotonic() - began)))
    return alive, number - first


@pytest.mark.heavy
def test_namespaces_that_come_and_go_leave_nothing_behind(bare_lab, spaces):
    """PATTERNS=200/20/600: so many stand, so many come and go each second, for so many seconds."""
    lab = bare_lab
    count, rate, seconds = (int(part) for part in os.environ.get("PATTERNS", "30/5/20").split("/"))
    standing = [f"s{i}" for i in range(count)]
    spaces.add(*standing)
    lab.start_snmpd()
    # so few indexes that rows of deleted ones are soon replaced: what is left behind then would grow
    lab.start_agent(BASE + spaces.pattern("*", FIRST, 2 * count), level="warning")
    wait_for(lambda: len(names(lab)) == count, 30)
    wait_for(lambda: len(lab.column("nfctSnapshotScans")) == count + 1, 60)
    subagent = lab.subagent()
    before = alive_and_held(lab.agent.pid)[1], len(descriptors(subagent))

    def held_now():
        return alive_and_held(lab.agent.pid)[1], len(descriptors(subagent))

    def memory_now():
        return resident_kib(lab.agent.pid), resident_kib(subagent)

    began = memory_now(), run_us(lab.agent.pid), run_us(subagent), time.monotonic()
    alive, number = come_and_go(lab, spaces, standing, rate, seconds / 2)
    middle = memory_now()
    alive, more = come_and_go(lab, spaces, alive, rate, seconds / 2, number)
    number += more
    took = time.monotonic() - began[3]
    load = [(run_us(pid) - us) / took / 1e4 for pid, us in ((lab.agent.pid, began[1]), (subagent, began[2]))]
    shown = {spaces.name(short) for short in alive}

    def status():
        rows = lab.column("nfctInstanceStatus")
        return {name for index, name in names(lab).items() if rows.get(str(index)) == 1}

    wait_for(lambda: status() == shown, 20)
    assert lab.get("nfctAgentNamespacesLeftOut.0") == 0
    # at any moment one more may be open, of a file that is being read
    after = min(held_now() for _ in range(20) if not time.sleep(0.1))
    print(f"{number} came and went in {took:.0f} s; descriptors {before} -> {after}; rows {len(names(lab))}; KiB "
          f"{began[0]} -> {middle} -> {memory_now()}; percent of a core {load[0]:.1f} {load[1]:.1f}")
    assert after == before, f"descriptors: expected {before}, got {after}"
    assert lab.subagent() == subagent and lab.get("nfctAgentMasterConnects.0") == 1
    # nobody holds a deleted namespace: lsns sees those that are held by a descriptor or a process
    inodes = {os.stat(f"/run/netns/{name}").st_ino for name in shown}
    inodes.add(os.stat(f"/run/netns/{lab.netns}").st_ino)
    for link in alive_and_held(lab.agent.pid)[0]:
        assert int(link[5:-1]) in inodes, f"the agent holds {link}"
    # the rows of deleted ones need some memory, but there are not more of them than in the middle
    for then, now in zip(middle, memory_now()):
        assert SANITIZED or now < then + 1024, f"memory grew from {then} to {now} KiB"
    wait_for(lambda: witnessed(lab) <= set(alive), 30)  # the kernel has freed those that went
    assert witnessed(lab), "there was no witness"
    for short in list(spaces.made):
        spaces.delete(short)
    wait_for(lambda: status() == set(), 20)
    wait_for(lambda: witnessed(lab) == set(), 30)
    held = alive_and_held(lab.agent.pid)
    assert held[0] <= {f"net:[{os.stat(f'/run/netns/{lab.netns}').st_ino}]"}, held
    assert held[1] <= before[0] - 2 * count, f"each had a socket and a way home: {held[1]} of {before[0]} are left"
