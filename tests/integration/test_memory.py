# SPDX-License-Identifier: GPL-2.0-or-later
"""valgrind over a life: start, walk, master restart, traps, SIGTERM. (The sanitizers' build watches
every other test in the same way.)"""
import re

import pytest

from lab import SANITIZED, TOP, TRAPS, wait_for
from namespaces import Namespaces

RISEN = {"nfctUtilizationRising", "nfctWatchEntriesRising"}
FALLEN = {"nfctUtilizationFalling", "nfctWatchEntriesFalling"}
GONE = {"nfctInstanceDegraded"}

BLOCKS = """
zones = true
notification-interval = 0
threshold "low" { rising = 1 falling = 0 }
watch "https" { index = 1 destination-port = 443 rising = 5 falling = 1 }
"""


@pytest.mark.skipif(SANITIZED, reason="valgrind and the sanitizers do not run together")
def test_valgrind_finds_nothing(bare_lab):
    lab = bare_lab
    lab.start_trapd()
    lab.start_snmpd(TRAPS)
    with Namespaces(lab) as spaces:
        spaces.add("blue")
        lab.start_agent(BLOCKS + spaces.block("blue", 2), prefix=(
            "env", f"LD_PRELOAD={TOP}/build/unfiltered.so", "valgrind", "--leak-check=full",
            "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite", "--trace-children=yes",
            "--track-fds=no", f"--log-file={lab.dir}/valgrind.%p"))
        lab.walk()
        lab.fill(lab.limit() // 50)
        wait_for(lambda: RISEN <= set(lab.told()), 15)
    wait_for(lambda: GONE <= set(lab.told()), 15)
    lab.stop_snmpd()
    wait_for(lambda: "is gone" in lab.log())
    lab.run("conntrack", "-F")
    lab.start_snmpd(TRAPS)
    wait_for(lambda: set(lab.told()) == RISEN | FALLEN | GONE, 15)
    lab.walk()
    lab.configure('user = ""\n')
    wait_for(lambda: lab.get("nfctThresholdName.1.1") == "warning")
    lab.stop_agent(within=10)
    reports = [path.read_text() for path in lab.dir.glob("valgrind.*")]
    assert len(reports) >= 2, "both processes were to be watched"
    for report in reports:
        errors = re.findall(r"ERROR SUMMARY: (\d+) errors", report)
        assert errors and errors[-1] == "0", report
