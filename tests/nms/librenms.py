# SPDX-License-Identifier: GPL-2.0-or-later
"""Our own reading of LibreNMS's definitions, of as much as ours use: which sensors a walk gives.

Run as a program it records a walk of a router with traffic and writes the test data: conf/librenms/tests.
"""
import json
import re
import sys
from pathlib import Path

NAME = re.compile(r"\{\{ NF-CONNTRACK-MIB::(\w+) \}\}")
SUBINDEX = re.compile(r"\{\{ \$subindex(\d) \}\}")

# Classes of LibreNMS, as far as the handler uses them.
STAND_INS = r"""<?php
namespace App\Models { class Device {} }
namespace LibreNMS\Enum { enum Severity { case Unknown; case Ok; case Info; case Notice; case Warning; case Error; } }
namespace LibreNMS\Interfaces {
    interface SnmptrapHandler {
        public function handle(\App\Models\Device $device, \LibreNMS\Snmptrap\Trap $trap);
    }
}
namespace LibreNMS\Snmptrap {
    class Trap {
        public string $logged = '';
        public function __construct(private string $name) {}
        public function getTrapOid() { return $this->name; }
        public function findOid($search) { return "$search.0"; }
        public function getOidData($oid) {
            return $oid === 'NF-CONNTRACK-MIB::nfctNotifyText.0'
                ? 'conntrack table \"default\" is 91% full (238551 of 262144 entries)' : null;
        }
        public function log($text, $severity) { $this->logged = $severity->name . ' ' . $text; }
    }
}
"""


def read_walk(path):
    """{oid: value as text}"""
    walk = {}
    for line in path.read_text().splitlines():
        oid, tag, value = line.split("|", 2)
        walk[oid] = bytes.fromhex(value).decode("latin-1") if tag == "4x" else value
    return walk


def rows(walk, column):
    """{index: value}, in the order of the walk"""
    prefix = column.lstrip(".") + "."
    return {oid[len(prefix):]: value for oid, value in walk.items() if oid.startswith(prefix)}


def fill_in(text, walk, translate, index):
    """The names and parts of the index in a text."""
    def named(match):
        return rows(walk, translate(f"NF-CONNTRACK-MIB::{match[1]}")).get(index, "")

    text = NAME.sub(named, text)
    return SUBINDEX.sub(lambda match: index.split(".")[int(match[1])], text)


def limit(entry, key, walk, translate, index):
    given = entry.get(key)
    if isinstance(given, str):
        given = rows(walk, translate(given)).get(index)
    return float(given) if given is not None else None


def discover(definitions, walk, translate):
    """What LibreNMS's test data holds of the sensors."""
    sensors, states = [], []
    for kind, entry in definitions:
        for index, value in rows(walk, entry["num_oid"].removesuffix(".{{ $index }}")).items():
            sensors.append({
                "sensor_deleted": 0, "sensor_class": kind, "poller_type": "snmp",
                "sensor_oid": entry["num_oid"].replace("{{ $index }}", index),
                "sensor_index": entry["index"].replace("{{ $index }}", index),
                "sensor_type": entry.get("state_name", "linux"),
                "sensor_descr": fill_in(entry["descr"], walk, translate, index),
                "group": fill_in(entry["group"], walk, translate, index),
                "sensor_divisor": 1, "sensor_multiplier": 1, "sensor_current": int(value),
                "sensor_limit": limit(entry, "high_limit", walk, translate, index),
                "sensor_limit_warn": limit(entry, "warn_limit", walk, translate, index),
                "sensor_limit_low": None, "sensor_limit_low_warn": None, "sensor_alert": 1, "sensor_custom": "No",
                "entPhysicalIndex": None, "entPhysicalIndex_measured": None, "sensor_prev": None, "user_func": None,
                "rrd_type": "GAUGE", "state_name": entry.get("state_name"),
            })
        for state in entry.get("states", []):
            states.append({"state_name": entry["state_name"], "state_descr": state["descr"],
                           "state_draw_graph": state["graph"], "state_value": state["value"],
                           "state_generic_value": state["generic"]})
    return {"sensors": {"discovery": {"sensors": sensors, "state_indexes": states}, "poller": "matches discovery"}}


def main():
    sys.path.append(str(Path(__file__).resolve().parents[1] / "integration"))
    import conftest
    import snmprec
    import test_librenms
    from lab import ROOT, Lab
    lab = Lab()
    try:
        conftest.make_router(lab, "sysDescr Linux router 6.1.0-28-amd64 #1 SMP x86_64\nsysContact private\n"
                                  "sysName private\nsysLocation private\n")
        walk = snmprec.record(lab, ".1.3.6.1.2.1.1.1", ".1.3.6.1.2.1.1.2", ".1.3.6.1.2.1.1.3", ROOT)
    finally:
        lab.close()
    out = test_librenms.CONF / "tests"
    path = out / "snmpsim/linux_conntrack-agentx.snmprec"
    for folder in ("snmpsim", "data"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    path.write_text(walk)
    data = discover(test_librenms.definitions(), read_walk(path), test_librenms.translate)
    (out / "data/linux_conntrack-agentx.json").write_text(json.dumps(data, indent=4) + "\n")


if __name__ == "__main__":
    main()
