# SPDX-License-Identifier: GPL-2.0-or-later
"""A router as in tests/integration, for a whole module: to set up what polls it takes its time."""
import pytest

from lab import Lab, wait_for
from room import Room

# A value of every kind: zones, watches, rates, packets counted; one source, one watch and one rate raise their alarms early.
CONFIG = """cpu-budget = 100
notification-interval = 0
zones = true
source-rising = 15
source-falling = 10
watch "web" { index = 1 protocol = "tcp" destination-port = 443 rising = 1000 falling = 800 }
watch "dns" { index = 2 protocol = "udp" destination-port = 53 }
rate "setup" { index = 1 counter = "created" rising = 1000 falling = 800 window = 20 }
rate "lost" { index = 2 counter = "drops" window = 2 }
"""


def make_router(lab, snmpd="", config=""):
    lab.run("sh", "-c", "echo 1 >/proc/sys/net/netfilter/nf_conntrack_acct")  # of this namespace
    lab.start_snmpd(snmpd, owner="root nogroup")
    lab.traffic("tcp4", "tcp6", "udp4", "udp6", "sctp4")
    lab.fill(20, "--spread")
    lab.agent_config = CONFIG + config
    lab.start_agent(lab.agent_config)
    lab.after_a_scan()
    wait_for(lambda: lab.column("nfctRateValue").keys() >= {"1.1", "1.2"}, 15)


@pytest.fixture(scope="module")
def bare_router():
    lab = Lab()
    try:
        yield lab
    finally:
        lab.close()


@pytest.fixture(scope="module")
def router(bare_router):
    """With snmpd, traffic and the agent."""
    make_router(bare_router)
    return bare_router


@pytest.fixture(scope="module")
def room(bare_router):
    """Debian 13's programs beside the router."""
    room = Room(bare_router)
    try:
        yield room
    finally:
        room.close()
