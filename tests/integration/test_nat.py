# SPDX-License-Identifier: GPL-2.0-or-later
"""Ports of source NAT, and who is not answered: against conntrack(8), counted independently."""
import re
import subprocess
import sys
from collections import Counter

import pytest

from lab import AGENT, wait_for
from namespaces import Namespaces
from test_top import tops, tops_of

RISING, FALLING = "nfctNatPortsRising", "nfctNatPortsFalling"
PORTS = 64512

# Behind the router: `inside` has 10.1.0.0/24 and 2001:db8:1::/64, `outside` 203.0.113.0/24 and 2001:db8:2::/64.
RULES = """
table ip nat {{
    chain postrouting {{ type nat hook postrouting priority srcnat; oifname "outer" {ipv4}; }}
}}
table ip6 nat {{
    chain postrouting {{ type nat hook postrouting priority srcnat; oifname "outer" {ipv6}; }}
}}
"""

# Answers each datagram and keeps each connection.
SERVER = """
import selectors, socket, sys
held, selector = [], selectors.DefaultSelector()
for family, address in ((socket.AF_INET, "203.0.113.9"), (socket.AF_INET6, "2001:db8:2::9")):
    tcp = socket.create_server((address, 443), family=family, backlog=1000)
    udp = socket.socket(family, socket.SOCK_DGRAM); udp.bind((address, 53))
    for server in (tcp, udp):
        selector.register(server, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in selector.select():
        if key.fileobj.type == socket.SOCK_STREAM:
            held.append(key.fileobj.accept())
        else:
            key.fileobj.sendto(*key.fileobj.recvfrom(100))
"""

# client PROTOCOL SERVER PORT COUNT SOURCE...: COUNT connections, of the sources in turn; says how many were answered.
CLIENT = """
import socket, sys
protocol, server, port, count, *sources = sys.argv[1:]
family = socket.AF_INET6 if ":" in server else socket.AF_INET
held, answered = [], 0
for n in range(int(count)):
    client = socket.socket(family, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
    client.bind((sources[n % len(sources)], 0))
    client.settimeout(0.1 if n > 100 else 2)
    held.append(client)
    try:
        client.connect((server, int(port)))
        if protocol == "udp":
            client.send(b"x"); client.recv(10)
        answered += 1
    except OSError:
        pass
print(answered, flush=True)
sys.stdin.read()
"""


