# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the files of conf/prometheus: snmp_exporter's module in both formats from generator.yml, by the
distribution's generator, and the Grafana dashboard.

The generator here (0.21) knows the flat format alone. generator.yml is written for the new one (from 0.23),
in which the credentials stand apart; it is flattened for the run, and the result is parted again.
"""
import json
import os
import subprocess
import tempfile
from pathlib import Path

import yaml

import mib

FOLDER = mib.TOP / "conf/prometheus"
HEAD = ("# SPDX-License-Identifier: GPL-2.0-or-later\n"
        "# Made by conf/generate from generator.yml and the MIB: change them, and run `make nms-files`.\n")


def flatten(generator):
    """The new format's modules, with the first credentials in each."""
    auth = next(iter(generator["auths"].values()))
    own = {"version": auth["version"], "auth": {"community": auth["community"]}}
    return {"modules": {name: own | module for name, module in generator["modules"].items()}}


def dump(data):
    return HEAD + yaml.dump(data, sort_keys=False, width=1000)


def modules():
    """(flat, new): the exporter's configuration as text."""
    generator = yaml.safe_load((FOLDER / "generator.yml").read_text())
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "generator.yml").write_text(yaml.dump(flatten(generator), sort_keys=False))
        env = dict(os.environ, MIBDIRS=str(mib.SMI), MIBS="NF-CONNTRACK-MIB",
                   SNMP_PERSISTENT_DIR=directory)
        run = subprocess.run(["prometheus-snmp-generator", "generate"], cwd=directory, env=env, capture_output=True,
                             text=True)
        if run.returncode != 0:
            raise SystemExit(f"prometheus-snmp-generator: {run.stderr}")
        flat = yaml.safe_load((Path(directory) / "snmp.yml").read_text())
    new = {"auths": generator["auths"], "modules": {}}
    for name, module in flat.items():
        new["modules"][name] = {key: value for key, value in module.items() if key not in ("version", "auth")}
    return dump(flat), dump(new)


# By nfctTopKind, from 1 on.
TOPS = ("Sources with the most entries", "Destinations with the most entries", "Services with the most entries",
        "Sources whom nobody answers", "Destinations that answer nobody")

# (title, unit of Grafana, [(expression, legend)])
PANELS = [
    ("Entries and limit", "short", [
        ('nfctInstanceEntries{instance=~"$host"}', "{{instance}} {{nfctInstanceName}}"),
        ('nfctInstanceRecentPeakEntries{instance=~"$host"}', "{{instance}} {{nfctInstanceName}} recent peak"),
        ('nfctInstanceMaxEntries{instance=~"$host"}', "{{instance}} {{nfctInstanceName}} limit")]),
    ("Utilization", "percent", [
        ('nfctInstanceUtilization{instance=~"$host"}', "{{instance}} {{nfctInstanceName}}"),
        ('nfctSnapshotFirmUtilization{instance=~"$host"}', "{{instance}} {{nfctInstanceName}} firm")]),
    ("Losses per second", "pps", [
        ('nfctInstanceLossRate{instance=~"$host"}', "{{instance}} {{nfctInstanceName}} lost, mean of a minute"),
        ('rate(nfctInstanceDrops{instance=~"$host"}[5m])', "{{instance}} {{nfctInstanceName}} drops"),
        ('rate(nfctInstanceEarlyDrops{instance=~"$host"}[5m])', "{{instance}} {{nfctInstanceName}} early drops"),
        ('rate(nfctInstanceInsertFailed{instance=~"$host"}[5m])', "{{instance}} {{nfctInstanceName}} failed inserts"),
        ('rate(nfctInstanceChainTooLong{instance=~"$host"}[5m])', "{{instance}} {{nfctInstanceName}} chain too long")]),
    ("Connections per second", "cps", [
        ('rate(nfctSnapshotCreated{instance=~"$host"}[5m])', "{{instance}} {{nfctInstanceName}} created"),
        ('rate(nfctSnapshotDestroyed{instance=~"$host"}[5m])', "{{instance}} {{nfctInstanceName}} destroyed")]),
    ("Kinds of entries", "short", [
        ('nfctSnapshotAssured{instance=~"$host"}', "{{instance}} {{nfctInstanceName}} assured"),
        ('nfctSnapshotUnreplied{instance=~"$host"}', "{{instance}} {{nfctInstanceName}} unreplied"),
        ('nfctSnapshotEvictable{instance=~"$host"}', "{{instance}} {{nfctInstanceName}} evictable"),
        ('nfctSnapshotClosing{instance=~"$host"}', "{{instance}} {{nfctInstanceName}} closing")]),
    ("Protocols", "short", [
        ('nfctProtocolEntries{instance=~"$host"}', "{{instance}} {{nfctInstanceIndex}} {{nfctProtocolText}}")]),
    ("TCP states", "short", [
        ('nfctStateEntries{instance=~"$host",nfctStateProtocol="6"}',
         "{{instance}} {{nfctInstanceIndex}} {{nfctStateName}}")]),
    ("Watches", "short", [
        ('nfctWatchEntries{instance=~"$host"}', "{{instance}} {{nfctInstanceIndex}} {{nfctWatchName}}")]),
    ("Rates per second", "short", [
        ('nfctRateValue{instance=~"$host"}', "{{instance}} {{nfctInstanceIndex}} {{nfctRateName}}")]),
    *((title, "short", [
        (f'max by (instance, nfctInstanceIndex, nfctTopText) (nfctTopEntries{{instance=~"$host",nfctTopKind="{kind}"}})',
         "{{instance}} {{nfctInstanceIndex}} {{nfctTopText}}")]) for kind, title in enumerate(TOPS, 1)),
    ("Ports of source NAT in use", "percent", [
        ('max by (instance, nfctInstanceIndex, nfctNatText) (nfctNatUtilization{instance=~"$host"})',
         "{{instance}} {{nfctInstanceIndex}} {{nfctNatText}}")]),
    ("Scans: age and duration", "s", [
        ('nfctSnapshotAge{instance=~"$host"} / 100', "{{instance}} {{nfctInstanceName}} age"),
        ('nfctSnapshotDuration{instance=~"$host"} / 1000', "{{instance}} {{nfctInstanceName}} duration")]),
    ("Scans: CPU time", "s", [
        ('nfctSnapshotCpuTime{instance=~"$host"} / 1e6', "{{instance}} {{nfctInstanceName}}")]),
]


