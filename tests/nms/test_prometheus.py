# SPDX-License-Identifier: GPL-2.0-or-later
"""snmp_exporter polls the agent, Prometheus scrapes it, the rules fire and end: Debian 12's and, in the room, Debian 13's."""
import contextlib
import datetime
import json
import re
import shutil
import sys
import textwrap
import time
import urllib.parse

import pytest
import yaml

import mib
import snmprec
from conftest import NAT_SOURCE, fill_each_kind
from lab import ROOT, TOP, wait_for

CONF = TOP / "conf/prometheus"


def page_config(lab):
    """What the page says to add to prometheus.yml, with our router, and often."""
    page = (CONF / "README.md").read_text()
    config = yaml.safe_load(textwrap.dedent(re.search(r"^    rule_files:\n.*?(?=^\S)", page, re.M | re.S)[0]))
    config["rule_files"] = [str(CONF / name) for name in config["rule_files"]]
    config["global"] = {"evaluation_interval": "2s"}
    [job] = config["scrape_configs"]
    job.update(scrape_interval="4s", scrape_timeout="4s", static_configs=[{"targets": ["127.0.0.1:161"]}])
    path = lab.dir / "prometheus.yml"
    path.write_text(yaml.dump(config))
    return path


class Release:
    """Of Debian: how its programs run, and which of the exporter's files is for it."""

    def __init__(self, command, modules, wrong):
        self.command, self.modules, self.wrong = command, CONF / modules, CONF / wrong


@pytest.fixture(scope="module", params=["Debian 12", "Debian 13"])
def release(request):
    if request.param == "Debian 12":  # this machine's
        return Release(lambda *words: words, "snmp-flat.yml", wrong="snmp.yml")
    return Release(request.getfixturevalue("room").command, "snmp.yml", wrong="snmp-flat.yml")


def get(lab, *urls):
    """By a client in the namespace."""
    return lab.run(sys.executable, "-c", "import sys, urllib.request as r\n"
                   "for url in sys.argv[1:]: print(r.urlopen(url).read().decode())", *urls).stdout


def metrics(lab, target):
    """{name and labels: value} of one scrape, by the page's line."""
    line = re.search(r"curl '(.*)'", (CONF / "README.md").read_text())[1]
    text = get(lab, line.replace("192.0.2.1", target))
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))


def serving(lab, process, url):
    """A server from its first answer on, until its tests have ended."""
    try:
        wait_for(lambda: lab.run(sys.executable, "-c", "import sys, urllib.request as r; r.urlopen(sys.argv[1])", url,
                                 check=False).returncode == 0, 60, 0.5)
        yield lab
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def exporter(router, release):
    process = router.spawn(*release.command("prometheus-snmp-exporter", f"--config.file={release.modules}",
                                            "--web.listen-address=127.0.0.1:9116"), log=router.dir / "exporter.log")
    yield from serving(router, process, "http://127.0.0.1:9116/")


@pytest.fixture(scope="module")
def prometheus(exporter, release):
    config, data = page_config(exporter), exporter.dir / "tsdb"
    exporter.run(*release.command("promtool", "check", "config", config))
    shutil.rmtree(data, ignore_errors=True)
    process = exporter.spawn(*release.command("prometheus", f"--config.file={config}", f"--storage.tsdb.path={data}",
                                              "--web.listen-address=127.0.0.1:9090"), log=exporter.dir / "prometheus.log")
    yield from serving(exporter, process, "http://127.0.0.1:9090/-/ready")


def queries(lab, *expressions):
    """Of each expression the answer."""
    answers = get(lab, *("http://127.0.0.1:9090/api/v1/query?query=" + urllib.parse.quote(text) for text in expressions))
    return [json.loads(answer)["data"]["result"] for answer in answers.splitlines()]


def query(lab, expression):
    return queries(lab, expression)[0]


def firing(lab):
    return {result["metric"]["alertname"] for result in query(lab, 'ALERTS{alertstate="firing"}')}