class Router:
    """The lab between two namespaces."""

    def __init__(self, lab, spaces):
        self.lab, self.spaces = lab, spaces
        spaces.add("inside", "outside")
        for where, link, ipv4, ipv6, sources in (("inside", "inner", "10.1.0", "2001:db8:1:", 20),
                                                 ("outside", "outer", "203.0.113", "2001:db8:2:", 9)):
            lab.run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", spaces.name(where))
            lab.run("ip", "addr", "add", f"{ipv4}.1/24", "dev", link)
            lab.run("ip", "-6", "addr", "add", f"{ipv6}:1/64", "dev", link, "nodad")
            lab.run("ip", "link", "set", link, "up")
            for n in range(9, sources + 1):
                spaces.run(where, "ip", "addr", "add", f"{ipv4}.{n}/24", "dev", "eth0")
            spaces.run(where, "ip", "-6", "addr", "add", f"{ipv6}:9/64", "dev", "eth0", "nodad")
            for device in ("lo", "eth0"):
                spaces.run(where, "ip", "link", "set", device, "up")
            spaces.run(where, "ip", "route", "add", "default", "via", f"{ipv4}.1")
            spaces.run(where, "ip", "-6", "route", "add", "default", "via", f"{ipv6}:1")
        for key in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):  # of this namespace
            lab.run("sh", "-c", f"echo 1 >/proc/sys/net/{key}")

    def translate(self, ipv4, ipv6="masquerade"):
        self.lab.run("nft", "-f", "-", input=RULES.format(ipv4=ipv4, ipv6=ipv6))

    def spawn(self, where, code, *arguments):
        process = subprocess.Popen(["nsenter", f"--net=/run/netns/{self.spaces.name(where)}", sys.executable, "-c", code,
                                    *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lab.processes.append(process)
        return process

    def serve(self):
        assert self.spawn("outside", SERVER).stdout.readline() == "ready\n"

    def connect(self, protocol, server, port, count, *sources):
        """They stay until the lab ends; how many were answered."""
        return int(self.spawn("inside", CLIENT, protocol, server, port, count, *sources).stdout.readline())


@pytest.fixture
def router(bare_lab):
    with Namespaces(bare_lab) as spaces:
        yield Router(bare_lab, spaces)


def nats(walk):
    """[(text, entries, utilization, error)] in the order of rank."""
    columns = [{name.partition(".")[2]: value for name, value in walk.items() if name.startswith(f"nfctNat{what}.1.")}
               for what in ("Text", "Entries", "Utilization", "Error")]
    return [tuple(column[f"1.{rank}"] for column in columns) for rank in range(1, len(columns[0]) + 1)]


def nats_of_conntrack(lab):
    """{text: entries} of the entries whose reply goes to another address or port than their own."""
    found = Counter()
    for entry in lab.conntrack_list():
        words = [word.split("=", 1) for word in entry["line"].split() if re.match(r"(src|dst|sport|dport)=", word)]
        if len(words) != 8:
            continue
        original, reply = dict(words[:4]), dict(words[4:])
        if (reply["dst"], reply["dport"]) != (original["src"], original["sport"]):
            name = entry["line"].split()[2]
            found[f"{reply['dst']} to {reply['src']} {name}/{reply['sport']}"] += 1
    return found


def test_real_traffic_through_masquerade_and_a_pool_is_counted_as_conntrack_lists_it(router):
    lab = router.lab
    router.serve()
    router.translate("masquerade")
    assert router.connect("tcp", "203.0.113.9", 443, 30, *(f"10.1.0.{n}" for n in range(9, 20))) == 30
    assert router.connect("udp", "203.0.113.9", 53, 7, "10.1.0.9") == 7
    assert router.connect("tcp", "2001:db8:2::9", 443, 12, "2001:db8:1::9") == 12
    lab.run("ip", "addr", "add", "203.0.113.2/24", "dev", "outer")
    lab.run("nft", "flush", "table", "ip", "nat")
    router.translate("snat to 203.0.113.1-203.0.113.2")
    # with destination NAT as well, the ports run out towards the one that packets go to
    lab.run("nft", "add", "chain", "ip", "nat", "prerouting", "{ type nat hook prerouting priority dstnat; }")
    lab.run("nft", "add", "rule", "ip", "nat", "prerouting", "ip", "daddr", "198.51.100.1", "dnat", "to", "203.0.113.9")
    assert router.connect("tcp", "198.51.100.1", 443, 5, "10.1.0.20") == 5
    # by a hash of the source: some of them get the second address
    assert router.connect("udp", "203.0.113.9", 53, 40, *(f"10.1.0.{n}" for n in range(9, 21))) == 40
    lab.start_snmpd()
    lab.start_agent('watch "second" { index = 1 nat-source = "203.0.113.2" protocol = "udp" }\n'
                    'watch "pool" { index = 2 nat-source = "203.0.113.0/30" }\n')
    lab.after_a_scan()
    wanted, rows = nats_of_conntrack(lab), nats(lab.walk("nfctNatTable"))
    assert {text: entries for text, entries, _, _ in rows} == wanted
    assert sum(n for text, n in wanted.items() if text.endswith(" to 203.0.113.9 tcp/443")) == 35
    assert wanted["2001:db8:2::1 to 2001:db8:2::9 tcp/443"] == 12
    assert wanted["203.0.113.2 to 203.0.113.9 udp/53"] > 0
    assert [row[1] for row in rows] == sorted(wanted.values(), reverse=True)
    assert {row[3] for row in rows} == {0}
    assert lab.get("nfctWatchEntries.1.1") == wanted["203.0.113.2 to 203.0.113.9 udp/53"]
    assert lab.get("nfctWatchEntries.1.2") == sum(n for text, n in wanted.items() if "." in text)
    assert lab.get("nfctWatchFilter.1.2") == "nat-source 203.0.113.0/30"
    rank = [row[0] for row in rows].index("2001:db8:2::1 to 2001:db8:2::9 tcp/443") + 1
    assert lab.get(f"nfctNatAddrType.1.{rank}") == lab.get(f"nfctNatDestinationType.1.{rank}") == 2
    assert lab.get(f"nfctNatDestination.1.{rank}") == "20 01 0D B8 00 02 00 00 00 00 00 00 00 00 00 09"
    assert (lab.get(f"nfctNatProtocol.1.{rank}"), lab.get(f"nfctNatPort.1.{rank}")) == (6, 443)
    shown = lab.run(AGENT, "-1").stdout
    for text, entries, _, _ in rows:
        assert re.search(rf"^{re.escape(text)} +{entries} +0%$", shown, re.M), shown


@pytest.mark.parametrize("protocol, port", [("udp", 53), ("tcp", 443)])
def test_a_range_that_is_used_up_shows_all_its_ports_and_what_was_refused(router, protocol, port):
    lab = router.lab
    router.serve()
    router.translate(f"meta l4proto {protocol} snat to 203.0.113.1:1024-1123")
    lab.start_snmpd()
    lab.start_agent()
    before = lab.get("nfctInstanceInsertFailed.1")
    answered = router.connect(protocol, "203.0.113.9", port, 130, *(f"10.1.0.{n}" for n in range(9, 20)))
    assert answered == 100, "a port serves once"
    lab.after_a_scan()
    text = f"203.0.113.1 to 203.0.113.9 {protocol}/{port}"
    assert nats_of_conntrack(lab)[text] == 100
    assert nats(lab.walk("nfctNatTable")) == [(text, 100, 0, 0)]
    # the other 30 found no port; no other value of the table would say so
    assert lab.get("nfctInstanceInsertFailed.1") - before >= 30


# client SOURCE COUNT: so many datagrams from ports of their own, to which nobody waits for an answer.
SENDER = """
import socket, sys
for n in range(int(sys.argv[2])):
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.bind((sys.argv[1], 20000 + n))
    client.sendto(b"x", ("203.0.113.9", 5353))
"""


@pytest.mark.parametrize("zone, rows", [
    ("zone", [("203.0.113.1 to 203.0.113.9 udp/5353 in zone 1", 10, 0, 0),
              ("203.0.113.1 to 203.0.113.9 udp/5353 in zone 2", 10, 0, 0)]),
    ("original zone", [("203.0.113.1 to 203.0.113.9 udp/5353", 10, 0, 0)])])
def test_in_each_zone_a_port_serves_again(router, zone, rows):
    lab = router.lab
    router.translate("meta l4proto udp snat to 203.0.113.1:1024-1033")
    lab.run("nft", "-f", "-", input=f"""
        table ip zones {{
            chain in {{ type filter hook prerouting priority raw;
                ip saddr 10.1.0.9 ct {zone} set 1; ip saddr 10.1.0.10 ct {zone} set 2; }}
        }}""")
    for source in ("10.1.0.9", "10.1.0.10"):
        router.spaces.run("inside", sys.executable, "-c", SENDER, source, 15)
    lab.start_snmpd()
    lab.start_agent()
    assert nats(lab.walk("nfctNatTable")) == rows


def test_an_address_that_runs_out_of_ports_is_told_with_all_that_matters(trap_lab):
    lab = trap_lab
    config = 'user = ""\nrefresh-interval = 1\ncpu-budget = 100\nnotification-interval = 0\nsource-rising = 0\n'
    lab.configure(config)
    wait_for(lambda: lab.get("nfctAgentCpuBudget.0") == 100)
    lab.fill(51600, "--nat-source", "203.0.113.7")  # of 51609.6, 80 percent
    lab.after_a_scan()
    assert lab.told() == []
    lab.fill(655, "--from", 51600, "--nat-source", "203.0.113.7")
    wait_for(lambda: len(lab.told()) == 1, 15)
    what, objects = lab.traps()[0]
    assert what == RISING
    assert [name for name, _ in objects[2:]] == ["nfctNatText.1.1", "nfctNatEntries.1.1", "nfctNatUtilization.1.1"]
    text, name, row, entries, utilization = (value for _, value in objects)
    assert (name, row) == ("default", "203.0.113.7 to 192.0.2.1 tcp/443")
    assert utilization == entries * 100 // PORTS
    assert text == (f"conntrack table default: 203.0.113.7 has used {utilization}% of its ports towards 192.0.2.1 tcp/443 "
                    f"({entries} of {PORTS})")
    lab.after_a_scan()
    assert nats(lab.walk("nfctNatTable")) == [("203.0.113.7 to 192.0.2.1 tcp/443", 52255, 81, 0)]
    assert nats_of_conntrack(lab) == {"203.0.113.7 to 192.0.2.1 tcp/443": 52255}
    # the alarm is about this one, whoever else comes first
    lab.run("conntrack", "-F")
    lab.fill(100, "--udp", "--nat-source", "203.0.113.8")
    wait_for(lambda: len(lab.told()) == 2, 15)
    what, objects = lab.traps()[1]
    assert what == FALLING
    entries, utilization = (value for _, value in objects[3:])
    assert objects[0][1] == (f"conntrack table default: 203.0.113.7 has used {utilization}% of its ports towards 192.0.2.1 "
                             f"tcp/443 ({entries} of {PORTS}; cleared at nat-falling, 70%)")
    assert objects[2][1] == "203.0.113.7 to 192.0.2.1 tcp/443" and utilization == entries * 100 // PORTS <= 70
    # what a reload turns off ends
    wait_for(lambda: [row[0] for row in nats(lab.walk("nfctNatTable"))] == ["203.0.113.8 to 192.0.2.1 udp/443"], 15)
    lab.configure(config + "nat-rising = 1\nnat-falling = 0\n")
    lab.fill(700, "--nat-source", "203.0.113.8")
    wait_for(lambda: len(lab.told()) == 3, 15)
    lab.configure(config + "nat-rising = 0\ntop = 0\n")
    wait_for(lambda: len(lab.told()) == 4, 15)
    assert lab.traps()[3][1][0][1] == ("conntrack table default: 203.0.113.8 is no longer checked for its ports towards "
                                       "192.0.2.1 tcp/443: nat-rising was set to 0")
    wait_for(lambda: lab.column("nfctNatText") == {})
    # without rows the alarm works all the same
    lab.configure(config + "nat-rising = 1\nnat-falling = 0\ntop = 0\n")
    wait_for(lambda: len(lab.told()) == 5, 15)
    assert lab.told()[2:] == [RISING, FALLING, RISING]
    assert lab.column("nfctNatText") == {}


@pytest.mark.heavy
def test_a_scanner_among_busy_hosts_is_the_first_whom_nobody_answers(bare_lab):
    lab = bare_lab
    lab.start_snmpd()
    lab.start_agent("cpu-budget = 100\n")  # it is read whole
    for host in range(200):
        lab.fill(500, "--source", f"10.7.{host // 100}.{host % 100 + 1}", "--from", host * 500)
    lab.fill(300, "--spread", "--unreplied", "--from", 200000)
    lab.fill(300, "--source", "192.0.2.66", "--unreplied")
    lab.after_a_scan()
    entries, walk = lab.settled()
    wanted = {"src": Counter(), "dst": Counter()}
    for entry in entries:
        words = dict(reversed([word.split("=", 1) for word in entry["line"].split() if "=" in word]))
        for key, counted in wanted.items():
            counted[words[key]] += entry["unreplied"]
    for kind, key in ((4, "src"), (5, "dst")):
        rows = tops_of(walk, kind)
        assert [row[1] for row in rows] == [n for _, n in wanted[key].most_common(10)]
        for text, n, unreplied, share, error in rows:
            assert (n, unreplied, share, error) == (wanted[key][text], n, n * 100 // len(entries), 0)
    assert tops(lab, 4)[0][:3] == ("192.0.2.66", 300, 300)
    assert tops(lab, 5)[0][:3] == ("198.18.0.0", 300, 300)
    assert "192.0.2.66" not in [row[0] for row in tops(lab, 1)]
    shown = lab.run(AGENT, "-1").stdout
    assert re.search(r"^source of unreplied entries .*\n192\.0\.2\.66 +300 +300 +0%$", shown, re.M), shown
