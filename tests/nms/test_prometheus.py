# SPDX-License-Identifier: GPL-2.0-or-later
"""snmp_exporter polls the agent, Prometheus scrapes it, the rules fire and end."""
import json
import re
import subprocess
import time
import urllib.parse

import pytest
import yaml

import mib
import snmprec
from conftest import NAT_SOURCE, fill_each_kind
from lab import ROOT, TOP, wait_for

CONF = TOP / "conf/prometheus"
PROMETHEUS = """
global: {{scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 2s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: conntrack
    metrics_path: /snmp
    params: {{module: [conntrack]}}
    static_configs: [{{targets: ["127.0.0.1:161"]}}]
    relabel_configs:
      - {{source_labels: [__address__], target_label: __param_target}}
      - {{source_labels: [__param_target], target_label: instance}}
      - {{target_label: __address__, replacement: "127.0.0.1:9116"}}
"""


def get(lab, url):
    """By a client in the namespace."""
    return lab.run("python3", "-c", "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())",
                   url).stdout


def metrics(lab, target):
    """{name and labels: value} of one scrape."""
    text = get(lab, f"http://127.0.0.1:9116/snmp?module=conntrack&target={target}")
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))


@pytest.fixture(scope="module")
def exporter(router):
    router.spawn("prometheus-snmp-exporter", f"--config.file={CONF}/snmp-flat.yml",
                 "--web.listen-address=127.0.0.1:9116", log=router.dir / "exporter.log")
    wait_for(lambda: router.run("python3", "-c", "import socket; socket.create_connection(('127.0.0.1', 9116))",
                                check=False).returncode == 0, 30)
    return router


@pytest.fixture(scope="module")
def prometheus(exporter):
    config = exporter.dir / "prometheus.yml"
    config.write_text(PROMETHEUS.format(rules=CONF / "conntrack-agentx.rules.yml"))
    exporter.spawn("prometheus", f"--config.file={config}", f"--storage.tsdb.path={exporter.dir}/tsdb",
                   "--web.listen-address=127.0.0.1:9090", log=exporter.dir / "prometheus.log")
    wait_for(lambda: exporter.run("python3", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:9090/-/ready')",
                                  check=False).returncode == 0, 30, 0.5)
    return exporter


def query(lab, expression):
    answer = json.loads(get(lab, "http://127.0.0.1:9090/api/v1/query?query=" + urllib.parse.quote(expression)))
    assert answer["status"] == "success", answer
    return answer["data"]["result"]


def firing(lab):
    return {result["metric"]["alertname"] for result in query(lab, 'ALERTS{alertstate="firing"}')}


