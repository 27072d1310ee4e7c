# SPDX-License-Identifier: GPL-2.0-or-later
"""The two processes: what each may, what happens when one dies or is refused."""
import os
import pwd
import signal
import time
from pathlib import Path

import pytest

from lab import AGENT, SANITIZED, TOP, TRAPS, process_gone, resident_kib, run_us, status, wait_for

RISING = "nfctUtilizationRising"
DEGRADED, RECOVERED = "nfctInstanceDegraded", "nfctInstanceRecovered"


@pytest.mark.quick
def test_a_killed_subagent_comes_back_with_everything_known(trap_lab):
    lab = trap_lab
    lab.configure('user = ""\nthreshold "low" { rising = 1 falling = 0 }\n')
    wait_for(lambda: lab.get("nfctThresholdName.1.1") == "low")
    some = lab.limit() // 50
    lab.fill(some)
    wait_for(lambda: lab.told() == [RISING])
    since = lab.get("nfctThresholdSince.1.1")
    before = lab.subagent()
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: lab.subagent() != before)
    wait_for(lambda: lab.get("nfctAgentMasterConnects.0") == 2, 10)
    assert lab.get("nfctInstancePeakEntries.1") == some
    assert lab.get("nfctThresholdState.1.1") == 2
    assert lab.get("nfctThresholdTransitions.1.1") == 1
    assert lab.get("nfctThresholdSince.1.1") == since
    time.sleep(2)
    assert lab.told() == [RISING], "the trap came again"


def test_a_subagent_that_hangs_is_replaced(lab):
    before = lab.subagent()
    os.kill(before, signal.SIGSTOP)
    wait_for(lambda: process_gone(before), 20)
    wait_for(lambda: lab.get("nfctInstanceEntries.1") is not None, 10)
    assert "has not read for" in lab.log()


def test_a_subagent_that_hangs_is_replaced_however_seldom_it_gets_values(lab):
    """The next sample comes in a minute, the next scan in an hour."""
    lab.configure('user = ""\nsample-interval = 60\nrefresh-interval = 3600\n')
    wait_for(lambda: lab.get("nfctAgentRefreshInterval.0") == 3600)
    before = lab.subagent()
    os.kill(before, signal.SIGSTOP)
    wait_for(lambda: process_gone(before), 25)
    wait_for(lambda: lab.get("nfctInstanceEntries.1") is not None, 10)


def test_a_pause_of_a_second_is_no_hang(lab):
    """The subagent stands still when a sample comes, and has not read what a scan sent just before. What it read eleven
    seconds ago says nothing of how long it has not read."""
    lab.configure('user = ""\nsample-interval = 11\nrefresh-interval = 1\n')
    wait_for(lambda: lab.get("nfctAgentSampleInterval.0") == 11)
    before = lab.subagent()
    wait_for(lambda: lab.get("nfctInstanceSampleAge.1") >= 980, 20)
    os.kill(before, signal.SIGSTOP)
    time.sleep(2)
    os.kill(before, signal.SIGCONT)
    wait_for(lambda: lab.get("nfctInstanceSampleAge.1", 1100) < 500)
    assert "has not read for" not in lab.log() and lab.subagent() == before


def test_while_no_subagent_runs_the_collector_rests(lab):
    """Each one dies at once: the next ones are waited for longer and longer."""
    if SANITIZED:
        return  # it takes its own time
    lab.stop_snmpd()
    for _ in range(5):
        child = wait_for(lab.subagent_or_none, 20)
        os.kill(child, signal.SIGKILL)
        wait_for(lambda: lab.subagent_or_none() != child)
    time.sleep(1)  # a sample comes, which nobody can be given
    woken = int(status(lab.agent.pid)["voluntary_ctxt_switches"])
    time.sleep(0.8)
    assert lab.subagent_or_none() is None
    woken = int(status(lab.agent.pid)["voluntary_ctxt_switches"]) - woken
    assert woken < 20, f"woken {woken} times in 0.8 s"


@pytest.mark.quick
def test_as_the_first_process_of_a_container_it_leaves_no_zombies(bare_lab):
    """Processes that others have left behind become its children, two of them before it starts."""
    lab = bare_lab
    lab.start_snmpd()
    (lab.dir / "agent.conf").write_text('user = ""\n')
    orphans = "(true &); (sleep 0.3 &); (sleep 1.5 &); (sleep 1.5 &); (sleep 2 &)"
    container = lab.spawn("unshare", "--pid", "--fork", "--kill-child", "sh", "-c",
                          f'{orphans}; sleep 0.5; exec "$@"', "sh", AGENT, "-c", lab.dir / "agent.conf",
                          "-x", lab.dir / "master", log=lab.agent_log)
    wait_for(lambda: lab.get("nfctInstanceEntries.1") is not None)

    def children(pid):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    agent = children(container.pid)[0]
    assert status(agent)["NSpid"].split()[-1] == "1"
    wait_for(lambda: len(children(agent)) == 1)
    time.sleep(0.5)
    subagent, = children(agent)
    assert not process_gone(subagent)
    # it has not lost its eye on its own one
    os.kill(subagent, signal.SIGKILL)
    wait_for(lambda: children(agent) not in ([subagent], []))
    wait_for(lambda: lab.get("nfctAgentMasterConnects.0") == 2)
    assert "the subagent was ended by signal 9" in lab.log()
    os.kill(agent, signal.SIGTERM)
    assert container.wait(4) == 0


