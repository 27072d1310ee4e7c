# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tables say is what conntrack(8) says."""
import subprocess
import sys
from collections import Counter

import pytest

from lab import COUNTERS, TOP, wait_for

# What the kernel evicts although it is assured, when the table is 95 percent full.
CLOSING = ("FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SHUTDOWN_SENT", "SHUTDOWN_RECD",
           "SHUTDOWN_ACK_SENT")
EVERYTHING = ("tcp4", "tcp6", "tcp4-closed", "syn4", "udp4", "udp6", "udp4-unreplied", "sctp4",
              "sctp6", "gre4", "unknown4", "unknown6")
ADDRESS_TYPE = {"ipv4": 1, "ipv6": 2}


@pytest.mark.quick
def test_totals_are_those_of_conntrack(lab):
    lab.run("ping", "-c1", "-q", "127.0.0.1")
    lab.run("ping", "-c1", "-q", "::1")
    lab.traffic(*EVERYTHING)
    entries, walk = lab.settled()

    protocols = Counter((ADDRESS_TYPE[e["family"]], e["protocol"]) for e in entries)
    for wanted in ((1, 6), (2, 6), (1, 17), (2, 17), (1, 1), (2, 58), (1, 132), (2, 132), (1, 47),
                   (1, 253), (2, 253)):
        assert protocols[wanted], f"the test made no {wanted}: {protocols}"
    shown = {tuple(map(int, name.split(".")[2:])): value
             for name, value in walk.items() if name.startswith("nfctProtocolEntries.")}
    assert {key: n for key, n in shown.items() if n} == dict(protocols)

    states = Counter((e["protocol"], e["state"]) for e in entries if e["protocol"] in (6, 132))
    names = {name.partition(".")[2]: value for name, value in walk.items() if name.startswith("nfctStateName.")}
    shown = {(int(index.split(".")[1]), name): walk[f"nfctStateEntries.{index}"] for index, name in names.items()}
    assert {key: n for key, n in shown.items() if n} == dict(states)

    assert walk["nfctSnapshotScanned.1"] == len(entries)
    assert walk["nfctInstanceEntries.1"] == len(entries)
    assert walk["nfctSnapshotAssured.1"] == sum(e["assured"] for e in entries)
    assert walk["nfctSnapshotUnreplied.1"] == sum(e["unreplied"] for e in entries)
    closing = sum(e["assured"] and e["state"] in CLOSING for e in entries)
    assert closing, "the test made no connection that is closing"
    assert walk["nfctSnapshotClosing.1"] == closing
    assert walk["nfctSnapshotEvictable.1"] == sum(not e["assured"] for e in entries) + closing
    assert walk["nfctSnapshotUnlisted.1"] == 0
    assert walk["nfctSnapshotIpv4.1"] == sum(e["family"] == "ipv4" for e in entries)
    assert walk["nfctSnapshotIpv6.1"] == sum(e["family"] == "ipv6" for e in entries)
    for flag in ("assured", "unreplied"):
        for (family, protocol), _ in protocols.items():
            wanted = sum(e[flag] for e in entries
                         if (ADDRESS_TYPE[e["family"]], e["protocol"]) == (family, protocol))
            assert walk[f"nfctProtocol{flag.capitalize()}.1.{family}.{protocol}"] == wanted
    assert walk["nfctProtocolName.1.2.58"] == "ipv6-icmp"
    assert walk["nfctProtocolName.1.1.253"] == "253"
    assert walk["nfctProtocolText.1.2.6"] == "tcp over IPv6"


def test_an_empty_table_is_all_zeroes(lab):
    assert lab.conntrack_list() == []
    lab.after_a_scan()
    walk = lab.walk()
    assert walk["nfctInstanceEntries.1"] == 0
    assert walk["nfctSnapshotCoverage.1"] == 100
    for what in ("Assured", "Closing", "Unreplied", "Evictable", "SourceNat", "DestinationNat", "Offloaded", "Ipv4",
                 "Ipv6", "Helped", "FirmUtilization", "Unlisted"):
        assert walk[f"nfctSnapshot{what}.1"] == 0, what
    assert set(lab.column("nfctProtocolEntries")) == {"1.1.1", "1.1.6", "1.1.17", "1.2.6", "1.2.17", "1.2.58"}


def test_a_row_stays_when_its_protocol_is_gone(lab):
    lab.traffic("gre4")
    lab.after_a_scan()
    assert lab.get("nfctProtocolEntries.1.1.47") == 1
    lab.run("conntrack", "-F")
    lab.after_a_scan()
    assert lab.get("nfctProtocolEntries.1.1.47") == 0
    assert lab.get("nfctProtocolPeakEntries.1.1.47") == 1


