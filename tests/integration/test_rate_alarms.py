# SPDX-License-Identifier: GPL-2.0-or-later
"""Rates: what a generator of a known rate makes is shown and told in time, and nothing else is taken for it."""
import re
import signal
import statistics
import sys
import time

import pytest

from lab import TOP, TRAPS, begin, wait_for

RISING, FALLING = "nfctRateValueRising", "nfctRateValueFalling"
WINDOW, RATE = 5, 1000
FAST = 'user = ""\nrefresh-interval = 1\ncpu-budget = 100\nnotification-interval = 0\n'
# a look may come up to this long after the window
LATE = WINDOW + 12

BLOCKS = f"""
rate "setup" {{ index = 1 counter = "created" rising = {RATE * 8 // 10} falling = 300 window = {WINDOW} }}
rate "ends" {{ index = 2 counter = "destroyed" rising = {RATE * 8 // 10} falling = 300 window = {WINDOW} }}
rate "bad" {{ index = 9 counter = "invalid" rising = 100 falling = 50 window = {WINDOW} }}
"""

# Answers to nobody's request, which conntrack calls invalid, 200 a second.
INVALID = """
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
began = time.monotonic()
for i in range(200 * 60):
    time.sleep(max(0, began + i / 200 - time.monotonic()))
    s.sendto(bytes([0, 0, 0xff, 0xff, 0, 0, 0, 0]), ("127.0.0.1", 0))
"""


def start(lab, blocks=BLOCKS, **more):
    lab.start_trapd()
    lab.start_snmpd(TRAPS)
    lab.start_agent(FAST + blocks, **more)
    rows = lab.column("nfctRateName")
    wait_for(lambda: lab.column("nfctRateValue").keys() == rows.keys(), 15)


def is_about(value, expected):
    return abs(value - expected) <= expected * 0.05


def told_of(lab, kind, name):
    return [dict(objects) for told, objects in lab.traps() if told == kind and ("default: " + name) in objects[0][1]]


@pytest.mark.alone
def test_a_known_rate_is_shown_and_told_and_so_is_its_end(bare_lab):
    lab = bare_lab
    generator = lab.churn(10 * RATE, RATE, 20)
    start(lab)
    assert lab.column("nfctRateValue") == {"1.1": 0, "1.2": 0, "1.9": 0}
    begin(generator)
    began = time.monotonic()
    wait_for(lambda: lab.told() == [RISING, RISING], LATE)
    assert time.monotonic() - began < LATE
    for name, index, counter in (("setup", 1, "created"), ("ends", 2, "destroyed")):
        row = f"1.{index}"
        rising, = told_of(lab, RISING, name)
        value = rising[f"nfctRateValue.{row}"]
        assert re.fullmatch(rf"conntrack table default: {name} is {value} per second \({counter}, over \d+ s\), "
                            rf"at or above rising \(800\)", rising["nfctNotifyText.0"])
        assert rising[f"nfctRateName.{row}"] == name and rising[f"nfctRateRising.{row}"] == 800
        assert 800 <= value < RATE * 1.05
        assert lab.get(f"nfctRateState.{row}") == 2
    time.sleep(max(0, began + WINDOW + 3 - time.monotonic()))  # now all of the window is within the generator's time
    shown = {"1.1": [], "1.2": []}
    while time.monotonic() < began + 18:
        values = lab.column("nfctRateValue")
        for row, seen in shown.items():
            seen.append(values[row])
        time.sleep(0.5)
    count, milliseconds = map(int, generator.stdout.readline().split())
    true_rate = count * 1000 / milliseconds  # a loaded machine may hold the generator up
    for row, seen in shown.items():
        assert is_about(statistics.median(seen), true_rate), (row, seen, true_rate)
    wait_for(lambda: lab.told() == [RISING, RISING, FALLING, FALLING], LATE)
    assert told_of(lab, FALLING, "setup")[0]["nfctRateFalling.1.1"] == 300
    assert told_of(lab, FALLING, "ends")[0]["nfctNotifyText.0"].endswith("no longer above rising (800; cleared at 300)")
    assert lab.get("nfctRateState.1.1") == lab.get("nfctRateState.1.2") == 1
    wait_for(lambda: lab.column("nfctRateValue") == {"1.1": 0, "1.2": 0, "1.9": 0}, LATE)