def fired(lab):
    """Those that are over as well: a rate rises for a short time."""
    return {result["metric"]["alertname"] for result in query(lab, 'max_over_time(ALERTS{alertstate="firing"}[5m])')}


def test_promtool_accepts_the_rules(bare_router, release):
    for what, name in (("check", "conntrack-agentx.rules.yml"), ("test", "conntrack-agentx.test.yml")):
        run = bare_router.run(*release.command("promtool", what, "rules", CONF / name), check=False)
        assert run.returncode == 0, run.stdout + run.stderr


def test_an_exporter_does_not_start_with_the_file_of_the_other(bare_router, release):
    run = bare_router.run(*release.command("timeout", "20", "prometheus-snmp-exporter", f"--config.file={release.wrong}",
                                           "--web.listen-address=127.0.0.1:9117"), check=False)
    assert run.returncode == 1 and "Error parsing config file" in run.stdout + run.stderr, run.stderr


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


def test_the_newer_generator_makes_the_same_module(bare_router, room):
    """`make nms-files` makes snmp.yml of what an older one has made."""
    lab = bare_router
    (lab.dir / "generator.yml").write_text((CONF / "generator.yml").read_text())
    lab.run(*room.command("env", f"MIBDIRS={mib.SMI}", "MIBS=NF-CONNTRACK-MIB", f"SNMP_PERSISTENT_DIR={lab.dir}", "sh", "-c",
                          'cd "$1" && prometheus-snmp-generator generate', "sh", lab.dir))
    made, ours = (yaml.safe_load(path.read_text()) for path in (lab.dir / "snmp.yml", CONF / "snmp.yml"))
    assert made["modules"] == ours["modules"]
    assert {name: auth.items() <= made["auths"][name].items() for name, auth in ours["auths"].items()} == {"public_v2": True}


AGES = tuple(name for name, thing in mib.read().items() if thing.type == "TimeTicks")


def at_rest(lab):
    """Nothing changes for two seconds, but ages."""
    first = lab.walk()
    time.sleep(2)
    return {name for name, value in lab.walk().items() if first.get(name) != value and not name.startswith(AGES)} == set()


@pytest.fixture
def still(exporter):
    """No scan and no sample for the time of a test."""
    exporter.configure('user = ""\nrefresh-interval = 3600\nsample-interval = 60\nzones = true\n'
                       'watch "web" { index = 1 destination-port = 443 rising = 1000 falling = 800 }\n'
                       'rate "setup" { index = 1 counter = "created" rising = 1000 falling = 800 }\n')
    wait_for(lambda: exporter.column("nfctWatchName") == {"1.1": "web"}, 30)
    wait_for(lambda: at_rest(exporter), 60)  # the reload's own scan
    yield exporter
    exporter.configure('user = ""\nrefresh-interval = 1\n' + exporter.agent_config)
    exporter.after_a_scan()


def parsed(metric):
    """ 'name{a="1",b="x"}' as (name, {label: text})"""
    name, _, labels = metric.partition("{")
    return name, dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels))


def seconds(octets):
    """A DateAndTime, in hexadecimal, as seconds since 1970."""
    numbers = bytes.fromhex(octets.replace(" ", ""))
    ahead = datetime.timedelta(hours=numbers[9], minutes=numbers[10]) * (-1 if numbers[8:9] == b"-" else 1)
    return datetime.datetime(numbers[0] * 256 + numbers[1], *numbers[2:7],
                             tzinfo=datetime.timezone(ahead)).timestamp()


