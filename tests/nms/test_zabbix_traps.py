# SPDX-License-Identifier: GPL-2.0-or-later
"""What the template's script makes of a trap, by Zabbix's own engine: however a receiver writes it, and however the
agent words it."""
import subprocess
import time

import pytest

import mib
import zabbix_content
import zabbix_traps
from lab import TOP, Lab, wait_for

# Of the layout of Zabbix's own receivers: one in snmptrapd's perl, and three of bash.
PERL = r"""
sub receive {
    my ($pdu, $objects) = @_;
    open(my $file, '>>', '%s') or return NETSNMPTRAPD_HANDLER_FAIL;
    print $file "12:00:00 2026/11/29 ZBXTRAP 127.0.0.1\nPDU INFO:\n";
    printf $file "  %%-30s %%s\n", $_, $pdu->{$_} =~ /^[[:print:]]*$/ ? $pdu->{$_} : 'octets' for keys %%$pdu;
    print $file "VARBINDS:\n";
    printf $file "  %%-30s type=%%-2d value=%%s\n", $_->[0], $_->[2], $_->[1] for @$objects;
    close $file;
    return NETSNMPTRAPD_HANDLER_OK;
}
NetSNMP::TrapReceiver::register('all', \&receive) or die;
"""
BASH = """#!/bin/bash
read host; read sender; all=
while {read} oid value; do all="$all${{all:+{between}}}$oid = $value"; done
echo -e "20261129.120000 ZBXTRAP 127.0.0.1{between}$all" >>{file}
"""
BASHES = {"bash, in one line": ("read", " "), "bash, a line each": ("read", "\\n"),
          "bash, an unsplit line each": ("IFS= read -r", "\\n")}
NAMED = ", without -On"  # without the base MIBs, which Debian does not have, only the first part is a name
TABLE, UTF_8 = 'de"fau"lt', "café"
FOUND = "88% unreplied; 41% from 192.0.2.66"


def trap(name, text, **names):
    """Arguments for snmptrap(1): a notification with the objects of its module's row."""
    words = ["." + mib.oid(name), "." + mib.oid("nfctNotifyText.0"), "s", text]
    for what in mib.read()[name].objects[1:]:
        base = mib.base(mib.read()[what].type)[0]
        index = {"nfctThresholdName": "1.1", "nfctWatchName": "1.7", "nfctNatText": "1.1", "nfctRateName": "1.2"}
        value = names.get(what, "text" if base == "OCTET STRING" else "1")
        words += [f".{mib.oid(what)}.{index.get(what, '1')}", "s" if base == "OCTET STRING" else "u", value]
    return words


def cut(text):
    """As Zabbix gives a record to its item: without the word and the address."""
    before, _, after = text.partition("ZBXTRAP ")
    return before + after.partition("127.0.0.1")[2].lstrip(" \n")


