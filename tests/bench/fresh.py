# SPDX-License-Identifier: GPL-2.0-or-later
"""How fresh the values are: one source floods a standing table, with the default configuration. When does the notification
name it, when does the walk, and when is the walk right again after the flood was deleted?"""
import math
import statistics
import time

from common import LARGE, NEVER, say, seconds
from lab import TOP, wait_for
from snapshots import OWN, snapshots, wait_for_more, wait_until_exact
from watcher import Watcher

SOURCE = "172.16.0.1"
MARK = 0xf100d
TOP_UP_MARK, TOP_UP_FROM = 0xf111, 13000000
STANDING, FLOOD, RISING = 60, 35, 80  # percent of the limit; the last is the default
PATIENCE = 60
APART = 62  # seconds between two floods: an alarm's look is shared for a minute
QUICK = 2   # seconds that a flood takes: what it takes longer is no fault of the agent


def measure(lab, size, host, rounds):
    standing = max(size, host.limit_before * STANDING // 100)
    if standing > size:  # the limit is never lower than it was found
        lab.fill(standing - size, "--spread", "--from", TOP_UP_FROM, "--mark", TOP_UP_MARK)
    limit = host.set_limit(standing * 100 // STANDING)
    lab.stop_agent()  # so that it knows no round and no alarm of another table
    lab.start_agent("refresh-interval = 10\n", wait=False)
    wait_for(lambda: lab.get("nfctSnapshotScans.1"), 600)
    wait_for_more(lab, 1)
    exact = wait_until_exact(lab, 300 if standing <= 2 * LARGE else 0)
    say(f"\na flood of one source beside {standing:,} entries, limit {limit:,}, default configuration; a round has "
        f"{'not yet ended' if exact is None else 'ended'}")
    results = []
    for number in range(rounds):
        began = time.monotonic()
        results.append(one_flood(lab, limit, standing))
        if number + 1 < rounds:
            time.sleep(max(0, began + APART - time.monotonic()))
    tell(results)
    if standing > size:
        lab.run(TOP / "build/ctfill", "--remove", "--mark", TOP_UP_MARK)


def one_flood(lab, limit, standing):
    """{what: seconds}, and the notification's text."""
    flood = limit * FLOOD // 100
    with Watcher(lab) as watcher:
        began = time.monotonic()
        # one process: the kernel takes what several offer one by one
        flooder = lab.spawn(TOP / "build/ctfill", flood, "--source", SOURCE, "--unreplied", "--mark", MARK,
                            log=lab.dir / "flood.log")
        named, whole = watch_flood(lab, watcher, began, standing, flood)
        assert flooder.wait(PATIENCE) == 0, (lab.dir / "flood.log").read_text()
        ended = watcher.crossed(standing + flood - OWN)
        crossed = watcher.crossed(math.ceil(limit * RISING / 100))
        trap = watch_trap(watcher, crossed)
        deletion, after = watch_deletion(lab, watcher)
    late = max(0, ended - began - QUICK)
    return {"flood": ended - began, "trap": trap[0] - crossed, "text": trap[1]["nfctNotifyText"],
            "named": named - began, "whole": whole - began, "prompt": whole - began - late,
            "deletion": deletion, "after": after}


def watch_flood(lab, watcher, began, standing, flood):
    """When a walk first named the source, with entries that were right while they were read; and with all of them."""
    named = NEVER
    for snapshot in snapshots(lab, began + PATIENCE - time.monotonic()):
        value, error = snapshot.source(SOURCE)
        fewest, most = watcher.between(snapshot.begin, snapshot.end)
        if value and fewest - standing - snapshot.margin <= value <= most - standing + snapshot.margin + error:
            named = min(named, snapshot.seen)
        if -snapshot.margin <= value - flood <= snapshot.margin + error:
            return named, snapshot.seen
    return named, NEVER


def watch_trap(watcher, crossed):
    """(when, its objects)"""
    assert crossed, "the flood did not reach the threshold"
    while True:
        trap = watcher.first_trap("nfctUtilizationRising")
        if trap or time.monotonic() > crossed + 10:
            return trap or (NEVER, {"nfctNotifyText": "none"})
        time.sleep(0.1)


def watch_deletion(lab, watcher):
    """How long it took, and from its end until a walk was right again."""
    began = time.monotonic()
    lab.run(TOP / "build/ctfill", "--remove", "--mark", MARK)
    ended = time.monotonic()
    for snapshot in snapshots(lab, PATIENCE):
        is_gone = snapshot.source(SOURCE)[0] <= snapshot.margin
        if is_gone and abs(snapshot.entries - watcher.count()) <= snapshot.margin:
            return ended - began, snapshot.seen - ended
    return ended - began, NEVER


def tell(results):
    say(f"{'seconds':<58} {'median':>7} {'worst':>7}")
    lines = {"flood": "the flood", "trap": "from the crossing to the notification (target: 2.5)",
             "named": "from the beginning to a walk that names it",
             "whole": "from the beginning to a walk with all of it",
             "prompt": f"  less what the flood took beyond {QUICK} s (target: 12)",
             "deletion": "the deletion", "after": "from then to a walk that is right again (target: 15)"}
    for key, line in lines.items():
        values = [result[key] for result in results]
        say(f"{line:<58} {seconds(statistics.median(values)):>7} {seconds(max(values)):>7}")
    texts = [result["text"] for result in results]
    say(f"the notification names it in {sum(SOURCE in text for text in texts)} of {len(texts)} (target: all): {texts[-1]}")
