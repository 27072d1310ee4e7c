# SPDX-License-Identifier: GPL-2.0-or-later
"""The agent against the module, through the real snmpd. What is expected comes from mibs/NF-CONNTRACK-MIB.txt alone: a
column that is new in both needs nothing here, and one that is in only one of them fails."""
import pytest

import mib
from contract import fault
from lab import COUNTERS, TOP, Lab, wait_for

SOURCE_NAT = """
table ip nat {
    chain postrouting { type nat hook postrouting priority srcnat; udp dport 8888 snat to 127.0.0.1:4000; }
}
"""
READABLE = {name: thing for name, thing in mib.read().items() if thing.access == "read-only"}


def make_full(lab):
    """Something in every column, and nothing that comes or goes by itself. A new table needs a row here."""
    for key, value in (("acct", 1), ("udp_timeout", 600), ("udp_timeout_stream", 600)):  # of this namespace
        lab.run("sh", "-c", f"echo {value} >/proc/sys/net/netfilter/nf_conntrack_{key}")
    lab.run("nft", "-f", "-", input=SOURCE_NAT)
    lab.start_snmpd()
    lab.fill(100)
    lab.traffic("tcp4", "tcp6", "udp4")
    lab.run("python3", "-c", "import socket; socket.socket(2, 2).sendto(b'x', ('127.0.0.1', 8888))")
    lab.start_agent('zones = true\nwatch "https" { index = 5 destination-port = 443 }\n'
                    'watch "all" { index = 65535 rising = 1000 falling = 900 }\n'
                    'rate "lost" { index = 5 counter = "drops" window = 1 }\n'
                    'rate "setup" { index = 65535 counter = "created" rising = 1000 falling = 900 window = 1 }\n')
    lab.after_a_scan()
    lab.after_a_scan()
    wait_for(lambda: lab.column("nfctRateValue") == {"1.5": 0, "1.65535": 0}, 10)


def not_given(lab):
    """The counters that this kernel does not have, by what conntrack(8) shows. Nothing else may be absent."""
    shown = lab.conntrack_stats()[0]
    return {f"nfct{table}{what}" for table in ("Instance", "Cpu") for what, key in COUNTERS.items() if key not in shown}


# One lab for all who only look: they go to one worker.
looks = pytest.mark.xdist_group("looks")


@pytest.fixture(scope="module")
def full_lab():
    lab = Lab()
    try:
        make_full(lab)
        yield lab
    finally:
        lab.close()


@pytest.fixture(scope="module")
def walked(full_lab):
    """[(name and index, type, value)] of one walk."""
    return full_lab.walk_typed()


@looks
@pytest.mark.quick
def test_every_object_is_as_the_module_says(walked):
    faults = {row[0]: why for row in walked if (why := fault(row))}
    assert faults == {}


@looks
@pytest.mark.quick
def test_every_object_of_the_module_is_served(full_lab, walked):
    absent = READABLE.keys() - {instance.partition(".")[0] for instance, _, _ in walked}
    assert absent == not_given(full_lab)


@looks
def test_the_rows_of_a_table_are_complete(walked):
    """Each column has the same rows."""
    rows = {}
    for instance, _, _ in walked:
        name, _, index = instance.partition(".")
        rows.setdefault(READABLE[name].parent, {}).setdefault(name, set()).add(index)
    for entry, columns in rows.items():
        every = set().union(*columns.values())
        assert {name: every - indexes for name, indexes in columns.items() if indexes != every} == {}, entry


@looks
def test_the_walk_is_in_order(walked):
    at = [mib.numbers(instance) for instance, _, _ in walked]
    assert at == sorted(set(at))


