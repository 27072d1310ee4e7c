# SPDX-License-Identifier: GPL-2.0-or-later
"""The table fills up: what the operator is told, once, and that it is over."""
import re
import sys
import time

import pytest

from lab import TRAPS, wait_for

RISING, FALLING = "nfctUtilizationRising", "nfctUtilizationFalling"
DROPPING, STOPPED = "nfctDroppingStarted", "nfctDroppingStopped"


@pytest.mark.heavy
def test_a_full_table_is_told_once_and_so_is_its_end(trap_lab):
    lab = trap_lab
    limit = lab.limit()
    lab.configure('user = ""\nrefresh-interval = 60\nnotification-interval = 0\n')
    wait_for(lambda: lab.get("nfctAgentRefreshInterval.0") == 60)

    # over 80 percent: the warning, and no more
    before = time.monotonic()
    lab.fill(int(limit * 0.85))
    filled = time.monotonic()
    wait_for(lambda: lab.told() == [RISING], 10)
    assert time.monotonic() - filled < 3, "the trap came late"
    assert filled - before < 60
    objects = lab.traps()[0][1]
    entries = lab.get("nfctInstanceEntries.1")
    # what a look found may follow: test_findings.py
    assert [name for name, _ in objects[:7]] == [
        "nfctNotifyText.0", "nfctInstanceName.1", "nfctInstanceEntries.1", "nfctInstanceMaxEntries.1",
        "nfctInstanceUtilization.1", "nfctThresholdName.1.1", "nfctThresholdRising.1.1"]
    text, name, count, maximum, utilization, threshold, rising = (value for _, value in objects[:7])
    assert (name, maximum, threshold, rising) == ("default", limit, "warning", 80)
    assert utilization == count * 100 // limit and count <= entries
    assert re.sub(r"(?<=\(80%\)): .*", "", text) == (
        f"conntrack table default is {utilization}% full ({count} of {limit} entries), above the threshold warning (80%)")

    # to the limit: critical; a packet more: dropping
    lab.fill(limit, "--udp", "--until-full")
    lab.run(sys.executable, "-c", PACKETS)
    wait_for(lambda: len(lab.told()) >= 3, 10)
    assert sorted(lab.told()[1:3]) == [DROPPING, RISING]
    dropping = [dict(objects) for name, objects in lab.traps() if name == DROPPING][0]
    assert dropping["nfctInstanceLossCause.1"] in (2, 3) and dropping["nfctInstanceLossRate.1"] > 0
    assert "is dropping: the table is full, and " in dropping["nfctNotifyText.0"]
    critical = [objects for name, objects in lab.traps() if name == RISING][1]
    assert critical[5] == ("nfctThresholdName.1.2", "critical")
    assert lab.get("nfctInstanceDropping.1") == 1
    assert [lab.get(f"nfctThresholdState.1.{i}") for i in (1, 2)] == [2, 2]

    # drained: both thresholds clear, once each; dropping ends after a quiet minute
    lab.run("conntrack", "-F")
    wait_for(lambda: len(lab.told()) >= 5, 10)
    cleared = [objects for name, objects in lab.traps() if name == FALLING]
    assert [objects[5][1] for objects in cleared] == ["warning", "critical"]
    assert cleared[0][7] == ("nfctThresholdFalling.1.1", 70)
    assert [lab.get(f"nfctThresholdTransitions.1.{i}") for i in (1, 2)] == [2, 2]
    wait_for(lambda: STOPPED in lab.told(), 75, interval=1)
    assert lab.get("nfctInstanceDropping.1") == 2
    assert sorted(lab.told()) == sorted([RISING, RISING, FALLING, FALLING, DROPPING, STOPPED])

    # as acknowledged informs, the same, each once
    wait_for(lambda: lab.told(1162) == lab.told())
    assert [objects for _, objects in lab.traps(1162)] == [objects for _, objects in lab.traps()]
    wait_for(lambda: lab.get("nfctAgentNotificationsSent.0") == 6)
    assert lab.get("nfctAgentNotificationsLost.0") == 0


# What has no room: new connections of real packets.
PACKETS = """
import socket
for port in range(200):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.sendto(b"x", ("127.0.0.1", 20000 + port))
    except OSError:
        pass
"""


def test_a_repeat_is_delayed_and_the_final_state_is_told(trap_lab):
    lab = trap_lab
    thresholds = 'threshold "low" { rising = 1 falling = 0 }\n'
    lab.configure(f'user = ""\nnotification-interval = 6\n{thresholds}')
    wait_for(lambda: lab.get("nfctThresholdName.1.1") == "low")
    some = lab.limit() // 50

    lab.fill(some)
    wait_for(lambda: lab.told() == [RISING], 5)
    first = time.monotonic()
    lab.run("conntrack", "-F")
    wait_for(lambda: lab.told() == [RISING, FALLING], 5)
    lab.fill(some)
    wait_for(lambda: lab.get("nfctThresholdState.1.1") == 2)
    assert lab.told() == [RISING, FALLING], "a repeat was not delayed"
    assert lab.get("nfctAgentNotificationsSuppressed.0") == 1
    wait_for(lambda: lab.told() == [RISING, FALLING, RISING], 10)
    assert time.monotonic() - first > 4


@pytest.mark.quick
def test_the_first_sample_counts(bare_lab):
    lab = bare_lab
    lab.start_trapd()
    lab.start_snmpd(TRAPS)
    lab.fill(lab.limit() // 50)
    lab.start_agent('threshold "low" { rising = 1 falling = 0 }\n')
    wait_for(lambda: lab.told() == [RISING], 5)


@pytest.mark.heavy
def test_a_full_scan_does_not_hold_an_alarm_up(trap_lab):
    """A look that reads the whole table, and takes many times longer than an alarm may."""
    lab = trap_lab
    lab.configure('user = ""\nrefresh-interval = 300\ncpu-budget = 1\n'
                  'threshold "half" { rising = 50 falling = 40 }\n')
    lab.fill(int(lab.limit() * 0.45))
    scans = lab.get("nfctSnapshotScans.1")
    time.sleep(2.5)  # the scan is under way
    lab.fill(int(lab.limit() * 0.1), "--udp")
    crossed = time.monotonic()
    wait_for(lambda: lab.told() == [RISING], 10)
    assert time.monotonic() - crossed < 3
    assert lab.get("nfctSnapshotScans.1") <= scans + 1, "no scan was under way"
