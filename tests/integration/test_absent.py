# SPDX-License-Identifier: GPL-2.0-or-later
"""What is unknown is absent, what is old says so, and what begins anew has a TimeStamp that moves."""
import signal

import pytest

import mib
from lab import TOP, wait_for
from test_module import COUNTERS, stamp_of

OK, STALE, UNAVAILABLE = 1, 2, 3


def preload(fault, **environment):
    return ("env", f"LD_PRELOAD={TOP}/build/netlinkfault.so", f"NETLINK_FAULT={fault}",
            *(f"{key}={value}" for key, value in environment.items()))


@pytest.mark.quick
def test_while_unavailable_nothing_sampled_is_shown_but_the_peak(bare_lab):
    lab = bare_lab
    lab.start_snmpd()
    lab.start_agent(prefix=preload("einval"))
    lab.fill(100)
    wait_for(lambda: lab.get("nfctInstancePeakEntries.1") == 100)
    before = lab.walk("nfctInstanceTable")
    lab.agent.send_signal(signal.SIGUSR1)
    wait_for(lambda: lab.get("nfctInstanceStatus.1") == UNAVAILABLE)
    kept = {f"nfctInstance{what}.1" for what in ("Name", "Status", "StatusText", "PeakEntries", "PeakTime",
                                                 "DiscontinuityTime", "SampleAge")}
    shown = lab.walk("nfctInstanceTable")
    assert set(shown) == kept
    for name in ("nfctInstancePeakEntries.1", "nfctInstancePeakTime.1", "nfctInstanceDiscontinuityTime.1"):
        assert shown[name] == before[name], name
    assert lab.walk("nfctCpuTable") == {}
    lab.agent.send_signal(signal.SIGUSR2)
    wait_for(lambda: lab.get("nfctInstanceStatus.1") == OK)
    assert lab.walk("nfctInstanceTable").keys() == before.keys()
    assert lab.walk("nfctCpuTable") != {}


def test_a_collector_that_stands_still_is_stale_at_the_request(lab):
    lab.fill(50)
    wait_for(lambda: lab.get("nfctInstanceEntries.1") == 50)
    wait_for(lambda: lab.get("nfctInstanceStatus.1") == OK)
    lab.agent.send_signal(signal.SIGSTOP)
    try:
        wait_for(lambda: lab.get("nfctInstanceStatus.1") == STALE, 8)
        text, age = lab.get("nfctInstanceStatusText.1"), lab.get("nfctInstanceSampleAge.1")
        assert age >= 300, "three intervals of a second"
        assert text.startswith("the sampled values are ") and text.endswith(" nothing newer has come from the collector")
        assert lab.get("nfctInstanceEntries.1") == 50
    finally:
        lab.agent.send_signal(signal.SIGCONT)
    wait_for(lambda: lab.get("nfctInstanceStatus.1") == OK)
    assert lab.get("nfctInstanceStatusText.1") == ""


def test_after_the_first_scan_nothing_has_been_compared(bare_lab):
    lab = bare_lab
    lab.start_snmpd()
    lab.fill(30)
    lab.start_agent('refresh-interval = 3600\nwatch "all" { index = 1 }\n')
    assert lab.get("nfctSnapshotScanned.1") == 30
    for name in ("nfctSnapshotCreated.1", "nfctSnapshotDestroyed.1", "nfctSnapshotCreateRate.1",
                 "nfctSnapshotDiscontinuityTime.1", "nfctWatchCreated.1.1", "nfctWatchDiscontinuityTime.1.1"):
        assert lab.get(name) is None, name
    assert lab.get("nfctSnapshotIdentityShare.1") == 100
    lab.configure('user = ""\nrefresh-interval = 1\nwatch "all" { index = 1 }\n')
    wait_for(lambda: lab.get("nfctSnapshotCreated.1") == 0)
    assert lab.get("nfctWatchCreated.1.1") == 0 and lab.get("nfctSnapshotCreateRate.1") == 0


def stamps(lab):
    """{TimeStamp and index: value}"""
    walk = lab.walk()
    return {name: value for name, value in walk.items() if mib.read()[name.partition(".")[0]].type == "TimeStamp"}


WATCH = 'watch "web" {{ index = 7 protocol = "tcp" destination-port = {} }}\n'


def test_a_restart_and_a_reload_move_the_time_stamps_of_their_counters(bare_lab):
    """A manager that subtracts across either would be wrong."""
    lab = bare_lab
    lab.start_snmpd()
    lab.start_agent(WATCH.format(443))
    lab.after_a_scan()
    before = stamps(lab)
    assert set(before) == {"nfctInstanceDiscontinuityTime.1", "nfctSnapshotDiscontinuityTime.1",
                           "nfctWatchDiscontinuityTime.1.7"}
    # another filter under the same name and number: its counter alone begins anew
    lab.configure('user = ""\nrefresh-interval = 1\n' + WATCH.format(80))
    wait_for(lambda: "80" in lab.get("nfctWatchFilter.1.7", ""))
    reloaded = stamps(lab)
    assert reloaded["nfctWatchDiscontinuityTime.1.7"] > before["nfctWatchDiscontinuityTime.1.7"]
    assert {**reloaded, "nfctWatchDiscontinuityTime.1.7": None} == {**before, "nfctWatchDiscontinuityTime.1.7": None}
    # the agent, not snmpd: every counter begins anew
    lab.stop_agent()
    lab.start_agent(WATCH.format(80))
    lab.after_a_scan()
    after = stamps(lab)
    assert after.keys() == before.keys()
    assert [name for name in after if after[name] <= reloaded[name]] == []
    # and each that is shown has its own
    shown = {name.partition(".")[0] for name in lab.walk()} & COUNTERS.keys()
    assert {stamp_of(COUNTERS[name]) for name in shown} == {name.partition(".")[0] for name in after}


def test_what_the_kernel_counts_and_does_not_list_is_told(bare_lab):
    lab = bare_lab
    lab.start_snmpd()
    lab.fill(100)
    lab.start_agent(prefix=preload("unlisted", NETLINK_ADD=79900))
    lab.after_a_scan()
    assert lab.get("nfctSnapshotUnlisted.1") == 0
    lab.agent.send_signal(signal.SIGUSR1)
    wait_for(lambda: lab.get("nfctInstanceEntries.1") == 80000)
    lab.after_a_scan()
    assert (lab.get("nfctSnapshotScanned.1"), lab.get("nfctSnapshotUnlisted.1")) == (100, 79900)
