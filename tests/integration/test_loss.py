# SPDX-License-Identifier: GPL-2.0-or-later
"""Loss and its cause, by the kernel's own counters: when it is told, as what, and to whom."""
import signal
import time

import pytest

from lab import TOP, TRAPS, wait_for

DROPPING = "nfctDroppingStarted"
NONE, EVICTING, CHAIN_TOO_LONG = 1, 2, 4
# enum ctattr_stats_cpu
INSERT_FAILED, DROP, EARLY_DROP, CHAINS = 9, 10, 11, 15


def start(lab, grow, more=""):
    """An agent whose kernel, from SIGUSR1 on, has counted more on every CPU: {number: by how much}."""
    lab.start_trapd()
    lab.start_snmpd(TRAPS + more)
    add = " ".join(f"{number}={by}" for number, by in grow.items())
    lab.start_agent(prefix=("env", f"LD_PRELOAD={TOP}/build/netlinkfault.so", "NETLINK_FAULT=loss",
                            f"NETLINK_ADD={add}"))
    wait_for(lambda: lab.get("nfctInstanceLossCause.1") == NONE)
    return len(lab.column("nfctCpuFound.1"))


@pytest.mark.quick
def test_an_insertion_race_is_counted_and_is_no_dropping(bare_lab):
    """Two packets of a new connection at once: drop and insert_failed grow alike, however empty the table is."""
    lab = bare_lab
    cpus = start(lab, {DROP: 3, INSERT_FAILED: 3})
    before = [lab.get(f"nfctInstance{what}.1") for what in ("Drops", "InsertFailed")]
    lab.agent.send_signal(signal.SIGUSR1)
    wait_for(lambda: lab.get("nfctInstanceDrops.1") == before[0] + 3 * cpus)
    assert lab.get("nfctInstanceInsertFailed.1") == before[1] + 3 * cpus
    time.sleep(2.5)  # two samples more
    assert [lab.get(f"nfctInstance{what}.1") for what in ("Dropping", "LossCause", "LossRate")] == [2, NONE, 0]
    assert lab.told() == []


def test_a_chain_that_is_too_long_is_dropping_and_an_snmpv1_receiver_gets_it(bare_lab):
    """The kernel refuses such a connection without counting a drop."""
    lab = bare_lab
    lab.start_trapd(1162)
    cpus = start(lab, {CHAINS: 5, INSERT_FAILED: 5}, "trapsink 127.0.0.1:1162 public\n")
    if lab.get("nfctInstanceChainTooLong.1") is None:
        pytest.skip("this kernel does not count chains that are too long (Linux 5.15)")
    drops = lab.get("nfctInstanceDrops.1")
    lab.agent.send_signal(signal.SIGUSR1)
    wait_for(lambda: lab.told() == [DROPPING])
    assert lab.get("nfctInstanceDrops.1") == drops
    objects = dict(lab.traps()[0][1])
    assert objects["nfctInstanceLossCause.1"] == CHAIN_TOO_LONG == lab.get("nfctInstanceLossCause.1")
    assert objects["nfctInstanceLossRate.1"] > 0
    assert (f"is dropping: hash chains are too long, and new connections are refused ({5 * cpus} lost in the last "
            "minute; ") in objects["nfctNotifyText.0"]
    assert lab.get("nfctInstanceDropping.1") == 1

    # the same objects, as SNMPv1 sends them: without those of SNMPv2 in front
    def by_v1():
        lines = [line for line in (lab.dir / "traps-1162").read_text().splitlines() if line.startswith("TRAP\t")]
        return [dict((name, value) for name, _, value in map(lab.parse, line.split("\t")[1:])) for line in lines]
    wait_for(lambda: any("nfctNotifyText.0" in trap for trap in by_v1()))
    assert [trap for trap in by_v1() if "nfctNotifyText.0" in trap] == [objects]


def test_an_eviction_is_dropping(bare_lab):
    lab = bare_lab
    start(lab, {EARLY_DROP: 1})
    lab.agent.send_signal(signal.SIGUSR1)
    wait_for(lambda: lab.told() == [DROPPING])
    objects = dict(lab.traps()[0][1])
    assert objects["nfctInstanceLossCause.1"] == EVICTING
    assert "the table is full, and entries are evicted for new connections" in objects["nfctNotifyText.0"]
