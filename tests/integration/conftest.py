# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

from lab import TRAPS, Lab


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Heavy tests first, and all by one worker: they would slow each other's dumps."""
    items.sort(key=lambda item: item.get_closest_marker("heavy") is None)
    for item in items:
        if item.get_closest_marker("heavy"):
            item.add_marker(pytest.mark.xdist_group("heavy"))


@pytest.fixture
def bare_lab():
    """A namespace with nothing running."""
    lab = Lab()
    try:
        yield lab
    finally:
        lab.close()


@pytest.fixture
def lab(bare_lab):
    """snmpd and the agent, as an operator has them."""
    bare_lab.start_snmpd()
    bare_lab.start_agent()
    return bare_lab


@pytest.fixture
def trap_lab(bare_lab):
    """The same with a receiver of traps on port 162 and one of informs on port 1162."""
    bare_lab.start_trapd(162)
    bare_lab.start_trapd(1162)
    bare_lab.start_snmpd(TRAPS + "informsink 127.0.0.1:1162 public\n")
    bare_lab.start_agent()
    return bare_lab
