# SPDX-License-Identifier: GPL-2.0-or-later
"""Our own reading of LibreNMS's definitions, of as much as ours use: which sensors a walk gives.

`make librenms-data` runs it as a program: it records a walk of a router with traffic and writes the test data: conf/librenms/tests.
"""
import json
import re

NAME = re.compile(r"\{\{ NF-CONNTRACK-MIB::(\w+)(?::(\d))? \}\}")
SUBINDEX = re.compile(r"\{\{ \$subindex(\d) \}\}")

# Classes of LibreNMS, as far as the handler and its Feature test use them. A trap is read by our own understanding of
# it: a line an object, its name up to the first space, quotes around the value taken away.
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
        public array $logged = [];
        private array $objects = [];
        public function __construct(string $text) {
            foreach (array_slice(explode("\n", trim($text)), 2) as $line) {
                [$oid, $value] = explode(' ', $line, 2);
                $this->objects[$oid] = trim($value, '"');
            }
        }
        public function getTrapOid() { return $this->objects['SNMPv2-MIB::snmpTrapOID.0'] ?? null; }
        public function findOid($search) {
            foreach (array_keys($this->objects) as $oid) {
                if (str_contains($oid, $search)) {
                    return $oid;
                }
            }
            return '';
        }
        public function getOidData($oid) { return $this->objects[$oid] ?? null; }
        public function log($text, $severity) { $this->logged[] = [$text, $severity]; }
    }
}
namespace LibreNMS\Tests\Feature\SnmpTraps {
    abstract class SnmpTrapTestCase {
        protected function assertTrapLogsMessage($rawTrap, $log, $failureMessage = '', $args = [], $device = null): void {
            $rawTrap = str_replace(['{{ hostname }}', '{{ ip }}'], ['router.example.org', '192.0.2.1'], $rawTrap);
            $trap = new \LibreNMS\Snmptrap\Trap($rawTrap);
            $class = HANDLERS[$trap->getTrapOid()] ?? null;
            if ($class === null) {
                throw new \Exception("no handler for {$trap->getTrapOid()}: $failureMessage");
            }
            (new $class)->handle(new \App\Models\Device, $trap);
            if ($trap->logged !== [[$log, ...$args]]) {
                throw new \Exception("$failureMessage: " . var_export($trap->logged, true));
            }
        }
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
    """The names and parts of the index in a text; {{ X:0 }} is X in the row of the index's first part."""
    def named(match):
        row = index if match[2] is None else index.split(".")[int(match[2])]
        return rows(walk, translate(f"NF-CONNTRACK-MIB::{match[1]}")).get(row, "")

    text = NAME.sub(named, text)
    return SUBINDEX.sub(lambda match: index.split(".")[int(match[1])], text)


def limit(entry, key):
    return float(entry[key]) if key in entry else None


def sensor(kind, entry, index, value, walk, translate):
    return {
        "sensor_deleted": 0, "sensor_class": kind, "poller_type": "snmp",
        "sensor_oid": entry["num_oid"].replace("{{ $index }}", index),
        "sensor_index": entry["index"].replace("{{ $index }}", index),
        "sensor_type": entry.get("state_name", "linux"),
        "sensor_descr": fill_in(entry["descr"], walk, translate, index),
        "group": fill_in(entry["group"], walk, translate, index),
        "sensor_divisor": 1, "sensor_multiplier": 1, "sensor_current": int(value),
        "sensor_limit": limit(entry, "high_limit"), "sensor_limit_warn": limit(entry, "warn_limit"),
        "sensor_limit_low": None, "sensor_limit_low_warn": None, "sensor_alert": 1, "sensor_custom": "No",
        "entPhysicalIndex": None, "entPhysicalIndex_measured": None, "sensor_prev": None, "user_func": None,
        "rrd_type": entry.get("rrd_type", "GAUGE"), "state_name": entry.get("state_name"),
    }


def discover(definitions, walk, translate):
    """What LibreNMS's test data holds of the sensors, in its order."""
    sensors, states = [], []
    for kind, entry in definitions:
        found = rows(walk, entry["num_oid"].removesuffix(".{{ $index }}"))
        sensors += [sensor(kind, entry, index, value, walk, translate) for index, value in found.items()]
        if found:
            states += [{"state_name": entry["state_name"], "state_descr": state["descr"], "state_value": state["value"],
                        "state_generic_value": state["generic"]} for state in entry.get("states", [])]
    sensors.sort(key=lambda row: (row["sensor_class"], row["sensor_type"], row["sensor_index"]))
    states.sort(key=lambda row: (row["state_name"], row["state_value"]))
    return {"sensors": {"discovery": {"sensors": sensors, "state_indexes": states}, "poller": "matches discovery"}}


def main():
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
