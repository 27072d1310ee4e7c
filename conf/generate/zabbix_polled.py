# SPDX-License-Identifier: GPL-2.0-or-later
"""The template for Zabbix 6.0: each value is polled by itself."""
from zabbix_template import GROUP, Template, step, when_absent
from zabbix_content import FIRST, KINDS

SPLIT_SCRIPT = """\
// the parts of the index, as macros of their own
var names = {names};
return JSON.stringify(JSON.parse(value).map(function (row) {{
    var parts = row["{{#SNMPINDEX}}"].split(".");
    names.forEach(function (name, at) {{
        row["{{#CT." + name + "}}"] = parts[at];
    }});
    if (row["{{#CT.KIND}}"]) {{
        row["{{#CT.KIND}}"] = {kinds}[row["{{#CT.KIND}}"]];
    }}
    return row;
}}));
"""


class Polled(Template):
    name = "conntrack-agentx by SNMP"
    file = "conntrack-agentx.yaml"
    is_old = True

    def source(self, thing, index, key):
        return {"type": "SNMP_AGENT", "snmp_oid": f"{thing.oid}.{index}", "key": key, "delay": "{$CT.INTERVAL}"}

    def first_steps(self, thing, _, lenient):
        return [step("CHECK_NOT_SUPPORTED", "", **when_absent(thing, lenient))]

    def finder(self, key, macros, parts, _, more):
        pairs = ",".join(f"{{#CT.{macro}}},{self.objects[what].oid}" for macro, what in macros.items())
        source = {"type": "SNMP_AGENT", "snmp_oid": f"discovery[{pairs}]", "key": f"nfct.discovery.{key}",
                  "delay": "{$CT.DISCOVERY}"}
        conditions, steps = [], {}
        if more.get("exists"):
            conditions = [{"macro": f"{{#CT.{more['exists']}}}", "operator": "EXISTS", "formulaid": "A"}]
        if more.get("kind"):
            conditions = [{"macro": "{#CT.KIND}", "value": f"^{more['kind']}$", "formulaid": "A"}]
        if conditions:
            steps["filter"] = {"conditions": conditions}
        if parts:
            script = SPLIT_SCRIPT.format(names=str(parts).replace("'", '"'), kinds=str(["", *KINDS]).replace("'", '"'))
            steps["preprocessing"] = [step("JAVASCRIPT", script)]
        return source, steps

    def masters(self):
        return []

    def vendor(self):
        return {}

    def widget(self, title, what, x, y, width, height):
        made = {"name": title, "x": str(x), "y": str(y), "width": str(width), "height": str(height)}
        if isinstance(what, tuple):
            index = next(index for index, kind in FIRST if kind == what[1])
            return {"type": "ITEM", **made, "fields": [{"type": "ITEM", "name": "itemid",
                                                        "value": {"host": self.name, "key": f"nfct.top.text[{index}]"}}]}
        columns = 1 if width < 24 else 3
        return {"type": "GRAPH_PROTOTYPE", **made,
                "fields": [{"type": "INTEGER", "name": "columns", "value": str(columns)},
                           {"type": "INTEGER", "name": "rows", "value": "1"},
                           {"type": "GRAPH_PROTOTYPE", "name": "graphid", "value": {"host": self.name, "name": what}}]}

    def export(self):
        return {"version": "6.0", "date": "2026-11-23T00:00:00Z", "groups": [GROUP]}
