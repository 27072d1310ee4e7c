# SPDX-License-Identifier: GPL-2.0-or-later
"""What breaks around the agent: masters, sockets, processes, limits. After each the values are right again, nothing
has leaked, and alarms have neither been lost nor doubled."""
import datetime
import os
import random
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import AGENT, SANITIZED, TOP, TRAPS, descriptors, held, process_gone, status, wait_for

RISING, FALLING = "nfctUtilizationRising", "nfctUtilizationFalling"
LOW = 'user = ""\nrefresh-interval = 1\nnotification-interval = 0\nthreshold "low" { rising = 1 falling = 0 }\n'


def alarms(lab):
    """The notifications of thresholds, in the order in which they came."""
    return [name for name in lab.told() if name in (RISING, FALLING)]


def check_values(lab):
    """Right again: what the agent says is what conntrack says."""
    wait_for(lambda: lab.get("nfctInstanceEntries.1") == int(lab.run("conntrack", "-C").stdout), 15)
    wait_for(lambda: lab.get("nfctInstanceStatus.1") == 1)
    lab.after_a_scan()
    wait_for(lambda: lab.get("nfctSnapshotScanned.1") == int(lab.run("conntrack", "-C").stdout), 10)


def check_nothing_grew(lab, before):
    """Of the collector; the subagent may be another one by now."""
    # a scan has one of its own while it runs, which is always where its budget just suffices
    try:
        wait_for(lambda: held(lab.agent.pid)[1] <= before[1] + 1, 15)
    except AssertionError as error:
        raise AssertionError(f"{before[1]} descriptors before, now {descriptors(lab.agent.pid)}") from error
    resident = held(lab.agent.pid)[0]
    if not SANITIZED:  # whose quarantine grows
        assert resident <= before[0] + 1024, f"resident memory grew from {before[0]} to {resident} KiB"


def test_fifty_masters_one_after_the_other(lab):
    lab.fill(100)
    lab.after_a_scan()
    before = held(lab.agent.pid)
    for number in range(50):
        lab.stop_snmpd(random.Random(number).choice((signal.SIGKILL, signal.SIGTERM)))
        lab.start_snmpd()
        if number % 10 == 9:
            wait_for(lambda: lab.get("nfctInstanceEntries.1") is not None, 15)
    wait_for(lambda: lab.get("nfctInstanceEntries.1") is not None, 15)
    check_values(lab)
    check_nothing_grew(lab, before)


@pytest.mark.parametrize("kind, count", [("closes", 10), ("garbage", 10), ("silent", 3), ("pdus", 100000)])
def test_a_master_that_misbehaves(bare_lab, kind, count):
    lab = bare_lab
    # libnetsnmp itself loses 110 octets at each attempt that the master cuts short
    lab.env["ASAN_OPTIONS"] = lab.env["ASAN_OPTIONS"].replace("detect_leaks=1", "detect_leaks=0")
    lab.start_snmpd()
    lab.start_agent()
    lab.fill(100)
    lab.after_a_scan()
    before = held(lab.agent.pid)
    lab.stop_snmpd()
    (lab.dir / "master").unlink(missing_ok=True)
    master = lab.spawn(sys.executable, TOP / "tests/integration/fake_master.py", lab.dir / "master", kind, count, 1,
                       stdout=subprocess.PIPE, log=lab.dir / "fake.log")
    assert master.stdout.readline() == "ready\n"
    os.set_blocking(master.stdout.fileno(), False)
    sent = wait_for(lambda: master.stdout.readline().strip(), 120, 0.2)
    assert int(sent) >= count
    master.kill()
    master.wait()
    assert lab.agent.poll() is None
    lab.start_snmpd()
    wait_for(lambda: lab.get("nfctInstanceEntries.1") is not None, 30)
    check_values(lab)
    check_nothing_grew(lab, before)


def test_a_socket_that_comes_late_and_closed(bare_lab):
    """No directory, then one without a socket, then a socket that the agent may not open, then one that it may."""
    lab = bare_lab
    (lab.dir / "agent.conf").write_text('user = "nobody"\nrefresh-interval = 1\n')
    lab.agent = lab.spawn(AGENT, "-c", lab.dir / "agent.conf", "-x", lab.dir / "later/master", "-l", "debug",
                          log=lab.agent_log)
    wait_for(lambda: "no AgentX master at" in lab.log())
    (lab.dir / "later").symlink_to(lab.dir)
    time.sleep(2)
    lab.start_snmpd(owner="root root")
    time.sleep(3)
    assert lab.get("nfctInstanceEntries.1") is None
    (lab.dir / "master").chmod(0o666)
    wait_for(lambda: lab.get("nfctInstanceEntries.1") is not None, 20)


