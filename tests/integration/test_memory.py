# SPDX-License-Identifier: GPL-2.0-or-later
"""valgrind over a life: start, walk, master restart, traps, SIGTERM. (The sanitizers' build watches
every other test in the same way.)"""
import re
import subprocess

import pytest

from lab import SANITIZED, TOP, wait_for


def told(lab):
    """The kinds of notification so far."""
    return {number for number, _ in lab.traps()}


BLOCKS = """
zones = true
notification-interval = 0
threshold "low" {{ rising = 1 falling = 0 }}
watch "https" {{ index = 1 destination-port = 443 rising = 5 falling = 1 }}
namespace "{}" {{ index = 2 }}
"""


@pytest.mark.skipif(SANITIZED, reason="valgrind and the sanitizers do not run together")
def test_valgrind_finds_nothing(bare_lab):
    lab = bare_lab
    lab.start_trapd()
    sink = "trap2sink 127.0.0.1:162 public\n"
    lab.start_snmpd(sink)
    other = f"{lab.netns}-blue"
    subprocess.run(["ip", "netns", "add", other], check=True)
    try:
        lab.start_agent(BLOCKS.format(other), prefix=(
            "env", f"LD_PRELOAD={TOP}/build/unfiltered.so", "valgrind", "--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite",
            "--trace-children=yes", "--track-fds=no", f"--log-file={lab.dir}/valgrind.%p"))
        lab.walk()
        lab.fill(lab.limit() // 50)
        wait_for(lambda: {1, 7} <= told(lab), 15)
    finally:
        subprocess.run(["ip", "netns", "del", other], check=True)
    wait_for(lambda: 9 in told(lab), 15)
    lab.stop_snmpd()
    wait_for(lambda: "is gone" in lab.log())
    lab.run("conntrack", "-F")
    lab.start_snmpd(sink)
    wait_for(lambda: told(lab) == {1, 2, 7, 8, 9}, 15)
    lab.walk()
    lab.configure('user = ""\n')
    wait_for(lambda: lab.entry("1.9.1.2.1.1") == "warning")
    lab.stop_agent(within=10)
    reports = [path.read_text() for path in lab.dir.glob("valgrind.*")]
    assert len(reports) >= 2, "both processes were to be watched"
    for report in reports:
        errors = re.findall(r"ERROR SUMMARY: (\d+) errors", report)
        assert errors and errors[-1] == "0", report
