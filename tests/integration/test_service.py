# SPDX-License-Identifier: GPL-2.0-or-later
"""What a service manager is told, and what the journal gets."""
import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import AGENT, SANITIZED, TOP, wait_for

UNIT = TOP / "conf/conntrack-agentx.service.in"


class Manager:
    """The manager's socket; `told` is every assignment so far."""

    def __init__(self, lab):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(lab.dir / "notify"))
        self.socket.setblocking(False)
        self.told = []
        self.lab = lab

    def start_agent(self, *arguments, **more):
        """The agent alone: snmpd would tell as well."""
        self.lab.env["NOTIFY_SOCKET"] = str(self.lab.dir / "notify")
        self.lab.start_agent(*arguments, **more)
        del self.lab.env["NOTIFY_SOCKET"]

    def read(self):
        try:
            while True:
                self.told.append(self.socket.recv(4096).decode())
        except BlockingIOError:
            return self.told

    def expect(self, pattern, timeout=10):
        return wait_for(lambda: [said for said in self.read() if re.fullmatch(pattern, said)] or None, timeout)

    def count(self, said):
        return self.read().count(said)


@pytest.fixture
def manager(bare_lab):
    manager = Manager(bare_lab)
    yield manager
    manager.socket.close()


@pytest.mark.quick
def test_beginning_reload_and_end_are_told(bare_lab, manager):
    lab = bare_lab
    lab.start_snmpd()
    manager.start_agent()
    manager.expect("READY=1")
    assert re.fullmatch(r"STATUS=default: \d+ of \d+ entries \(\d+%\)", manager.read()[0]), manager.told
    lab.agent.send_signal(signal.SIGHUP)
    manager.expect("RELOADING=1")
    wait_for(lambda: manager.count("READY=1") == 2)
    lab.stop_agent()
    manager.expect("STOPPING=1")


def test_signs_of_life_do_not_wait_for_samples(bare_lab, manager):
    lab = bare_lab
    lab.env["WATCHDOG_USEC"] = "3000000"
    manager.start_agent("sample-interval = 60\n", wait=False)
    manager.expect("READY=1")
    time.sleep(3.5)
    assert manager.count("WATCHDOG=1") >= 3, manager.told
    os.kill(lab.agent.pid, signal.SIGSTOP)
    time.sleep(0.5)
    before = manager.count("WATCHDOG=1")
    time.sleep(2.5)
    assert manager.count("WATCHDOG=1") == before, "somebody else says that the collector lives"
    os.kill(lab.agent.pid, signal.SIGCONT)


def test_a_manager_that_does_not_ask_gets_no_sign_of_life(manager):
    manager.start_agent(wait=False)
    manager.expect("READY=1")
    time.sleep(2)
    assert manager.count("WATCHDOG=1") == 0


def test_the_status_follows_the_table(bare_lab, manager):
    lab = bare_lab
    manager.start_agent(wait=False)
    manager.expect("READY=1")
    limit = lab.limit()
    some = limit // 50
    lab.fill(some)
    manager.expect(rf"STATUS=default: {some} of {limit} entries \({some * 100 // limit}%\)")
    time.sleep(3)
    said = [said for said in manager.read() if said.startswith("STATUS=")]
    assert len(said) <= 4, f"a line that is read by people is told too often: {said}"


def test_the_status_says_what_is_wrong(bare_lab, manager):
    lab = bare_lab
    manager.start_agent(prefix=("env", f"LD_PRELOAD={TOP / 'build/capswitch.so'}"), wait=False)
    manager.expect("READY=1")
    time.sleep(1)
    lab.agent.send_signal(signal.SIGUSR1)
    manager.expect(r"STATUS=default: ctnetlink: Operation not permitted \(CAP_NET_ADMIN is needed\)", 3)
    lab.agent.send_signal(signal.SIGUSR2)
    manager.expect(r"STATUS=default: \d+ of \d+ entries \(\d+%\)", 3)


