# SPDX-License-Identifier: GPL-2.0-or-later
"""The operator's own filters are what conntrack(8) lists with the same options; and zones."""
import subprocess
import sys
import time

import pytest

from lab import wait_for

WATCH_RISING, WATCH_FALLING = "nfctWatchEntriesRising", "nfctWatchEntriesFalling"

# Connections to keep: some have a mark, are in a zone, go elsewhere, or come from elsewhere.
RULES = """
table ip marks {
    chain first { type filter hook output priority -310;
        udp dport 6000-6009 ct zone set 9; udp sport 6000-6009 ct zone set 9; }
    chain marking { type filter hook output priority filter; tcp dport 2200-2299 ct mark set 0x12; }
    chain nat_out { type nat hook output priority -100; udp dport 7777 dnat to 127.0.0.1:7778; }
    chain nat_post { type nat hook postrouting priority 100; udp dport 9999 snat to 127.0.0.9; }
}
table ip marks_in {
    chain first { type filter hook prerouting priority -310;
        udp dport 6000-6009 ct zone set 9; udp sport 6000-6009 ct zone set 9; }
}
"""

SERVE = """
import socket, sys
held = []
def tcp(port, count, source="127.0.0.1", family=socket.AF_INET, to="127.0.0.1"):
    server = socket.create_server((to, port), family=family); held.append(server)
    for _ in range(count):
        client = socket.socket(family); client.bind((source, 0)); client.connect((to, port))
        held.extend((client, server.accept()[0]))
def udp(port, count):
    for _ in range(count):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.sendto(b"x", ("127.0.0.1", port)); held.append(client)
tcp(22, 5)
tcp(2222, 3, "127.0.0.3")
tcp(2223, 2, "127.0.0.130")
tcp(22, 4, "::1", socket.AF_INET6, "::1")
udp(53, 6); udp(6003, 2); udp(7777, 1); udp(9999, 1)
for _ in range(3):
    client = socket.socket(); client.setblocking(False); client.connect_ex(("127.0.0.1", 9)); held.append(client)
print("ready", flush=True)
sys.stdin.read()
"""

# name: (the block's conditions, the options of conntrack -L)
FILTERS = {
    "ssh": ('protocol = "tcp" destination-port = 22', "-p tcp --dport 22"),
    "range": ('protocol = tcp destination-port = "2200-2222"', "-p tcp --dport 2222"),
    "from": ('source = "127.0.0.3"', "-s 127.0.0.3"),
    "subnet": ('source = "127.0.0.128/25" protocol = "tcp"', "-p tcp -s 127.0.0.130"),
    "dns": ('protocol = "udp" destination-port = 53', "-p udp --dport 53"),
    "six": ('destination = "::/0" protocol = "tcp"', "-f ipv6 -p tcp"),
    "half-open": ('protocol = "tcp" state = "SYN_SENT"', "-p tcp --state SYN_SENT"),
    "open": ('protocol = "tcp" state = "ESTABLISHED" source = "0.0.0.0/0"',
             "-f ipv4 -p tcp --state ESTABLISHED"),
    "assured": ('status = "assured" protocol = "tcp"', "-p tcp -u ASSURED"),
    "unreplied": ('status = {"unreplied"} protocol = "tcp"', "-p tcp --state SYN_SENT"),
    "marked": ('mark = "0x10/0xf0"', "-m 0x12/0xff"),
    "mark": ("mark = 0x12", "-m 0x12"),
    "zone": ("zone = 9", "-w 9"),
    "nat": ('status = "nat"', "-j"),
    "translated": ('nat-source = "127.0.0.8/30"', "-n 127.0.0.9"),
    "nothing": ('protocol = "sctp"', "-p sctp"),
}


def serve(lab):
    lab.run("nft", "-f", "-", input=RULES)
    process = lab.spawn(sys.executable, "-c", SERVE, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                        log=lab.dir / "serve.log")
    assert process.stdout.readline() == "ready\n", (lab.dir / "serve.log").read_text()


def listed(lab, options):
    """conntrack -L | wc -l, of both families unless the options name one."""
    families = [[]] if "-f" in options or "127" in options else [["-f", "ipv4"], ["-f", "ipv6"]]
    return sum(len(lab.run("conntrack", "-L", *options.split(), *family, check=False).stdout.splitlines())
               for family in families)


@pytest.mark.quick
def test_watches_count_what_conntrack_lists(bare_lab):
    lab = bare_lab
    serve(lab)
    lab.start_snmpd()
    lab.start_agent("".join(f'watch "{name}" {{ index = {i + 1} {conditions} }}\n'
                            for i, (name, (conditions, _)) in enumerate(FILTERS.items())))
    lab.after_a_scan()
    names, entries = lab.column("nfctWatchName"), lab.column("nfctWatchEntries")
    shown = {names[index]: entries[index] for index in names}
    assert list(names.values()) == list(FILTERS)
    wanted = {name: listed(lab, options) for name, (_, options) in FILTERS.items()}
    assert shown == wanted
    assert wanted["ssh"] == 9 and wanted["zone"] == 2 and wanted["marked"] == 5 and wanted["nat"] == 2, wanted
    assert wanted["translated"] == 1
    assert lab.get("nfctWatchFilter.1.1") == "protocol tcp destination-port 22"
    assert lab.get("nfctWatchFilter.1.11") == "mark 0x10/0xf0"