def test_without_the_collector_the_subagent_ends(lab):
    child = lab.subagent()
    lab.agent.kill()
    lab.agent.wait()
    wait_for(lambda: process_gone(child), 5)
    lab.agent = None


def test_a_master_that_is_not_roots_is_not_trusted(bare_lab):
    lab = bare_lab
    nobody = pwd.getpwnam("nobody")
    os.chown(lab.dir, nobody.pw_uid, nobody.pw_gid)
    lab.start_snmpd("agentXPerms 0666 0755\n", owner="nobody nogroup",
                    prefix=("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                            "--inh-caps=+net_bind_service", "--ambient-caps=+net_bind_service"))
    lab.start_agent(wait=False)
    wait_for(lambda: f"belongs to uid {nobody.pw_uid}, not root: refusing to connect" in lab.log())
    assert lab.get("nfctAgentVersion.0") is None
    # it has not even been spoken to
    assert "AgentX" not in (lab.dir / "snmpd.log").read_text().replace("Turning on AgentX master support", "")
    lab.configure('user = ""\nagentx-owner = "no-such-user"\n')
    wait_for(lambda: 'agentx-owner "no-such-user" does not exist; name the user that snmpd starts as' in lab.log())
    for owner in ("nobody", nobody.pw_uid):
        lab.configure(f'user = ""\nagentx-owner = "{owner}"\n')
        wait_for(lambda: lab.get("nfctInstanceEntries.1") is not None)
        lab.configure('user = ""\nagentx-owner = "1"\n')
        wait_for(lambda: lab.get("nfctInstanceEntries.1") is None)


def test_without_cap_net_admin_it_says_so_and_stays(bare_lab):
    lab = bare_lab
    lab.start_snmpd()
    lab.start_agent(prefix=("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"), wait=False)
    wait_for(lambda: lab.get("nfctInstanceStatus.1") == 3)
    text = lab.get("nfctInstanceStatusText.1")
    assert text == "ctnetlink: Operation not permitted (CAP_NET_ADMIN is needed)"
    assert lab.get("nfctInstanceEntries.1") is None, "a value that cannot be read is shown"
    time.sleep(2)
    assert lab.agent.poll() is None


def test_cap_net_admin_lost_and_given_back(bare_lab):
    lab = bare_lab
    lab.start_trapd()
    lab.start_snmpd(TRAPS)
    preload = str(TOP / "build/capswitch.so")
    lab.start_agent(prefix=("env", f"LD_PRELOAD={preload}"))
    lab.fill(1000)
    wait_for(lambda: lab.get("nfctInstancePeakEntries.1") == 1000)
    lab.agent.send_signal(signal.SIGUSR1)
    wait_for(lambda: lab.get("nfctInstanceStatus.1") == 3)
    assert "CAP_NET_ADMIN" in lab.get("nfctInstanceStatusText.1")
    assert lab.get("nfctInstancePeakEntries.1") == 1000, "the peak is of the past and stays"
    wait_for(lambda: lab.told() == [DEGRADED])
    assert "CAP_NET_ADMIN" in lab.traps()[0][1][0][1]
    lab.agent.send_signal(signal.SIGUSR2)
    wait_for(lambda: lab.get("nfctInstanceStatus.1") == 1)
    assert lab.get("nfctInstanceEntries.1") == 1000
    wait_for(lambda: lab.told() == [DEGRADED, RECOVERED])


def test_a_good_reload_takes_effect_and_a_bad_one_does_not(lab):
    lab.configure('user = ""\nsample-interval = 2\nthreshold "mine" { rising = 60 falling = 50 }\n')
    wait_for(lambda: lab.get("nfctAgentSampleInterval.0") == 2)
    wait_for(lambda: lab.column("nfctThresholdName") == {"1.1": "mine"})
    lab.configure('user = ""\nsample-interval = 99\n')
    wait_for(lambda: "agent.conf:2: sample-interval = 99: must be a whole number from 1 to 60" in lab.log())
    wait_for(lambda: "the configuration stays as it was" in lab.log())
    assert lab.get("nfctAgentSampleInterval.0") == 2
    assert lab.column("nfctThresholdName") == {"1.1": "mine"}


def test_a_new_address_is_connected_to(lab):
    """The socket's directory has another name: a reload that gives it finds the master there."""
    lab.stop_agent()
    path = lab.dir / "agent.conf"
    path.write_text(f'user = ""\nagentx-address = "{lab.dir}/nowhere"\n')
    lab.agent = lab.spawn(AGENT, "-c", path, log=lab.agent_log)
    wait_for(lambda: "no AgentX master at" in lab.log())
    lab.configure(f'user = ""\nagentx-address = "{lab.dir}/master"\n')
    wait_for(lambda: lab.get("nfctInstanceEntries.1") is not None)


def test_both_processes_together_stay_small_and_idle(lab):
    if SANITIZED:
        return  # the sanitizer's own memory is not the agent's
    pids = (lab.agent.pid, lab.subagent())

    def cpu():
        return sum(map(run_us, pids)) / 1e6

    resident = sum(map(resident_kib, pids))
    assert resident < 16 * 1024, f"{resident} KiB resident"
    before = cpu()
    time.sleep(10)
    assert cpu() - before <= 0.1, "more than 1 percent of a core over an empty table"