def test_alarms_alternate_whatever_is_killed(trap_lab):
    """A model: at snmptrapd rising and falling alternate, and end with the state that is. Only one that was under way
    when its subagent died may come twice."""
    lab = trap_lab
    chance = random.Random(6)
    lab.configure(LOW)
    wait_for(lambda: lab.get("nfctThresholdName.1.1") == "low")
    some, full = lab.limit() // 50, False
    before, killed = held(lab.agent.pid), 6
    for _ in range(killed):
        if full:
            lab.run("conntrack", "-F")
        else:
            lab.fill(some)
        full = not full
        time.sleep(chance.random() * 1.5)
        # one that dies again and again is waited for longer and longer
        wait_for(lab.subagent_or_none, 60)
        os.kill(lab.subagent(), chance.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGABRT)))
        time.sleep(chance.random() * 1.5)
    if not full:
        lab.fill(some)
    wait_for(lambda: lab.get("nfctThresholdState.1.1") == 2, 60)
    wait_for(lambda: lab.told()[-1:] == [RISING], 60)
    time.sleep(2)
    told = lab.told()
    assert told[-1] == RISING, told
    twice = sum(one == other for one, other in zip(told, told[1:]))
    assert twice <= killed, told
    assert lab.get("nfctThresholdTransitions.1.1") % 2 == 1
    check_values(lab)
    check_nothing_grew(lab, before)


def test_a_table_that_is_flushed_while_it_is_read(lab):
    lab.fill(60000)
    for _ in range(5):
        scans = lab.get("nfctSnapshotScans.1")
        lab.configure('user = ""\nrefresh-interval = 1\ncpu-budget = 2\n')
        time.sleep(0.3)
        lab.run("conntrack", "-F")
        wait_for(lambda: lab.get("nfctSnapshotScans.1") > scans, 40)
        lab.fill(10000)
    lab.configure('user = ""\nrefresh-interval = 1\n')
    check_values(lab)
    assert lab.get("nfctSnapshotFailures.1") == 0, "a scan has failed"


@pytest.mark.parametrize("fault", ["eintr", "enobufs", "resize"])
def test_netlink_at_its_worst(trap_lab, fault):
    """The table is at rest: what comes and goes while reads fail is an invention, and must not outlast them."""
    lab = trap_lab
    lab.stop_agent()
    lab.start_agent('threshold "low" { rising = 1 falling = 0 }\ncpu-budget = 100\n',
                    prefix=("env", f"LD_PRELOAD={TOP}/build/netlinkfault.so", f"NETLINK_FAULT={fault}"))
    lab.fill(20000)
    wait_for(lambda: alarms(lab) == [RISING])
    lab.after_a_scan()
    before = held(lab.agent.pid)
    lab.agent.send_signal(signal.SIGUSR1)
    time.sleep(5)
    assert lab.get("nfctThresholdState.1.1") == 2, "the alarm has changed its state"
    if fault == "eintr":
        assert lab.get("nfctSnapshotFailures.1") == 0, "a scan has failed"
    if fault == "resize":
        assert lab.get("nfctSnapshotScanned.1") != 20000, "nothing was injected"
    lab.agent.send_signal(signal.SIGUSR2)
    check_values(lab)
    lab.after_a_scan()
    created, destroyed = lab.get("nfctSnapshotCreated.1"), lab.get("nfctSnapshotDestroyed.1")
    lab.after_a_scan()
    assert (lab.get("nfctSnapshotCreated.1"), lab.get("nfctSnapshotDestroyed.1")) == (created, destroyed)
    if fault != "resize":
        # of 20,000, two share an identity now and then, and count as one
        assert 19995 <= created <= 20000 and destroyed == 0
    assert alarms(lab) == [RISING]
    check_nothing_grew(lab, before)


