# SPDX-License-Identifier: GPL-2.0-or-later
"""Grafana's schema of dashboards, as npm has it, and what its import makes of a dashboard."""
import json
import re
import subprocess

VERSIONS = ("13.2.3", "11.6.0")
COMPILER = "typescript@5.9"

# A string of an enum is written as its text in JSON. What a panel shows is known here, not only that it is something.
CHECK = """import type { Dashboard, DataSourceRef, Panel } from '@grafana/schema';
import type { FieldConfig, Options } from
    './node_modules/@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
type Plain<T> = T extends string ? `${T}` : T extends number | boolean ? T : T extends (infer U)[] ? Plain<U>[] :
    T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
interface Target { refId: string; datasource: DataSourceRef; expr: string; legendFormat: string }
interface TimeSeries extends Omit<Panel<Options, FieldConfig>, 'options' | 'targets' | 'type'> {
    type: 'timeseries'; options: Options; targets: Target[];
}
type Known = Omit<Dashboard, 'panels'> & { panels: TimeSeries[] };
export const dashboard: Plain<Known> = """


def install(folder, version):
    """Why it cannot be had, or nothing."""
    wanted = {"private": True, "dependencies": {"@grafana/schema": version, "typescript": COMPILER.partition("@")[2]}}
    folder.mkdir(parents=True, exist_ok=True)
    package = folder / "package.json"
    if package.exists() and json.loads(package.read_text()) == wanted:
        return ""
    run = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--fetch-retries=1", "--prefix", ".",
                          f"@grafana/schema@{version}", COMPILER], cwd=folder, capture_output=True, text=True, timeout=300)
    if run.returncode != 0:
        return run.stderr.strip()[:300]
    package.write_text(json.dumps(wanted))  # the last, so that half an installation is done again
    return ""


def faults(folder, *dashboards):
    """What the compiler says of each: [(line of the dashboard, fault)]"""
    for old in folder.glob("dashboard*.ts"):
        old.unlink()
    sources = [folder / f"dashboard{number}.ts" for number in range(len(dashboards))]
    for source, dashboard in zip(sources, dashboards):
        source.write_text(CHECK + json.dumps(dashboard, indent=1) + ";\n")
    run = subprocess.run(["node_modules/.bin/tsc", "--noEmit", "--strict", "--skipLibCheck", "--module", "esnext",
                          "--moduleResolution", "bundler", "--target", "es2022", *(source.name for source in sources)],
                         cwd=folder, capture_output=True, text=True, timeout=300)
    found = [[] for _ in dashboards]
    for number, line, fault in re.findall(r"^dashboard(\d+)\.ts\((\d+),\d+\): (.*)", run.stdout, re.M):
        found[int(number)].append((sources[int(number)].read_text().splitlines()[int(line) - 1].strip(), fault))
    assert (run.returncode == 0) == (not any(found)), run.stdout + run.stderr
    return found


def imported(dashboard, uid):
    """As Grafana's import leaves it: what it asked for in its place, and no keys of the export's own."""
    names = {f"${{{asked['name']}}}" for asked in dashboard["__inputs"]}

    def fill(value):
        if isinstance(value, str):
            return re.sub(r"\$\{.+?\}", lambda match: uid if match[0] in names else match[0], value)
        if isinstance(value, list):
            return [fill(part) for part in value]
        return {key: fill(part) for key, part in value.items()} if isinstance(value, dict) else value

    return fill({key: value for key, value in dashboard.items() if key not in ("__inputs", "__requires")})
