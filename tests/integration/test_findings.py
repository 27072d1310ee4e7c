# SPDX-License-Identifier: GPL-2.0-or-later
"""Of what the table is full, and by whom: what a notification says without a question asked."""
import re
import sys
import time

import pytest

from lab import AGENT, TOP, wait_for

FLOOD = TOP / "tests/integration/flood.py"
RISING, FALLING, DROPPING = "nfctUtilizationRising", "nfctUtilizationFalling", "nfctDroppingStarted"
APPENDED = ["nfctSnapshotUnreplied.1", "nfctTopText.1.1.1", "nfctTopEntries.1.1.1", "nfctTopText.1.3.1",
            "nfctTopEntries.1.3.1"]
# scans are rare: what is found is not of the last one
CONFIG = 'user = ""\nrefresh-interval = 3600\nthreshold "low" {{ rising = {0} falling = 0 }}\n{1}'


def prepare(lab, percent, more=""):
    lab.run("nft", "add", "rule", "inet", "lab", "input", "tcp", "dport", "1-1000", "drop")
    lab.configure(CONFIG.format(percent, more))
    wait_for(lambda: lab.get("nfctThresholdRising.1.1") == percent and lab.get("nfctAgentRefreshInterval.0") == 3600)


def fill_from_one(lab, count):
    """`count` entries to tcp/443, of 10.0.0.1 as many as ctfill makes from one source."""
    lab.fill(min(count, 60000))
    if count > 60000:
        lab.fill(count - 60000, "--spread", "--from", 2000000)


def risings(lab):
    """The objects of each nfctUtilizationRising so far: [{name and index: value}]."""
    return [dict(objects) for name, objects in lab.traps() if name == RISING]


def found(objects):
    """What follows the crossing, in the text: [part]."""
    text = objects["nfctNotifyText.0"]
    assert len(text.encode()) <= 255 and '"' not in text
    match = re.search(r" above the threshold \w+ \(\d+%\): (.*)$", text)
    assert match, f"nothing was found in time: {text}"
    return match[1].split("; ")


def percent_of(part, words):
    match = re.fullmatch(rf"(\d+)% {words}", part)
    assert match, f'"{part}" is not "...% {words}"'
    return int(match[1])


@pytest.mark.quick
def test_one_source_is_named_with_its_entries(trap_lab):
    lab = trap_lab
    limit = lab.limit()
    standing, added = limit // 50, limit // 50
    prepare(lab, 3)
    lab.fill(standing, "--spread", "--from", 1000000)
    fill_from_one(lab, added)
    crossed = time.monotonic()
    objects = wait_for(lambda: risings(lab), 10)[0]
    assert time.monotonic() - crossed < 2.5 + 1, "the trap came late"
    assert list(objects)[7:] == APPENDED
    unreplied, service, source = found(objects)
    assert unreplied == "0% unreplied" and objects["nfctSnapshotUnreplied.1"] == 0
    entries = sum(1 for entry in lab.conntrack_list() if "src=10.0.0.1 " in entry["line"])
    true = entries * 100 / lab.get("nfctInstanceEntries.1")
    assert abs(percent_of(source, "from 10[.]0[.]0[.]1") - true) <= 5, (source, true)
    assert objects["nfctTopText.1.1.1"] == "10.0.0.1" and objects["nfctTopText.1.3.1"] == "tcp/443"
    assert abs(objects["nfctTopEntries.1.1.1"] - entries) <= 0.1 * entries
    assert abs(percent_of(service, "to tcp/443") - true) <= 5, (service, true)
    # the log says the same
    assert objects["nfctNotifyText.0"] in lab.log()


