# SPDX-License-Identifier: GPL-2.0-or-later
"""What mibs/NF-CONNTRACK-MIB.txt must hold for every manager, whatever is added to it."""
import re

import pytest

import mib

COUNTERS = {name: thing for name, thing in mib.read().items() if thing.type == "Counter64"}
STAMPS = {name for name, thing in mib.read().items() if thing.type == "TimeStamp"}


def stamp_of(thing):
    """The TimeStamp that the description of a counter names; its row is the counter's, or one of the same table."""
    named = {name for name in STAMPS if re.search(rf"\b{name}\b", thing.text)}
    assert len(named) == 1, f"{thing.name} names {named or 'no TimeStamp'}: a manager must know when it began"
    return named.pop()


@pytest.mark.quick
def test_every_counter64_names_the_time_stamp_of_its_discontinuity():
    assert len(COUNTERS) > 30 and len(STAMPS) >= 3
    stamps = {name: stamp_of(thing) for name, thing in COUNTERS.items()}
    assert stamps["nfctSnapshotCreated"] == stamps["nfctSnapshotDestroyed"] == "nfctSnapshotDiscontinuityTime"
    assert stamps["nfctWatchCreated"] == "nfctWatchDiscontinuityTime"


@pytest.mark.quick
def test_no_notification_carries_a_counter64():
    """RFC 3584: SNMPv1 has no such type, so its receivers would never get the notification."""
    objects = mib.read()
    carried = {(name, what) for name, thing in objects.items() for what in thing.objects
               if mib.base(objects[what].type)[0] == "Counter64"}
    assert sum(bool(thing.objects) for thing in objects.values()) >= 10
    assert carried == set()