def panel(number, title, unit, targets, x, y):
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "id": number, "type": "timeseries", "title": title, "datasource": source,
        "gridPos": {"x": x, "y": y, "w": 12, "h": 8},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {"legend": {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []},
                    "tooltip": {"mode": "multi", "sort": "desc"}},
        "targets": [{"refId": chr(ord("A") + at), "datasource": source, "expr": expression, "legendFormat": legend}
                    for at, (expression, legend) in enumerate(targets)],
    }


def dashboard():
    """For Grafana 9 and newer, as text.

    Grafana's import asks for the data source of __inputs and writes it where ${DS_PROMETHEUS} stands: as the first choice of
    the variable `source`. A dashboard that is provisioned as a file has no import; there Grafana takes the first Prometheus,
    because no data source has that name.
    """
    # two in a row of 24 columns
    panels = [panel(at + 1, *spec, at % 2 * 12, at // 2 * 8) for at, spec in enumerate(PANELS)]
    chosen = {"selected": False, "text": "${DS_PROMETHEUS}", "value": "${DS_PROMETHEUS}"}
    variables = [
        {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus", "current": chosen},
        {"name": "host", "label": "Host", "type": "query", "multi": True, "includeAll": True,
         "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
         "datasource": {"type": "prometheus", "uid": "${source}"}, "refresh": 2, "sort": 1,
         "query": {"query": "label_values(nfctInstanceEntries, instance)", "refId": "host"}},
    ]
    return json.dumps({
        "__inputs": [{"name": "DS_PROMETHEUS", "label": "Prometheus", "type": "datasource", "pluginId": "prometheus",
                      "pluginName": "Prometheus", "description": "What scrapes snmp_exporter"}],
        "__requires": [{"type": "grafana", "id": "grafana", "name": "Grafana", "version": "9.0.0"},
                       {"type": "datasource", "id": "prometheus", "name": "Prometheus", "version": "1.0.0"},
                       {"type": "panel", "id": "timeseries", "name": "Time series", "version": ""}],
        "uid": "conntrack-agentx", "title": "Connection tracking", "tags": ["conntrack", "snmp"],
        "description": "What conntrack-agentx says, by snmp_exporter and Prometheus. SPDX-License-Identifier: "
                       "GPL-2.0-or-later. Made by conf/generate: run `make nms-files`.",
        "schemaVersion": 36, "version": 1, "editable": True, "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"}, "templating": {"list": variables}, "panels": panels,
    }, indent=2) + "\n"


def make():
    """{file name: text}"""
    flat, new = modules()
    return {"snmp-flat.yml": flat, "snmp.yml": new, "grafana-dashboard.json": dashboard()}
