# SPDX-License-Identifier: GPL-2.0-or-later
"""The template in a real Zabbix: imported, polled, alarmed by polls and by traps, drawn."""
import os
import subprocess
import sys
import time
from datetime import datetime, timezone

import pytest

import mib
from conftest import NAT_SOURCE, make_router
from lab import TOP, TRAPS as TO_TRAPD, Lab, run_us, wait_for
from room import Here, Room
from zabbix import Zabbix
from zabbix_content import TRAPS
from zabbix_polled import Polled
from zabbix_walked import Walked

# The interface as the README says.
MAX_REPETITIONS = int(os.environ.get("MAX_REPETITIONS", 100))
VERSIONS = {"6.0": (Polled, lambda lab: Here(), {}), "7.0": (Walked, Room, {"max_repetitions": MAX_REPETITIONS})}
MACROS = {"{$SNMP_COMMUNITY}": "public", "{$CT.INTERVAL}": "2s", "{$CT.DISCOVERY}": "15s", "{$CT.SOURCE.WARN}": "15",
          "{$CT.SOURCE.WARN.RECOVERY}": "10", "{$CT.NAT.WARN}": "1", "{$CT.NAT.WARN.RECOVERY}": "1"}
TRAPPED = "nfct.trap["
SNMP_IN_PACKETS = "1.3.6.1.2.1.11.1.0"  # of SNMPv2-MIB
REQUESTS = {"6.0": 12, "7.0": 20}  # at most, for a full poll
MEASURED_S = int(os.environ.get("MEASURED_S", 20))


