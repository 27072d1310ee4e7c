# SPDX-License-Identifier: GPL-2.0-or-later
"""Reloads (SIGHUP), however often they come; and scans that do not come to an end."""
import os
import re
import time

import pytest

from lab import TOP, wait_for

SLOW = 'user = ""\nrefresh-interval = 1\ncpu-budget = 3\n'


def reload_until(lab, configs, done, timeout):
    """Gives the agent one configuration after the other, ten in a second."""
    end = time.monotonic() + timeout
    number = 0
    while not done():
        assert time.monotonic() < end, f"waited {timeout} s in vain, over {number} reloads"
        assert lab.agent.poll() is None
        lab.configure(configs[number % len(configs)])
        number += 1
        time.sleep(0.1)


@pytest.mark.quick
def test_a_scan_ends_however_often_the_configuration_is_read_again(lab):
    """It takes longer than the time between two reloads, and goes on if what it gathers has not changed."""
    lab.configure(SLOW)
    wait_for(lambda: lab.get("nfctAgentCpuBudget.0") == 3)
    lab.after_a_scan()
    lab.fill(4000)
    configs = [SLOW + f'threshold "low" {{ rising = {rising} falling = 1 }}\nwatch "all" {{ index = 1 {limits} }}\n'
               for rising, limits in ((20, ""), (30, "rising = 9000 falling = 8000"))]
    lab.configure(configs[0])
    wait_for(lambda: lab.get("nfctWatchName.1.1") == "all")
    scans = lab.get("nfctSnapshotScans.1")
    reload_until(lab, configs, lambda: lab.get("nfctSnapshotScans.1") >= scans + 2, 60)
    assert lab.get("nfctSnapshotDuration.1") >= 300, "the scan was not slower than the reloads"
    assert lab.get("nfctSnapshotScanned.1") == 4000
    assert lab.get("nfctWatchEntries.1.1") == 4000
    assert lab.get("nfctSnapshotFailures.1") == 0


def test_what_a_scan_gathers_is_changed_at_once(lab):
    """And what is no matter of a scan does not begin one."""
    seldom = 'user = ""\nrefresh-interval = 3600\ncpu-budget = 100\n'
    lab.configure(seldom)
    lab.fill(500)
    wait_for(lambda: lab.get("nfctSnapshotAge.1") >= 200, 20)  # the last scan of the shorter interval has ended
    scans = lab.get("nfctSnapshotScans.1")
    lab.configure(seldom + 'watch "all" { index = 1 }\n')
    wait_for(lambda: lab.get("nfctWatchEntries.1.1") == 500, 20)
    assert lab.get("nfctSnapshotScans.1") == scans + 1
    lab.configure(seldom + 'watch "all" { index = 1 }\nthreshold "low" { rising = 20 falling = 10 }\n')
    wait_for(lambda: lab.get("nfctThresholdName.1.1") == "low")
    time.sleep(1.5)
    assert lab.get("nfctSnapshotScans.1") == scans + 1


def test_a_watch_of_another_name_or_limit_is_shown_and_judged_at_once(trap_lab):
    """Its entries are counted as before, so the next scan might be an hour away."""
    lab = trap_lab
    lab.fill(500)
    lab.after_a_scan()
    seldom = 'user = ""\nrefresh-interval = 3600\ncpu-budget = 100\nnotification-interval = 0\n'
    lab.configure(seldom + 'watch "some" { index = 1 }\n')
    wait_for(lambda: lab.get("nfctWatchEntries.1.1") == 500, 20)
    lab.configure(seldom + 'watch "all" { index = 7 rising = 400 falling = 300 }\n')
    wait_for(lambda: lab.column("nfctWatchName") == {"1.7": "all"}, 20)
    assert lab.get("nfctWatchRising.1.7") == 400
    wait_for(lambda: "nfctWatchEntriesRising" in lab.told(), 20)
    lab.configure(seldom + 'watch "all" { index = 7 rising = 900 falling = 800 }\n')
    wait_for(lambda: "nfctWatchEntriesFalling" in lab.told(), 20)


def test_a_scan_that_does_not_end_is_told(lab):
    """The hash table is resized again and again, as a script might: no scan is of any use, and none has failed."""
    lab.stop_agent()
    buckets = lab.dir / "buckets"

    def resize(number):
        other = lab.dir / "buckets.new"
        other.write_text(f"{number}\n")
        os.replace(other, buckets)
        return lab.get("nfctInstanceStatus.1") == 2

    resize(65536)
    lab.fill(5000)
    lab.start_agent(prefix=("env", f"LD_PRELOAD={TOP}/build/bucketsfile.so",
                                                f"BUCKETS_FILE={buckets}"))
    numbers = iter(range(70000, 80000))
    wait_for(lambda: resize(next(numbers)), 60)
    said = re.fullmatch(r"the last scan ended (\d+) s ago", lab.get("nfctInstanceStatusText.1"))
    assert said and int(said[1]) * 100 <= lab.get("nfctSnapshotAge.1") + 100
    assert lab.get("nfctInstanceEntries.1") == 5000, "what is sampled is as good as ever"
    assert lab.get("nfctSnapshotFailures.1") == 0
    wait_for(lambda: lab.get("nfctInstanceStatus.1") == 1, 30)
