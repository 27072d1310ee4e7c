# SPDX-License-Identifier: GPL-2.0-or-later
"""Who fills the table: an attack of real packets, and the source alarm."""
import sys
from collections import Counter

import pytest

from lab import TOP, wait_for

FLOOD = TOP / "tests/integration/flood.py"
SOURCE_RISING, SOURCE_FALLING = "nfctSourceRising", "nfctSourceFalling"
SCAN_NOW = 'user = ""\nrefresh-interval = 1\ncpu-budget = 100\n'


def tops(lab, kind):
    """[(text, entries, unreplied, share, error)] in the order of rank."""
    return tops_of(lab.walk("nfctTopTable"), kind)


def tops_of(walk, kind):
    columns = [{name.partition(".")[2]: value for name, value in walk.items() if name.startswith(f"nfctTop{what}.")}
               for what in ("Text", "Entries", "Unreplied", "Share", "Error")]
    ranks = sorted(int(key.split(".")[2]) for key in columns[0] if key.startswith(f"1.{kind}."))
    assert ranks == list(range(1, len(ranks) + 1))
    return [tuple(column[f"1.{kind}.{rank}"] for column in columns) for rank in ranks]


@pytest.mark.quick
def test_the_top_is_that_of_conntrack(lab):
    lab.traffic("tcp4", "tcp6", "udp4", "udp6", "syn4", "sctp4", "gre4")
    entries, walk = lab.settled()
    sources, destinations, services = Counter(), Counter(), Counter()
    for entry in entries:
        words = dict(reversed([word.split("=", 1) for word in entry["line"].split() if "=" in word]))
        for kind, key in ((sources, "src"), (destinations, "dst")):
            kind["::/64" if ":" in words[key] else words[key]] += 1
        name = entry["line"].split()[2]
        services[f"{name}/{words['dport']}" if name in ("tcp", "udp", "sctp") else name] += 1
    for kind, counted in ((1, sources), (2, destinations), (3, services)):
        shown = tops_of(walk, kind)
        assert {text: n for text, n, *_ in shown} == dict(counted.most_common(10))
        assert [n for _, n, *_ in shown] == sorted((n for _, n, *_ in shown), reverse=True)
        for _, n, unreplied, share, error in shown:
            assert (share, error) == (n * 100 // len(entries), 0)
            assert unreplied <= n
    unreplied = sum(entry["unreplied"] for entry in entries)
    assert sum(row[2] for row in tops_of(walk, 1)) == unreplied > 0


@pytest.mark.heavy
def test_the_scanner_is_named_under_a_flood_of_spoofed_sources(bare_lab):
    lab = bare_lab
    lab.run("nft", "add", "rule", "inet", "lab", "input", "tcp", "dport", "1-1000", "drop")
    lab.start_snmpd()
    lab.start_agent("cpu-budget = 100\n")
    lab.traffic("tcp4", "udp4")
    limit = lab.limit()
    lab.run(sys.executable, FLOOD, "scan", "127.0.0.66", "127.0.0.1", 1000)
    lab.after_a_scan()
    assert tops(lab, 1)[0][:3] == ("127.0.0.66", 1000, 1000)

    lab.run(sys.executable, FLOOD, "syn", int(limit * 0.85), "127.0.0.1", 80)
    lab.after_a_scan()
    assert lab.get("nfctInstanceUtilization.1") >= 80, "utilization"
    assert lab.get("nfctSnapshotFirmUtilization.1") <= 1, "firm utilization"
    text, entries, unreplied, _, error = tops(lab, 1)[0]
    assert text == "127.0.0.66"
    assert 1000 <= entries <= 1000 + error
    assert unreplied <= 1000 <= unreplied + error
    service, entries, _, share, error = tops(lab, 3)[0]
    assert service == "tcp/80" and entries - error > limit * 0.8 and share > 90
    assert lab.get("nfctSnapshotCreateRate.1") is not None


def test_the_number_of_rows_and_the_prefixes_are_as_configured(lab):
    lab.fill(500, "--spread")
    lab.configure(SCAN_NOW + "top = 3\ntop-prefix-ipv4 = 24\n")
    wait_for(lambda: len(lab.column("nfctTopText")) == 8)  # there are two such prefixes
    assert tops(lab, 1)[0][:2] == ("10.0.0.0/24", 255)
    assert tops(lab, 1)[1][:2] == ("10.0.1.0/24", 245)
    assert lab.get("nfctTopPrefixLength.1.1.1") == 24
    assert lab.get("nfctTopAddr.1.1.1") == "0A 00 00 00"
    lab.configure(SCAN_NOW + "top = 0\n")
    wait_for(lambda: lab.column("nfctTopText") == {})
    lab.configure(SCAN_NOW + "top = 100\n")
    wait_for(lambda: len(lab.column("nfctTopText")) == 300)
    # those that hold as many stand in the order of their addresses
    assert [row[0] for row in tops(lab, 1)] == [f"10.0.0.{n}" for n in range(1, 101)]


def test_a_source_that_fills_the_table_is_told(trap_lab):
    lab = trap_lab
    limit = lab.limit()
    lab.configure(SCAN_NOW + "notification-interval = 0\nsource-rising = 10\nsource-falling = 5\n")
    wait_for(lambda: lab.get("nfctAgentCpuBudget.0") == 100)
    lab.fill(limit * 12 // 100)  # of 10.0.0.1, to ports of one address
    wait_for(lambda: len(lab.told()) == 1, 15)
    what, objects = lab.traps()[0]
    assert what == SOURCE_RISING
    assert [name for name, _ in objects][2:5] == ["nfctTopText.1.1.1", "nfctTopEntries.1.1.1", "nfctTopShare.1.1.1"]
    text, name, source, entries, share, maximum = (value for _, value in objects)
    assert (name, source, share, maximum) == ("default", "10.0.0.1", 100, limit)
    assert text == (f'conntrack table default is filled by one source: 10.0.0.1 holds '
                    f"{entries * 100 // limit}% of the limit ({entries} of {limit} entries), above "
                    "source-rising (10%): 0% unreplied")
    lab.run("conntrack", "-F")
    wait_for(lambda: len(lab.told()) == 2, 15)
    what, objects = lab.traps()[1]
    assert what == SOURCE_FALLING
    assert [value for _, value in objects[2:5]] == ["10.0.0.1", 0, 0]
    assert "no longer filled by one source: 10.0.0.1" in objects[0][1]
    lab.after_a_scan()
    assert len(lab.told()) == 2
