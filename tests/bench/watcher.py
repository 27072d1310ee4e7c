# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens in the meantime: the number of entries, as the kernel counts them, and the notifications that come, each
with its time (time.monotonic())."""
import bisect
import socket
import struct
import threading
import time

from lab import enter

NETLINK_NETFILTER = 12
GET_STATS = 1 << 8 | 5  # NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS
REQUEST = struct.pack("=IHHIIBBH", 20, GET_STATS, 1, 0, 0, 0, 0, 0)
PERIOD = 0.01


def count_entries(client):
    client.send(REQUEST)
    answer = client.recv(8192)
    length, kind = struct.unpack_from("=HH", answer, 20)
    assert (length, kind) == (8, 1), "the first attribute is not CTA_STATS_GLOBAL_ENTRIES"
    return struct.unpack_from("!I", answer, 24)[0]


class Watcher:
    """with Watcher(lab) as watcher: ..."""

    def __init__(self, lab):
        self.lab = lab
        self.times, self.counts = [], []
        self.traps = []  # (time, name, {name of an object: value})
        self.first = len(lab.traps())
        self.is_over, self.fault = False, None
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        self.thread.join()
        if self.fault:
            raise self.fault

    def watch(self):
        try:
            self.watch_until_over()
        except Exception as fault:
            self.fault = fault  # for whoever waits for us

    def watch_until_over(self):
        enter(self.lab.netns)  # this thread alone
        log = self.lab.dir / "traps-162"
        size = log.stat().st_size
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as client:
            while not self.is_over:
                entries = count_entries(client)
                self.times.append(time.monotonic())
                self.counts.append(entries)
                if log.stat().st_size != size and log.read_bytes().endswith(b"\n"):
                    size = log.stat().st_size
                    self.read_traps(self.times[-1])
                time.sleep(PERIOD)

    def read_traps(self, came):
        for name, objects in self.lab.traps()[self.first + len(self.traps):]:
            self.traps.append((came, name, {instance.partition(".")[0]: value for instance, value in objects}))

    def count(self):
        return self.counts[-1]

    def crossed(self, entries):
        """When there were first as many."""
        return next((when for when, count in zip(self.times, self.counts) if count >= entries), None)

    def between(self, begin, end):
        """The fewest and the most entries in that time."""
        first = max(bisect.bisect_right(self.times, begin) - 1, 0)
        last = max(bisect.bisect_right(self.times, end), first + 1)
        return min(self.counts[first:last]), max(self.counts[first:last])

    def first_trap(self, name):
        """(time, objects) of the first of that name, or None."""
        return next(((when, objects) for when, told, objects in self.traps if told == name), None)
