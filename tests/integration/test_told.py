# SPDX-License-Identifier: GPL-2.0-or-later
"""In the end the receiver knows of each alarm what the agent says, whatever happened to those in between."""
import calendar
import itertools
import os
import re
import signal
import time

import pytest

import agentx
from lab import TRAPS, wait_for
from namespaces import Namespaces
from picture import TCP_TRAPS, differences, heard, notifications

RISING, FALLING = "nfctUtilizationRising", "nfctUtilizationFalling"
LINKS, WATCHES = 256, 64
BASE = 'user = ""\nrefresh-interval = 3600\ncpu-budget = 20\nnotification-interval = 0\n'


@pytest.fixture
def blue(bare_lab):
    """A namespace that has many names, so that many tables come and go, and fill up, at one stroke."""
    with Namespaces(bare_lab) as spaces:
        spaces.add("blue")
        spaces.fill("blue", bare_lab.limit() * 2 // 100 + 100)
        yield f"/run/netns/{spaces.name('blue')}"
        if bare_lab.agent:
            bare_lab.stop_agent()


def agree(lab, count):
    """Waits until as many alarms are raised, and the receiver knows which."""
    wait_for(lambda: len(heard(lab)) == count, 60, 0.5)
    # only the agent's own table has what the watches match; their rows of the others are 16,384
    wait_for(lambda: differences(lab, "nfctWatchState.1") == ([], []) and len(heard(lab)) == count, 60, 0.5)


def test_the_receiver_knows_every_alarm_in_the_end(bare_lab, blue):
    """257 tables with two thresholds each, and 64 watches; a subagent that is killed, a master that comes and goes."""
    lab = bare_lab
    # libnetsnmp itself loses 110 octets when a master is killed before it has read all
    lab.env["ASAN_OPTIONS"] = lab.env["ASAN_OPTIONS"].replace("detect_leaks=1", "detect_leaks=0")
    links = [lab.dir / f"n{at}" for at in range(LINKS)]
    config = "".join(f'namespace "{link}" {{ index = {2 + at} }}\n' for at, link in enumerate(links))
    config += 'threshold "low" { rising = 1 falling = 0 }\nthreshold "more" { rising = 2 falling = 1 }\n'
    config += "".join(f'watch "{at}" {{ index = {at + 1} protocol = "udp" rising = 1 falling = 0 }}\n'
                      for at in range(WATCHES))
    lab.fill(10, "--udp")
    lab.start_trapd(transport="tcp")
    lab.start_snmpd(TCP_TRAPS)
    lab.start_agent(BASE.replace('user = ""\nrefresh-interval = 3600\n', "") + config)
    agree(lab, LINKS + WATCHES)

    # all tables appear, and are over both thresholds; who tells it, and who is told, are killed meanwhile
    before = len(notifications(lab))
    for link in links:
        link.symlink_to(blue)
    wait_for(lambda: len(notifications(lab)) > before + 20)
    os.kill(lab.subagent(), signal.SIGKILL)
    wait_for(lambda: len(notifications(lab)) > before + 100)
    lab.stop_snmpd(signal.SIGKILL)
    lab.start_snmpd(TCP_TRAPS)
    wait_for(lambda: len(notifications(lab)) > before + 150)
    lab.snmpd.send_signal(signal.SIGSTOP)
    time.sleep(1)
    lab.snmpd.send_signal(signal.SIGCONT)
    agree(lab, 2 * LINKS + WATCHES)

    # without a master half of them go, and come, and go
    lab.stop_snmpd()
    for there in (False, True, False):
        for link in links[::2]:
            link.symlink_to(blue) if there else link.unlink()
        time.sleep(1.5)
    lab.start_snmpd(TCP_TRAPS)
    agree(lab, LINKS // 2 + LINKS + WATCHES)
    ends = [text for alarm, raised, text in notifications(lab) if alarm.startswith("nfctThreshold") and not raised]
    assert ends and all(" no longer checked against the threshold " in text and
                        ": its network namespace was deleted" in text for text in ends), ends

    # a reload removes them all
    lab.configure(BASE)
    agree(lab, 0)
    assert lab.column("nfctInstanceName") == {"1": "default"}
    last = {alarm: text for alarm, _, text in notifications(lab)}
    assert last["nfctThresholdState.3.1"].endswith("the namespace was removed from the configuration")
    assert last["nfctInstanceStatus.2"].endswith("the namespace was removed from the configuration")
    assert last["nfctWatchState.1.64"].endswith("the watch was removed from the configuration")
    assert not [text for _, _, text in notifications(lab) if '"' in text]
    lab.traps()  # each is as the module says


@pytest.mark.quick
def test_what_waited_for_a_master_is_the_state_that_stands(trap_lab):
    """An alarm that came and went is in the log; the one that stayed is told, with the time of its crossing."""
    lab = trap_lab
    thresholds = 'threshold "low" { rising = 1 falling = 0 }\nthreshold "more" { rising = 2 falling = 1 }\n'
    lab.configure(f'user = ""\n{thresholds}')
    wait_for(lambda: lab.get("nfctThresholdName.1.2") == "more")
    lab.stop_snmpd()
    crossed = time.time()
    lab.fill(lab.limit() * 2 // 100 + 100)
    wait_for(lambda: lab.log().count("above the threshold") == 2)
    lab.run("conntrack", "-F")
    wait_for(lambda: lab.log().count("no longer above the threshold") == 2)
    lab.fill(lab.limit() // 50)
    wait_for(lambda: lab.log().count("% full") == 5)
    time.sleep(3)
    lab.start_snmpd(TRAPS)
    wait_for(lambda: lab.told() == [RISING], 10)
    values = dict(lab.traps()[0][1])
    text = values["nfctNotifyText.0"]
    assert values["nfctThresholdName.1.1"] == "low"
    assert text.startswith("conntrack table default was 1% full (") and text.endswith(" UTC)"), text
    when = calendar.timegm(time.strptime(text[-24:-5], "%Y-%m-%d %H:%M:%S"))
    assert crossed - 1 <= when <= crossed + 10, (text, crossed)
    wait_for(lambda: lab.get("nfctAgentNotificationsSent.0") == 1)
    assert lab.get("nfctAgentNotificationsLost.0") == 2
    assert lab.told() == [RISING]


def test_what_a_master_has_not_taken_is_told_by_the_next_session_with_its_time(bare_lab):
    """A master that does not know the session refuses the notification, after some seconds."""
    lab = bare_lab
    master = agentx.Master(lab.dir / "master")
    lab.start_agent('threshold "low" { rising = 1 falling = 0 }\n', wait=False)
    master.accept()
    lab.fill(lab.limit() // 50)
    packet, text = master.notified()
    assert re.fullmatch(r"conntrack table default is \d+% full \(.*\), above the threshold low \(1%\)(: .*)?", text)
    time.sleep(3.5)
    master.answer(packet, agentx.NOT_OPEN)
    master.accept()
    packet, again = master.notified()
    assert re.fullmatch(re.escape(text.replace(" is ", " was ")) + r" \(at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)", again)
    master.answer(packet)
    numbers = itertools.count(1)
    wait_for(lambda: master.get(next(numbers), "nfctAgentNotificationsSent.0") == 1)
    master.close()


def test_a_rising_that_the_rate_limit_held_back_tells_the_crossing(trap_lab):
    lab = trap_lab
    lab.configure('user = ""\nnotification-interval = 6\nthreshold "more" { rising = 2 falling = 0 }\n')
    wait_for(lambda: lab.get("nfctThresholdName.1.1") == "more")
    percent = lab.limit() // 100
    lab.fill(percent * 2 + 100)
    wait_for(lambda: lab.told() == [RISING])
    lab.run("conntrack", "-F")
    wait_for(lambda: lab.told() == [RISING, FALLING])
    lab.fill(percent * 3 + 100)
    wait_for(lambda: lab.get("nfctThresholdState.1.1") == 2)
    lab.fill(percent * 3 + 100 - percent * 2, "--remove")  # now between falling and rising
    wait_for(lambda: len(lab.told()) == 3, 15)
    values = dict(lab.traps()[2][1])
    text = values["nfctNotifyText.0"]
    count = values["nfctInstanceEntries.1"]
    assert count >= percent * 2 + 1, "the value is not that of the crossing"
    assert f"was {values['nfctInstanceUtilization.1']}% full ({count} of " in text and text.endswith(" UTC)"), text


def test_what_a_reload_removes_is_cleared_once_with_the_reason(trap_lab):
    """A threshold with a new name, a watch whose rising is 0, a source whose prefix length changes."""
    lab = trap_lab
    config = ('user = ""\nrefresh-interval = 1\nnotification-interval = 0\ntop-prefix-ipv4 = {}\nsource-rising = 1\n'
              'source-falling = 0\nthreshold "{}" {{ rising = 1 falling = 0 }}\n'
              'watch "web" {{ index = 1 destination-port = 443 rising = {} falling = 0 }}\n')
    lab.configure(config.format(32, "low", 1))
    wait_for(lambda: lab.get("nfctThresholdName.1.1") == "low")
    lab.fill(lab.limit() // 50)
    wait_for(lambda: sorted(lab.told()) == sorted([RISING, "nfctSourceRising", "nfctWatchEntriesRising"]), 15)
    lab.configure(config.format(24, "other", 0))
    # the new threshold and the new prefix are raised at once, after the ends of the old ones
    wait_for(lambda: len(lab.told()) == 8, 15)
    time.sleep(1)
    told = [(name, dict(objects)["nfctNotifyText.0"]) for name, objects in lab.traps()[3:]]
    ends = {name: text for name, text in told if name.endswith("Falling")}
    assert len(told) == 5 and len(ends) == 3, told
    assert ends[FALLING] == ("conntrack table default is no longer checked against the threshold low: the threshold was "
                             "removed from the configuration")
    assert ends["nfctSourceFalling"] == ("conntrack table default is no longer checked for the source 10.0.0.1: "
                                         "top-prefix-ipv4 was changed")
    assert ends["nfctWatchEntriesFalling"] == ("conntrack table default is no longer checked against the watch web: "
                                               "rising was set to 0")
    names = [name for name, _ in told]
    assert names.index(FALLING) < names.index(RISING)
    assert names.index("nfctSourceFalling") < names.index("nfctSourceRising")
