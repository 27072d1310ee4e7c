# SPDX-License-Identifier: GPL-2.0-or-later
"""The master restarts, is busy, hangs, or is somebody else's; it has several agents, or several managers."""
import os
import random
import signal
import threading
import time

import pytest

import agentx
import mib
from lab import AGENT, ROOT, TRAPS, wait_for

TOLD_ONCE = ["nfctUtilizationRising", "nfctUtilizationFalling"]
SECOND = "another subagent has registered it"
FIRST = "this agent answers now"
SYS_OR_ID = ".1.3.6.1.2.1.1.9.1.2"
# snmpd runs the script each time that it is asked for its first line.
SLOW = "extend -cacheTime -1 slow /bin/sleep {}\n"
SLOW_LINE = ".1.3.6.1.4.1.8072.1.3.2.3.1.1.4.115.108.111.119"
BUSY_TIME = int(os.environ.get("BUSY_TIME", 0))


@pytest.mark.quick
def test_after_a_restart_of_the_master_the_agent_answers_again(lab):
    lab.stop_snmpd()
    lab.start_snmpd()
    wait_for(lambda: lab.get("nfctInstanceEntries.1") is not None, 8)
    assert lab.get("nfctAgentMasterConnects.0") == 2


def test_the_agent_waits_for_a_master_that_is_not_there_yet(bare_lab):
    lab = bare_lab
    lab.start_agent(wait=False)
    wait_for(lambda: "no AgentX master at" in lab.log())
    lab.start_snmpd()
    wait_for(lambda: lab.get("nfctInstanceEntries.1") is not None, 8)


def test_a_master_that_accepts_and_is_silent_is_told_once(bare_lab):
    lab = bare_lab
    lab.start_snmpd()
    lab.snmpd.send_signal(signal.SIGSTOP)
    lab.start_agent(wait=False)
    wait_for(lambda: "accepts the connection, but does not answer; it is busy, or hangs" in lab.log())
    time.sleep(4)
    assert lab.log().count("does not answer") == 1
    lab.snmpd.send_signal(signal.SIGCONT)
    wait_for(lambda: lab.get("nfctInstanceEntries.1") is not None, 15)


class BusyMaster:
    """A master that waits for a script of some seconds whenever run() is called; meanwhile it answers nobody."""

    def __init__(self, lab, seconds):
        self.lab = lab
        lab.start_snmpd(SLOW.format(seconds))
        lab.start_agent()

    def ask(self, oid):
        return self.lab.run("snmpget", "-v2c", "-cpublic", "-t", "30", "-r", "0", "127.0.0.1", oid, check=False).stdout

    def run(self):
        thread = threading.Thread(target=self.ask, args=(SLOW_LINE,))
        thread.start()
        return thread

    def get(self):
        """(what is said of nfctInstanceEntries.1, after how many seconds)"""
        asked = time.monotonic()
        return self.ask("." + mib.oid("nfctInstanceEntries.1")), time.monotonic() - asked


def test_a_master_that_is_busy_answers_late_and_nothing_is_absent(bare_lab):
    """The agent pings three seconds after the last request: the script runs then."""
    master = BusyMaster(bare_lab, 3)
    assert "Gauge32" in master.get()[0]
    time.sleep(2)
    script = master.run()
    time.sleep(2)
    said, took = master.get()
    script.join()
    assert "Gauge32" in said, said
    assert took > 0.3, "the master was not busy"
    assert bare_lab.get("nfctAgentMasterConnects.0") == 1, "the session was given up"


@pytest.mark.skipif(BUSY_TIME == 0, reason="minutes: set BUSY_TIME, seconds for each script")
@pytest.mark.parametrize("seconds", [1, 2, 5])
def test_a_master_that_is_busy_again_and_again(bare_lab, seconds):
    """Asked at random phases of its scripts."""
    master, chance, end = BusyMaster(bare_lab, seconds), random.Random(seconds), time.monotonic() + BUSY_TIME
    runs, late = 0, []

    def keep_busy():
        nonlocal runs
        pause = random.Random(100 + seconds)
        while time.monotonic() < end:
            master.run().join()
            runs += 1
            time.sleep(pause.random() * 2)

    busy = threading.Thread(target=keep_busy)
    busy.start()
    while time.monotonic() < end:
        time.sleep(chance.random() * 6)
        said, took = master.get()
        late.append(took)
        assert "Gauge32" in said, f"after {len(late)} answers: {said or 'no answer'}"
    busy.join()
    print(f"{len(late)} answers, {sum(took > 0.3 for took in late)} of them late, the latest after {max(late):.1f} s; "
          f"{runs} runs of a script of {seconds} s")
    assert bare_lab.get("nfctAgentMasterConnects.0") == 1, "the session was given up"


