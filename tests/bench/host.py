# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel has one of for all namespaces: the limit and the hash. Changed for a run, and put back."""
from pathlib import Path

MAX = Path("/proc/sys/net/netfilter/nf_conntrack_max")
BUCKETS = Path("/proc/sys/net/netfilter/nf_conntrack_buckets")
HASHSIZE = Path("/sys/module/nf_conntrack/parameters/hashsize")  # the same number; the sysctl may be read-only here
ENTRY = 512  # octets of kernel memory that one takes, well on the safe side
PER_BUCKET = 5  # entries of the sizes that are measured: the kernel refuses more and more beyond 20


def available():
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no MemAvailable")


def has_room(entries):
    """Memory for as many more."""
    return entries * ENTRY < available()


class Host:
    """Neither number is ever lower than it was found."""

    def __init__(self):
        self.limit_before = self.limit = int(MAX.read_text())
        self.buckets_before = self.buckets = int(BUCKETS.read_text())

    def set_limit(self, limit):
        """Returns the limit that is now: at least what it was at first. 0 means that there is none, and is kept."""
        limit = max(limit, self.limit_before) if self.limit_before else 0
        if limit != self.limit:
            if self.limit == self.limit_before:
                print(f"nf_conntrack_max is {self.limit}; raising it for this run", flush=True)
            self.limit = limit  # noted first: a signal may come at any time
            MAX.write_text(str(limit))
        return limit

    def make_buckets(self, entries):
        wanted = entries // PER_BUCKET
        if wanted > self.buckets:
            print(f"nf_conntrack_buckets is {self.buckets}; raising it for this run", flush=True)
            self.buckets = wanted
            self.write_buckets(wanted)

    @staticmethod
    def write_buckets(number):
        try:
            BUCKETS.write_text(str(number))
        except OSError:
            HASHSIZE.write_text(str(number))

    def restore(self):
        try:
            if self.buckets != self.buckets_before:
                self.write_buckets(self.buckets_before)
                print(f"nf_conntrack_buckets is {BUCKETS.read_text().strip()} again")
        finally:
            if self.limit != self.limit_before:
                MAX.write_text(str(self.limit_before))
                print(f"nf_conntrack_max is {MAX.read_text().strip()} again")
