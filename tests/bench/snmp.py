# SPDX-License-Identifier: GPL-2.0-or-later
"""How long the asking and the telling take: GETs, and from a crossing to snmptrapd."""
import ctypes
import os
import socket
import struct
import threading
import time

from common import TOP, configure, percentile, run_us, say, wait_for


def ber(tag, body):
    return bytes([tag, len(body)]) + body


def get_packet(number):
    """A v2c GET of nfctInstanceEntries.1."""
    oid = bytes([0x2b, 6, 1, 4, 1, 0xbf, 0x08, 0xce, 0x0f, 0xce, 0x0f, 0xb4, 0x28, 1, 2, 1, 5, 1])
    bind = ber(0x30, ber(0x30, ber(6, oid) + b"\x05\0"))
    pdu = ber(0xa0, ber(2, struct.pack("!i", number)) + b"\x02\1\0\x02\1\0" + bind)
    return ber(0x30, b"\x02\1\1" + ber(4, b"public") + pdu)


def enter(netns):
    fd = os.open(f"/run/netns/{netns}", os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(fd, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)


def round_trips(seconds, netns):
    """Of GETs, one after the other, in microseconds."""
    found = []

    def ask():
        enter(netns)  # this thread alone
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.settimeout(5)
        client.connect(("127.0.0.1", 161))
        end = time.monotonic() + seconds
        number = 1
        while time.monotonic() < end:
            before = time.perf_counter()
            client.send(get_packet(number))
            client.recv(1500)
            found.append((time.perf_counter() - before) * 1e6)
            number += 1
            time.sleep(0.002)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return found


def measure_get(lab):
    configure(lab, "refresh-interval = 3600\ncpu-budget = 100\n")
    time.sleep(4)
    idle = round_trips(10, lab.netns)
    configure(lab, "refresh-interval = 1\n")
    time.sleep(1)
    before, began = run_us(lab.agent.pid), time.monotonic()
    busy = round_trips(20, lab.netns)
    used = (run_us(lab.agent.pid) - before) / 1e4 / (time.monotonic() - began)
    say(f"\n{'GET round trip, microseconds':<42} {'p50':>7} {'p99':>7}")
    for name, values in (("no scan", idle), ("during a scan at cpu-budget 5", busy)):
        say(f"{name:<42} {percentile(values, 0.5):>7.0f} {percentile(values, 0.99):>7.0f}")
    say(f"collector meanwhile: {used:.2f} % of one core at cpu-budget 5")


def measure_trap(lab, entries, limit, times=5):
    """Entries past a threshold, by a percent of the limit, while the table is scanned."""
    percent = entries * 100 // limit + 2  # so that without the added ones it is below falling
    configure(lab, "refresh-interval = 1\nnotification-interval = 0\n"
              f'threshold "bench" {{ rising = {percent} falling = {percent - 1} }}\n')
    wait_for(lambda: lab.entry("1.9.1.2.1.1") == "bench")
    more = limit * percent // 100 + 1 - entries
    took = []
    for _ in range(times):
        told = len(lab.traps())
        lab.run(TOP / "build/ctfill", more, "--udp", "--spread", "--from", 12000000)
        crossed = time.monotonic()
        wait_for(lambda: len(lab.traps()) > told, 10, 0.01)
        took.append(time.monotonic() - crossed)
        lab.run(TOP / "build/ctfill", more, "--udp", "--spread", "--from", 12000000, "--remove")
        wait_for(lambda: len(lab.traps()) > told + 1, 10, 0.05)
    say(f"trap, from the crossing to snmptrapd's log: {min(took):.2f} to {max(took):.2f} s (target: 1.5)")