def test_the_clock_is_set(trap_lab):
    """Ages, intervals and alarms go by a clock that nobody sets; only dates follow the other."""
    lab = trap_lab
    lab.stop_agent()
    clock = lab.dir / "clock"
    clock.write_bytes(struct.pack("=q", 0))

    def date():
        """Of the scan, as the manager reads it."""
        year, *rest = struct.unpack(">H6B", bytes.fromhex(lab.get("nfctSnapshotTime.1"))[:8])
        return datetime.datetime(year, *rest[:5])

    lab.start_agent(LOW.replace('user = ""\n', ""),
                    prefix=("env", f"LD_PRELOAD={TOP}/build/clockshift.so", f"CLOCK_SHIFT={clock}"))
    began = lab.get("nfctAgentStartTime.0")
    for round_, days in enumerate((0, 400, -400, 0)):
        with open(clock, "r+b") as file:
            file.write(struct.pack("=q", days * 86400))
        assert lab.get("nfctSnapshotAge.1") < 1000, "the age of a scan from before"
        lab.after_a_scan()
        expected = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) + datetime.timedelta(days)
        assert abs((date() - expected).total_seconds()) < 60, days
        lab.fill(lab.limit() // 50)
        wait_for(lambda: len(alarms(lab)) == 2 * round_ + 1)
        lab.run("conntrack", "-F")
        wait_for(lambda: len(alarms(lab)) == 2 * round_ + 2)
        check_values(lab)
    assert alarms(lab) == [RISING, FALLING] * 4
    assert lab.get("nfctAgentStartTime.0") == began


def test_out_of_descriptors(bare_lab):
    """It says so, and goes on when there are some."""
    lab = bare_lab
    lab.start_snmpd()
    lab.start_agent()
    lab.fill(50)
    used = held(lab.agent.pid)[1]
    subprocess.run(["prlimit", f"--pid={lab.agent.pid}", f"--nofile={used}:4096"], check=True)
    time.sleep(4)
    assert lab.agent.poll() is None
    subprocess.run(["prlimit", f"--pid={lab.agent.pid}", "--nofile=4096:4096"], check=True)
    wait_for(lambda: lab.get("nfctInstanceStatus.1") == 1, 20)
    check_values(lab)


@pytest.mark.skipif(SANITIZED, reason="the sanitizer's own address space is beyond any limit")
@pytest.mark.heavy
def test_out_of_memory(bare_lab):
    """Its address space is held to what it has now: a reload that asks for more is refused, what was goes on."""
    lab = bare_lab
    lab.start_snmpd()
    lab.start_agent("cpu-budget = 50\n")  # two scans of 60,000 entries within the time that check_values() gives
    lab.fill(50)
    lab.after_a_scan()
    size = int(status(lab.agent.pid)["VmSize"].split()[0]) * 1024
    subprocess.run(["prlimit", f"--pid={lab.agent.pid}", f"--as={size + 65536}:unlimited"], check=True)
    lab.fill(60000, "--spread")
    time.sleep(5)
    assert lab.agent.poll() is None
    assert lab.get("nfctInstanceEntries.1") is not None
    subprocess.run(["prlimit", f"--pid={lab.agent.pid}", "--as=unlimited:unlimited"], check=True)
    check_values(lab)


def test_the_trap_destination_is_down(bare_lab):
    """The master sends into the void: that is its own matter, and the agent's values do not wait."""
    lab = bare_lab
    lab.start_snmpd(TRAPS + "informsink 127.0.0.1:1162 public\n")
    lab.start_agent(LOW.replace('user = ""\n', ""))
    lab.fill(lab.limit() // 50)
    wait_for(lambda: lab.get("nfctAgentNotificationsSent.0", 0) >= 1, 15)
    lab.run("conntrack", "-F")
    wait_for(lambda: lab.get("nfctAgentNotificationsSent.0", 0) >= 2, 15)
    check_values(lab)


@pytest.mark.quick
def test_a_full_disk_for_the_log(bare_lab):
    """Its standard error takes nothing: it goes on."""
    lab = bare_lab
    lab.start_snmpd()
    lab.agent_log = Path("/dev/full")
    lab.start_agent()
    lab.fill(50)
    check_values(lab)
    child = lab.subagent()
    os.kill(child, signal.SIGKILL)
    wait_for(lambda: process_gone(child))
    wait_for(lambda: lab.get("nfctInstanceEntries.1") is not None, 15)
    lab.agent_log = lab.dir / "none"