def test_a_hung_master_does_not_stop_the_measuring(trap_lab):
    lab = trap_lab
    lab.configure('user = ""\nthreshold "low" { rising = 1 falling = 0 }\n')
    wait_for(lambda: lab.get("nfctThresholdName.1.1") == "low")
    some = lab.limit() // 50
    master = lab.snmpd.pid
    lab.snmpd.send_signal(signal.SIGSTOP)
    time.sleep(8)
    lab.fill(some)
    time.sleep(4)
    lab.run("conntrack", "-F")
    time.sleep(8)
    assert lab.log().count("has not answered for 10 seconds; notifications wait until it does") == 1
    lab.snmpd.send_signal(signal.SIGCONT)
    assert lab.snmpd.pid == master
    wait_for(lambda: "answers again" in lab.log())
    assert lab.get("nfctAgentMasterConnects.0") == 1, "the session was given up"
    wait_for(lambda: lab.get("nfctInstancePeakEntries.1") == some, 15)
    # the alarm came and went: if its rising was on the way already, its falling follows
    wait_for(lambda: lab.get("nfctThresholdTransitions.1.1") == 2)
    time.sleep(3)
    assert lab.told() in ([], TOLD_ONCE), "a trap came more than once, or the end is missing"
    lab.stop_agent()


def test_sigterm_ends_both_while_the_master_hangs(lab):
    lab.snmpd.send_signal(signal.SIGSTOP)
    time.sleep(5)
    lab.stop_agent(within=2.0)


@pytest.mark.quick
def test_a_master_that_ends_while_the_agent_takes_its_leave_is_no_trouble(bare_lab):
    lab = bare_lab
    # libnetsnmp itself loses 110 octets when a master is killed before it has read all
    lab.env["ASAN_OPTIONS"] = lab.env["ASAN_OPTIONS"].replace("detect_leaks=1", "detect_leaks=0")
    lab.start_snmpd()
    lab.start_agent()
    lab.snmpd.send_signal(signal.SIGSTOP)  # it does not answer
    os.kill(lab.subagent(), signal.SIGTERM)
    time.sleep(0.2)
    lab.snmpd.send_signal(signal.SIGKILL)
    lab.stop_agent()
    assert "netsnmp_assert" not in lab.log()


def test_a_second_agent_takes_over_when_the_first_goes(lab):
    log = lab.dir / "second.log"
    second = lab.spawn(AGENT, "-c", lab.dir / "agent.conf", "-x", lab.dir / "master", log=log)
    wait_for(lambda: "another subagent has registered it" in log.read_text())
    assert log.read_text().count("another subagent has registered it") == 1
    lab.stop_agent()
    wait_for(lambda: lab.get("nfctInstanceEntries.1") is not None, 10)
    assert "this agent answers now" in log.read_text()
    second.send_signal(signal.SIGTERM)
    assert second.wait(5) == 0


def test_an_agent_that_was_refused_takes_nothing_away(lab):
    """Neither while it waits nor when it ends; the first one stays what it was."""
    log = lab.dir / "second.log"
    second = lab.spawn(AGENT, "-c", lab.dir / "agent.conf", "-x", lab.dir / "master", log=log)
    wait_for(lambda: SECOND in log.read_text())
    asked = time.monotonic()
    while time.monotonic() < asked + 4:
        assert lab.get("nfctInstanceEntries.1") is not None
        time.sleep(0.1)
    second.send_signal(signal.SIGTERM)
    assert second.wait(5) == 0
    assert lab.get("nfctInstanceEntries.1") is not None
    assert FIRST not in log.read_text() and SECOND not in lab.log()
    assert lab.get("nfctAgentMasterConnects.0") == 1


def test_another_program_cannot_take_the_registration_away(lab):
    """snmpd unregisters what has the OID and the priority that a subagent names, whoever has registered it."""
    rival = agentx.Subagent(lab.dir / "master")
    assert rival.unregister("nfctObjects") == agentx.UNKNOWN_REGISTRATION
    assert lab.get("nfctInstanceEntries.1") is not None
    rival.connection.close()


