# SPDX-License-Identifier: GPL-2.0-or-later
"""conntrack-agentx -1: the table at a glance, without snmpd."""
import re
import subprocess
import time

import pytest

from lab import AGENT
from namespaces import Namespaces


def read_values(process, tables=1):
    """What comes before the rates: all values of each table, to the counters."""
    out = ""
    while out.count("\ninvalid ") < tables:
        line = process.stdout.readline()
        assert line, out
        out += line
    return out


@pytest.mark.quick
def test_it_shows_what_conntrack_shows(bare_lab):
    lab = bare_lab
    lab.traffic("tcp4", "tcp6", "udp4", "syn4", "sctp4")
    entries = lab.conntrack_list()
    out = lab.run(AGENT, "-1").stdout
    assert "\033" not in out, "escape codes where there is no terminal"
    assert f"entries       {len(entries)} of {lab.limit()}\n" in out
    assert re.search(r"utilization   \[\.{40}\] 0%", out)
    assert f"assured       {sum(e['assured'] for e in entries)}\n" in out
    for name, number, family in (("tcp", 6, "ipv4"), ("tcp", 6, "ipv6"), ("udp", 17, "ipv4")):
        wanted = sum((e["protocol"], e["family"]) == (number, family) for e in entries)
        assert re.search(rf"^{name} +{family} +{wanted} ", out, re.M), out
    for state in ("ESTABLISHED", "SYN_SENT"):
        wanted = sum(e["state"] == state for e in entries)
        assert re.search(rf"^tcp +{state} +{wanted}$", out, re.M), out
    assert re.search(r"^drops +0$", out, re.M)


@pytest.mark.alone
def test_it_shows_who_how_fast_and_what_is_watched(bare_lab):
    lab = bare_lab
    config = lab.dir / "once.conf"
    spaces = Namespaces(lab)
    other = spaces.name("blue")
    config.write_text('top = 2\nzones = true\n'
                      'watch "https" { index = 1 protocol = "tcp" destination-port = 443 rising = 50 falling = 40 }\n'
                      'watch "ssh" { index = 2 destination-port = 22 }\n'
                      + spaces.block("blue", 2))
    lab.fill(90)
    lab.fill(30, "--udp", "--spread", "--unassured")
    with spaces:
        spaces.add("blue")
        spaces.fill("blue", 7)
        once = lab.spawn(AGENT, "-1", "-c", config, stdout=subprocess.PIPE)
        out = read_values(once, tables=2)
        lab.fill(20, "--spread")
        rest = once.stdout.read()
        assert once.wait(5) == 0
    # the values were there before the 20; the second reading came after them, and after a second
    assert "created" not in out
    assert re.search(r'\n\nconntrack table "default"\n  created       (1\d|20) per second \(100% of the entries '
                     rf'followed\)\n\nconntrack table "{other}"\n  created       0 per second \(100% of the '
                     r'entries followed\)\n$', rest), rest
    assert re.search(r"^source +entries +unreplied +share$", out, re.M)
    assert re.search(r"^10\.0\.0\.1 +91 +0 +75%$", out, re.M), out
    assert re.search(r"^192\.0\.2\.1 +90 +0 +75%$", out, re.M), out
    assert re.search(r"^tcp/443 +90 +0 +75%$", out, re.M), out
    assert re.search(r"^https +90  protocol tcp destination-port 443  \[alarm raised\]$", out, re.M), out
    assert re.search(r"^ssh +0  destination-port 22$", out, re.M), out
    assert re.search(r"^0 +120$", out.partition("\nzone ")[2], re.M), out
    assert f'\n\nconntrack table "{other}"\n  entries       7 of ' in out
    # one that is not there is said to be so; the others are shown all the same
    result = lab.run(AGENT, "-1", "-c", config, check=False)
    assert result.returncode == 1
    assert result.stdout.startswith('conntrack table "default"\n  entries       140 of ')
    assert result.stderr == (f'conntrack-agentx: conntrack table "{other}": network namespace '
                             f"/run/netns/{other} does not exist\n")


@pytest.mark.alone
def test_one_table_needs_no_name_before_its_rate_and_none_is_asked_for_without_identities(bare_lab):
    lab = bare_lab
    once = lab.spawn(AGENT, "-1", stdout=subprocess.PIPE)
    read_values(once)
    lab.fill(50)
    assert re.search(r"\n\n  created       (3\d|4\d|50) per second \(100% of the entries followed\)\n$",
                     once.stdout.read())
    config = lab.dir / "once.conf"
    config.write_text("identities = 0\n")
    before = time.monotonic()
    out = lab.run(AGENT, "-1", "-c", config).stdout
    assert "created" not in out
    assert time.monotonic() - before < 0.9, "it waited for a rate that nobody follows"


@pytest.mark.heavy
def test_the_bar_follows_the_fill(bare_lab):
    lab = bare_lab
    lab.fill(lab.limit() // 2 + 1)
    assert "[####################....................] 50%" in lab.run(AGENT, "-1").stdout


@pytest.mark.quick
def test_the_whole_table_is_read_whatever_the_budget(bare_lab):
    lab = bare_lab
    lab.fill(50000)
    config = lab.dir / "once.conf"
    config.write_text("refresh-interval = 1\ncpu-budget = 1\n")
    assert "  scan          50000 entries read" in lab.run(AGENT, "-1", "-c", config).stdout


def test_without_the_right_it_says_so(bare_lab):
    result = bare_lab.run("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", AGENT, "-1",
                          check=False)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == ('conntrack-agentx: conntrack table "default": ctnetlink: Operation not '
                             "permitted (CAP_NET_ADMIN is needed)\n")
