# SPDX-License-Identifier: GPL-2.0-or-later
"""LibreNMS is in no package: its files are held against what its schema asks and against a live walk."""
import json
import re
import subprocess

import pytest
import yaml

from lab import ROOT, TOP
import librenms

CONF = TOP / "conf/librenms"
NUM_OID = re.compile(r"^(\.\d+)+(\.?\{\{ \$(index|str_index_as_numeric|subindex\d) \}\})?(\.\d+)*$")
NOTIFICATIONS = ["UtilizationRising", "UtilizationFalling", "DroppingStarted", "DroppingStopped", "SourceRising",
                 "SourceFalling", "WatchEntriesRising", "WatchEntriesFalling", "InstanceDegraded", "InstanceRecovered"]


def definitions():
    sensors = yaml.safe_load((CONF / "linux.yaml").read_text())["modules"]["sensors"]
    return [(kind, entry) for kind, of_kind in sensors.items() if kind != "additional_oids"
            for entry in of_kind["data"]]


def translate(name):
    return subprocess.run(["snmptranslate", "-M", TOP / "build/smi", "-m", "NF-CONNTRACK-MIB", "-On", name], check=True,
                          capture_output=True, text=True).stdout.strip()


def test_there_are_sensors_of_four_kinds():
    assert {kind for kind, _ in definitions()} == {"state", "count", "percent", "load"}


@pytest.mark.parametrize("kind, entry", definitions(), ids=lambda part: part if isinstance(part, str) else part["num_oid"])
def test_a_definition_is_one_the_schema_takes(kind, entry):
    assert NUM_OID.match(entry["num_oid"])
    named = translate(entry.get("value", entry["oid"]))
    assert entry["num_oid"] == named + ".{{ $index }}"
    if kind == "state":
        assert {frozenset(state) for state in entry["states"]} == {frozenset(("value", "generic", "graph", "descr"))}
    for text in (entry["descr"], entry["group"], str(entry.get("high_limit", ""))):
        for name in re.findall(r"NF-CONNTRACK-MIB::\w+", text):
            translate(name)


def test_every_sensor_finds_its_rows(router):
    for _, entry in definitions():
        column = entry["num_oid"].removeprefix(ROOT + ".").removesuffix(".{{ $index }}")
        assert router.column(column), entry["num_oid"]


def test_the_recorded_walk_gives_the_recorded_sensors():
    """What our own reading of the definitions finds in the walk is what the test data says."""
    walk = librenms.read_walk(CONF / "tests/snmpsim/linux_conntrack-agentx.snmprec")
    data = json.loads((CONF / "tests/data/linux_conntrack-agentx.json").read_text())
    assert data == librenms.discover(definitions(), walk, translate)
    assert len(data["sensors"]["discovery"]["sensors"]) > 20


def test_the_recorded_walk_is_of_this_mib(router):
    """Objects that the agent has now are in it, and no others; rows may differ."""
    walk = librenms.read_walk(CONF / "tests/snmpsim/linux_conntrack-agentx.snmprec")
    base = ROOT.lstrip(".") + "."

    def columns(oids):
        return {tuple(oid.split(".")[:4]) if not oid.startswith("1.1.") else tuple(oid.split(".")[:3]) for oid in oids}

    assert columns(oid.removeprefix(base) for oid in walk if oid.startswith(base)) == columns(router.walk())


@pytest.mark.parametrize("name", ["NfctNotification.php", "snmptraps.php"])
def test_php_parses(name):
    subprocess.run(["php", "-l", CONF / name], check=True, capture_output=True)


def test_every_notification_has_a_handler():
    text = (CONF / "snmptraps.php").read_text()
    named = re.findall(r"'NF-CONNTRACK-MIB::nfct(\w+)' => \\LibreNMS\\Snmptrap\\Handlers\\NfctNotification::class", text)
    assert named == NOTIFICATIONS
    for name in named:
        translate(f"NF-CONNTRACK-MIB::nfct{name}")


def test_the_handler_logs_the_text(tmp_path):
    """With stand-ins for the four classes of LibreNMS that it uses."""
    (tmp_path / "run.php").write_text(librenms.STAND_INS + f"""
namespace {{
    require '{CONF}/NfctNotification.php';
    $handlers = (require '{CONF}/snmptraps.php')['trap_handlers'];
    foreach ($handlers as $name => $class) {{
        $trap = new \\LibreNMS\\Snmptrap\\Trap($name);
        (new $class)->handle(new \\App\\Models\\Device, $trap);
        echo $trap->logged, "\\n";
    }}
}}
""")
    out = subprocess.run(["php", tmp_path / "run.php"], check=True, capture_output=True, text=True).stdout.splitlines()
    text = 'conntrack table "default" is 91% full (238551 of 262144 entries)'
    assert out == [f"{severity} {text}" for severity in ("Warning", "Ok", "Error", "Ok", "Warning", "Ok", "Warning",
                                                         "Ok", "Error", "Ok")]