class Receiver:
    """A snmptrapd that writes in one layout."""

    def __init__(self, lab, layout):
        self.lab, self.file = lab, lab.dir / "zabbix_traps"
        layout, named, _ = layout.partition(NAMED)
        handler = lab.dir / "handler"
        if layout == "perl":
            handler.write_text(PERL % self.file)
            line = f'perl do "{handler}"'
        elif layout == "ours":
            line = f"traphandle default {TOP}/conf/zabbix/trap-to-zabbix {self.file}"
        else:
            read, between = BASHES[layout]
            handler.write_text(BASH.format(read=read, between=between, file=self.file))
            handler.chmod(0o755)
            line = f"traphandle default {handler}"
        (lab.dir / "snmptrapd.conf").write_text(f"disableAuthorization yes\n{line}\n")
        log = lab.dir / "snmptrapd.log"
        lab.spawn("snmptrapd", "-f", "-C", "-c", lab.dir / "snmptrapd.conf", *(() if named else ("-On",)), "-m", "",
                  "-Lf", log, "udp:127.0.0.1:162")
        wait_for(lambda: log.exists() and "NET-SNMP" in log.read_text())
        self.script = lab.dir / "script.js"
        self.script.write_text(zabbix_traps.script(mib.read()))

    def record(self, words):
        self.file.write_text("")
        self.lab.run("snmptrap", "-v2c", "-cpublic", "-m", "", "127.0.0.1:162", "", *words)
        wait_for(lambda: self.file.read_text().endswith("\n") and len(self.file.read_text()) > 100)
        time.sleep(0.1)  # perl writes in parts
        return cut(self.file.read_text())

    def reads(self, record):
        """(name, what it is about, text), of none of ours two empty ones"""
        path = self.lab.dir / "record"
        path.write_text(record)
        run = subprocess.run(["zabbix_js", "-s", self.script, "-i", path], capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run.stderr
        first, _, text = run.stdout.strip("\n").partition("\n")
        return (*first.split(" ", 1), text)


@pytest.fixture(scope="module", params=["ours", "perl", *BASHES, "ours" + NAMED, "perl" + NAMED])
def receiver(request):
    lab = Lab()
    try:
        yield Receiver(lab, request.param)
    finally:
        lab.close()


def test_every_layout_gives_the_name_the_subject_and_the_text(receiver):
    text = f"conntrack table {TABLE} is 91% full (238551 of 262144 entries), above the threshold warning (80%): {FOUND}"
    record = receiver.record(trap("nfctUtilizationRising", text, nfctInstanceName=TABLE, nfctThresholdName="my warning"))
    assert receiver.reads(record) == ("nfctUtilizationRising", f"table {TABLE}, threshold my warning", text)
    text = "conntrack table default: 192.0.2.1 has used 81% of its ports towards 198.51.100.7 tcp/443 (52255 of 64512)"
    record = receiver.record(trap("nfctNatPortsRising", text, nfctInstanceName="default",
                                  nfctNatText="192.0.2.1 to 198.51.100.7 tcp/443"))
    assert receiver.reads(record) == ("nfctNatPortsRising", "ports 192.0.2.1 to 198.51.100.7 tcp/443, table default", text)


def test_a_name_that_is_not_ascii_is_read(receiver):
    text = f"conntrack table {UTF_8} can be read again"
    record = receiver.record(trap("nfctInstanceRecovered", text, nfctInstanceName=UTF_8))
    assert receiver.reads(record) == ("nfctInstanceRecovered", f"table {UTF_8}", text)


def test_a_name_that_looks_like_octets_is_no_octets(receiver):
    """Else "41 42" and "AB" would be one alarm."""
    record = receiver.record(trap("nfctWatchEntriesRising", "conntrack table 41 42 ...", nfctInstanceName="41 42",
                                  nfctWatchName="50 51 "))
    assert receiver.reads(record)[:2] == ("nfctWatchEntriesRising", "table 41 42, watch 50 51 ")


def test_another_notification_is_none_of_ours(receiver):
    """Even if a text of it looks like one."""
    forged = f".1.3.6.1.6.3.1.1.4.1.0 .{mib.oid('nfctDroppingStarted')}"
    record = receiver.record([".1.3.6.1.6.3.1.1.5.3", "." + mib.oid("nfctNotifyText.0"), "s", forged])
    assert receiver.reads(record) == ("", "")


def test_a_text_cannot_change_what_a_notification_is(receiver):
    forged = f"conntrack table x .1.3.6.1.6.3.1.1.4.1.0 = .{mib.oid('nfctDroppingStopped')}"
    record = receiver.record(trap("nfctDroppingStarted", forged, nfctInstanceName="default"))
    assert receiver.reads(record)[:2] == ("nfctDroppingStarted", "table default")


# What the agent says of a table; the objects name the alarm, however it is worded.
WORDS = {
    "nfctUtilizationRising": "is 91% full (238551 of 262144 entries), above the threshold warning (80%)",
    "nfctUtilizationFalling": "is no longer checked against the threshold warning: it was removed from the configuration",
    "nfctSourceRising": "was filled by one source: 192.0.2.7 held 52% of the limit (at 2026-10-25 00:00:00 UTC)",
    "nfctSourceFalling": "is no longer checked for the source 192.0.2.7: why",
    "nfctWatchEntriesRising": "had 1000 entries that match the watch ssh, at or above rising (1000) (at T)",
    "nfctWatchEntriesFalling": "is no longer checked against the watch ssh: why"}


def test_an_alarm_and_its_end_have_one_subject_however_they_are_worded():
    lab = Lab()
    try:
        receiver = Receiver(lab, "ours")
        for rising, falling, *_ in zabbix_content.TRAP_TRIGGERS:
            about = []
            for name, table in ((rising, "blue"), (falling, "blue"), (rising, "glue")):
                words = trap(name, f"conntrack table {table} {WORDS.get(name, 'is as it is')}", nfctInstanceName=table,
                             nfctTopText="192.0.2.7" if name == rising else "192.0.2.8")
                about.append(receiver.reads(receiver.record(words)))
            assert [name for name, *_ in about] == [rising, falling, rising]
            assert about[0][1] == about[1][1] != about[2][1]
    finally:
        lab.close()


def test_every_notification_is_one_of_a_pair():
    notifications = {name for name, what in mib.read().items() if what.macro == "NOTIFICATION-TYPE"}
    assert set(zabbix_content.TRAPS) == notifications, "a pair in TRAP_TRIGGERS, conf/generate/zabbix_content.py"
