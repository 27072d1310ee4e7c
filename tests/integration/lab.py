# SPDX-License-Identifier: GPL-2.0-or-later
"""A router to test on: a network namespace, a private snmpd and snmptrapd, the agent.

Everything lives in the namespace and in a temporary directory, and ends with the lab.
"""
import contextlib
import ctypes
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import contract
import mib

TOP = Path(__file__).resolve().parents[2]
AGENT = os.environ.get("CONNTRACK_AGENTX", str(TOP / "build/conntrack-agentx"))
SANITIZED = "/san/" in AGENT
ROOT = "." + mib.oid("nfConntrackMIB")
TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"
# A line for snmpd: the agent's notifications go to start_trapd().
TRAPS = "trap2sink 127.0.0.1:162 public\n"

# The kernel's counters a CPU: what nfctInstance... and nfctCpu... call them, and what `conntrack -S` does.
COUNTERS = {"Drops": "drop", "EarlyDrops": "early_drop", "InsertFailed": "insert_failed", "Invalid": "invalid",
            "Found": "found", "Inserts": "insert", "Errors": "error", "SearchRestarts": "search_restart",
            "ClashResolves": "clash_resolve", "ChainTooLong": "chaintoolong"}

# SNMP itself is not tracked, so that looking does not change what is seen.
RULES = """
table inet lab {
    chain untracked_out { type filter hook output priority raw;
        udp dport { 161, 162, 1162 } notrack; udp sport { 161, 162, 1162 } notrack; }
    chain untracked_in { type filter hook prerouting priority raw;
        udp dport { 161, 162, 1162 } notrack; udp sport { 161, 162, 1162 } notrack; }
    chain input { type filter hook input priority filter; ct state established accept;
        tcp dport 9 drop; }
    chain output { type filter hook output priority filter; ct state new accept; }
}
"""

# What tests/snmpd.conf.in leaves out: the other versions of SNMP, a community that may write, whose the socket is.
SNMPD = """
createUser operator SHA "auth-secret" AES "priv-secret"
rouser operator priv
rwcommunity writer
agentXPerms 0660 0755 {owner}
{more}
"""


def wait_for(what, timeout=10.0, interval=0.05):
    """What a callable returns once it is true; fails with its last value when it never is."""
    end = time.monotonic() + timeout
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s in vain; last value: {value!r}")
        time.sleep(interval)


def process_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def status(pid):
    """/proc/PID/status, by its keys."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def resident_kib(pid):
    return int(status(pid)["VmRSS"].split()[0])


def descriptors(pid):
    """What each open descriptor leads to; one may be closed while this looks."""
    found = {}
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found[int(entry.name)] = os.readlink(entry)
    return found


def held(pid):
    """(resident KiB, open descriptors)"""
    return resident_kib(pid), len(descriptors(pid))


def run_us(pid):
    """Microseconds that a process has run, user and system, as the kernel counts them (schedstat)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1000


def mark_of(number):
    """The mark that ctfill --marks gives entry `number`: each bit is set in one of two."""
    number = (number ^ number >> 16) * 0x85ebca6b & 0xffffffff
    number = (number ^ number >> 13) * 0xc2b2ae35 & 0xffffffff
    return number ^ number >> 16


def bit_watches(count):
    """A watch for each of the mark's lowest bits: shares that are known, of a half each."""
    return "".join(f'watch "bit {bit}" {{ index = {bit + 1} mark = "{1 << bit:#x}/{1 << bit:#x}" }}\n'
                   for bit in range(count))


