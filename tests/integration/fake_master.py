# SPDX-License-Identifier: GPL-2.0-or-later
"""fake_master.py SOCKET KIND COUNT SEED: an AgentX master (RFC 2741) that misbehaves until it has sent COUNT PDUs, then
waits to be killed. Prints how many it has sent when it is done.

closes    accepts, and closes at once
garbage   sends bytes that are no PDUs
silent    accepts, reads, and never answers
pdus      answers the Open, then sends PDUs of every type with contents of chance, whole, cut short, or of a length that
          is not theirs
"""
import os
import random
import select
import socket
import struct
import sys
import time

RESPONSE = 18
ROOT = (8072, 9999, 9999, 6696)
BIG_ENDIAN = 0x10


def header(kind, session, packet, length, version=1, flags=BIG_ENDIAN):
    return struct.pack("!BBBBIIII", version, kind, flags, 0, session, packet, packet, length)


def oid(chance):
    """Below internet(1.3.6.1) private(4): the module's root and something, or anything."""
    parts = list(chance.choice(((1, *ROOT), (1, *ROOT, 1), ()))) + [chance.choice((0, 1, 2, 5, 12, 65535, 2**32 - 1))
                                                                   for _ in range(chance.randint(0, 6))]
    return struct.pack("!BBBB", len(parts), 4 if parts[:1] == [1] else chance.randint(0, 255), chance.randint(0, 1), 0) + \
        struct.pack(f"!{len(parts)}I", *parts)


def payload(chance, kind):
    if kind == RESPONSE:
        return struct.pack("!IHH", chance.getrandbits(32), chance.randint(0, 300), chance.randint(0, 5))
    if kind in (5, 6, 7):  # Get, GetNext, GetBulk: search ranges
        bulk = struct.pack("!HH", chance.randint(0, 9), chance.randint(0, 65535)) if kind == 7 else b""
        return bulk + b"".join(oid(chance) for _ in range(2 * chance.randint(0, 8)))
    if kind == 8:  # TestSet: variables
        return b"".join(struct.pack("!HH", chance.choice((2, 4, 6, 65, 70, 999)), 0) + oid(chance) + chance.randbytes(8)
                        for _ in range(chance.randint(0, 4)))
    return chance.randbytes(4 * chance.randint(0, 20))


def pdu(chance, session, packet):
    kind = chance.choice((1, 2, 3, 5, 5, 6, 6, 7, 8, 9, 10, 11, 12, 13, 18, 18, 0, 255))
    body = payload(chance, kind)
    length = len(body)
    pick = chance.random()
    if pick < 0.02:
        length = chance.choice((0, 1, length + 4, max(0, length - 4), 65535, 2**31))
    data = header(kind, chance.choice((session, session, session, 0, 77)), packet, length,
                  1 if pick > 0.01 else chance.randint(0, 255), chance.choice((BIG_ENDIAN, BIG_ENDIAN, BIG_ENDIAN | 8, 0)))
    data += body
    return data[:chance.randint(1, len(data))] if pick > 0.99 else data


class Master:
    def __init__(self, path, kind, count, seed):
        self.kind, self.left, self.chance = kind, count, random.Random(seed)
        self.sent = 0
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        os.chmod(path, 0o666)
        self.listener.listen(5)
        print("ready", flush=True)

    def serve(self):
        while self.left > 0:
            client, _ = self.listener.accept()
            client.settimeout(5)
            try:
                if self.kind == "closes":
                    self.count()
                elif self.kind == "garbage":
                    client.send(self.chance.randbytes(self.chance.randint(1, 500)))
                    self.count()
                    time.sleep(0.01)
                elif self.kind == "silent":
                    while client.recv(65536):
                        pass  # until it has waited enough
                    self.count()
                else:
                    self.misbehave(client)
            except OSError:
                pass  # it has had enough of us
            client.close()
        print(self.sent, flush=True)

    def count(self):
        self.sent += 1
        self.left -= 1

    def misbehave(self, client):
        data = client.recv(65536)
        packet = struct.unpack_from("!I" if data[2] & BIG_ENDIAN else "=I", data, 12)[0]
        client.send(header(RESPONSE, 5, packet, 8) + struct.pack("!IHH", 100, 0, 0))
        while self.left > 0:
            readable, writable, _ = select.select([client], [client], [], 5)
            if readable and not client.recv(65536):
                return
            if writable:
                client.send(b"".join(pdu(self.chance, 5, packet + at) for at in range(20)))
                for _ in range(20):
                    self.count()


if __name__ == "__main__":
    master = Master(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    master.serve()
    time.sleep(3600)
