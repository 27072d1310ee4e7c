# SPDX-License-Identifier: GPL-2.0-or-later
"""The module object by object, through the real snmpd."""
import pytest

from lab import ROOT, TOP, Lab, wait_for

AGENT = [("STRING", 1), ("Gauge32", 2), ("Gauge32", 3), ("Gauge32", 4), ("Counter64", 5),
         ("Counter64", 6), ("Counter64", 7), ("Counter64", 8), ("Hex-STRING", 9)]
INSTANCE = {2: "STRING", 3: "INTEGER", 4: "STRING", 9: "Hex-STRING", 26: "INTEGER", 27: "Timeticks",
            **{n: "Gauge32" for n in (5, 6, 7, 8, 10, 11, 22)},
            **{n: "Counter64" for n in (*range(12, 22), 23, 24, 25)}}
SNAPSHOT = {1: "Hex-STRING", 2: "Timeticks", 7: "Counter64", 8: "Counter64",
            20: "Counter64", 21: "Counter64",
            **{n: "Gauge32" for n in (3, 4, 5, 6, *range(9, 20), 22, 23)}}
PROTOCOL = {3: "STRING", 4: "Gauge32", 5: "Gauge32", 6: "Gauge32", 7: "Gauge32"}
STATE = {3: "STRING", 4: "Gauge32"}
ZONE = {2: "Gauge32"}
TALKER = {3: "INTEGER", 4: "Hex-STRING", 5: "Gauge32", 6: "Gauge32", 7: "Gauge32", 8: "Gauge32",
          9: "Gauge32", 10: "Gauge32", 11: "Gauge32", 12: "STRING"}
WATCH = {2: "STRING", 3: "STRING", 4: "Gauge32", 5: "Gauge32", 6: "Gauge32", 7: "INTEGER", 8: "Counter64"}
THRESHOLD = {2: "STRING", 3: "Gauge32", 4: "Gauge32", 5: "INTEGER", 6: "Counter64", 7: "Hex-STRING"}


def expected(cpus):
    """(OID below the root, type) of every object, in the order of a walk."""
    rows = [(f"1.1.{n}.0", kind) for kind, n in AGENT]
    for table, columns, indexes in (
            (2, INSTANCE, ["1"]),
            (3, {n: "Counter64" for n in range(2, 12)}, [f"1.{cpu + 1}" for cpu in range(cpus)]),
            (4, SNAPSHOT, ["1"]),
            (5, PROTOCOL, [f"1.{row}" for row in ("1.1", "1.6", "1.17", "2.6", "2.17", "2.58")]),
            (6, STATE, [f"1.6.{n}" for n in range(1, 11)]),
            (7, ZONE, ["1.0"]),
            (8, TALKER, [f"1.{kind}.{rank}" for kind in (1, 2, 3) for rank in (1, 2)]),
            (9, THRESHOLD, ["1.1", "1.2"]),
            (10, WATCH, ["1.5", "1.65535"])):
        for column in sorted(columns):
            for index in indexes:
                # a service has no address: a string of no octets
                is_empty = (table, column) == (8, 4) and index.startswith("1.3.")
                rows.append((f"1.{table}.1.{column}.{index}", "STRING" if is_empty else columns[column]))
    return rows


@pytest.fixture
def full_lab(bare_lab):
    """Something in every table, and nothing that changes by itself."""
    bare_lab.start_snmpd()
    bare_lab.fill(100)
    bare_lab.traffic("tcp6")
    bare_lab.start_agent('zones = true\nwatch "https" { index = 5 destination-port = 443 }\n'
                         'watch "all" { index = 65535 rising = 1000 falling = 900 }\n')
    bare_lab.after_a_scan()
    return bare_lab


def is_absent(out):
    return "No Such" in out or "End of MIB" in out or not out.startswith(ROOT + ".")


@pytest.mark.parametrize("auth", [Lab.V1, Lab.V2, Lab.V3], ids=["v1", "v2c", "v3"])
def test_every_object_get_by_get_and_getnext_by_getnext(full_lab, auth):
    lab = full_lab
    wanted = expected(len(lab.conntrack_stats()))
    if auth == Lab.V1:  # which has no 64-bit counters: they are passed over
        wanted = [(oid, kind) for oid, kind in wanted if kind != "Counter64"]
    at = ""
    for oid, kind in wanted:
        got = Lab.parse(lab.snmp("snmpget", f"{ROOT}.{oid}", auth=auth).stdout.strip())
        assert got[:2] == (oid, kind), f"GET {oid}"
        out = lab.snmp("snmpgetnext", ROOT + at, auth=auth).stdout.strip()
        got = Lab.parse(out)
        assert got[:2] == (oid, kind), f"GETNEXT of {at or 'the root'}: expected {oid}, got {out}"
        at = "." + oid
    assert is_absent(lab.snmp("snmpgetnext", ROOT + at, auth=auth, check=False).stdout)


def test_a_walk_and_a_bulk_walk_agree(full_lab):
    lab = full_lab
    wanted = [oid for oid, _ in expected(len(lab.conntrack_stats()))]
    assert list(lab.walk()) == wanted
    assert list(lab.walk(tool="snmpbulkwalk")) == wanted


def test_what_is_absent_is_said_to_be(lab):
    for oid in ("1.1.10.0", "1.2.1.1.1", "1.2.1.5.2", "1.4.1.24.1", "1.7.1.2.1.0", "1.8.1.12.1.1.1",
                "1.10.1.2.1.1", "1.11.1.0", "1.2"):
        out = lab.snmp("snmpget", f"{ROOT}.{oid}").stdout
        assert "No Such" in out, f"{oid}: {out}"


def test_nothing_can_be_set(lab):
    for auth in (("-v2c", "-cwriter"), Lab.V2):
        result = lab.snmp("snmpset", f"{ROOT}.1.2.1.2.1", "s", "mine", auth=auth, check=False)
        assert result.returncode != 0
    assert lab.entry("1.2.1.2.1") == "default"


def test_one_getbulk_sees_one_snapshot(lab):
    """While the table fills and scans go by, each reply is true in itself."""
    filler = lab.spawn("sh", "-c", "for i in $(seq 12); do build/ctfill $((i * 370)) >/dev/null 2>&1;"
                       " sleep 0.7; conntrack -F 2>/dev/null; done", cwd=TOP)
    seen = set()
    while filler.poll() is None:
        out = lab.snmp("snmpbulkget", *(f"{ROOT}.1.4.1.{column}" for column in (5, 9, 10, 11, 15, 16)),
                       f"{ROOT}.1.5.1.4",
                       auth=(*Lab.V2, "-Cn6", "-Cr10")).stdout
        got = {oid: value for oid, _, value in map(Lab.parse, out.splitlines())}
        scanned = got["1.4.1.5.1"]
        seen.add(scanned)
        assert got["1.4.1.9.1"] + got["1.4.1.11.1"] == scanned, out
        assert got["1.4.1.15.1"] + got["1.4.1.16.1"] == scanned, out
        assert sum(value for oid, value in got.items() if oid.startswith("1.5.1.4.")) == scanned, out
    assert len(seen) > 2, f"the table did not change under the requests: {seen}"


def test_the_age_is_reckoned_at_the_request(lab):
    lab.configure('user = ""\nrefresh-interval = 3600\n')
    wait_for(lambda: lab.entry("1.1.3.0") == 3600)
    first = wait_for(lambda: lab.entry("1.4.1.2.1"))
    wait_for(lambda: lab.entry("1.4.1.2.1") >= first + 100, 10)
