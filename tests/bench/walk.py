# SPDX-License-Identifier: GPL-2.0-or-later
"""Variables a second of a walk, column by column (GETBULK) and row by row (GETNEXT of all columns): this
agent's table of instances, of which there are 64 more for it, against snmpd's own and against what scripts
behind snmpd give. And what so many instances cost the process that answers."""
import socket
import threading
import time

import ber
import mib
from common import core_percent, say
from cost import watches
from lab import enter, wait_for
from namespaces import Namespaces

INSTANCE_ENTRY = mib.numbers("nfctInstanceEntry")
# Of other modules, by number: the reader knows ours alone.
PASS_ROOT = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 6697)
PASS_ENTRY = PASS_ROOT + (1, 1)
EXTEND_ENTRY = (1, 3, 6, 1, 4, 1, 8072, 1, 3, 2, 4, 1)
RUN_ENTRY = (1, 3, 6, 1, 2, 1, 25, 4, 2, 1)
COLUMNS = [mib.numbers(name)[-1] for name, thing in mib.read().items()
           if thing.parent == "nfctInstanceEntry" and thing.access == "read-only"]
SPACES = 64
SECONDS = 4

# A table of as many columns and rows, as a script for pass_persist serves it.
SCRIPT = """#!/usr/bin/python3
import bisect, sys
rows = [(3, 6, 1, 4, 1, 8072, 9999, 9999, 6697, 1, 1, column, row)
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


def ask(client, kind, oids, repetitions=0):
    """The OIDs of the answer, as they are encoded, so that this side costs little."""
    client.send(ber.message(kind, oids, third=repetitions))
    return ber.answer(client.recv(65535))[2]


def by_rows(client, entry, columns):
    """Variables of one walk, a row a request."""
    names, count = [ber.encode_oid(entry + (column,)) for column in columns], 0
    first = names[0]
    while True:
        names = ask(client, ber.GETNEXT, names)
        if not names[0].startswith(first):
            return count
        count += len(names)


def by_columns(client, entry):
    """Variables of one walk, 25 a request."""
    at = inside = ber.encode_oid(entry)
    count = 0
    while True:
        names = ask(client, ber.GETBULK, [at], 25)
        found = sum(name.startswith(inside) for name in names)
        count += found
        if found < len(names) or names[-1] == at:
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
    script.write_text(SCRIPT.format(first=COLUMNS[0], last=COLUMNS[-1] + 1, rows=SPACES + 1))
    script.chmod(0o755)
    (lab.dir / "lines").write_text("".join(f"line {row}\n" for row in range(300)))
    return (f"pass_persist .{'.'.join(map(str, PASS_ROOT))} {script}\n"
            f"extend bench /bin/cat {lab.dir}/lines\n")


def measure(lab):
    lab.stop_agent()
    with Namespaces(lab) as spaces:
        numbers = [str(number) for number in range(SPACES)]
        spaces.add(*numbers)
        lab.start_agent("refresh-interval = 10\nzones = true\ntop = 100\n" + watches(64) + "".join(
            spaces.block(number, index) for index, number in enumerate(numbers, 2)), wait=False)
        wait_for(lambda: len(lab.column("nfctSnapshotScans")) == SPACES + 1, 60)
        measure_walks(lab)
        measure_instances(lab)
        lab.stop_agent()
    lab.start_agent("cpu-budget = 100\n")


def measure_walks(lab):
    walks = {
        "this agent, row by row": lambda client: by_rows(client, INSTANCE_ENTRY, COLUMNS),
        "pass_persist, row by row": lambda client: by_rows(client, PASS_ENTRY, COLUMNS),
        "hrSWRunTable of snmpd, row by row": lambda client: by_rows(client, RUN_ENTRY, [1, 2, 4, 6, 7]),
        "this agent, column by column": lambda client: by_columns(client, INSTANCE_ENTRY),
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


def measure_instances(lab):
    time.sleep(2)
    subagent = lab.subagent()
    used, _ = core_percent(subagent, lambda: time.sleep(20))
    say(f"channel and swap with {SPACES + 1} instances and everything on: {used:.2f} % of one core")