@looks
@pytest.mark.parametrize("auth", [Lab.V1, Lab.V2, Lab.V3], ids=["v1", "v2c", "v3"])
def test_get_getnext_and_getbulk_agree(full_lab, walked, auth):
    # SNMPv1 has no 64-bit counters: they are passed over
    wanted = [row[:2] for row in walked if auth != Lab.V1 or row[1] != "Counter64"]
    assert [row[:2] for row in full_lab.walk_typed(auth=auth)] == wanted  # GETNEXT by GETNEXT
    if auth != Lab.V1:
        assert [row[:2] for row in full_lab.walk_typed(auth=auth, tool="snmpbulkwalk")] == wanted
    for at in range(0, len(wanted), 20):
        part = wanted[at:at + 20]
        out = full_lab.snmp("snmpget", *("." + mib.oid(instance) for instance, _ in part), auth=auth).stdout
        assert [Lab.parse(line)[:2] for line in out.splitlines()] == part


@looks
def test_what_is_absent_is_said_to_be(full_lab, walked):
    """The row behind the last of each column, the column behind the last, what is only an index, what is only told."""
    last = {instance.partition(".")[0]: instance.partition(".")[2] for instance, _, _ in walked}
    absent = [f"{name}.{index}.0" for name, index in last.items()]
    absent += [f"{name}.{index[:-1]}{int(index[-1]) + 1}" for name, index in last.items()
               if not index.endswith(("9", "65535"))]
    absent += [f"{thing.parent}.{int(thing.oid.rpartition('.')[2]) + 200}.1" for thing in READABLE.values()]
    absent += [f"{name}.1" for name, thing in mib.read().items() if thing.access == "not-accessible"]
    absent += [f"{name}.0" for name, thing in mib.read().items() if thing.access == "accessible-for-notify"]
    for at in range(0, len(absent), 20):
        part = absent[at:at + 20]
        out = full_lab.snmp("snmpget", *("." + mib.oid(name) for name in part)).stdout
        assert {name: line for name, line in zip(part, out.splitlines(), strict=True) if "No Such" not in line} == {}


@looks
def test_nothing_can_be_set(full_lab):
    name = "." + mib.oid("nfctInstanceName.1")
    for auth in (("-v2c", "-cwriter"), Lab.V2):
        assert full_lab.snmp("snmpset", name, "s", "mine", auth=auth, check=False).returncode != 0
    assert full_lab.get("nfctInstanceName.1") == "default"


def test_one_getbulk_sees_one_snapshot(lab):
    """While the table fills and scans go by, each reply is true in itself."""
    filler = lab.spawn("sh", "-c", "for i in $(seq 12); do build/ctfill $((i * 370)) >/dev/null 2>&1;"
                       " sleep 0.7; conntrack -F 2>/dev/null; done", cwd=TOP)
    asked = ["nfctSnapshotScanned", "nfctSnapshotAssured", "nfctSnapshotUnreplied", "nfctSnapshotEvictable",
             "nfctSnapshotIpv4", "nfctSnapshotIpv6", "nfctSnapshotClosing", "nfctProtocolEntries"]
    seen = set()
    while filler.poll() is None:
        out = lab.snmp("snmpbulkget", *("." + mib.oid(name) for name in asked), auth=(*Lab.V2, "-Cn7", "-Cr10")).stdout
        got = {name: value for name, _, value in map(Lab.parse, out.splitlines())}
        scanned = got["nfctSnapshotScanned.1"]
        seen.add(scanned)
        firm = got["nfctSnapshotAssured.1"] - got["nfctSnapshotClosing.1"]
        assert firm + got["nfctSnapshotEvictable.1"] == scanned, out
        assert got["nfctSnapshotIpv4.1"] + got["nfctSnapshotIpv6.1"] == scanned, out
        assert sum(value for name, value in got.items() if name.startswith("nfctProtocolEntries.")) == scanned, out
    assert len(seen) > 2, f"the table did not change under the requests: {seen}"


def test_the_age_is_reckoned_at_the_request(lab):
    lab.configure('user = ""\nrefresh-interval = 3600\n')
    wait_for(lambda: lab.get("nfctAgentRefreshInterval.0") == 3600)
    first = wait_for(lambda: lab.get("nfctSnapshotAge.1"))
    wait_for(lambda: lab.get("nfctSnapshotAge.1") >= first + 100, 10)
