# SPDX-License-Identifier: GPL-2.0-or-later
"""The master restarts, hangs, or is somebody else's."""
import signal
import time

import pytest

from lab import AGENT, TRAPS, wait_for

TOLD_ONCE = ["nfctUtilizationRising", "nfctUtilizationFalling"]


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
    lab.snmpd.send_signal(signal.SIGCONT)
    assert lab.snmpd.pid == master
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


def test_an_agent_of_its_own_user_uses_the_socket_that_agentxperms_opens(bare_lab):
    lab = bare_lab
    lab.start_snmpd(owner="root nogroup")
    lab.start_agent(user="nobody")
    assert lab.get("nfctInstanceStatus.1") == 1