def enter(netns):
    """Puts the calling thread into the namespace."""
    fd = os.open(f"/run/netns/{netns}", os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(fd, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)


class Name(str):
    """Of a notification. Compared with a number it fails: it would only be unequal, without a word."""

    def __eq__(self, other):
        if isinstance(other, int):
            raise TypeError(f"{self} is compared with {other}: a notification goes by its name")
        return str.__eq__(self, other)

    def __ne__(self, other):
        return not self == other

    __hash__ = str.__hash__


class Walk(dict):
    """{name and index: value}. What the MIB does not know is no key that may be absent: it fails."""

    def __getitem__(self, key):
        mib.oid(key)
        return dict.__getitem__(self, key)

    def get(self, key, default=None):
        mib.oid(key)
        return dict.get(self, key, default)

    def __contains__(self, key):
        mib.oid(key)
        return dict.__contains__(self, key)


def timeless(entries):
    """Of Lab.conntrack_list(): the lines without the seconds that an entry has left."""
    lines = [entry["line"].split() for entry in entries]
    return [words[:4] + words[5:] for words in lines]


def begin(generator):
    """What Lab.churn() has made ready begins."""
    generator.stdin.write("\n")
    generator.stdin.flush()


class Lab:
    def __init__(self):
        # not pytest's: another user must reach the socket in it
        self.dir = Path(tempfile.mkdtemp(prefix="nfct-"))
        self.netns = f"nfct{os.getpid()}-{secrets.token_hex(3)}"
        # not `ip netns exec`: that mounts, which a chroot may refuse
        self.inside = ("nsenter", f"--net=/run/netns/{self.netns}")
        self.processes = []
        self.agent = None
        self.agent_log = self.dir / "agent.log"
        self.snmpd = None
        self.env = dict(os.environ, SNMP_PERSISTENT_DIR=str(self.dir / "persistent"), MIBS="",
                        ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=1",
                        UBSAN_OPTIONS="print_stacktrace=1", LC_ALL="C")
        (self.dir / "persistent").mkdir()
        self.dir.chmod(0o755)
        subprocess.run(["ip", "netns", "add", self.netns], check=True)
        self.run("ip", "link", "set", "lo", "up")
        self.run("nft", "-f", "-", input=RULES)

    # ---- processes ----

    def run(self, *command, check=True, **more):
        """A command in the namespace, to its end."""
        return subprocess.run([*self.inside, *map(str, command)], check=check,
                              text=True, capture_output=True, env=self.env, timeout=300, **more)

    def spawn(self, *command, log=None, **more):
        output = open(log, "a") if log else subprocess.DEVNULL
        process = subprocess.Popen([*self.inside, *map(str, command)],
                                   stdout=more.pop("stdout", output), stderr=output,
                                   env=self.env, text=True,
                                   start_new_session=True, **more)  # some are stopped: not with us
        self.processes.append(process)
        return process

    def start_snmpd(self, more="", owner="root root", prefix=()):
        config = self.dir / "snmpd.conf"
        common = (TOP / "tests/snmpd.conf.in").read_text().replace("@DIR@", str(self.dir)).replace("@PORT@", "161")
        config.write_text(common + SNMPD.format(owner=owner, more=more))
        (self.dir / "master").unlink(missing_ok=True)
        self.snmpd = self.spawn(*prefix, "snmpd", "-f", "-Lf", self.dir / "snmpd.log", "-C", "-c", config)
        wait_for((self.dir / "master").exists)
        wait_for(lambda: self.run("snmpget", "-v2c", "-cpublic", "-t", "1", "-r", "0", "127.0.0.1",
                                  ".1.3.6.1.2.1.1.3.0", check=False).returncode == 0)

    def stop_snmpd(self, how=signal.SIGTERM):
        self.snmpd.send_signal(how)
        self.snmpd.wait(10)

    def start_trapd(self, port=162, transport="udp"):
        config = self.dir / "snmptrapd.conf"
        config.write_text("disableAuthorization yes\n")
        log = self.dir / f"traps-{port}"
        self.spawn("snmptrapd", "-f", "-C", "-c", config, "-On", "-m", "", "-Lf", log,
                   "-F", "TRAP\\t%v\\n", f"{transport}:127.0.0.1:{port}")
        wait_for(lambda: log.exists() and "NET-SNMP" in log.read_text())

    def start_agent(self, config="", user="", level="debug", prefix=(), address=None, wait=True):
        path = self.dir / "agent.conf"
        given = re.findall(r"^([a-z-]+) *=", config, re.MULTILINE)
        standard = {"user": f'"{user}"', "refresh-interval": 1}
        path.write_text("".join(f"{key} = {value}\n" for key, value in standard.items() if key not in given) + config)
        self.agent = self.spawn(*prefix, AGENT, "-c", path, "-x", address or self.dir / "master", "-l", level,
                                log=self.agent_log)
        if wait:
            wait_for(lambda: self.get("nfctAgentVersion.0") and self.get("nfctSnapshotScans.1"), 15)

    def configure(self, text):
        (self.dir / "agent.conf").write_text(text)
        self.agent.send_signal(signal.SIGHUP)

    def subagent(self):
        """The pid of the agent's child."""
        children = Path(f"/proc/{self.agent.pid}/task/{self.agent.pid}/children")
        return wait_for(lambda: [int(pid) for pid in children.read_text().split()])[0]

    def stop_agent(self, within=2.0):
        child = self.subagent_or_none()
        before = time.monotonic()
        self.agent.send_signal(signal.SIGTERM)
        status = self.agent.wait(10)
        took = time.monotonic() - before
        assert status == 0, f"expected exit status 0 on SIGTERM, got {status}:\n{self.log()}"
        assert took < within + (3 if SANITIZED else 0), f"expected an end within {within} s, took {took:.1f} s"
        assert child is None or process_gone(child), "the subagent lives on"
        self.agent = None

    def subagent_or_none(self):
        try:
            text = Path(f"/proc/{self.agent.pid}/task/{self.agent.pid}/children").read_text()
        except FileNotFoundError:
            return None
        return int(text.split()[0]) if text.split() else None

    def log(self):
        return self.agent_log.read_text() if self.agent_log.exists() else ""

    def traffic(self, *kinds):
        """Makes packets, and keeps the connections until the lab ends."""
        process = self.spawn(sys.executable, TOP / "tests/integration/traffic.py", *kinds,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, log=self.dir / "traffic.log")
        line = process.stdout.readline()
        assert line == "ready\n", (self.dir / "traffic.log").read_text()

    def churn(self, standing, rate, seconds, *options):
        """A generator over `standing` entries, which waits for begin()."""
        log = self.dir / "churn.log"
        process = self.spawn(TOP / "build/ctfill", standing, *options, "--churn", rate, seconds,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, log=log)
        assert process.stdout.readline() == f"{standing}\n", log.read_text()
        return process

    def fill(self, count, *options):
        return int(self.run(TOP / "build/ctfill", count, *options).stdout)

    def limit(self):
        return int(self.run("cat", "/proc/sys/net/netfilter/nf_conntrack_max").stdout)

    def close(self):
        try:
            if self.agent and self.agent.poll() is None:
                self.stop_agent()
        finally:
            for process in reversed(self.processes):
                if process.stdin:
                    process.stdin.close()
                if process.poll() is None:
                    process.send_signal(signal.SIGCONT)
                    process.kill()
                process.wait()
            self.run("conntrack", "-F", check=False)
            subprocess.run(["ip", "netns", "del", self.netns], check=True)
            log = self.log()
            shutil.rmtree(self.dir)
        for word in ("AddressSanitizer", "LeakSanitizer", "runtime error:", "== Invalid", "definitely lost"):
            assert word not in log, log

    # ---- SNMP ----

    V2 = ("-v2c", "-cpublic")
    V1 = ("-v1", "-cpublic")
    V3 = ("-v3", "-u", "operator", "-l", "authPriv", "-a", "SHA", "-A", "auth-secret", "-x", "AES",
          "-X", "priv-secret")

    def snmp(self, tool, *arguments, auth=V2, check=True):
        options = ["-On", "-Oe", "-m", "", "-t", "3", "-r", "0"]
        return self.run(tool, *auth, *options, "127.0.0.1", *arguments, check=check)

    @staticmethod
    def parse(line):
        """".1.3... = TYPE: value" as (name and index, type, value)."""
        oid, _, value = line.partition(" = ")
        name = mib.instance(oid)
        kind, colon, rest = value.partition(": ")
        if not colon:
            return name, "STRING" if value == '""' else value, ""
        if kind == "STRING":
            return name, kind, rest.strip('"')
        if kind == "OID":
            return name, kind, mib.instance(rest.strip())
        if kind == "Hex-STRING":
            return name, kind, rest.strip()
        number = re.match(r"\(?(-?\d+)", rest)
        return name, kind, int(number[1]) if number else rest

    def get(self, name, default=None):
        """"nfctInstanceEntries.1" -> the value, or the default if it is absent."""
        result = self.snmp("snmpget", "." + mib.oid(name), check=False)
        if result.returncode != 0 or "No Such" in result.stdout:
            return default
        return self.parse(result.stdout.strip())[2]

    def walk(self, name="nfConntrackMIB", auth=V2, tool="snmpwalk"):
        """Below an object, a table or the root: {name and index: value}, in the order of the walk."""
        return Walk((instance, value) for instance, _, value in self.walk_typed(name, auth, tool))

    def walk_typed(self, name="nfConntrackMIB", auth=V2, tool="snmpwalk"):
        """The same as [(name and index, type, value)]."""
        below = "." + mib.oid(name)
        out = self.snmp(tool, below, auth=auth).stdout
        rows = [self.parse(line) for line in out.splitlines() if line.startswith((below + ".", below + " "))]
        return [row for row in rows if not row[1].startswith(("No ", "End"))]

    def column(self, name):
        """"nfctProtocolEntries" -> {index: value}, the index as "1.1.6"."""
        return {instance.partition(".")[2]: value for instance, value in self.walk(name).items()}

    def after_a_scan(self):
        """Waits until a scan has begun and ended after now."""
        before = self.get("nfctSnapshotScans.1")
        wait_for(lambda: self.get("nfctSnapshotScans.1", 0) >= before + 2, 15)

    def traps(self, port=162):
        """The agent's notifications so far: [(name, [(name and index of an object, value)])]. Each must carry what the
        module says, in that order and as it says; others may follow."""
        found = []
        for line in (self.dir / f"traps-{port}").read_text().splitlines():
            if not line.startswith("TRAP\t"):
                continue
            pairs = [self.parse(part) for part in line.split("\t")[1:] if " = " in part]
            name = next((value for oid, _, value in pairs if oid == TRAP_OID), "")
            if name not in mib.read():
                continue
            rows = [row for row in pairs if row[0].partition(".")[0] in mib.read()]
            carried, wanted = [row[0].partition(".")[0] for row in rows], mib.read()[name].objects
            assert carried[:len(wanted)] == wanted, f"{name} carries {carried}, the module says {wanted}"
            faults = {row[0]: why for row in rows if (why := contract.fault(row, "accessible-for-notify"))}
            assert faults == {}, f"{name}: {faults}"
            found.append((Name(name), [(instance, value) for instance, _, value in rows]))
        return found

    def told(self, port=162):
        """The names of the notifications so far."""
        return [name for name, _ in self.traps(port)]

    # ---- the same by conntrack(8), counted independently ----

    def conntrack_list(self):
        """Entries as conntrack -L shows them: dicts of family, protocol, state, assured, replied."""
        entries = []
        for family in ("ipv4", "ipv6"):
            out = self.run("conntrack", "-L", "-f", family, "-o", "extended").stdout
            for line in out.splitlines():
                words = line.split()
                if not words or words[0] not in ("ipv4", "ipv6"):
                    continue
                state = words[5] if re.fullmatch(r"[A-Z_0-9]+", words[5]) else None
                entries.append({"family": words[0], "protocol": int(words[3]), "state": state,
                                "assured": "[ASSURED]" in words, "unreplied": "[UNREPLIED]" in words,
                                "line": line})
        return entries

    def settled(self):
        """conntrack_list() and walk() of the same moment: the list is the same before and after."""
        for _ in range(5):
            before = self.conntrack_list()
            self.after_a_scan()
            walk = self.walk()
            if timeless(before) == timeless(self.conntrack_list()):
                return before, walk
        raise AssertionError("the table does not come to rest")

    def conntrack_stats(self):
        """conntrack -S, a dict a CPU."""
        rows = []
        for line in self.run("conntrack", "-S").stdout.splitlines():
            rows.append({key: int(value) for key, value in re.findall(r"(\w+)=\s*(\d+)", line)})
        return rows
