# SPDX-License-Identifier: GPL-2.0-or-later
"""A snapshot as a manager reads it, with the time (time.monotonic()) in which the agent read the table."""
import time

from lab import wait_for

OWN = 20  # entries that come and go by themselves: nothing here is counted more exactly


class Snapshot:
    def __init__(self, lab):
        while True:
            asked = time.monotonic()
            values = lab.walk("nfctSnapshotTable")
            rows = lab.walk("nfctTopTable") | lab.walk("nfctWatchEntries")
            self.seen = time.monotonic()
            self.scans = values["nfctSnapshotScans.1"]
            if lab.get("nfctSnapshotScans.1") == self.scans:
                break
        self.end = asked - values["nfctSnapshotAge.1"] / 100
        self.begin = self.end - values["nfctSnapshotDuration.1"] / 1000
        self.entries = values["nfctSnapshotIpv4.1"] + values["nfctSnapshotIpv6.1"]
        self.points = values["nfctSnapshotMargin.1"] / 100  # percentage points
        self.coverage = values["nfctSnapshotCoverage.1"]
        self.cpu_us = values["nfctSnapshotCpuTime.1"]
        self.duration = values["nfctSnapshotDuration.1"] / 1000
        self.rows = rows

    @property
    def margin(self):
        """In entries."""
        return self.points * self.entries / 100 + OWN

    def source(self, address):
        """(entries, by how many they may be too high); (0, 0) of one that is not named."""
        for name, text in self.rows.items():
            if name.startswith("nfctTopText.1.1.") and text == address:
                row = name.partition(".")[2]
                return self.rows[f"nfctTopEntries.{row}"], self.rows[f"nfctTopError.{row}"]
        return 0, 0

    def watch(self, index):
        return self.rows[f"nfctWatchEntries.1.{index}"]


def snapshots(lab, patience):
    """Each new one, for so many seconds."""
    end, scans = time.monotonic() + patience, lab.get("nfctSnapshotScans.1")
    while time.monotonic() < end:
        if lab.get("nfctSnapshotScans.1") == scans:
            time.sleep(0.1)
            continue
        snapshot = Snapshot(lab)
        scans = snapshot.scans
        yield snapshot


def wait_for_more(lab, count, patience=600):
    """So many new ones, and the last of them."""
    scans = lab.get("nfctSnapshotScans.1", 0)
    wait_for(lambda: lab.get("nfctSnapshotScans.1", 0) >= scans + count, patience, 0.2)
    return Snapshot(lab)


def wait_until_exact(lab, patience):
    """Of a table at rest, once a round has ended. How many seconds it took; None: not in that time."""
    began = time.monotonic()
    while lab.get("nfctSnapshotMargin.1") != 0:
        if time.monotonic() - began > patience:
            return None
        time.sleep(1)
    return time.monotonic() - began
