# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel does to the table while it is watched: modules that are missing, counters that are set back, a hash
of another size; and what the entries tell of the host's own SNMP."""
import os
import signal
import time

import pytest

from lab import AGENT, TOP, wait_for

TRACKING = """
delete table inet lab
table inet other {
    chain input { type filter hook input priority filter; ct state established accept; }
}
"""
TRACKED = "SNMP packets of this host are tracked"


def preload(*names, **environment):
    """A prefix for the agent's command."""
    objects = ":".join(f"{TOP}/build/{name}.so" for name in names)
    return ("env", f"LD_PRELOAD={objects}", *(f"{key}={value}" for key, value in environment.items()))


@pytest.mark.parametrize("fault, module", [("einval", "nf_conntrack_netlink"), ("eprotonosupport", "nfnetlink")])
@pytest.mark.quick
def test_the_status_says_which_module_is_missing(bare_lab, fault, module):
    lab = bare_lab
    lab.start_snmpd()
    lab.start_agent(prefix=preload("netlinkfault", NETLINK_FAULT=fault))
    assert lab.get("nfctInstanceStatusText.1") == ""
    lab.agent.send_signal(signal.SIGUSR1)
    wait_for(lambda: lab.get("nfctInstanceStatus.1") == 3)
    text = lab.get("nfctInstanceStatusText.1")
    assert text == f"{module} is not loaded and cannot be loaded: modprobe nf_conntrack_netlink"
    assert f'conntrack table "default": {text}' in lab.log()
    lab.agent.send_signal(signal.SIGUSR2)
    wait_for(lambda: lab.get("nfctInstanceStatus.1") == 1)
    wait_for(lambda: lab.get("nfctInstanceStatusText.1") == "")


def test_counters_that_are_set_back_begin_anew(trap_lab):
    lab = trap_lab
    lab.stop_agent()
    lab.start_agent(prefix=preload("netlinkfault", NETLINK_FAULT="setback"))
    cpus = len(lab.column("nfctCpuFound.1"))
    assert lab.get("nfctInstanceDrops.1") == 12 * cpus
    lab.fill(500)
    wait_for(lambda: lab.get("nfctInstancePeakEntries.1") >= 500)
    lab.run("conntrack", "-F")
    wait_for(lambda: lab.get("nfctInstanceEntries.1") < 500)
    began = lab.get("nfctInstanceDiscontinuityTime.1")
    lab.agent.send_signal(signal.SIGUSR2)
    wait_for(lambda: lab.get("nfctInstanceDiscontinuityTime.1") > began, 5)
    assert lab.get("nfctInstanceDrops.1") == 0
    assert set(lab.column("nfctCpuFound.1").values()) == {0}
    assert lab.get("nfctInstancePeakEntries.1") < 500, "the peak of before"
    assert lab.get("nfctInstanceRecentPeakEntries.1") < 500, "the recent peak of before"
    time.sleep(2.5)
    assert lab.get("nfctInstanceDropping.1") == 2, "dropping"
    assert lab.traps() == []
    assert lab.log().count("has reset its counters") == 1


def test_a_scan_that_a_resize_has_spoilt_is_not_told(trap_lab):
    """The table is at rest. Readings as they are when the table is hashed anew, and another number of buckets."""
    lab = trap_lab
    buckets = lab.dir / "buckets"

    def hash_anew(number):
        other = lab.dir / "buckets.new"
        other.write_text(f"{number}\n")
        os.replace(other, buckets)

    lab.stop_agent()
    hash_anew(65536)
    lab.start_agent("cpu-budget = 2\n", prefix=preload("netlinkfault", "bucketsfile", NETLINK_FAULT="resize",
                                                       BUCKETS_FILE=buckets))
    lab.fill(5000)
    wait_for(lambda: lab.get("nfctSnapshotScanned.1") == 5000, 120)
    wait_for(lambda: lab.get("nfctInstanceBuckets.1") == 65536)
    before = [lab.get(f"nfctSnapshot{what}.1") for what in ("Failures", "Created", "Destroyed")]
    told = set()

    def look(until):
        told.add(lab.get("nfctSnapshotScanned.1"))
        return time.monotonic() > until

    for number in range(4):
        lab.agent.send_signal(signal.SIGUSR1)
        hash_anew(30000 + number)
        time.sleep(0.7)
        lab.agent.send_signal(signal.SIGUSR2)
        hash_anew(90000 + number)
        end = time.monotonic() + 3 + number
        wait_for(lambda: look(end), 20)
    scans = lab.get("nfctSnapshotScans.1")
    wait_for(lambda: lab.get("nfctSnapshotScans.1") >= scans + 2, 60)
    assert told == {5000}
    assert [lab.get(f"nfctSnapshot{what}.1") for what in ("Failures", "Created", "Destroyed")] == before
    assert lab.get("nfctSnapshotScanned.1") == 5000 and lab.get("nfctSnapshotCreateRate.1") == 0
    assert lab.traps() == []
    assert "nf_conntrack_buckets was changed during the scan" in lab.log(), "no scan was met"


def test_tracked_snmp_of_the_host_is_told_once(lab):
    def once():
        return lab.run(AGENT, "-1").stdout

    # what this host forwards is no concern of its own, and its own is not tracked by the rules of the lab
    lab.run("conntrack", "-I", "-p", "udp", "-s", "198.51.100.7", "-d", "203.0.113.1", "--sport", "40000",
            "--dport", "161", "--timeout", "100")
    # nor what it asks of others
    lab.run("conntrack", "-I", "-p", "udp", "-s", "127.0.0.1", "-d", "203.0.113.1", "--sport", "40001",
            "--dport", "161", "--timeout", "100")
    lab.run("conntrack", "-I", "-p", "udp", "-s", "203.0.113.1", "-d", "127.0.0.1", "--sport", "161",
            "--dport", "40002", "--timeout", "100")
    lab.after_a_scan()
    assert TRACKED not in lab.log() and TRACKED not in once()
    lab.run("nft", "-f", "-", input=TRACKING)
    lab.after_a_scan()
    wait_for(lambda: f'conntrack table "default": {TRACKED}' in lab.log())
    lab.after_a_scan()
    assert lab.log().count(TRACKED) == 1
    assert f"  note          {TRACKED}" in once()
    assert lab.get("nfctInstanceStatus.1") == 1, "that is no fault of the table"
