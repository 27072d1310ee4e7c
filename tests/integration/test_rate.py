# SPDX-License-Identifier: GPL-2.0-or-later
"""The setup rate: what a generator makes and deletes, the agent has seen."""
import signal
import statistics

import pytest

from lab import TOP, begin, wait_for

FAST = 'user = ""\nrefresh-interval = 2\ncpu-budget = 100\n'
RATE, SECONDS = 5000, 10


def created(lab):
    return lab.get("nfctSnapshotCreated.1")


def destroyed(lab):
    return lab.get("nfctSnapshotDestroyed.1")


def is_count(value, count):
    """CTA_ID has 32 bits: of 20,000 entries two share one in one run of twenty, and count as one."""
    return count - 2 <= value <= count


def made(process):
    count, milliseconds = process.stdout.readline().split()
    return int(count), int(milliseconds)


@pytest.mark.alone
def test_what_comes_and_goes_is_counted(bare_lab):
    """100,000 entries and 5,000 flows a second, followed fully."""
    lab = bare_lab
    lab.start_snmpd()
    generator = lab.churn(100000, RATE, SECONDS)
    lab.start_agent("refresh-interval = 2\ncpu-budget = 100\n")
    lab.after_a_scan()
    assert lab.get("nfctSnapshotIdentityShare.1") == 100, "not all are followed"
    assert (created(lab), destroyed(lab)) == (0, 0)
    begin(generator)
    rates, scans = [], lab.get("nfctSnapshotScans.1")
    while len(rates) < 4:
        wait_for(lambda: lab.get("nfctSnapshotScans.1") > scans)
        scans = lab.get("nfctSnapshotScans.1")
        rates.append(lab.get("nfctSnapshotCreateRate.1"))
    count, milliseconds = made(generator)
    lab.after_a_scan()
    assert count == RATE * SECONDS
    assert abs(created(lab) - count) <= count * 0.05, f"{created(lab)} of {count}"
    assert abs(destroyed(lab) - count) <= count * 0.05, f"{destroyed(lab)} of {count}"
    # the first of them began before the generator; a loaded machine may hold the generator up
    true_rate = count * 1000 / milliseconds
    assert abs(statistics.median(rates[1:]) - true_rate) <= true_rate * 0.05, (rates, true_rate)
    lab.after_a_scan()
    assert lab.get("nfctSnapshotCreateRate.1") == 0


@pytest.mark.heavy
def test_a_subset_is_right_within_its_statistical_error(bare_lab):
    lab = bare_lab
    lab.start_snmpd()
    generator = lab.churn(100000, RATE, 6)
    lab.start_agent("refresh-interval = 2\ncpu-budget = 100\nidentities = 8192\n")
    lab.after_a_scan()
    assert lab.get("nfctSnapshotIdentityShare.1") == 6  # 1 in 16
    begin(generator)
    count, _ = made(generator)
    lab.after_a_scan()
    # of `count`, each followed with a chance of 1/16, times 16
    deviation = 16 * (count * (1 / 16) * (15 / 16)) ** 0.5
    for value in (created(lab), destroyed(lab)):
        assert value % 16 == 0
        assert abs(value - count) < 4 * deviation, f"{value} of {count}, deviation {deviation:.0f}"


def test_a_flush_is_no_setup(lab):
    lab.configure(FAST)
    lab.fill(20000)
    lab.after_a_scan()
    before = created(lab), destroyed(lab)
    lab.run("conntrack", "-F")
    lab.after_a_scan()
    flushed = destroyed(lab)
    assert created(lab) == before[0]
    assert is_count(flushed - before[1], 20000)
    assert lab.get("nfctSnapshotCreateRate.1") == 0
    lab.fill(300)
    lab.after_a_scan()
    assert is_count(created(lab) - before[0], 300)
    assert destroyed(lab) == flushed


def test_a_subset_that_had_to_be_halved_makes_no_jump(lab):
    lab.configure(FAST + "identities = 4096\n")
    lab.fill(3000)
    lab.after_a_scan()
    lab.after_a_scan()
    assert lab.get("nfctSnapshotIdentityShare.1") == 100
    before = created(lab), destroyed(lab)
    for _ in range(4):  # while scans run: some meet more than they expected
        lab.fill(30000, "--spread", "--until-full")
        lab.run("conntrack", "-D", "-d", "198.0.0.0/8", check=False)
    lab.fill(30000, "--spread")
    lab.after_a_scan()
    assert lab.get("nfctSnapshotIdentityShare.1") in (6, 12)
    # 30,000 came in the end; more, if a scan met those that were deleted again
    new, gone = created(lab) - before[0], destroyed(lab) - before[1]
    deviation = 16 * (new / 16) ** 0.5
    assert new - gone - 30000 < 4 * deviation and new - gone - 30000 > -4 * deviation, (new, gone)
    stands = created(lab), destroyed(lab)
    lab.after_a_scan()
    assert (created(lab), destroyed(lab)) == stands


@pytest.mark.quick
def test_scans_that_failed_in_between_make_no_jump(bare_lab):
    lab = bare_lab
    lab.start_snmpd()
    lab.start_agent("cpu-budget = 100\n", prefix=("env", f"LD_PRELOAD={TOP}/build/capswitch.so"))
    lab.fill(5000)
    lab.after_a_scan()
    before = created(lab), destroyed(lab)
    lab.agent.send_signal(signal.SIGUSR1)  # the capability goes
    wait_for(lambda: lab.get("nfctSnapshotFailures.1") >= 2, 15)
    lab.fill(700, "--spread")
    lab.agent.send_signal(signal.SIGUSR2)
    lab.after_a_scan()
    assert is_count(created(lab) - before[0], 700)
    assert destroyed(lab) == before[1]
    assert lab.get("nfctSnapshotScanned.1") == 5700