@pytest.mark.alone
def test_a_counter_of_the_kernel_has_its_rate(bare_lab):
    lab = bare_lab
    start(lab)

    def invalid():
        return sum(row["invalid"] for row in lab.conntrack_stats()), time.monotonic()

    sender = lab.spawn(sys.executable, "-c", INVALID)
    wait_for(lambda: lab.told() == [RISING], LATE)
    assert "(invalid, over " in told_of(lab, RISING, "bad")[0]["nfctNotifyText.0"]
    (before, began) = invalid()
    time.sleep(WINDOW + 2)
    shown = [lab.get("nfctRateValue.1.9")]
    (after, ended) = invalid()
    true_rate = (after - before) / (ended - began)
    assert true_rate > 100
    assert is_about(shown[0], true_rate), (shown, true_rate)
    sender.kill()
    wait_for(lambda: lab.told() == [RISING, FALLING], LATE)


def test_a_restart_a_reload_and_a_flush_raise_nothing(bare_lab):
    lab = bare_lab
    low = BLOCKS.replace("rising = 800 falling = 300", "rising = 20 falling = 10")
    lab.fill(20000)
    start(lab, low)
    # a reload: as it was, with another window, and with other counters in the rows
    for blocks in (low, low.replace("window = 5", "window = 6"), low.replace("created", "invalid"), low):
        lab.configure(FAST + blocks)
        wait_for(lambda: lab.log().count("was read again") >= 1)
        time.sleep(1.5)
    # a flush; what was in use comes back at once
    lab.run("conntrack", "-F")
    time.sleep(2)
    lab.fill(20000, "--spread")
    time.sleep(WINDOW)
    # the same between two samples
    lab.run("sh", "-c", f"conntrack -F; {TOP}/build/ctfill 20000")
    wait_for(lambda: lab.column("nfctRateValue").keys() == {"1.1", "1.2", "1.9"}, 30)
    assert lab.column("nfctRateValue") == {"1.1": 0, "1.2": 0, "1.9": 0}
    # a restart of the agent
    lab.stop_agent()
    lab.start_agent(FAST + low)
    wait_for(lambda: lab.column("nfctRateValue").keys() == {"1.1", "1.2", "1.9"}, 15)
    time.sleep(3)
    assert lab.column("nfctRateValue") == {"1.1": 0, "1.2": 0, "1.9": 0}
    assert lab.told() == []


@pytest.mark.quick
def test_a_counter_that_the_kernel_sets_back_raises_nothing(bare_lab):
    lab = bare_lab
    blocks = "".join(f'rate "{name}" {{ index = {index} counter = "{name}" rising = 1 falling = 0 window = 2 }}\n'
                     for index, name in enumerate(("drops", "early-drops", "insert-failed", "invalid", "errors"), 1))
    start(lab, blocks, prefix=("env", f"LD_PRELOAD={TOP}/build/netlinkfault.so", "NETLINK_FAULT=setback"))
    before = lab.get("nfctInstanceDrops.1")
    assert before > 0 and set(lab.column("nfctRateValue").values()) == {0}
    lab.agent.send_signal(signal.SIGUSR2)
    wait_for(lambda: lab.get("nfctInstanceDrops.1") < before)
    wait_for(lambda: len(lab.column("nfctRateValue")) == 5, 10)
    assert set(lab.column("nfctRateValue").values()) == {0}
    time.sleep(3)
    assert lab.told() == []


@pytest.mark.quick
def test_a_removed_rate_that_was_raised_is_cleared_with_the_reason(bare_lab):
    lab = bare_lab
    start(lab, 'rate "all" { index = 3 counter = "created" rising = 1 falling = 0 window = 2 }\n')
    lab.fill(1000)
    wait_for(lambda: lab.told() == [RISING], LATE)
    lab.configure(FAST)
    wait_for(lambda: lab.told() == [RISING, FALLING], 5)
    text = told_of(lab, FALLING, "all")[0]["nfctNotifyText.0"]
    assert text == "conntrack table default: all is no longer checked: the rate was removed from the configuration"
    assert lab.column("nfctRateName") == {}
