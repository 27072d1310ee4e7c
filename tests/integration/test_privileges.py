# SPDX-License-Identifier: GPL-2.0-or-later
"""What each process may, and what is left to one that somebody else has taken over."""
import os
import pwd
import signal

import pytest

from lab import SANITIZED, TOP, descriptors, status, wait_for

NET_ADMIN = 1 << 12

# Without a filter of system calls these are refused all the same, by Landlock or for want of a capability.
REFUSED_ANYWAY = {"packet": "EPERM", "read-program": "EACCES", "write": "EACCES", "write-proc": "EACCES",
                  "directory": "EACCES", "exec": "EACCES", "signal": "EPERM", "mount": "EPERM", "setuid": "EPERM"}
FILTERED = dict.fromkeys(("rtnetlink", "packet", "exec", "code", "namespace", "mount", "setuid", "type", "bpf"),
                         "EPERM")
COLLECTOR = REFUSED_ANYWAY | FILTERED | {"directory": "EPERM", "ctnetlink": "done", "unix": "done", "fork": "done",
                                         "read": "done", "read-hosts": "done", "signal-parent": "EPERM",
                                         "trace-parent": "EPERM"}
SUBAGENT = FILTERED | dict.fromkeys(("ctnetlink", "inet", "connect", "read", "write", "read-hosts", "read-program",
                                     "write-proc", "directory", "fork", "signal", "signal-parent",
                                     "trace-parent"), "EPERM") | {"unix": "done"}
SUBAGENT_UNFILTERED = REFUSED_ANYWAY | {"read": "EACCES", "read-hosts": "EACCES", "connect": "EACCES",
                                        "signal-parent": "EPERM", "trace-parent": "EPERM"}
SUBAGENT_OF_TCP = SUBAGENT | {"inet": "done", "connect": "EACCES", "unix": "EPERM", "read": "EACCES", "write": "EACCES",
                              "read-hosts": "done", "read-program": "EACCES", "write-proc": "EACCES"}
# what the leak checker needs, it is given
SANITIZER_NEEDS = {"fork", "read", "read-program", "write", "write-proc", "read-hosts", "trace-parent", "setuid"}


def probed(lab, pid):
    """Has the process try; the outcome of each attempt, by its name."""
    def outcomes():
        lines = (line.split() for line in lab.log().splitlines())
        return {line[2]: line[3] for line in lines if line[:2] == ["probe", str(pid)]}
    os.kill(pid, signal.SIGUSR2)
    return wait_for(lambda: "end" in outcomes() and outcomes())


def expect(found, expected):
    if SANITIZED:
        expected = {name: outcome for name, outcome in expected.items() if name not in SANITIZER_NEEDS}
    assert {name: found.get(name) for name in expected} == expected


def start_probed(lab, *preload, **more):
    target = lab.spawn("sleep", "600")
    objects = ":".join(str(TOP / f"build/{name}.so") for name in ("probe", *preload))
    lab.start_agent(prefix=("env", f"LD_PRELOAD={objects}", f"PROBE_PID={target.pid}",
                            f"PROBE_FILE={lab.dir}/agent.conf", "PROBE_PORT=1"), **more)


@pytest.mark.parametrize("user", ["nobody", ""])
@pytest.mark.quick
def test_each_process_has_what_it_needs_and_no_more(bare_lab, user):
    lab = bare_lab
    lab.start_snmpd(owner="root nogroup")
    lab.start_agent(user=user)
    uid = str(pwd.getpwnam(user or "root").pw_uid)
    for pid, capabilities, filters in ((lab.agent.pid, NET_ADMIN, 1), (lab.subagent(), 0, 2)):
        fields = status(pid)
        assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == capabilities
        assert int(fields["CapInh"], 16) == int(fields["CapAmb"], 16) == 0
        assert int(fields["CapBnd"], 16) == NET_ADMIN
        assert fields["NoNewPrivs"] == "1"
        assert (fields["Seccomp"], fields["Seccomp_filters"]) == ("2", str(filters))
        assert set(fields["Uid"].split()) == {uid}
        assert user == "" or "0" not in fields["Groups"].split() + fields["Gid"].split()
    # its own end of the channel, its master, and the standard ones
    links = descriptors(lab.subagent())
    assert all(link.startswith(("socket:", "pipe:")) for number, link in links.items() if number > 2), links
    assert len([link for link in links.values() if link.startswith("socket:")]) == 3, links


def test_neither_process_can_do_what_it_need_not(bare_lab):
    lab = bare_lab
    lab.start_snmpd()
    start_probed(lab)
    expect(probed(lab, lab.agent.pid), COLLECTOR)
    expect(probed(lab, lab.subagent()), SUBAGENT)
    # and goes on doing what it needs
    lab.after_a_scan()
    lab.configure('user = ""\nthreshold "other" { rising = 50 falling = 40 }\n')
    wait_for(lambda: lab.get("nfctThresholdName.1.1") == "other")


@pytest.mark.skipif(SANITIZED, reason="the leak checker is given more")
def test_landlock_alone_keeps_the_subagent_from_files_and_processes(bare_lab):
    lab = bare_lab
    lab.start_snmpd()
    start_probed(lab, "unfiltered")
    assert status(lab.subagent())["Seccomp"] == "0"
    expect(probed(lab, lab.subagent()), SUBAGENT_UNFILTERED)


@pytest.mark.skipif(SANITIZED, reason="the leak checker is given more")
def test_a_master_of_the_network_is_found_and_no_other_port(bare_lab):
    lab = bare_lab
    lab.start_snmpd(f"agentXSocket {lab.dir}/master,tcp:127.0.0.1:7050\n")
    start_probed(lab, address="tcp:localhost:7050")
    expect(probed(lab, lab.subagent()), SUBAGENT_OF_TCP)
    lab.stop_snmpd()
    wait_for(lambda: "is gone" in lab.log())
    lab.start_snmpd(f"agentXSocket {lab.dir}/master,tcp:127.0.0.1:7050\n")
    wait_for(lambda: lab.get("nfctAgentMasterConnects.0") == 2, 15)
