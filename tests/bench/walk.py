# SPDX-License-Identifier: GPL-2.0-or-later
"""Variables a second of a walk, column by column (GETBULK) and row by row (GETNEXT of all columns): this
agent's largest table against snmpd's own, and against what scripts behind snmpd give."""
import socket
import struct
import threading
import time

from common import TOP, configure, say, wait_for
from snmp import enter

ROOT = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999)
TOP_ENTRY = ROOT + (6696, 1, 8, 1)
PASS_ENTRY = ROOT + (6697, 1, 1)
EXTEND_ENTRY = (1, 3, 6, 1, 4, 1, 8072, 1, 3, 2, 4, 1)
RUN_ENTRY = (1, 3, 6, 1, 2, 1, 25, 4, 2, 1)
COLUMNS, ROWS = range(3, 13), 300
SECONDS = 4

# A table of as many columns and rows, as a script for pass_persist serves it.
SCRIPT = """#!/usr/bin/python3
import bisect, sys
rows = [(3, 6, 1, 4, 1, 8072, 9999, 9999, 6697, 1, 1, column, 1, row)
        for column in range({first}, {last}) for row in range(1, {rows} + 1)]
rows = [(1,) + row for row in rows]
for line in iter(sys.stdin.readline, ""):
    if line == "PING\\n":
        print("PONG", flush=True)
        continue
    oid = tuple(map(int, sys.stdin.readline().strip().strip(".").split(".")))
    at = bisect.bisect_right(rows, oid) if line == "getnext\\n" else bisect.bisect_left(rows, oid)
    if at < len(rows) and (line == "getnext\\n" or rows[at] == oid):
        print("." + ".".join(map(str, rows[at])), "gauge", at, sep="\\n", flush=True)
    else:
        print("NONE", flush=True)
"""


def tlv(tag, body):
    size = len(body)
    head = bytes([size]) if size < 128 else bytes([0x82]) + struct.pack("!H", size)
    return bytes([tag]) + head + body


def encode_oid(oid):
    out = bytearray([oid[0] * 40 + oid[1]])
    for number in oid[2:]:
        part = [number & 127]
        while number := number >> 7:
            part.append(number & 127 | 128)
        out += bytes(reversed(part))
    return tlv(6, bytes(out))


def split(data, at=0):
    """(tag, where the body begins, where it ends)"""
    size, begin = data[at + 1], at + 2
    if size & 128:
        count = size & 127
        size, begin = int.from_bytes(data[begin:begin + count], "big"), begin + count
    return data[at], begin, begin + size


def decode_oid(body):
    oid, number = [1, 3], 0
    for octet in body[1:]:
        number = number << 7 | octet & 127
        if not octet & 128:
            oid.append(number)
            number = 0
    return tuple(oid)


def ask(client, kind, oids, repetitions=0):
    """The OIDs of the answer; kind 1 GETNEXT, 5 GETBULK."""
    binds = b"".join(tlv(0x30, encode_oid(oid) + b"\x05\0") for oid in oids)
    pdu = tlv(0xa0 + kind, b"\x02\1\1\x02\1\0\x02\1" + bytes([repetitions]) + tlv(0x30, binds))
    client.send(tlv(0x30, b"\x02\1\1\x04\6public" + pdu))
    data = client.recv(65535)
    _, at, _ = split(data)
    for _ in range(2):  # version, community
        at = split(data, at)[2]
    _, at, _ = split(data, at)
    for _ in range(3):  # request, error, index
        at = split(data, at)[2]
    _, at, end = split(data, at)
    found = []
    while at < end:
        _, begin, at = split(data, at)
        _, first, last = split(data, begin)
        found.append(decode_oid(data[first:last]))
    return found


def by_rows(client, entry, columns):
    """Variables of one walk, a row a request."""
    names, count = [entry + (column,) for column in columns], 0
    while True:
        names = ask(client, 1, names)
        if names[0][:len(entry) + 1] != entry + (columns[0],):
            return count
        count += len(names)


def by_columns(client, entry):
    """Variables of one walk, 25 a request."""
    at, count = entry, 0
    while True:
        names = ask(client, 5, [at], 25)
        inside = [name for name in names if name[:len(entry)] == entry]
        count += len(inside)
        if len(inside) < len(names) or names[-1] == at:
            return count
        at = names[-1]


def rate(netns, walk):
    """Variables a second, and of one walk."""
    result = []

    def work():
        enter(netns)  # this thread alone
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.settimeout(10)
        client.connect(("127.0.0.1", 161))
        total, began, size = 0, time.monotonic(), walk(client)
        while time.monotonic() - began < SECONDS:
            total += walk(client)
        result.extend((total / (time.monotonic() - began), size))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return result


def snmpd_lines(lab):
    """What the private snmpd needs for the comparison."""
    script = lab.dir / "table.py"
    script.write_text(SCRIPT.format(first=COLUMNS[0], last=COLUMNS[-1] + 1, rows=ROWS))
    script.chmod(0o755)
    (lab.dir / "lines").write_text("".join(f"line {row}\n" for row in range(ROWS)))
    return (f"pass_persist .{'.'.join(map(str, ROOT + (6697,)))} {script}\n"
            f"extend bench /bin/cat {lab.dir}/lines\n")


def measure(lab):
    configure(lab, "refresh-interval = 3600\ncpu-budget = 100\ntop = 100\n")
    wait_for(lambda: len(lab.column("1.8.1.12")) == ROWS)
    columns = list(COLUMNS)
    walks = {
        "this agent, row by row": lambda client: by_rows(client, TOP_ENTRY, columns),
        "pass_persist, row by row": lambda client: by_rows(client, PASS_ENTRY, columns),
        "hrSWRunTable of snmpd, row by row": lambda client: by_rows(client, RUN_ENTRY, [1, 2, 4, 6, 7]),
        "this agent, column by column": lambda client: by_columns(client, TOP_ENTRY),
        "pass_persist, column by column": lambda client: by_columns(client, PASS_ENTRY),
        "hrSWRunTable of snmpd, column by column": lambda client: by_columns(client, RUN_ENTRY),
        "extend, its lines": lambda client: by_columns(client, EXTEND_ENTRY),
    }
    say(f"\n{'walk':<42} {'variables':>9} {'a second':>9}")
    rates = {}
    for name, walk in walks.items():
        rates[name], size = rate(lab.netns, walk)
        say(f"{name:<42} {size:>9} {rates[name]:>9.0f}")
    times = rates["this agent, row by row"] / rates["pass_persist, row by row"]
    say(f"row by row, {times:.1f} times as many as pass_persist (target: 5)")