def test_nat_is_counted(lab):
    lab.run("nft", "-f", "-", input="""
        table ip nat {
            chain output { type nat hook output priority -100; udp dport 7777 dnat to 127.0.0.1:7778; }
            chain postrouting { type nat hook postrouting priority srcnat;
                udp dport 8888 snat to 127.0.0.1:4000; }
        }""")
    for port in (7777, 8888):
        lab.run("python3", "-c", f"import socket; s = socket.socket(2, 2); s.sendto(b'x', ('127.0.0.1', {port}))")
    lab.after_a_scan()
    lines = lab.run("conntrack", "-L", "-o", "extended").stdout
    wanted = (len(lab.run("conntrack", "-L", "-n").stdout.splitlines()),
              len(lab.run("conntrack", "-L", "-g").stdout.splitlines()))
    assert wanted == (1, 1), lines
    assert (lab.get("nfctSnapshotSourceNat.1"), lab.get("nfctSnapshotDestinationNat.1")) == wanted


def test_traffic_is_counted_only_with_accounting(lab):
    lab.traffic("udp4")
    lab.after_a_scan()
    assert lab.column("nfctProtocolOctets") == {}
    lab.run("sh", "-c", "echo 1 > /proc/sys/net/netfilter/nf_conntrack_acct")
    lab.run("conntrack", "-F")
    lab.traffic("udp4", "tcp6")
    lab.after_a_scan()
    wanted = Counter()
    for entry in lab.conntrack_list():
        words = [word for word in entry["line"].split() if "=" in word]
        for key, column in (("packets", "Packets"), ("bytes", "Octets")):
            wanted[f"nfctProtocol{column}.1.{ADDRESS_TYPE[entry['family']]}.{entry['protocol']}"] += sum(
                int(word.split("=")[1]) for word in words if word.startswith(key + "="))
    assert wanted["nfctProtocolPackets.1.1.17"] == 12 and wanted["nfctProtocolOctets.1.2.6"] > 0
    for name, value in wanted.items():
        assert lab.get(name) == value, name


def test_counters_are_those_of_conntrack(lab):
    lab.run("python3", "-c", """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 6)
for i in range(20):
    s.sendto(bytes(8), ('127.0.0.1', 0))  # too short for TCP: invalid
""")
    lab.fill(100)
    lab.run(TOP / "build/ctfill", 10, check=False)  # all there already: inserts that fail
    lab.after_a_scan()
    stats = lab.conntrack_stats()
    assert sum(cpu["invalid"] for cpu in stats) >= 20
    walk = lab.walk()
    for what, key in COUNTERS.items():
        assert walk[f"nfctInstance{what}.1"] == sum(cpu[key] for cpu in stats), what
        for cpu, row in enumerate(stats):
            assert walk[f"nfctCpu{what}.1.{cpu + 1}"] == row[key], (what, cpu)
    for what, path in (("MaxEntries", "max"), ("Buckets", "buckets"), ("ExpectMax", "expect_max")):
        wanted = int(lab.run("cat", f"/proc/sys/net/netfilter/nf_conntrack_{path}").stdout)
        assert walk[f"nfctInstance{what}.1"] == wanted, what


FTP = """
table ip ftp {
    ct helper ftp { type "ftp" protocol tcp; }
    chain output { type filter hook output priority filter; tcp dport 2121 ct helper set "ftp"; }
}
"""

PASSIVE = """
import socket, sys
server, held = socket.create_server(("127.0.0.1", 2121)), []
for number in range(3):
    client = socket.create_connection(("127.0.0.1", 2121))
    peer = server.accept()[0]
    peer.sendall(b"220 ready\\r\\n"); client.recv(100)
    client.sendall(b"PASV\\r\\n"); peer.recv(100)
    peer.sendall(b"227 Entering Passive Mode (127,0,0,1,200,%d)\\r\\n" % number); client.recv(100)
    held += [client, peer]
print("ready", flush=True)
sys.stdin.read()
"""


def test_expectations_are_those_of_conntrack(lab):
    """Three FTP connections whose data connections are expected."""
    assert lab.get("nfctInstanceExpectEntries.1") == 0
    if lab.run("nft", "-f", "-", input=FTP, check=False).returncode != 0:
        pytest.skip("this kernel has no helper for FTP")
    process = lab.spawn(sys.executable, "-c", PASSIVE, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                        log=lab.dir / "ftp.log")
    assert process.stdout.readline() == "ready\n", (lab.dir / "ftp.log").read_text()
    assert lab.run("conntrack", "-C", "expect").stdout == "3\n"
    wait_for(lambda: lab.get("nfctInstanceExpectEntries.1") == 3)
    assert lab.get("nfctInstanceExpectCreates.1") >= 3
    lab.run("conntrack", "-F", "expect")
    wait_for(lambda: lab.get("nfctInstanceExpectEntries.1") == 0)


def test_peaks_outlast_what_made_them(lab):
    assert lab.fill(500) == 500
    lab.after_a_scan()
    lab.run("conntrack", "-F")
    lab.after_a_scan()
    assert lab.get("nfctInstanceEntries.1") == 0
    assert lab.get("nfctInstancePeakEntries.1") == 500
    assert lab.get("nfctInstanceRecentPeakEntries.1") == 500
    assert lab.get("nfctProtocolPeakEntries.1.1.6") == 500
