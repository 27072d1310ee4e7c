# SPDX-License-Identifier: GPL-2.0-or-later
"""conntrack-agentx -1: the table at a glance, without snmpd."""
import re

import pytest

from lab import AGENT, TOP
from namespaces import Namespaces


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
        maker = lab.spawn("sh", "-c", "sleep 0.5; build/ctfill 20 --spread", cwd=TOP)
        out = lab.run(AGENT, "-1", "-c", config).stdout
        maker.wait(5)
    # the first of the two looks came before the 20, the second after them
    assert re.search(r"^  created       (1\d|20) per second \(100% of the entries followed\)$", out, re.M), out
    assert re.search(r"^source +entries +unreplied +share$", out, re.M)
    assert re.search(r"^10\.0\.0\.1 +92 +0 +65%$", out, re.M), out
    assert re.search(r"^192\.0\.2\.1 +90 +0 +64%$", out, re.M), out
    assert re.search(r"^tcp/443 +90 +0 +64%$", out, re.M), out
    assert re.search(r"^https +90  protocol tcp destination-port 443  \[alarm raised\]$", out, re.M), out
    assert re.search(r"^ssh +0  destination-port 22$", out, re.M), out
    assert re.search(r"^0 +140$", out.partition("\nzone ")[2], re.M), out
    assert f'\n\nconntrack table "{other}"\n  entries       7 of ' in out
    # one that is not there is said to be so; the others are shown all the same
    result = lab.run(AGENT, "-1", "-c", config, check=False)
    assert result.returncode == 1
    assert result.stdout.startswith('conntrack table "default"\n  entries       140 of ')
    assert result.stderr == (f'conntrack-agentx: conntrack table "{other}": network namespace '
                             f"/run/netns/{other} does not exist\n")


@pytest.mark.heavy
def test_the_bar_follows_the_fill(bare_lab):
    lab = bare_lab
    lab.fill(lab.limit() // 2 + 1)
    assert "[####################....................] 50%" in lab.run(AGENT, "-1").stdout


def test_without_the_right_it_says_so(bare_lab):
    result = bare_lab.run("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", AGENT, "-1",
                          check=False)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == ('conntrack-agentx: conntrack table "default": ctnetlink: Operation not '
                             "permitted (CAP_NET_ADMIN is needed)\n")
