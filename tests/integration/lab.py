# SPDX-License-Identifier: GPL-2.0-or-later
"""A router to test on: a network namespace, a private snmpd and snmptrapd, the agent.

Everything lives in the namespace and in a temporary directory, and ends with the lab.
"""
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

TOP = Path(__file__).resolve().parents[2]
AGENT = os.environ.get("CONNTRACK_AGENTX", str(TOP / "build/conntrack-agentx"))
SANITIZED = "/san/" in AGENT
ROOT = ".1.3.6.1.4.1.8072.9999.9999.6696"
TRAP_OID = ".1.3.6.1.6.3.1.1.4.1.0"
PROTOCOL_NUMBERS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "sctp": 132, "gre": 47}

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

SNMPD = """
agentAddress udp:127.0.0.1:161
rocommunity public
createUser operator SHA "auth-secret" AES "priv-secret"
rouser operator priv
rwcommunity writer
master agentx
agentXSocket {dir}/master
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
    """What each open descriptor leads to."""
    return {int(entry.name): os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()}


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
                              text=True, capture_output=True, env=self.env, timeout=120, **more)

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
        config.write_text(SNMPD.format(dir=self.dir, owner=owner, more=more))
        (self.dir / "master").unlink(missing_ok=True)
        self.snmpd = self.spawn(*prefix, "snmpd", "-f", "-Lf", self.dir / "snmpd.log", "-C", "-c", config)
        wait_for((self.dir / "master").exists)
        wait_for(lambda: self.run("snmpget", "-v2c", "-cpublic", "-t", "1", "-r", "0", "127.0.0.1",
                                  ".1.3.6.1.2.1.1.3.0", check=False).returncode == 0)

    def stop_snmpd(self, how=signal.SIGTERM):
        self.snmpd.send_signal(how)
        self.snmpd.wait(10)

    def start_trapd(self, port=162):
        config = self.dir / "snmptrapd.conf"
        config.write_text("disableAuthorization yes\n")
        log = self.dir / f"traps-{port}"
        self.spawn("snmptrapd", "-f", "-C", "-c", config, "-On", "-m", "", "-Lf", log,
                   "-F", "TRAP\\t%v\\n", f"udp:127.0.0.1:{port}")
        wait_for(lambda: log.exists() and "NET-SNMP" in log.read_text())

    def start_agent(self, config="", user="", level="debug", prefix=(), address=None, wait=True):
        path = self.dir / "agent.conf"
        path.write_text(f'user = "{user}"\nrefresh-interval = 1\n{config}')
        self.agent = self.spawn(*prefix, AGENT, "-c", path, "-x", address or self.dir / "master", "-l", level,
                                log=self.agent_log)
        if wait:
            wait_for(lambda: self.get("1.5.0") is not None and self.get("1.4.1.7.1", 0) != 0, 15)

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
        """".1.3... = TYPE: value" as (oid below the root, type, value)."""
        oid, _, value = line.partition(" = ")
        oid = oid[len(ROOT) + 1:] if oid.startswith(ROOT + ".") else oid
        kind, colon, rest = value.partition(": ")
        if not colon:
            return oid, "STRING" if value == '""' else value, ""
        if kind == "STRING":
            return oid, kind, rest.strip('"')
        if kind in ("Hex-STRING", "OID"):
            return oid, kind, rest.strip()
        number = re.match(r"\(?(-?\d+)", rest)
        return oid, kind, int(number[1]) if number else rest

    def entry(self, oid):
        """"1.2.1.5.1" -> the value, or None if it is absent."""
        result = self.snmp("snmpget", f"{ROOT}.{oid}", check=False)
        if result.returncode != 0 or "No Such" in result.stdout:
            return None
        return self.parse(result.stdout.strip())[2]

    def get(self, oid, default=None):
        """A value below nfctObjects ("1.5.0" means nfctAgent 5), whole OIDs below the root as well."""
        value = self.entry(oid if oid.startswith("1.") and oid.count(".") > 2 else f"1.{oid}")
        return default if value is None else value

    def walk(self, oid="", auth=V2, tool="snmpwalk"):
        out = self.snmp(tool, ROOT + (f".{oid}" if oid else ""), auth=auth).stdout
        rows = [self.parse(line) for line in out.splitlines() if line.startswith(ROOT)]
        return {oid: value for oid, kind, value in rows if not kind.startswith(("No ", "End"))}

    def column(self, oid):
        """"1.5.1.4" -> {index: value}"""
        return {key[len(oid) + 1:]: value for key, value in self.walk(oid).items()}

    def after_a_scan(self):
        """Waits until a scan has begun and ended after now."""
        before = self.entry("1.4.1.7.1")
        wait_for(lambda: (self.entry("1.4.1.7.1") or 0) >= before + 2, 15)

    def traps(self, port=162):
        """The agent's notifications so far: (number, [values in order], {oid: value})."""
        found = []
        for line in (self.dir / f"traps-{port}").read_text().splitlines():
            if not line.startswith("TRAP\t"):
                continue
            pairs = [self.parse(part) for part in line.split("\t")[1:] if " = " in part]
            number = [value for oid, _, value in pairs if oid == TRAP_OID]
            if not number or not number[0].startswith(ROOT + ".0."):
                continue
            objects = [(oid, value) for oid, _, value in pairs if oid.startswith("1.")]
            found.append((int(number[0].rsplit(".", 1)[1]), objects))
        return found

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

    def conntrack_stats(self):
        """conntrack -S, a dict a CPU."""
        rows = []
        for line in self.run("conntrack", "-S").stdout.splitlines():
            rows.append({key: int(value) for key, value in re.findall(r"(\w+)=\s*(\d+)", line)})
        return rows
