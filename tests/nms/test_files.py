# SPDX-License-Identifier: GPL-2.0-or-later
"""What is made from the MIB is what stands in conf/."""
import re
import subprocess
import sys

import mib
import zabbix_content
from lab import TOP


def test_the_files_are_as_they_are_made_from_the_mib():
    check = subprocess.run([sys.executable, TOP / "conf/generate/run", "--check"], capture_output=True, text=True)
    assert check.returncode == 0, check.stderr


def test_the_zabbix_template_has_every_object_or_says_that_it_is_left_out():
    template = (TOP / "conf/zabbix/conntrack-agentx.yaml").read_text()
    missing = {name for name, what in mib.read().items()
               if what.access == "read-only" and not re.search(rf"\b{re.escape(what.oid)}\b", template)}
    assert missing == set(zabbix_content.LEFT_OUT), "a line in conf/generate/zabbix_content.py"
