# SPDX-License-Identifier: GPL-2.0-or-later
"""Real packets on the loopback of the network namespace that it is run in.

traffic.py KIND...: makes what each KIND says, prints "ready", and keeps its sockets open until its
standard input ends.
"""
import socket
import struct
import sys

ADDRESS = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
held = []


def tcp(family, count, close=False):
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind((ADDRESS[family], 0))
    listener.listen(count)
    for _ in range(count):
        client = socket.create_connection(listener.getsockname()[:2])
        server, _ = listener.accept()
        client.sendall(b"x")
        server.recv(1)
        if close:
            client.close()
            server.close()
        else:
            held.extend((client, server))
    held.append(listener)


def syn(family, count):
    """SYNs that nobody answers: to a port whose answer the ruleset drops."""
    for _ in range(count):
        client = socket.socket(family, socket.SOCK_STREAM)
        client.setblocking(False)
        client.connect_ex((ADDRESS[family], 9))
        held.append(client)


def udp(family, count, replied=True):
    server = socket.socket(family, socket.SOCK_DGRAM)
    server.bind((ADDRESS[family], 0))
    for _ in range(count):
        client = socket.socket(family, socket.SOCK_DGRAM)
        client.sendto(b"x", server.getsockname()[:2])
        if replied:
            _, peer = server.recvfrom(16)
            server.sendto(b"y", peer)
        held.append(client)
    held.append(server)


def raw(family, protocol, payload):
    sender = socket.socket(family, socket.SOCK_RAW, protocol)
    sender.sendto(payload, (ADDRESS[family], 0))
    held.append(sender)


def sctp(family, number):
    """An INIT chunk; conntrack tracks it, whether or not the kernel speaks SCTP."""
    chunk = struct.pack("!BBHIIHHI", 1, 0, 20, 1, 65536, 1, 1, 1)
    raw(family, 132, struct.pack("!HHII", 2000 + number, 3000, 0, 0) + chunk)


def gre(family):
    raw(family, 47, struct.pack("!HH", 0, 0x0800) + bytes(20))


KINDS = {
    "tcp4": lambda: tcp(socket.AF_INET, 7),
    "tcp6": lambda: tcp(socket.AF_INET6, 5),
    "tcp4-closed": lambda: tcp(socket.AF_INET, 3, close=True),
    "syn4": lambda: syn(socket.AF_INET, 4),
    "udp4": lambda: udp(socket.AF_INET, 6),
    "udp6": lambda: udp(socket.AF_INET6, 4),
    "udp4-unreplied": lambda: udp(socket.AF_INET, 2, replied=False),
    "sctp4": lambda: [sctp(socket.AF_INET, i) for i in range(3)],
    "sctp6": lambda: sctp(socket.AF_INET6, 0),
    "gre4": lambda: gre(socket.AF_INET),
    "unknown4": lambda: raw(socket.AF_INET, 253, b"experiment"),
    "unknown6": lambda: raw(socket.AF_INET6, 253, b"experiment"),
    "udp4-many": lambda: udp(socket.AF_INET, 200, replied=False),
}

if __name__ == "__main__":
    for kind in sys.argv[1:]:
        KINDS[kind]()
    print("ready", flush=True)
    sys.stdin.read()