def test_a_scrape_has_every_value_of_a_walk(still):
    """Each object of the walk is a metric of its name with its value, or a label."""
    module = yaml.safe_load((CONF / "generator.yml").read_text())["modules"]["conntrack"]
    labels = {lookup["lookup"] for lookup in module["lookups"]}
    ignored = {name for name, override in module["overrides"].items() if override.get("ignore")}  # labels, or parts of one
    assert "nfctNatText" in labels < ignored
    scraped, walk, found = metrics(still, "127.0.0.1:161"), still.walk(), {}
    for metric, value in scraped.items():
        name, shown = parsed(metric)
        if name in mib.read():
            index = [shown[part] for part in mib.read()[name].index] or ["0"]
            found[".".join([name, *index])] = shown.get(name, float(value))  # a text is a label, and its value is 1
        assert "" not in [text for label, text in shown.items() if label in labels - {name}], metric
    wanted = {instance: value for instance, value in walk.items()
              if (name := instance.partition(".")[0]) not in ignored and not name.startswith("nfctCpu")}  # left out
    assert set(found) == set(wanted) and len(found) > 150
    for instance, value in wanted.items():
        is_date = mib.read()[instance.partition(".")[0]].type == "DateAndTime"
        if not instance.startswith(AGES):  # time passes
            assert found[instance] == (seconds(value) if is_date else value), instance
    for label in labels:
        assert any(label in parsed(metric)[1] for metric in scraped), label


@contextlib.contextmanager
def replay(lab, name):
    """snmpsim, on port 1161, with what a walk of the agent gives."""
    for folder in (lab.dir / "replay", lab.dir / "snmpsim-cache"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        folder.chmod(0o777)
    (lab.dir / "replay/public.snmprec").write_text(snmprec.record(lab, name))
    process = lab.spawn("snmpsimd", f"--data-dir={lab.dir}/replay", f"--cache-dir={lab.dir}/snmpsim-cache",
                        "--agent-udpv4-endpoint=127.0.0.1:1161", "--process-user=nobody", "--process-group=nogroup",
                        log=lab.dir / "snmpsim.log")
    try:
        wait_for(lambda: lab.run("snmpget", "-v2c", "-cpublic", "-t1", "-r0", "127.0.0.1:1161", f"{name}.1.1.1.0",
                                 check=False).returncode == 0, 30)
        yield
    finally:
        process.terminate()
        process.wait(30)


def test_a_replayed_walk_gives_the_same_metrics(still):
    """By snmpsim. Time passes: the ages are others."""
    with replay(still, ROOT):
        live, replayed = (metrics(still, f"127.0.0.1:{port}") for port in (161, 1161))
    assert len(live) > 150
    assert set(live) == set(replayed)
    moving = ("snmp_scrape_", *AGES)
    assert {name: (value, replayed[name]) for name, value in live.items()
            if replayed[name] != value and not name.startswith(moving)} == {}


def test_rules_fire_and_end(prometheus):
    lab = prometheus
    wait_for(lambda: query(lab, 'up{job="conntrack"} == 1'), 60, 0.5)
    assert firing(lab) == set()
    lab.fill(52255, "--nat-source", NAT_SOURCE)
    wait_for(lambda: "ConntrackNatPortsRunOut" in firing(lab), 120, 1)
    lab.fill(lab.limit() * 83 // 100 - 52255, "--from", 60000)
    wait_for(lambda: {"ConntrackTableFillingUp", "ConntrackTableFirm", "ConntrackWatchRaised"} <= firing(lab), 120, 1)
    wait_for(lambda: "ConntrackRateRaised" in fired(lab), 60, 1)  # 1000 a second
    lab.fill(lab.limit() * 14 // 100, "--udp")
    wait_for(lambda: "ConntrackTableNearlyFull" in firing(lab) and "ConntrackTableFillingUp" not in firing(lab), 120, 1)
    lab.run("conntrack", "-F")
    wait_for(lambda: firing(lab) == set(), 120, 1)


def test_the_dashboards_expressions_have_data(prometheus):
    lab = prometheus
    lab.traffic("tcp4")
    lab.run("conntrack", "-F")
    fill_each_kind(lab)
    dashboard = json.loads((CONF / "grafana-dashboard.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(expressions) > 20
    texts = [expression.replace("$host", ".*") for expression in expressions]
    end = time.monotonic() + 90
    while (empty := [text for text, answer in zip(texts, queries(lab, *texts)) if not answer]) and time.monotonic() < end:
        time.sleep(1)
    assert empty == []