@pytest.fixture(scope="module", params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture(scope="module")
def bare_router(version):
    """One for each version."""
    lab = Lab()
    try:
        yield lab
    finally:
        lab.close()


@pytest.fixture(scope="module")
def zabbix(bare_router, version):
    """The router, and a Zabbix that knows it as a host with the template."""
    lab = bare_router
    config = lab.dir / "snmptrapd.conf"
    config.write_text(f"disableAuthorization yes\ntraphandle default {TOP}/conf/zabbix/trap-to-zabbix "
                      f"{lab.dir}/zabbix_traps\n")
    lab.spawn("snmptrapd", "-f", "-C", "-c", config, "-On", "-m", "", "-Lf", lab.dir / "snmptrapd.log",
              "udp:127.0.0.1:162")
    lab.blue = f"{lab.netns}-blue"
    subprocess.run(["ip", "netns", "add", lab.blue], check=True)
    template, place, interface = VERSIONS[version]
    place = place(lab)
    server = None
    try:
        make_router(lab, TO_TRAPD, f'namespace "{lab.blue}" {{ index = 2 }}\n'
                                   f'namespace "{lab.netns}-x-*" {{ index = 10 count = 5 }}\n')
        lab.fill(5, "--from", 900000, "--nat-source", "203.0.113.7")
        server = Zabbix(lab, place)
        server.template = template
        server.import_template(TOP / "conf/zabbix" / template.file)
        server.host = server.add_host("router", template.name, MACROS, **interface)
        yield server
    finally:
        if server:
            server.close()
        place.close()
        subprocess.run(["ip", "netns", "del", lab.blue], check=False, capture_output=True)


def until_none(what, timeout):
    """Waits until nothing is left; else it says what is."""
    end = time.monotonic() + timeout
    while (left := what()) and time.monotonic() < end:
        time.sleep(1)
    assert not left


def not_found(zabbix, *without):
    """The kinds of items that no rule has made yet."""
    prototypes = zabbix.call("itemprototype.get", hostids=zabbix.host, output=["key_"])
    wanted, found = ({item["key_"].partition("[")[0] for item in items} for items in (prototypes, zabbix.items(zabbix.host)))
    return {kind for kind in wanted - found if not kind.startswith(without)}


class Cost:
    """What the router has done for Zabbix: requests, microseconds of snmpd and of the agent."""

    def __init__(self, lab):
        pids = [lab.snmpd.pid, lab.agent.pid, lab.subagent()]
        answer = lab.snmp("snmpget", "." + SNMP_IN_PACKETS).stdout
        self.at, self.requests, self.cpu_us = time.time(), int(answer.rpartition(" ")[2]), sum(map(run_us, pids))

    def since(self, before):
        """(requests, microseconds) a second"""
        seconds = self.at - before.at
        return (self.requests - before.requests - 1) / seconds, (self.cpu_us - before.cpu_us) / seconds


def test_a_full_poll_takes_few_requests(zabbix, version):
    """Counted by snmpd; CPU time of snmpd and the agent beyond what passes without Zabbix."""
    lab = zabbix.lab
    until_none(lambda: not_found(zabbix, "nfct.cpu."), 90)
    lab.configure('user = ""\nrefresh-interval = 3600\nsample-interval = 60\n' + lab.agent_config)  # no scans meanwhile
    for macro, value in (("{$CT.INTERVAL}", "5s"), ("{$CT.DISCOVERY}", "1h")):
        zabbix.set_macro(zabbix.host, macro, value)
    try:
        time.sleep(20)
        begin = Cost(lab)
        time.sleep(MEASURED_S)
        end = Cost(lab)
        [item] = [item["itemid"] for item in zabbix.items(zabbix.host) if item["key_"] == "nfct.instance.entries[1]"]
        polls = wait_for(lambda: zabbix.polls(item, begin.at, end.at), 20) / (end.at - begin.at)
        zabbix.call("host.update", hostid=zabbix.host, status=1)
        time.sleep(8)
        idle = Cost(lab)
        time.sleep(MEASURED_S)
        beside = Cost(lab).since(idle)
        requests, cpu_us = (a - b for a, b in zip(end.since(begin), beside))
        print(f"\nZabbix {version}: {requests / polls:.1f} requests, {cpu_us / polls / 1000:.1f} ms of CPU time a full poll of "
              f"{len([item for item in zabbix.items(zabbix.host) if not is_trap(item)])} items")
        assert requests / polls < REQUESTS[version]
    finally:
        lab.configure('user = ""\nrefresh-interval = 1\n' + lab.agent_config)
        zabbix.call("host.update", hostid=zabbix.host, status=0)
        for macro in ("{$CT.INTERVAL}", "{$CT.DISCOVERY}"):
            zabbix.set_macro(zabbix.host, macro, MACROS[macro])


def test_every_item_is_polled(zabbix):
    """Of every kind, those of the CPUs as well, which are left out by default."""
    rules = zabbix.call("discoveryrule.get", hostids=zabbix.host, output=["key_", "status"])
    cpu = [rule["itemid"] for rule in rules if rule["key_"] == "nfct.discovery.cpu"]
    assert [rule["status"] for rule in rules if rule["key_"] == "nfct.discovery.cpu"] == ["1"]
    zabbix.call("discoveryrule.update", itemid=cpu[0], status=0)
    for item in zabbix.call("item.get", hostids=zabbix.host, filter={"key_": "nfct.walk[nfctCpuTable]"}):
        zabbix.call("item.update", itemid=item["itemid"], status=0)

    def missing():
        items = zabbix.items(zabbix.host)
        return [f"{item['key_']}: {item['error'] or 'no value'}" for item in items
                if (item["state"] == "1" or item["lastclock"] == "0") and not is_trap(item) and not is_raw(item)]

    until_none(lambda: not_found(zabbix), 60)
    until_none(missing, 60)
    assert len(zabbix.items(zabbix.host)) > 200


def is_trap(item):
    return item["key_"].startswith(("snmptrap", "nfct.trap"))


def is_raw(item):
    """A walk, which is not kept."""
    return item["key_"].startswith("nfct.walk")


def value(zabbix, key):
    found = [item["lastvalue"] for item in zabbix.items(zabbix.host) if item["key_"] == key]
    assert found, f"no item {key}"
    return found[0]


def test_the_values_are_those_of_the_agent(zabbix):
    lab = zabbix.lab
    assert int(value(zabbix, "nfct.instance.max_entries[1]")) == lab.limit()
    assert value(zabbix, "nfct.instance.status_text[2]") == ""
    assert value(zabbix, "nfct.top.text[service,1.3.1]") == lab.get("nfctTopText.1.3.1")
    octets = bytes.fromhex(lab.get("nfctAgentStartTime.0"))
    assert octets[8:] == b"+\0\0", "this test reads UTC alone"
    started = datetime(octets[0] * 256 + octets[1], *octets[2:7], tzinfo=timezone.utc)
    assert int(value(zabbix, "nfct.agent.start_time")) == started.timestamp()
    assert float(value(zabbix, "nfct.snapshot.age[1]")) < 10
    names = {item["name"] for item in zabbix.items(zabbix.host)}
    assert "[table 1] tcp over IPv4: entries" in names
    assert "[table 1] source 1: entries" in names
    assert "[default] entries" in names and f"[{lab.blue}] entries" in names


def test_triggers_rise_and_recover_by_poll_and_by_trap(zabbix):
    lab = zabbix.lab

    def problems():
        return zabbix.problems(zabbix.host)

    def missing(polled, told):
        """What has not begun: by poll, and with these words by trap. Some end soon: open or not, they count."""
        raised = zabbix.raised(zabbix.host, begin)
        traps = [name for name in raised if name.startswith("conntrack table")]
        return polled - raised | {words for words in told if not any(words in name for name in traps)}

    assert wait_for(lambda: not problems(), 30, 1), problems()
    begin = time.time()
    lab.fill(700, "--nat-source", NAT_SOURCE, "--from", 6059100)  # of 64512 ports; no other fill uses these
    lab.fill(lab.limit() * 83 // 100)
    until_none(lambda: missing(
        {"Table default is filling up", "One source fills table default", "Watch web of table 1 is raised",
         "Table default is full of entries that cannot be evicted", "Rate setup of table 1 is raised",
         "An address of table default runs out of ports"},
        {"above the threshold warning", "filled by one source", "the watch web", "per second (created, over",
         f"{NAT_SOURCE} has used 1% of its ports towards 192.0.2.1 tcp/443"}), 60)
    # beyond the limit: what is ASSURED is not evicted, a new connection is refused
    lab.fill(lab.limit(), "--udp", "--until-full")
    refuse_some(lab)
    until_none(lambda: missing({"Table default is nearly full", "Table default is dropping"},
                               {"above the threshold critical", "is dropping"}), 60)
    assert "Table default is filling up" in problems()  # it stays; what depends on it is not told anew
    lab.run("conntrack", "-F")
    # a quiet minute later nothing is left
    assert wait_for(lambda: not problems(), 120, 1), problems()


def test_critical_hides_warning(zabbix):
    """At once from almost empty to almost full."""
    lab = zabbix.lab
    lab.fill(lab.limit() * 97 // 100, "--udp")
    wait_for(lambda: "Table default is nearly full" in zabbix.problems(zabbix.host), 40, 1)
    assert "Table default is filling up" not in zabbix.problems(zabbix.host)
    lab.run("conntrack", "-F")
    assert wait_for(lambda: not zabbix.problems(zabbix.host), 90, 1)


def refuse_some(lab):
    lab.run("python3", "-c", "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "for port in range(2000, 2010):\n"
            "    try: s.sendto(b'x', ('127.0.0.1', port))\n"
            "    except OSError: pass")


def test_a_table_that_goes_and_comes(zabbix):
    lab = zabbix.lab
    subprocess.run(["ip", "netns", "del", lab.blue], check=True)
    wait_for(lambda: f"Table {lab.blue} cannot be read" in zabbix.problems(zabbix.host), 40, 1)
    wait_for(lambda: any("cannot be read: " in name for name in zabbix.problems(zabbix.host)), 20, 1)
    subprocess.run(["ip", "netns", "add", lab.blue], check=True)
    assert wait_for(lambda: not zabbix.problems(zabbix.host), 60, 1)


# The lines of Zabbix's own receivers; test_zabbix_traps.py has snmptrapd write them.
PERL = ("{stamp} ZBXTRAP 127.0.0.1\nPDU INFO:\n  notificationtype               TRAP\n  community                      public\n"
        "VARBINDS:\n  .1.3.6.1.2.1.1.3.0             type=67 value=Timeticks: (100) 0:00:01.00\n"
        "  .1.3.6.1.6.3.1.1.4.1.0         type=6  value=OID: .{oid}\n"
        '  .{text_oid}.0 type=4  value=STRING: "{text}"\n  .{name_oid}.9 type=4  value=STRING: "{table}"\n')
BASH = ("{stamp} ZBXTRAP 127.0.0.1 .1.3.6.1.2.1.1.3.0 = 0:0:00:01.00 .1.3.6.1.6.3.1.1.4.1.0 = .{oid} "
        '.{text_oid}.0 = "{text}" .{name_oid}.9 = "{table}"\n')


@pytest.mark.parametrize("layout", [PERL, BASH], ids=["perl", "bash"])
def test_the_lines_of_other_receivers_begin_and_end_a_problem(zabbix, layout):
    """Whatever the end is worded like."""
    def write(name, table, words):
        with open(zabbix.lab.dir / "zabbix_traps", "a") as file:
            file.write(layout.format(stamp=time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime()), oid=mib.oid(name),
                                     text_oid=mib.oid("nfctNotifyText"), name_oid=mib.oid("nfctInstanceName"), table=table,
                                     text=f"conntrack table {table} {words}"))

    def open_ones():
        return {name for name in zabbix.problems(zabbix.host) if name.startswith("conntrack table far")}

    for table in ("far1", "far2"):
        write("nfctSourceRising", table, "was filled by one source")
    wait_for(lambda: open_ones() == {f"conntrack table far{number} was filled by one source" for number in (1, 2)}, 30, 1)
    write("nfctSourceFalling", "far1", "is no longer checked for the source 192.0.2.7: why")
    wait_for(lambda: open_ones() == {"conntrack table far2 was filled by one source"}, 30, 1)
    write("nfctSourceFalling", "far2", "is no longer filled by one source")
    wait_for(lambda: not open_ones(), 30, 1)


def test_a_table_that_a_pattern_brings(zabbix):
    """It is found, and no trouble when it goes: what was said of it ends."""
    lab, name = zabbix.lab, f"{zabbix.lab.netns}-x-1"
    for macro in ("WARN", "WARN.RECOVERY"):  # of this table alone, and without an end
        zabbix.set_macro(zabbix.host, f'{{$CT.UTIL.{macro}:"{name}"}}', "0")
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        wait_for(lambda: value_by_name(zabbix, f"[{name}] limit") == str(lab.limit()), 60, 1)
        wait_for(lambda: f"Table {name} is filling up" in zabbix.problems(zabbix.host), 60, 1)
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)
    wait_for(lambda: "deleted" in lab.get("nfctInstanceStatusText.10", "deleted"), 20)
    time.sleep(6)  # of three polls
    assert not zabbix.problems(zabbix.host)


def value_by_name(zabbix, name):
    return next((item["lastvalue"] for item in zabbix.items(zabbix.host) if item["name"] == name), None)


def test_every_notification_has_come_with_its_text(zabbix):
    texts = {item["key_"][len(TRAPPED):-1]: item["lastvalue"] for item in zabbix.items(zabbix.host)
             if item["key_"].startswith(TRAPPED)}
    assert texts.keys() == set(TRAPS)
    for name, text in texts.items():
        assert text.startswith('conntrack table ') and '"' not in text, f"{name}: {text!r}"


def test_nothing_is_unsupported_in_the_end(zabbix):
    assert [f"{item['key_']}: {item['error']}" for item in zabbix.items(zabbix.host) if item["state"] == "1"] == []


def test_the_agent_falls_silent(zabbix):
    """snmpd goes on; the values end, and nothing becomes unsupported."""
    zabbix.set_macro(zabbix.host, "{$CT.NODATA}", "30s")
    zabbix.lab.stop_agent()
    wait_for(lambda: "conntrack-agentx gives no values" in zabbix.problems(zabbix.host), 90, 1)
    zabbix.lab.start_agent(zabbix.lab.agent_config)
    wait_for(lambda: "conntrack-agentx gives no values" not in zabbix.problems(zabbix.host), 60, 1)


def test_a_host_changes_from_the_old_template_to_the_new_one(zabbix, version):
    """Where both can be imported; the items stay."""
    if version == "6.0":
        pytest.skip("6.0 does not know the new format")
    zabbix.import_template(TOP / "conf/zabbix" / Polled.file)
    host = zabbix.add_host("changing", Polled.name, MACROS)
    before = {item["key_"]: item["itemid"] for item in zabbix.items(host)}
    zabbix.call("host.update", hostid=host, templates=[])
    new = zabbix.call("template.get", filter={"host": Walked.name})[0]["templateid"]
    zabbix.call("host.update", hostid=host, templates=[{"templateid": new}])
    after = {item["key_"]: item["itemid"] for item in zabbix.items(host)}
    assert len(before) > 20 and before.items() <= after.items()
    zabbix.call("host.update", hostid=host, status=1)


def test_the_dashboards_are_drawn(zabbix, version):
    """Screenshots by a browser, kept under build/nms."""
    lab = zabbix.lab
    lab.fill(30000, "--spread", "--from", 100)
    lab.traffic("tcp4", "udp4")
    out = TOP / "build/nms"
    out.mkdir(parents=True, exist_ok=True)
    template = zabbix.call("template.get", filter={"host": zabbix.template.name})[0]["templateid"]
    dashboards = zabbix.call("templatedashboard.get", templateids=template, output=["name", "dashboardid"])
    assert len(dashboards) == 2
    lab.after_a_scan()
    for dashboard in dashboards:
        name = f"zabbix-{version}-" + dashboard["name"].partition(": ")[2].replace(" ", "-")
        url = (f"http://127.0.0.1/zabbix.php?action=host.dashboard.view&hostid={zabbix.host}"
               f"&dashboardid={dashboard['dashboardid']}&from=now-10m&to=now")
        run = lab.run(sys.executable, TOP / "tests/nms/screenshot.py", url, out / f"{name}.png", check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        graphs, empty = map(int, run.stdout.split())
        assert graphs >= 6 and empty == 0, f"{dashboard['name']}: {graphs} graphs, {empty} of them empty"
        assert os.path.getsize(out / f"{name}.png") > 30000