def test_promtool_accepts_the_rules():
    subprocess.run(["promtool", "check", "rules", "conntrack-agentx.rules.yml"], cwd=CONF, check=True)
    run = subprocess.run(["promtool", "test", "rules", "conntrack-agentx.test.yml"], cwd=CONF, capture_output=True,
                         text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_rule_has_a_test():
    rules = yaml.safe_load((CONF / "conntrack-agentx.rules.yml").read_text())["groups"][0]["rules"]
    tests = (CONF / "conntrack-agentx.test.yml").read_text()
    for rule in rules:
        blocks = re.findall(rf"alertname: {rule['alert']}\n( +exp_alerts)?", tests)
        assert any(blocks) and not all(blocks), f"{rule['alert']} is not shown both to fire and not to"


def test_both_formats_hold_the_same_module():
    flat, new = (yaml.safe_load((CONF / name).read_text()) for name in ("snmp-flat.yml", "snmp.yml"))
    assert set(new) == {"auths", "modules"}
    for name, module in new["modules"].items():
        assert module | {"version": 2, "auth": flat[name]["auth"]} == flat[name]


def test_a_scrape_has_every_figure(exporter):
    """Each object of the walk is a metric of its name, or a label."""
    found = metrics(exporter, "127.0.0.1:161")
    names = {name.partition("{")[0] for name in found}
    assert found['nfctInstanceEntries{nfctInstanceIndex="1",nfctInstanceName="default"}'] != "0"
    assert float(found['nfctInstanceMaxEntries{nfctInstanceIndex="1",nfctInstanceName="default"}']) == exporter.limit()
    walked = {name.partition(".")[0] for name in exporter.walk() if not name.startswith("nfctCpu")}  # left out
    module = yaml.safe_load((CONF / "generator.yml").read_text())["modules"]["conntrack"]
    labels = {lookup["lookup"] for lookup in module["lookups"]}
    ignored = {name for name, override in module["overrides"].items() if override.get("ignore")}  # labels, or parts of one
    assert "nfctNatText" in labels < ignored
    assert len(walked) > 80
    assert walked - ignored == names & walked
    for label in labels:
        assert any(f'{label}="' in name for name in found), label


@pytest.fixture
def still(exporter):
    """No scan and no sample for the time of a test."""
    exporter.configure('user = ""\nrefresh-interval = 3600\nsample-interval = 60\nzones = true\n'
                       'watch "web" { index = 1 destination-port = 443 rising = 1000 falling = 800 }\n')
    wait_for(lambda: exporter.get("nfctAgentRefreshInterval.0") == 3600, 20)
    time.sleep(2)  # the reload's own scan
    yield exporter
    exporter.configure('user = ""\nrefresh-interval = 1\n' + exporter.agent_config)
    exporter.after_a_scan()


def replay(lab, name):
    """snmpsim, on port 1161, with what a walk of the agent gives."""
    for folder in ("replay", "snmpsim-cache"):
        (lab.dir / folder).mkdir()
        (lab.dir / folder).chmod(0o777)
    (lab.dir / "replay/public.snmprec").write_text(snmprec.record(lab, name))
    lab.spawn("snmpsimd", f"--data-dir={lab.dir}/replay", f"--cache-dir={lab.dir}/snmpsim-cache",
              "--agent-udpv4-endpoint=127.0.0.1:1161", "--process-user=nobody", "--process-group=nogroup",
              log=lab.dir / "snmpsim.log")
    wait_for(lambda: lab.run("snmpget", "-v2c", "-cpublic", "-t1", "-r0", "127.0.0.1:1161", f"{name}.1.1.1.0",
                             check=False).returncode == 0, 30)


def test_a_replayed_walk_gives_the_same_metrics(still):
    """By snmpsim. Time passes: the ages are others."""
    replay(still, ROOT)
    live, replayed = (metrics(still, f"127.0.0.1:{port}") for port in (161, 1161))
    assert len(live) > 150
    assert set(live) == set(replayed)
    ages = [name for name, thing in mib.read().items() if thing.type == "TimeTicks"]
    moving = ("snmp_scrape_", *ages)
    assert {name: (value, replayed[name]) for name, value in live.items()
            if replayed[name] != value and not name.startswith(moving)} == {}


def test_rules_fire_and_end(prometheus):
    lab = prometheus
    wait_for(lambda: query(lab, 'up{job="conntrack"} == 1'), 20, 0.5)
    assert firing(lab) == set()
    lab.fill(52255, "--nat-source", NAT_SOURCE)
    wait_for(lambda: {"ConntrackNatPortsRunOut", "ConntrackRateRaised"} <= firing(lab), 40, 0.5)
    lab.fill(lab.limit() * 83 // 100 - 52255, "--from", 60000)
    wait_for(lambda: {"ConntrackTableFillingUp", "ConntrackTableFirm", "ConntrackWatchRaised"} <= firing(lab), 40, 0.5)
    lab.fill(lab.limit() * 14 // 100, "--udp")
    wait_for(lambda: "ConntrackTableNearlyFull" in firing(lab) and "ConntrackTableFillingUp" not in firing(lab), 40, 0.5)
    lab.run("conntrack", "-F")
    wait_for(lambda: firing(lab) == set(), 40, 0.5)


def test_the_dashboards_expressions_have_data(prometheus):
    lab = prometheus
    lab.traffic("tcp4")
    lab.run("conntrack", "-F")
    fill_each_kind(lab)
    dashboard = json.loads((CONF / "grafana-dashboard.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(expressions) > 20
    for expression in expressions:
        wait_for(lambda: query(lab, expression.replace("$host", ".*")), 30, 1)
