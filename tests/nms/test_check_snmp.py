# SPDX-License-Identifier: GPL-2.0-or-later
"""The command definitions for Nagios and Icinga 2, run as those would run them."""
import re
import shlex
import textwrap

import pytest

from conftest import NAT_SOURCE
from lab import TOP, wait_for

COMMANDS = dict(re.findall(r"command_name\s+(\S+)\n\s+command_line\s+(.*)", (TOP / "conf/icinga/nagios.cfg").read_text()))
OK, WARNING, CRITICAL, UNKNOWN = range(4)


def check(lab, name, *arguments):
    """(exit status, what it says)"""
    line = COMMANDS[name].replace("$USER1$", "/usr/lib/nagios/plugins").replace("$HOSTADDRESS$", "127.0.0.1")
    for number, argument in enumerate(("public", "1", *arguments), 1):
        line = line.replace(f"$ARG{number}$", argument)
    run = lab.run(*shlex.split(line), check=False)
    return run.returncode, run.stdout.strip()


def test_the_table_is_quiet(router):
    status, text = check(router, "check_conntrack_utilization")
    assert status == OK, text
    entries = router.get("nfctInstanceEntries.1")
    assert text.endswith(f"| utilization=0;79;94 entries={entries};;"), text
    assert check(router, "check_conntrack_firm")[0] == OK
    assert check(router, "check_conntrack_status")[0] == OK
    status, text = check(router, "check_conntrack_dropping")
    assert status == OK and text.endswith("| dropping=2;;2:2 cause=1;; lost=0;;"), text
    assert check(router, "check_conntrack_rate", "100000", "200000")[0] == OK


def test_the_ports_of_source_nat(router):
    router.fill(64512 * 80 // 100 - 100, "--nat-source", NAT_SOURCE, "--from", 100)
    router.after_a_scan()
    assert check(router, "check_conntrack_nat")[0] == OK
    router.fill(200, "--nat-source", NAT_SOURCE, "--from", 52000)
    router.after_a_scan()
    entries = router.get("nfctNatEntries.1.1")
    status, text = check(router, "check_conntrack_nat")
    assert status == WARNING and text.endswith(f"| ports=80;79;94 entries={entries};;"), text
    router.run("conntrack", "-F")
    wait_for(lambda: not router.column("nfctNatText"))
    assert check(router, "check_conntrack_nat")[0] == UNKNOWN  # nothing is translated


def test_an_alarm_on_a_rate(router):
    wait_for(lambda: router.get("nfctRateState.1.1") == 1, 30)
    status, text = check(router, "check_conntrack_rate_alarm", "1")
    assert status == OK and "state=1;1:1 rate=" in text, text
    router.fill(60000)
    wait_for(lambda: router.get("nfctRateState.1.1") == 2, 15)
    status, text = check(router, "check_conntrack_rate_alarm", "1")
    assert status == WARNING and re.search(r"state=2;1:1 rate=[0-9]{4,};", text), text
    router.run("conntrack", "-F")
    wait_for(lambda: check(router, "check_conntrack_rate_alarm", "1")[0] == OK, 40)


@pytest.mark.parametrize("percent, wanted", [(79, OK), (80, WARNING), (94, WARNING), (95, CRITICAL)])
def test_the_bounds_are_those_of_the_agent(router, percent, wanted):
    """Warning from 80, critical from 95 percent on."""
    router.run("conntrack", "-F")
    router.fill(-(-router.limit() * percent // 100) + 5)
    wait_for(lambda: router.get("nfctInstanceUtilization.1") == percent, 10)
    status, text = check(router, "check_conntrack_utilization")
    assert status == wanted, text
    assert f"utilization={percent};79;94 entries=" in text
    router.after_a_scan()
    assert check(router, "check_conntrack_firm")[0] == (CRITICAL if percent >= 90 else WARNING)
    router.run("conntrack", "-F")


def test_a_table_that_cannot_be_read(router):
    """As the status would be told: the bounds tell the three apart."""
    line = COMMANDS["check_conntrack_status"]
    assert "-w 1:1 -c 1:2" in line
    status, text = check(router, "check_conntrack_status")
    assert (status, router.get("nfctInstanceStatus.1")) == (OK, 1), text


def page(beginning):
    """The lines of the page from this one to the end of its block."""
    text = (TOP / "conf/icinga/README.md").read_text()
    return textwrap.dedent(re.search(rf"^    {re.escape(beginning)}.*?(?=^\S)", text, re.M | re.S)[0])


def test_icinga_accepts_its_file_and_the_pages_host(router):
    config = router.dir / "icinga2.conf"
    host = page('object Host "r1"').replace('import "generic-host"', 'check_command = "dummy"')  # of Debian's conf.d
    config.write_text("include <itl>\ninclude <plugins>\n"
                      'const PluginDir = "/usr/lib/nagios/plugins"\nconst NodeName = "test"\n'
                      f'include "{TOP}/conf/icinga/conntrack-agentx.conf"\n{host}')
    (router.dir / "icinga").mkdir()
    run = router.run("icinga2", "daemon", "-C", "-c", config, "-D", f"DataDir={router.dir}/icinga", "-D",
                     f"LogDir={router.dir}/icinga", "-D", f"CacheDir={router.dir}/icinga", "-D",
                     f"InitRunDir={router.dir}/icinga", "-D", "RunAsUser=root", "-D", "RunAsGroup=root", check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Instantiated 6 Services" in run.stdout, run.stdout
