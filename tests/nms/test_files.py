# SPDX-License-Identifier: GPL-2.0-or-later
"""What is made from the MIB is what stands in conf/."""
import subprocess
import sys

from lab import TOP


def test_the_files_are_as_they_are_made_from_the_mib():
    check = subprocess.run([sys.executable, TOP / "conf/generate/run", "--check"], capture_output=True, text=True)
    assert check.returncode == 0, check.stderr
