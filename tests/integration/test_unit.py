# SPDX-License-Identifier: GPL-2.0-or-later
"""The systemd unit: what it takes from the agent, and what it must leave it."""
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lab import SANITIZED, TOP, wait_for

TEMPLATE = TOP / "conf/conntrack-agentx.service.in"


@pytest.mark.quick
def test_exposure_is_low(tmp_path):
    unit = tmp_path / "conntrack-agentx.service"
    unit.write_text(TEMPLATE.read_text().replace("@SBINDIR@", "/usr/sbin"))
    said = subprocess.run(["systemd-analyze", "--no-pager", "security", "--offline=1", str(unit)], check=True,
                          text=True, capture_output=True).stdout
    assert float(re.search(r"exposure level for .*: ([\d.]+)", said)[1]) < 2.0, said


@pytest.mark.skipif(SANITIZED, reason="the leak checker makes calls of its own")
def test_the_agent_runs_with_the_system_calls_it_is_left(bare_lab):
    lab = bare_lab
    lab.start_snmpd()
    lab.start_agent(prefix=(sys.executable, Path(__file__).with_name("run_filtered.py"), TEMPLATE))
    before = lab.subagent()
    lab.configure('user = ""\nthreshold "other" { rising = 50 falling = 40 }\n')
    wait_for(lambda: lab.get("nfctThresholdName.1.1") == "other")
    lab.stop_snmpd()
    lab.start_snmpd()
    wait_for(lambda: lab.get("nfctAgentMasterConnects.0") == 2, 15)
    assert lab.subagent() == before
    assert "signal" not in lab.log()