def use_journal(lab, inode=0):
    """Lets the agent believe that its log, or another file, is the journal's."""
    lab.agent_log.touch()
    status = lab.agent_log.stat()
    lab.env["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino + inode}"


def test_the_journal_gets_priorities_and_no_name(bare_lab):
    lab = bare_lab
    use_journal(lab)
    lab.start_snmpd()
    lab.start_agent('threshold "low" { rising = 1 falling = 0 }\n', level="info")
    wait_for(lambda: "<6>subagent: connected to the AgentX master at " in lab.log())
    lab.fill(lab.limit() // 50)
    wait_for(lambda: re.search('^<4>warning: conntrack table default .* above the threshold low', lab.log(), re.M))
    lab.run("conntrack", "-F")
    wait_for(lambda: re.search('^<6>conntrack table default .* no longer above the threshold low', lab.log(), re.M))
    lab.configure("sample-interval = 99\n")
    wait_for(lambda: re.search("^<3>.*agent.conf:1: sample-interval = 99: must be ", lab.log(), re.M))
    assert "conntrack-agentx: " not in lab.log()


def test_what_is_not_the_journal_gets_a_name_and_no_priority(bare_lab):
    lab = bare_lab
    use_journal(lab, inode=1)
    lab.start_snmpd()
    lab.start_agent(level="info")
    wait_for(lambda: "conntrack-agentx: subagent: connected to " in lab.log())
    assert all(line.startswith("conntrack-agentx: ") for line in lab.log().splitlines()), lab.log()


def test_a_table_that_is_unreadable_from_the_start_is_a_warning(bare_lab):
    lab = bare_lab
    use_journal(lab)
    lab.start_agent(prefix=("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"), wait=False)
    wait_for(lambda: '<4>warning: conntrack table default cannot be read: ctnetlink: ' in lab.log())


def unit_lines(key):
    return [line.partition("=")[2] for line in UNIT.read_text().splitlines() if line.startswith(f"{key}=")]


@pytest.mark.skipif(SANITIZED, reason="the leak checker makes calls of its own")
@pytest.mark.parametrize("text,status,said", [
    ("sample-interval = 2\n", 0, ""),
    ("sample-interval = 99\n", 2, "sample-interval = 99: must be a whole number from 1 to 60"),
    ('agentx-owner = "no-such-user"\n', 2, 'agentx-owner "no-such-user" does not exist'),
    ('user = "no-such-user"\n', 2, 'user "no-such-user" does not exist'),
])
def test_a_reload_checks_the_file_first(tmp_path, text, status, said):
    check, hang_up = unit_lines("ExecReload")
    assert check == "@SBINDIR@/conntrack-agentx -n" and hang_up == "/bin/kill -HUP $MAINPID"
    config = tmp_path / "agent.conf"
    config.write_text(text)
    run = subprocess.run([sys.executable, Path(__file__).with_name("run_filtered.py"), UNIT, AGENT, "-n", "-c", config],
                         capture_output=True, text=True, timeout=20)
    assert (run.returncode, run.stdout) == (status, ""), run.stderr
    assert said in run.stderr if said else run.stderr == ""


def test_a_hung_collector_is_killed_within_90_seconds():
    """systemd waits for WatchdogSec, signals, and waits again unless that signal is SIGKILL."""
    patience, = unit_lines("WatchdogSec")
    pause, = unit_lines("RestartSec")
    assert unit_lines("WatchdogSignal") == ["SIGKILL"]
    assert int(patience) + int(pause) <= 80, "no time is left to start"


def test_a_closed_directory_and_then_a_closed_socket_are_named(bare_lab):
    lab = bare_lab
    lab.start_snmpd()
    lab.dir.chmod(0o700)
    lab.start_agent(user="nobody", wait=False)
    wait_for(lambda: f"{lab.dir} is root:root 0700: this user (nobody) may not enter it; "
             f"chmod 755 {lab.dir} " in lab.log())
    lab.dir.chmod(0o755)
    master = lab.dir / "master"
    wait_for(lambda: f"{master} is root:root 0660: this user (nobody) may not write to it; give snmpd "
             '"agentXPerms 0660 0755 nobody nogroup" and restart it.' in lab.log())
    time.sleep(4)
    assert lab.log().count("Trying again") == 2, "a reason is repeated"
    os.chown(master, 0, pwd.getpwnam("nobody").pw_gid)
    wait_for(lambda: lab.get("nfctInstanceStatus.1") == 1)


def test_a_socket_of_the_agents_own_user_is_reached_and_snmpd_is_silent(bare_lab):
    lab = bare_lab
    lab.start_snmpd(owner="nobody nogroup")
    lab.start_agent(user="nobody")
    assert lab.get("nfctInstanceStatus.1") == 1
    assert "identify" not in (lab.dir / "snmpd.log").read_text()