def test_a_watch_counts_new_connections_as_the_event_listener_does(bare_lab):
    lab = bare_lab
    lab.start_snmpd()
    lab.start_agent('watch "ssh" { index = 1 protocol = "tcp" destination-port = 22 }\n')
    serve(lab)
    lab.after_a_scan()
    before = lab.get("nfctWatchCreated.1.1")
    with open(lab.dir / "events", "w") as out:
        listener = lab.spawn("conntrack", "-E", "-e", "NEW", "-p", "tcp", "--dport", "22",
                             stdout=out, log=lab.dir / "listener.log")
        time.sleep(0.5)
        lab.run(sys.executable, "-c", """
import socket
for _ in range(40):
    socket.create_connection(("127.0.0.1", 22)).close()
for _ in range(10):
    socket.create_connection(("::1", 22)).close()
for port in (53, 54):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port))
""")
        lab.after_a_scan()
        listener.terminate()
        listener.wait(5)
    told = len([line for line in (lab.dir / "events").read_text().splitlines() if "[NEW]" in line])
    assert told == 50
    assert lab.get("nfctWatchCreated.1.1") - before == told


def test_a_watch_rises_and_falls(trap_lab):
    lab = trap_lab
    block = 'watch "https" {{ index = {} protocol = "tcp" destination-port = 443 rising = 1000 falling = 800 }}\n'
    base = 'user = ""\nrefresh-interval = 1\nnotification-interval = 0\n'
    lab.configure(base + block.format(7))
    lab.fill(1000)
    wait_for(lambda: len(lab.told()) == 1, 15)
    what, objects = lab.traps()[0]
    assert what == WATCH_RISING
    assert objects == [("nfctNotifyText.0", 'conntrack table default has 1000 entries that match the watch '
                                    "https, at or above rising (1000)"),
                       ("nfctInstanceName.1", "default"), ("nfctWatchName.1.7", "https"),
                       ("nfctWatchEntries.1.7", 1000),
                       ("nfctWatchRising.1.7", 1000)]
    wait_for(lambda: lab.get("nfctWatchState.1.7") == 2)
    # a reload that adds another keeps its state; one that moves it ends the alarm of the old row and raises the new one
    lab.configure(base + 'watch "other" { index = 1 }\n' + block.format(7))
    wait_for(lambda: lab.get("nfctWatchEntries.1.1") == 1000)
    assert lab.get("nfctWatchState.1.7") == 2 and len(lab.told()) == 1
    lab.configure(base + 'watch "other" { index = 1 }\n' + block.format(8))
    wait_for(lambda: lab.get("nfctWatchState.1.8") == 2)
    assert lab.get("nfctWatchName.1.7") is None
    assert lab.get("nfctWatchEntries.1.1") == 1000
    wait_for(lambda: lab.told() == [WATCH_RISING, WATCH_FALLING, WATCH_RISING], 15)
    assert lab.traps()[1][1][0] == ("nfctNotifyText.0", "conntrack table default is no longer checked against the watch "
                                    "https: its index was changed")
    assert lab.traps()[1][1][2] == ("nfctWatchName.1.7", "https") and lab.traps()[2][1][2] == ("nfctWatchName.1.8", "https")
    lab.run("conntrack", "-F")
    wait_for(lambda: len(lab.told()) == 4, 15)
    what, objects = lab.traps()[3]
    assert what == WATCH_FALLING
    (entries, left), *others = objects[3:]
    assert objects[2] == ("nfctWatchName.1.8", "https")
    assert others == [("nfctWatchRising.1.8", 1000), ("nfctWatchFalling.1.8", 800)]
    # a scan that was under way has met some of them
    assert entries == "nfctWatchEntries.1.8" and left <= 800
    wait_for(lambda: lab.get("nfctWatchState.1.8") == 1)  # values and events travel apart
    # removed, it is gone
    lab.configure(base)
    wait_for(lambda: lab.column("nfctWatchName") == {})


def test_zones_are_counted(bare_lab):
    lab = bare_lab
    serve(lab)
    lab.start_snmpd()
    lab.start_agent()
    assert lab.column("nfctZoneEntries") == {}
    lab.configure('user = ""\nrefresh-interval = 1\nzones = true\n')
    wait_for(lambda: lab.column("nfctZoneEntries") != {})
    total = len(lab.conntrack_list())
    assert lab.column("nfctZoneEntries") == {"1.0": total - 2, "1.9": 2}
    lab.run("conntrack", "-F")
    lab.after_a_scan()
    assert lab.column("nfctZoneEntries")["1.9"] == 0, "a row that was seen stays"
