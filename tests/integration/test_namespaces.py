# SPDX-License-Identifier: GPL-2.0-or-later
"""Other network namespaces as instances: made, deleted and made again while the agent runs."""
import signal
import time
from pathlib import Path

import pytest

from lab import SANITIZED, TOP, TRAPS, status, wait_for
from namespaces import Namespaces

NET_ADMIN, SYS_ADMIN = 1 << 12, 1 << 21
DEGRADED, RECOVERED = "nfctInstanceDegraded", "nfctInstanceRecovered"
BASE = 'user = ""\nrefresh-interval = 1\ncpu-budget = 100\nnotification-interval = 0\n'


@pytest.fixture
def spaces(bare_lab):
    with Namespaces(bare_lab) as namespaces:
        yield namespaces
        if bare_lab.agent:
            bare_lab.stop_agent()


def start(lab, config, **more):
    lab.start_trapd()
    lab.start_snmpd(TRAPS, owner="root nogroup")
    lab.start_agent(f"cpu-budget = 100\nnotification-interval = 0\n{config}", **more)


def capabilities(pid):
    return int(status(pid)["CapEff"], 16)


@pytest.mark.quick
def test_each_namespace_has_its_own_values(bare_lab, spaces):
    lab = bare_lab
    spaces.add("blue")
    spaces.add("red")
    lab.fill(100)
    spaces.fill("blue", 300)
    spaces.fill("red", 20, "--udp", "--spread")
    start(lab, f'{spaces.block("red", 65535)}namespace "/run/netns/{spaces.name("blue")}" {{ index = 2 }}\n'
               'threshold "low" { rising = 1 falling = 0 }\nwatch "udp" { index = 1 protocol = "udp" }\n',
          user="nobody")  # not root: the capability alone is what enters
    wait_for(lambda: lab.get("nfctSnapshotScans.65535"))
    lab.after_a_scan()
    assert lab.column("nfctInstanceName") == {"1": "default", "2": f"/run/netns/{spaces.name('blue')}",
                                     "65535": spaces.name("red")}
    assert lab.column("nfctInstanceStatus") == {"1": 1, "2": 1, "65535": 1}
    assert lab.column("nfctInstanceEntries") == {"1": 100, "2": 300, "65535": 20}
    assert lab.column("nfctSnapshotScanned") == {"1": 100, "2": 300, "65535": 20}
    assert lab.get("nfctProtocolEntries.2.1.6") == 300
    assert lab.get("nfctProtocolEntries.65535.1.17") == 20
    assert lab.column("nfctTopEntries")["2.1.1"] == 300
    assert lab.column("nfctWatchEntries") == {"1.1": 0, "2.1": 0, "65535.1": 20}
    assert lab.column("nfctThresholdName") == {"1.1": "low", "2.1": "low", "65535.1": "low"}
    # a walk goes through every instance of a column before the next one
    walk = list(lab.walk("nfctInstanceTable"))
    assert walk[:3] == ["nfctInstanceName.1", "nfctInstanceName.2", "nfctInstanceName.65535"]
    # each has its own alarms, which name it
    spaces.fill("blue", lab.limit() // 50, "--udp", "--spread")
    wait_for(lambda: len(lab.told()) == 1)
    name, objects = lab.traps()[0]
    assert name == "nfctUtilizationRising"
    assert objects[0][1].startswith(f'conntrack table /run/netns/{spaces.name("blue")} is ')
    assert objects[2][0] == "nfctInstanceEntries.2"
    assert lab.column("nfctThresholdState") == {"1.1": 1, "2.1": 2, "65535.1": 1}


def test_a_namespace_comes_and_goes(bare_lab, spaces):
    lab = bare_lab
    start(lab, spaces.block("blue", 7))
    # not there yet: the agent runs, and says so
    wait_for(lambda: lab.get("nfctInstanceStatus.7") == 3)
    assert lab.get("nfctInstanceStatusText.7") == (f"network namespace /run/netns/{spaces.name('blue')} "
                                                       "does not exist")
    assert lab.get("nfctInstanceEntries.7") is None
    assert lab.get("nfctInstanceStatus.1") == 1
    wait_for(lambda: lab.told() == [DEGRADED])

    spaces.add("blue")
    # one end of a pair of devices tells whether the namespace is alive
    lab.run("ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns",
            f"/run/netns/{spaces.name('blue')}")
    spaces.fill("blue", 500)
    wait_for(lambda: lab.get("nfctSnapshotScanned.7") == 500)
    assert lab.get("nfctInstanceStatus.7") == 1
    assert lab.get("nfctInstancePeakEntries.7") == 500
    wait_for(lambda: lab.told() == [DEGRADED, RECOVERED])
    scans = lab.get("nfctSnapshotScans.7")
    wait_for(lambda: lab.get("nfctSnapshotScans.7") > scans)  # two in a row are compared
    began, scans = lab.get("nfctSnapshotDiscontinuityTime.7"), lab.get("nfctSnapshotScans.7")

    spaces.delete("blue")
    wait_for(lambda: lab.get("nfctInstanceStatus.7") == 3)
    assert "does not exist" in lab.get("nfctInstanceStatusText.7")
    assert lab.get("nfctInstanceEntries.7") is None
    # the kernel has freed it: nothing of the agent's holds it
    wait_for(lambda: lab.run("ip", "link", "show", "here", check=False).returncode != 0)
    failures = lab.get("nfctSnapshotFailures.7")
    time.sleep(2.5)
    assert lab.get("nfctSnapshotFailures.7") == failures, "what is not there is not scanned"
    assert lab.get("nfctInstanceStatus.1") == 1

    spaces.add("blue")
    spaces.fill("blue", 20)
    wait_for(lambda: lab.get("nfctSnapshotScanned.7") == 20)
    assert lab.get("nfctInstanceStatus.7") == 1
    assert lab.get("nfctInstancePeakEntries.7") <= 20, "the peak is the new one's own"
    wait_for(lambda: lab.get("nfctSnapshotScans.7") >= scans + 3)
    assert lab.get("nfctSnapshotCreated.7") in range(21), "entries of two tables were compared"
    assert lab.get("nfctSnapshotDestroyed.7") == 0, "entries of two tables were compared"
    assert lab.get("nfctSnapshotDiscontinuityTime.7") > began, "the counters began anew"
    wait_for(lambda: lab.told() == [DEGRADED, RECOVERED] * 2)


@pytest.mark.parametrize("sample_interval", [1, 60])
def test_a_namespace_replaced_between_two_samples_is_noticed(bare_lab, spaces, sample_interval):
    """Also when it is the next scan that comes upon it, and not the next sample."""
    lab = bare_lab
    spaces.add("blue")
    start(lab, f"sample-interval = {sample_interval}\n" + spaces.block("blue", 2))
    spaces.fill("blue", 500)
    wait_for(lambda: lab.get("nfctSnapshotScanned.2") == 500)
    began = lab.get("nfctInstanceDiscontinuityTime.2")
    lab.run("ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns",
            f"/run/netns/{spaces.name('blue')}")
    spaces.delete("blue")
    spaces.add("blue")
    spaces.fill("blue", 5)
    wait_for(lambda: lab.get("nfctSnapshotScanned.2") == 5)
    wait_for(lambda: lab.run("ip", "link", "show", "here", check=False).returncode != 0)
    if sample_interval == 1:
        assert lab.get("nfctInstancePeakEntries.2") <= 5
        assert lab.get("nfctInstanceDiscontinuityTime.2") > began


def test_what_was_scanned_of_a_replaced_namespace_is_not_shown_for_the_new_one(bare_lab, spaces):
    """Nor is its alarm kept: the next scan may be an hour away."""
    lab = bare_lab
    spaces.add("blue")
    spaces.fill("blue", 500)
    start(lab, "refresh-interval = 3600\n" + spaces.block("blue", 2) +
          'watch "some" { index = 1 rising = 400 falling = 300 }\n')
    wait_for(lambda: lab.get("nfctWatchState.2.1") == 2, 20)
    wait_for(lambda: "nfctWatchEntriesRising" in lab.told())
    spaces.delete("blue")
    spaces.add("blue")
    wait_for(lambda: lab.get("nfctInstanceEntries.2") == 0, 20)
    wait_for(lambda: lab.get("nfctSnapshotScanned.2") is None, 5)
    assert lab.get("nfctWatchState.2.1") is None
    ended = wait_for(lambda: [rows for name, rows in lab.traps() if name == "nfctWatchEntriesFalling"], 20)
    assert ended[0][0][1].endswith(": its network namespace was deleted"), ended


def test_the_capability_is_kept_only_for_a_configured_namespace(bare_lab, spaces):
    lab = bare_lab
    spaces.add("blue")
    start(lab, spaces.block("blue", 2), user="nobody")
    assert capabilities(lab.agent.pid) == NET_ADMIN | SYS_ADMIN
    assert capabilities(lab.subagent()) == 0
    # no block, no capability; and it does not come back without a start
    base = BASE.replace('user = ""', 'user = "nobody"')
    (lab.dir / "agent.conf").chmod(0o644)
    lab.configure(base)
    wait_for(lambda: lab.column("nfctInstanceName") == {"1": "default"})
    assert capabilities(lab.agent.pid) == NET_ADMIN
    lab.configure(base + spaces.block("blue", 2))
    wait_for(lambda: lab.get("nfctInstanceStatus.2") == 3)
    assert "CAP_SYS_ADMIN is needed" in lab.get("nfctInstanceStatusText.2"), "the first thing that is shown"
    assert "restart the agent" in lab.log()


def test_a_reload_adds_changes_and_removes_and_leaves_the_rest(bare_lab, spaces):
    lab = bare_lab
    spaces.add("blue")
    spaces.add("red")
    start(lab, spaces.block("blue", 2))
    spaces.fill("blue", 700)
    wait_for(lambda: lab.get("nfctInstancePeakEntries.2") == 700)
    spaces.run("blue", "conntrack", "-F")
    wait_for(lambda: lab.get("nfctSnapshotScanned.2") == 0)
    scans = lab.get("nfctSnapshotScans.2")
    lab.configure(BASE + spaces.block("blue", 2) + spaces.block("red", 3))
    wait_for(lambda: lab.get("nfctSnapshotScans.3"))
    assert lab.get("nfctInstancePeakEntries.2") == 700, "what did not change keeps its peak"
    assert lab.get("nfctSnapshotScans.2") >= scans
    # another index is another row; the old one is gone, in every table
    lab.configure(BASE + spaces.block("blue", 9) + spaces.block("red", 2))
    wait_for(lambda: lab.get("nfctSnapshotScans.9"))
    assert lab.column("nfctInstanceName") == {"1": "default", "2": spaces.name("red"), "9": spaces.name("blue")}
    assert lab.get("nfctInstancePeakEntries.2") == 0
    # another name under the same index shows nothing of the one before
    lab.configure(BASE + spaces.block("missing", 9))
    wait_for(lambda: lab.get("nfctInstanceName.9") == spaces.name("missing"))
    assert lab.get("nfctSnapshotScanned.9") is None
    lab.configure(BASE)
    wait_for(lambda: lab.column("nfctInstanceName") == {"1": "default"})
    assert lab.get("nfctSnapshotScans.9") is None and lab.get("nfctProtocolEntries.2.1.6") is None
    # and its socket is closed
    lab.run("ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns",
            f"/run/netns/{spaces.name('blue')}")
    spaces.delete("blue")
    wait_for(lambda: lab.run("ip", "link", "show", "here", check=False).returncode != 0)


def fault(part):
    """The prefix of an agent of which each SIGUSR1 makes one open() fail, of a path that contains `part`."""
    return ("env", f"LD_PRELOAD={TOP}/build/openfault.so", f"OPEN_FAULT={part}")


def test_one_failure_to_enter_does_not_end_the_scans(bare_lab, spaces):
    """Of a scan: the next sample is a minute away, and the next scan asks anew."""
    lab = bare_lab
    spaces.add("blue")
    spaces.fill("blue", 50)
    start(lab, "sample-interval = 60\n" + spaces.block("blue", 2), prefix=fault(spaces.name("blue")))
    wait_for(lambda: lab.get("nfctSnapshotScanned.2") == 50)
    lab.agent.send_signal(signal.SIGUSR1)
    name = spaces.name("blue")
    wait_for(lambda: f'"{name}": the scan failed: network namespace /run/netns/{name}: Too many open files' in lab.log())
    assert lab.get("nfctSnapshotFailures.2") == 1
    scans = lab.get("nfctSnapshotScans.2")
    wait_for(lambda: lab.get("nfctSnapshotScans.2") >= scans + 2)
    assert lab.get("nfctSnapshotFailures.2") == 1


def test_a_sample_that_cannot_enter_does_not_disturb_a_running_scan(bare_lab, spaces):
    lab = bare_lab
    spaces.add("blue")
    start(lab, spaces.block("blue", 2), prefix=fault(spaces.name("blue")))
    wait_for(lambda: lab.get("nfctSnapshotScans.2"))
    spaces.fill("blue", 20000)
    # of an interval this long the budget has time for the whole table
    lab.configure(BASE.replace("100", "1").replace("refresh-interval = 1", "refresh-interval = 60") +
                  spaces.block("blue", 2))
    wait_for(lambda: lab.get("nfctSnapshotAge.2") >= 250)  # by now it runs; it takes ten seconds
    scans = lab.get("nfctSnapshotScans.2")
    lab.agent.send_signal(signal.SIGUSR1)
    wait_for(lambda: f"/run/netns/{spaces.name('blue')}: Too many open files" in lab.log())
    wait_for(lambda: lab.get("nfctInstanceStatus.2") == 1)
    lab.configure(BASE + spaces.block("blue", 2))
    wait_for(lambda: lab.get("nfctSnapshotScanned.2") == 20000, 30)
    wait_for(lambda: lab.get("nfctSnapshotScans.2") >= scans + 2, 30)
    assert lab.get("nfctSnapshotFailures.2") == 0
    assert lab.agent.poll() is None and lab.get("nfctAgentMasterConnects.0") == 1


def test_buckets_that_cannot_be_read_are_not_other_buckets(bare_lab):
    lab = bare_lab
    lab.start_snmpd()
    lab.fill(4000)
    lab.start_agent("cpu-budget = 3\n", prefix=fault("nf_conntrack_buckets"))
    for _ in range(10):
        lab.agent.send_signal(signal.SIGUSR1)
        time.sleep(0.3)
    lab.after_a_scan()
    assert "was changed during the scan" not in lab.log(), "the hash table has its size still"


def test_a_namespace_deleted_between_two_samples_is_no_failed_scan(bare_lab, spaces):
    """It is the next scan that comes upon it."""
    lab = bare_lab
    spaces.add("blue")
    spaces.fill("blue", 50)
    start(lab, "sample-interval = 60\n" + spaces.block("blue", 2))
    wait_for(lambda: lab.get("nfctSnapshotScanned.2") == 50)
    lab.run("ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns",
            f"/run/netns/{spaces.name('blue')}")
    spaces.delete("blue")
    lab.after_a_scan()
    assert "the scan failed" not in lab.log()
    assert lab.get("nfctSnapshotFailures.2") == 0
    # the kernel has freed it: nothing of the agent's holds it
    wait_for(lambda: lab.run("ip", "link", "show", "here", check=False).returncode != 0)
    lab.configure(BASE + "sample-interval = 60\n" + spaces.block("blue", 2))
    wait_for(lambda: lab.get("nfctInstanceStatus.2") == 3)
    assert lab.get("nfctInstanceStatusText.2").endswith("does not exist")


def test_an_empty_file_is_no_namespace(bare_lab, spaces):
    """While ip(8) makes or deletes a namespace there is one, which only root may open."""
    lab = bare_lab
    path = Path(f"/run/netns/{spaces.name('blue')}")
    path.touch(mode=0)
    try:
        path.chmod(0)
        start(lab, spaces.block("blue", 2), user="nobody")
        wait_for(lambda: lab.get("nfctInstanceStatus.2") == 3)
        assert lab.get("nfctInstanceStatusText.2") == f"network namespace {path} does not exist"
    finally:
        path.unlink()


@pytest.mark.heavy
def test_sixty_four_namespaces(bare_lab, spaces):
    lab = bare_lab
    for i in range(64):
        spaces.add(str(i))
        spaces.fill(str(i), 10 + i)
    start(lab, "refresh-interval = 5\n" + "".join(spaces.block(str(i), 2 + i) for i in range(64)))
    wait_for(lambda: len(lab.column("nfctSnapshotScanned")) == 65, 60)
    assert lab.column("nfctInstanceEntries") == {"1": 0, **{str(2 + i): 10 + i for i in range(64)}}
    assert lab.column("nfctSnapshotScanned") == {"1": 0, **{str(2 + i): 10 + i for i in range(64)}}
    assert set(lab.column("nfctInstanceStatus").values()) == {1}
    # after the first round the scans are spread over the interval
    before = lab.column("nfctSnapshotScans")
    wait_for(lambda: all(n >= before[key] + 2 for key, n in lab.column("nfctSnapshotScans").items()), 60, 0.5)
    if not SANITIZED:
        ages = sorted(lab.column("nfctSnapshotAge").values())
        assert ages[-1] - ages[0] > 250, f"all were scanned at once: {ages}"
        assert max(ages) < 1000
    # one that changes is seen, whichever it is
    spaces.fill("63", 500, "--udp", "--spread")
    wait_for(lambda: lab.get("nfctInstanceEntries.65") == 573)
    lab.stop_agent()