def test_a_flood_from_forged_addresses_accuses_nobody(trap_lab):
    lab = trap_lab
    prepare(lab, 1)
    lab.run(sys.executable, FLOOD, "syn", lab.limit() // 80, "127.0.0.1", 80)
    objects = wait_for(lambda: risings(lab), 10)[0]
    unreplied, service, source = found(objects)
    assert percent_of(unreplied, "unreplied") >= 95
    assert percent_of(service, "to tcp/80") >= 95
    assert source == "from many sources"


def test_a_scanner_is_named_and_no_service(trap_lab):
    lab = trap_lab
    lab.run("nft", "add", "rule", "inet", "lab", "input", "ip", "saddr", "127.0.0.66", "drop")
    prepare(lab, 1)
    lab.run(sys.executable, FLOOD, "scan", "127.0.0.66", "127.0.0.1", min(lab.limit() // 80, 60000))
    unreplied, service, source = found(wait_for(lambda: risings(lab), 10)[0])
    assert percent_of(unreplied, "unreplied") >= 50
    assert service == "to many services"
    assert percent_of(source, "from 127[.]0[.]0[.]66") >= 50


def test_the_timeout_that_fills_the_table_is_named(trap_lab):
    """Most connections have been silent for a day: not who came is to blame, but how long they are kept."""
    lab = trap_lab
    timeout = int(lab.run("cat", "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established").stdout)
    prepare(lab, 3)
    lab.fill(lab.limit() // 80, "--timeout", timeout)
    lab.fill(lab.limit() // 40, "--timeout", timeout - 100000, "--spread", "--from", 1000000)
    objects = wait_for(lambda: risings(lab), 10)[0]
    listed = lab.conntrack_list()
    idle = sum(1 for entry in listed if 3600 <= int(entry["line"].split()[4]) <= timeout - 86400)
    unreplied, silent, service, source = found(objects)
    assert unreplied == "0% unreplied" and len(listed) > 8000
    share = percent_of(silent, rf"idle for a day [(]TCP established timeout {timeout} s[)]")
    assert abs(share - idle * 100 / len(listed)) <= 3, (silent, idle, len(listed))
    shown = lab.run(AGENT, "-1").stdout
    assert f"  idle          {idle} for a day or more (nf_conntrack_tcp_timeout_established: {timeout} seconds)" in shown
    lab.fill(lab.limit() // 40, "--udp", "--from", 3000000)
    assert "for a day" not in lab.run(AGENT, "-1").stdout


def test_alarms_within_a_minute_share_one_look(trap_lab):
    """The second one finds what the first one found, although another source has come since."""
    lab = trap_lab
    prepare(lab, 1, 'threshold "more" { rising = 3 falling = 2 }\n')
    fill_from_one(lab, lab.limit() // 80)
    first = wait_for(lambda: risings(lab), 10)[0]
    lab.fill(lab.limit() // 40, "--udp", "--from", 120000)
    second = wait_for(lambda: len(risings(lab)) == 2 and risings(lab), 10)[1]
    assert second["nfctThresholdName.1.2"] == "more"
    assert found(second) == found(first)
    assert [second[name] for name in APPENDED] == [first[name] for name in APPENDED]


def test_an_alarm_that_falls_while_it_waits_is_in_the_log_and_is_not_told(trap_lab):
    lab = trap_lab
    lab.configure(CONFIG.format(1, 'notification-interval = 0\n'))
    wait_for(lambda: lab.get("nfctThresholdRising.1.1") == 1)
    for _ in range(10):
        lab.fill(lab.limit() // 80)
        wait_for(lambda: lab.get("nfctThresholdState.1.1") == 2, interval=0.02)
        lab.run("conntrack", "-F")
        wait_for(lambda: lab.get("nfctThresholdState.1.1") == 1)
    time.sleep(1.5)
    transitions = lab.get("nfctThresholdTransitions.1.1")
    log = re.findall(r"conntrack table default is .*, (no longer )?above the threshold low", lab.log())
    assert log == ["", "no longer "] * (transitions // 2), "the log does not have each change once, in turn"
    told = lab.told()
    assert told == [RISING, FALLING] * (len(told) // 2)
    assert len(told) // 2 + lab.get("nfctAgentNotificationsLost.0") == transitions // 2