class Agents:
    """Several on one master. Each is known by its refresh-interval."""

    def __init__(self, lab):
        self.lab, self.living, self.logs = lab, {}, {}

    def start(self, number):
        config = self.lab.dir / f"agent-{number}.conf"
        config.write_text(f'user = ""\nrefresh-interval = {number}\n')
        self.logs[number] = self.lab.dir / f"agent-{number}-{time.monotonic_ns()}.log"
        self.living[number] = self.lab.spawn(AGENT, "-c", config, "-x", self.lab.dir / "master", log=self.logs[number])

    def end(self, number, how):
        process = self.living.pop(number)
        process.send_signal(how)
        process.wait(10)

    def answering(self):
        return self.lab.get("nfctAgentRefreshInterval.0")

    def last_word(self, number):
        """Whether the agent's log says that it is first, or second, or has not said anything."""
        log = self.logs[number].read_text()
        return max((FIRST, SECOND), key=log.rfind) if FIRST in log or SECOND in log else None

    def settled(self):
        """One answers; the others say that they do not."""
        first = self.answering()
        return first in self.living and self.last_word(first) != SECOND and \
            all(self.last_word(number) == SECOND for number in self.living if number != first)


@pytest.mark.parametrize("seed", [1, 2])
def test_of_three_agents_one_answers_whichever_is_killed(bare_lab, seed):
    lab, chance = bare_lab, random.Random(seed)
    lab.start_snmpd()
    agents = Agents(lab)
    for number in (1, 2, 3):
        agents.start(number)
    wait_for(agents.settled)
    for _ in range(4):
        victim = agents.answering() if chance.random() < 0.6 else chance.choice(sorted(agents.living))
        agents.end(victim, chance.choice((signal.SIGTERM, signal.SIGKILL)))
        time.sleep(chance.random() * 0.5)
        if chance.random() < 0.5:
            agents.start(victim)
        wait_for(agents.settled, 10)
        if victim not in agents.living:
            agents.start(victim)
            wait_for(agents.settled, 10)
    for number in sorted(agents.living):
        agents.end(number, signal.SIGTERM)
    assert agents.answering() is None
    assert lab.snmpd.poll() is None


def test_two_managers_at_once_each_see_one_snapshot(bare_lab):
    """snmpd passes the requests of several managers on as they come: their transactions alternate."""
    lab = bare_lab
    master = agentx.Master(lab.dir / "master")
    lab.start_agent(wait=False)
    master.accept()
    numbers = iter(range(100, 10**6))

    def scans(transaction):
        return master.get(transaction, "nfctSnapshotScans.1")

    wait_for(lambda: scans(next(numbers)))
    first, second = next(numbers), next(numbers)
    before = scans(first)
    wait_for(lambda: scans(next(numbers)) > before)
    after = scans(second)
    assert [scans(first), scans(second), scans(first), scans(second)] == [before, after, before, after]
    name, _, value = master.ask(agentx.GETNEXT, first, "nfctSnapshotScans")
    assert (mib.instance(".".join(map(str, name))), value) == ("nfctSnapshotScans.1", before)
    lab.stop_agent()
    master.close()


def test_an_unknown_object_is_no_object_and_a_row_that_is_not_there_no_instance(lab):
    def said(name):
        return lab.snmp("snmpget", "." + mib.oid(name)).stdout.partition(" = ")[2].strip()

    no_object = "No Such Object available on this agent at this OID"
    no_instance = "No Such Instance currently exists at this OID"
    for unknown in ("nfctInstanceEntry.99.1", "nfctObjects.99.1.1.1", "nfctAgent.99.0", "nfctInstanceIndex.1",
                    "nfctNotifyText.0", "nfConntrackMIB.2.1.1"):
        assert said(unknown) == no_object, unknown
    for absent in ("nfctInstanceEntries.40", "nfctAgentVersion.1", "nfctInstanceEntries", "nfctWatchName.1.1"):
        assert said(absent) == no_instance, absent


def test_the_module_is_in_sysortable_while_its_agent_is_there(lab):
    def rows():
        return lab.snmp("snmpwalk", SYS_OR_ID).stdout.count(f"OID: {ROOT}\n")

    assert rows() == 1
    lab.stop_snmpd()
    lab.start_snmpd()
    wait_for(lambda: lab.get("nfctInstanceEntries.1") is not None, 8)
    wait_for(lambda: rows() == 1)
    lab.stop_agent()
    wait_for(lambda: rows() == 0)


def test_an_agent_of_its_own_user_uses_the_socket_that_agentxperms_opens(bare_lab):
    lab = bare_lab
    lab.start_snmpd(owner="root nogroup")
    lab.start_agent(user="nobody")
    assert lab.get("nfctInstanceStatus.1") == 1
