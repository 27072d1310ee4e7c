# SPDX-License-Identifier: GPL-2.0-or-later
"""conntrack-agentx -1: the table at a glance, without snmpd."""
import re

from lab import AGENT


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
