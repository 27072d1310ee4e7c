# SPDX-License-Identifier: GPL-2.0-or-later
"""LibreNMS is in no package: its files are held against what its schema asks and against a live walk."""
import json
import re
import shlex
import subprocess

import pytest
import yaml

import librenms
import mib
from lab import ROOT, TOP, wait_for

CONF = TOP / "conf/librenms"
FEATURE = CONF / "tests/Feature/SnmpTraps/NfctNotificationTest.php"
NUM_OID = re.compile(r"^(\.\d+)+(\.?\{\{ \$(index|str_index_as_numeric) \}\})?(\.\d+)*$")
# of its schema: what a definition may hold, as far as ours do
KEYS = {"oid", "value", "num_oid", "index", "group", "descr", "warn_limit", "high_limit", "rrd_type"}
STATE_KEYS = {"oid", "value", "num_oid", "index", "group", "descr", "state_name", "states"}
NOTIFICATIONS = [name.removeprefix("nfct") for name, thing in mib.read().items() if thing.macro == "NOTIFICATION-TYPE"]


def definitions():
    sensors = yaml.safe_load((CONF / "linux.yaml").read_text())["modules"]["sensors"]
    return [(kind, entry) for kind, of_kind in sensors.items() if kind != "additional_oids"
            for entry in of_kind["data"]]


def translate(name):
    return subprocess.run(["snmptranslate", "-M", TOP / "build/smi", "-m", "NF-CONNTRACK-MIB", "-On", name], check=True,
                          capture_output=True, text=True).stdout.strip()


def test_the_root_holds_modules_alone():
    assert set(yaml.safe_load((CONF / "linux.yaml").read_text())) == {"modules"}


def test_there_are_sensors_of_three_kinds():
    assert {kind for kind, _ in definitions()} == {"state", "count", "percent"}


@pytest.mark.parametrize("kind, entry", definitions(), ids=lambda part: part if isinstance(part, str) else part["num_oid"])
def test_a_definition_is_one_the_schema_takes(kind, entry):
    assert set(entry) <= (STATE_KEYS if kind == "state" else KEYS)
    assert NUM_OID.match(entry["num_oid"])
    named = translate(entry.get("value", entry["oid"]))
    assert entry["num_oid"] == named + ".{{ $index }}"
    for text in (entry["descr"], entry["group"]):
        for name in re.findall(r"NF-CONNTRACK-MIB::\w+", text):
            translate(name)


@pytest.mark.parametrize("entry", [entry for kind, entry in definitions() if kind == "state"],
                         ids=lambda entry: entry["state_name"])
def test_a_state_translates_every_value_and_no_answer(entry):
    """0 is what LibreNMS has when the agent is gone: without a translation it shows an unnamed state."""
    assert {frozenset(state) for state in entry["states"]} == {frozenset(("value", "generic", "descr"))}
    thing = mib.read()[entry["state_name"]]
    values = set(mib.base(thing.type, thing.enums)[1])
    assert {state["value"] for state in entry["states"]} == values | {0}
    assert [state["generic"] for state in entry["states"] if state["value"] == 0] == [3]  # unknown


@pytest.mark.parametrize("entry", [entry for _, entry in definitions()], ids=lambda entry: entry["num_oid"])
def test_no_limit_is_taken_from_an_object(entry):
    """nfctInstanceMaxEntries is 0 where the table has no limit: as a limit it would alarm for ever."""
    for key in ("low_limit", "low_warn_limit", "warn_limit", "high_limit"):
        assert isinstance(entry.get(key, 1), int), f"{key}: {entry[key]}"


def test_the_sensors_of_a_table_stand_together_and_each_says_what_it_is():
    sensors = recorded()["sensors"]["discovery"]["sensors"]
    assert {sensor["group"] for sensor in sensors} == {"Connection tracking default"}
    for kind in {sensor["sensor_class"] for sensor in sensors}:
        told = [sensor["sensor_descr"] for sensor in sensors if sensor["sensor_class"] == kind]
        assert all(re.fullmatch(r"Conntrack default \w.*", descr) for descr in told), told
        assert len(told) == len(set(told)), "two sensors of one name"


def recorded():
    return json.loads((CONF / "tests/data/linux_conntrack-agentx.json").read_text())

def test_every_sensor_finds_its_rows(router):
    for _, entry in definitions():
        column = mib.instance(entry["num_oid"].removesuffix(".{{ $index }}"))
        assert router.column(column), entry["num_oid"]


def test_the_recorded_walk_gives_the_recorded_sensors():
    """What our own reading of the definitions finds in the walk is what the test data says."""
    walk = librenms.read_walk(CONF / "tests/snmpsim/linux_conntrack-agentx.snmprec")
    assert recorded() == librenms.discover(definitions(), walk, translate)
    assert len(recorded()["sensors"]["discovery"]["sensors"]) > 20


def test_the_test_data_stands_in_librenms_order():
    """`lnms dev:check unit` compares lists, not sets."""
    found = recorded()["sensors"]["discovery"]
    sensors = [(row["sensor_class"], row["sensor_type"], row["sensor_index"]) for row in found["sensors"]]
    states = [(row["state_name"], row["state_value"]) for row in found["state_indexes"]]
    assert sensors == sorted(sensors)
    assert states == sorted(states)
    assert all("state_draw_graph" not in row for row in found["state_indexes"])


