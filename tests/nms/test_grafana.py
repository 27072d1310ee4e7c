# SPDX-License-Identifier: GPL-2.0-or-later
"""The dashboard against Grafana's published schema, by the compiler of TypeScript, and as Grafana's import changes it.

Grafana itself is in no package of the distribution. Its schema comes from the npm registry; without it these tests skip.
"""
import functools
import json
import re
import shutil

import pytest

import grafana
from lab import TOP

DASHBOARD = TOP / "conf/prometheus/grafana-dashboard.json"


def dashboard():
    return json.loads(DASHBOARD.read_text())


@pytest.fixture(scope="module", params=grafana.VERSIONS)
def schema(request):
    """A folder with this version of Grafana's schema and a compiler. It is kept."""
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine: Grafana's schema cannot be had")
    folder = TOP / "build/npm" / request.param
    why = grafana.install(folder, request.param)
    if why:
        pytest.skip(f"npm cannot install Grafana's schema {request.param}: {why}")
    return folder


# Where a dashboard is broken, and by what.
BROKEN = [(("schemaVersion",), "36"), (("surprise",), 1), (("panels", 0, "gridPos", "w"), "12"),
          (("panels", 0, "options", "legend", "placement"), "left"), (("panels", 0, "options", "tooltip", "mode"), "some"),
          (("panels", 0, "targets", 0, "exp"), "up"), (("templating", "list", 0, "type"), "source"),
          (("templating", "list", 1, "current"), {})]


def test_grafanas_schema_takes_the_dashboard_and_no_broken_one(schema):
    broken = []
    for path, value in BROKEN:
        *above, last = path
        broken.append(grafana.imported(dashboard(), "a-uid"))
        functools.reduce(lambda place, key: place[key], above, broken[-1])[last] = value
    whole, *found = grafana.faults(schema, grafana.imported(dashboard(), "a-uid"), *broken)
    assert whole == []
    for (path, value), faults in zip(BROKEN, found):
        assert [line for line, _ in faults if f'"{path[-1]}"' in line], f"{path} = {value!r}: {faults}"


def test_the_import_asks_for_the_data_source_alone():
    [asked] = dashboard()["__inputs"]
    assert (asked["name"], asked["type"], asked["pluginId"]) == ("DS_PROMETHEUS", "datasource", "prometheus")
    text = json.dumps(grafana.imported(dashboard(), "a-uid"))
    assert "DS_PROMETHEUS" not in text and text.count("a-uid") == 2  # text and value of the first choice


def test_what_the_dashboard_requires_is_what_it_has():
    made = dashboard()
    wanted = {(part["type"], part["id"]) for part in made["__requires"]}
    assert wanted == {("grafana", "grafana"), ("datasource", "prometheus")} | {
        ("panel", panel["type"]) for panel in made["panels"]}
    assert all({"type", "id", "name", "version"} == set(part) for part in made["__requires"])


def test_every_variable_of_an_expression_is_one_of_the_dashboard():
    made = dashboard()
    names = {variable["name"] for variable in made["templating"]["list"]}
    assert set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(made["panels"]))) == names


def test_the_panels_do_not_overlap():
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard()["panels"]]
    assert len(set(places)) == len(places) and {x for x, _ in places} == {0, 12}
    assert sorted(panel["id"] for panel in dashboard()["panels"]) == list(range(1, len(places) + 1))
