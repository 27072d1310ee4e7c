# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tables say is what conntrack(8) says."""
from collections import Counter

from lab import TOP

EVERYTHING = ("tcp4", "tcp6", "tcp4-closed", "syn4", "udp4", "udp6", "udp4-unreplied", "sctp4",
              "sctp6", "gre4", "unknown4", "unknown6")
ADDRESS_TYPE = {"ipv4": 1, "ipv6": 2}


def settled(lab):
    """The list and a walk of the same moment: nothing changed between two lists around it."""
    for _ in range(5):
        before = lab.conntrack_list()
        lab.after_a_scan()
        walk = lab.walk("1")
        if [e["line"].split()[6:] for e in before] == [e["line"].split()[6:] for e in lab.conntrack_list()]:
            return before, walk
    raise AssertionError("the table does not come to rest")


def test_totals_are_those_of_conntrack(lab):
    lab.run("ping", "-c1", "-q", "127.0.0.1")
    lab.run("ping", "-c1", "-q", "::1")
    lab.traffic(*EVERYTHING)
    entries, walk = settled(lab)

    protocols = Counter((ADDRESS_TYPE[e["family"]], e["protocol"]) for e in entries)
    for wanted in ((1, 6), (2, 6), (1, 17), (2, 17), (1, 1), (2, 58), (1, 132), (2, 132), (1, 47),
                   (1, 253), (2, 253)):
        assert protocols[wanted], f"the test made no {wanted}: {protocols}"
    shown = {tuple(map(int, oid.split(".")[5:])): value
             for oid, value in walk.items() if oid.startswith("1.5.1.4.")}
    assert {key: n for key, n in shown.items() if n} == dict(protocols)

    states = Counter((e["protocol"], e["state"]) for e in entries if e["protocol"] in (6, 132))
    names = {oid.split(".", 4)[4]: value for oid, value in walk.items() if oid.startswith("1.6.1.3.")}
    shown = {(int(index.split(".")[1]), name): walk[f"1.6.1.4.{index}"] for index, name in names.items()}
    assert {key: n for key, n in shown.items() if n} == dict(states)

    assert walk["1.4.1.5.1"] == len(entries)
    assert walk["1.2.1.5.1"] == len(entries)
    assert walk["1.4.1.9.1"] == sum(e["assured"] for e in entries)
    assert walk["1.4.1.10.1"] == sum(e["unreplied"] for e in entries)
    assert walk["1.4.1.11.1"] == sum(not e["assured"] for e in entries)
    assert walk["1.4.1.15.1"] == sum(e["family"] == "ipv4" for e in entries)
    assert walk["1.4.1.16.1"] == sum(e["family"] == "ipv6" for e in entries)
    for column, flag in ((5, "assured"), (6, "unreplied")):
        for (family, protocol), _ in protocols.items():
            wanted = sum(e[flag] for e in entries
                         if (ADDRESS_TYPE[e["family"]], e["protocol"]) == (family, protocol))
            assert walk[f"1.5.1.{column}.1.{family}.{protocol}"] == wanted
    assert walk["1.5.1.3.1.2.58"] == "ipv6-icmp"
    assert walk["1.5.1.3.1.1.253"] == "253"


def test_an_empty_table_is_all_zeroes(lab):
    assert lab.conntrack_list() == []
    lab.after_a_scan()
    walk = lab.walk("1")
    assert walk["1.2.1.5.1"] == 0
    assert walk["1.4.1.6.1"] == 100
    assert [walk[f"1.4.1.{column}.1"] for column in range(9, 19)] == [0] * 10
    assert set(lab.column("1.5.1.4")) == {"1.1.1", "1.1.6", "1.1.17", "1.2.6", "1.2.17", "1.2.58"}


def test_a_row_stays_when_its_protocol_is_gone(lab):
    lab.traffic("gre4")
    lab.after_a_scan()
    assert lab.entry("1.5.1.4.1.1.47") == 1
    lab.run("conntrack", "-F")
    lab.after_a_scan()
    assert lab.entry("1.5.1.4.1.1.47") == 0
    assert lab.entry("1.5.1.7.1.1.47") == 1


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
    assert (lab.entry("1.4.1.12.1"), lab.entry("1.4.1.13.1")) == wanted


def test_traffic_is_counted_only_with_accounting(lab):
    lab.traffic("udp4")
    lab.after_a_scan()
    assert lab.column("1.5.1.9") == {}
    lab.run("sh", "-c", "echo 1 > /proc/sys/net/netfilter/nf_conntrack_acct")
    lab.run("conntrack", "-F")
    lab.traffic("udp4", "tcp6")
    lab.after_a_scan()
    wanted = Counter()
    for entry in lab.conntrack_list():
        words = [word for word in entry["line"].split() if "=" in word]
        for key, column in (("packets", 8), ("bytes", 9)):
            wanted[f"{column}.1.{ADDRESS_TYPE[entry['family']]}.{entry['protocol']}"] += sum(
                int(word.split("=")[1]) for word in words if word.startswith(key + "="))
    assert wanted["8.1.1.17"] == 12 and wanted["9.1.2.6"] > 0
    for index, value in wanted.items():
        assert lab.entry(f"1.5.1.{index}") == value, index


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
    names = ("drop", "early_drop", "insert_failed", "invalid", "found", "insert", "error",
             "search_restart", "clash_resolve", "chaintoolong")
    for i, name in enumerate(names):
        assert lab.entry(f"1.2.1.{12 + i}.1") == sum(cpu[name] for cpu in stats), name
        for cpu, row in enumerate(stats):
            assert lab.entry(f"1.3.1.{2 + i}.1.{cpu + 1}") == row[name], (name, cpu)
    for oid, path in (("1.2.1.6.1", "max"), ("1.2.1.11.1", "buckets"), ("1.2.1.22.1", "expect_max")):
        assert lab.entry(oid) == int(lab.run("cat", f"/proc/sys/net/netfilter/nf_conntrack_{path}").stdout)


def test_peaks_outlast_what_made_them(lab):
    assert lab.fill(500) == 500
    lab.after_a_scan()
    lab.run("conntrack", "-F")
    lab.after_a_scan()
    assert lab.entry("1.2.1.5.1") == 0
    assert lab.entry("1.2.1.8.1") == 500
    assert lab.entry("1.2.1.10.1") == 500
    assert lab.entry("1.5.1.7.1.1.6") == 500