def test_the_recorded_walk_is_of_this_mib(router):
    """Objects that the agent has now are in it, and no others; rows may differ."""
    walk = librenms.read_walk(CONF / "tests/snmpsim/linux_conntrack-agentx.snmprec")
    below = ROOT.lstrip(".") + "."

    def columns(instances):
        return {instance.partition(".")[0] for instance in instances}

    assert columns(mib.instance(oid) for oid in walk if oid.startswith(below)) == columns(router.walk())


@pytest.mark.parametrize("path", [CONF / "NfctNotification.php", CONF / "snmptraps.php", FEATURE], ids=lambda path: path.name)
def test_php_parses(path):
    subprocess.run(["php", "-l", path], check=True, capture_output=True)


def test_every_notification_has_a_handler():
    text = (CONF / "snmptraps.php").read_text()
    assert re.findall(r"'NF-CONNTRACK-MIB::nfct(\w+)' => \\LibreNMS\\Snmptrap\\Handlers\\NfctNotification::class",
                      text) == NOTIFICATIONS


def test_the_feature_test_sends_what_the_mib_describes():
    text = FEATURE.read_text()
    assert set(re.findall(r"SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfct(\w+)", text)) == set(NOTIFICATIONS)
    for name in set(re.findall(r"NF-CONNTRACK-MIB::\w+", text)):
        translate(name)


def feature_test(tmp_path, handler=(CONF / "NfctNotification.php").read_text()):
    """Runs LibreNMS's Feature test of the handler, with stand-ins for the classes of LibreNMS."""
    (tmp_path / "handler.php").write_text(handler)
    (tmp_path / "run.php").write_text(librenms.STAND_INS + f"""
namespace {{
    require '{tmp_path}/handler.php';
    define('HANDLERS', (require '{CONF}/snmptraps.php')['trap_handlers']);
    require '{FEATURE}';
    $test = new \\LibreNMS\\Tests\\Feature\\SnmpTraps\\NfctNotificationTest;
    foreach (get_class_methods($test) as $method) {{
        if (str_starts_with($method, 'test')) {{
            $test->$method();
            echo $method, "\\n";
        }}
    }}
}}
""")
    return subprocess.run(["php", tmp_path / "run.php"], capture_output=True, text=True)


def test_the_handler_passes_its_feature_test(tmp_path):
    run = feature_test(tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert {name.removeprefix("test") for name in run.stdout.split()} >= set(NOTIFICATIONS)


@pytest.mark.parametrize("right, wrong", [("Severity::Warning", "Severity::Ok"), ("Severity::Error", "Severity::Warning"),
                                          ("nfctNotifyText", "nfctInstanceName")])
def test_the_feature_test_finds_a_broken_handler(tmp_path, right, wrong):
    handler = (CONF / "NfctNotification.php").read_text()
    assert right in handler
    run = feature_test(tmp_path, handler.replace(right, wrong))
    assert run.returncode != 0 and "Could not handle" in run.stdout + run.stderr


def test_snmptrapd_names_the_notification_by_the_readmes_lines(bare_router):
    """With the lines of the README's drop-in, where LibreNMS's directory of MIBs is ours."""
    lab = bare_router
    text = (CONF / "README.md").read_text()
    lines = re.findall(r"^    Environment=(\S+)$", text, re.MULTILINE)
    environment = [line.replace("/opt/librenms/mibs", str(TOP / "build/smi")) for line in lines]
    assert {line.partition("=")[0] for line in environment} == {"MIBS", "MIBDIRS"}
    handler, out = lab.dir / "handler", lab.dir / "handed-over"
    handler.write_text(f"#!/bin/sh\ncat >>{shlex.quote(str(out))}\n")
    handler.chmod(0o755)
    handles = re.findall(r"^    (authCommunity .*|traphandle .*)$", text, re.MULTILINE)
    assert len(handles) == 2
    config = lab.dir / "librenms-snmptrapd.conf"
    config.write_text("\n".join(handles).replace("/opt/librenms/snmptrap.php", str(handler)) + "\n")
    log = lab.dir / "librenms-snmptrapd.log"
    daemon = lab.spawn("env", *environment, "snmptrapd", "-f", "-C", "-c", config, "-Lf", log, "udp:127.0.0.1:1163")
    try:
        wait_for(lambda: log.exists() and "NET-SNMP version" in log.read_text())
        lab.run("snmptrap", "-v2c", "-c", "public", "127.0.0.1:1163", "1", "." + mib.oid("nfctUtilizationRising"),
                "." + mib.oid("nfctNotifyText.0"), "s", "a text")
        wait_for(lambda: out.exists() and "a text" in out.read_text())
    finally:
        daemon.terminate()
        daemon.wait(5)
    assert "SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfctUtilizationRising" in out.read_text()
    assert "NF-CONNTRACK-MIB::nfctNotifyText.0 a text" in out.read_text()
