# SPDX-License-Identifier: GPL-2.0-or-later
"""The template for Zabbix 7.0: a walk reads each table as a whole, and the values and the rules of discovery take
from it what is theirs."""
from zabbix_template import GROUP, Template, step, when_absent
from zabbix_content import FIRST, KINDS

ROWS_SCRIPT = """\
// The parts of the index, as macros of their own. No values are kept: they would make the rule run at each poll.
var parts = {parts}, kept = {kept}, needed = "{needed}", kind = "{kind}", kinds = {kinds};
return JSON.stringify(JSON.parse(value).filter(function (row) {{
    return !needed || row["{{#CT." + needed + "}}"] !== undefined;
}}).map(function (row) {{
    var found = {{"{{#SNMPINDEX}}": row["{{#SNMPINDEX}}"]}}, numbers = found["{{#SNMPINDEX}}"].split(".");
    parts.forEach(function (name, at) {{
        found["{{#CT." + name + "}}"] = name === "KIND" ? kinds[numbers[at]] : numbers[at];
    }});
    kept.forEach(function (name) {{
        found["{{#CT." + name + "}}"] = row["{{#CT." + name + "}}"];
    }});
    return found;
}}).filter(function (row) {{
    return !kind || row["{{#CT.KIND}}"] === kind;
}}));
"""
# What is walked together: the two that a rule takes its macros from.
TOGETHER = {"nfctSnapshotTable": "nfctInstanceTable"}
NAMES = {"nfctAgent": "the agent itself", "nfctInstanceTable": "tables and scans", "nfctCpuTable": "CPUs",
         "nfctProtocolTable": "protocols", "nfctStateTable": "states", "nfctZoneTable": "zones",
         "nfctTopTable": "who has the most entries", "nfctThresholdTable": "thresholds", "nfctWatchTable": "watches",
         "nfctNatTable": "source NAT", "nfctRateTable": "rates"}


class Walked(Template):
    name = "conntrack-agentx by SNMP walk"
    file = "conntrack-agentx-7.0.yaml"
    is_old = False

    def subtree(self, what):
        """The table of a column, or the group of a scalar: the name under which it is walked."""
        thing = self.objects[what]
        table = self.objects[thing.parent].parent if thing.index else thing.parent
        return TOGETHER.get(table, table)

    def master_key(self, what):
        return f"nfct.walk[{self.subtree(what)}]"

    def masters(self):
        return [self.master(subtree) for subtree in NAMES]

    def master(self, subtree):
        walked = [subtree, *(other for other, first in TOGETHER.items() if first == subtree)]
        made = {"uuid": self.uuid("walk", subtree), "name": f"SNMP walk: {NAMES[subtree]}", "type": "SNMP_AGENT",
                "snmp_oid": f"walk[{','.join(self.objects[name].oid for name in walked)}]",
                "key": f"nfct.walk[{subtree}]", "delay": "{$CT.INTERVAL}", "history": "0", "value_type": "TEXT"}
        if subtree == "nfctCpuTable":
            made["status"] = "DISABLED"
        return made | {
            "description": f"{' and '.join(walked)} as a whole, for the items that depend on this one.",
            "preprocessing": [step("CHECK_NOT_SUPPORTED", "-1", error_handler="DISCARD_VALUE")],
            "tags": [{"tag": "component", "value": "raw"}]}

    def source(self, thing, _, key):
        return {"type": "DEPENDENT", "key": key, "master_item": {"key": self.master_key(thing.name)}}

    def first_steps(self, thing, index, lenient):
        is_text = thing.type == "SnmpAdminString"
        return [step("SNMP_WALK_VALUE", f"{thing.oid}.{index}", "1" if is_text else "0", **when_absent(thing, lenient))]

    def finder(self, key, macros, parts, prefix, more):
        source = {"type": "DEPENDENT", "key": f"nfct.discovery.{key}",
                  "master_item": {"key": self.master_key(next(iter(macros.values())))},
                  "enabled_lifetime_type": "DISABLE_NEVER"}
        columns = [word for macro, what in macros.items()
                   for word in (f"{{#CT.{macro}}}", self.objects[what].oid,
                                "1" if self.objects[what].type == "SnmpAdminString" else "0")]
        lists = {"parts": parts, "kept": [macro for macro in macros if f"{{#CT.{macro}}}" in prefix], "kinds": ["", *KINDS]}
        script = ROWS_SCRIPT.format(needed=more.get("exists", ""), kind=more.get("kind", ""),
                                    **{name: str(words).replace("'", '"') for name, words in lists.items()})
        steps = [step("SNMP_WALK_TO_JSON", *columns), step("JAVASCRIPT", script),
                 step("DISCARD_UNCHANGED_HEARTBEAT", "{$CT.DISCOVERY}")]
        if self.subtree(next(iter(macros.values()))) == "nfctInstanceTable":
            # the agent has a table as long as it runs: while it does not, none is lost
            steps.insert(1, step("NOT_MATCHES_REGEX", "^\\[\\]$", error_handler="DISCARD_VALUE"))
        return source, {"preprocessing": steps}

    def vendor(self):
        return {"vendor": {"name": "conntrack-agentx", "version": "7.0-0"}}

    def widget(self, title, what, x, y, width, height):
        """Three columns of 7.0 are one of 6.0."""
        made = {"name": title, "x": str(3 * x), "y": str(y), "width": str(3 * width), "height": str(height)}
        if isinstance(what, tuple):
            index = next(index for index, kind in FIRST if kind == what[1])
            return {"type": "item", **made, "fields": [{"type": "ITEM", "name": "itemid.0",
                                                        "value": {"host": self.name, "key": f"nfct.top.text[{index}]"}}]}
        columns = 1 if width < 24 else 3
        return {"type": "graphprototype", **made,
                "fields": [{"type": "INTEGER", "name": "columns", "value": str(columns)},
                           {"type": "INTEGER", "name": "rows", "value": "1"},
                           {"type": "GRAPH_PROTOTYPE", "name": "graphid.0", "value": {"host": self.name, "name": what}},
                           {"type": "STRING", "name": "reference", "value": self.letters(title)}]}

    def letters(self, title):
        """Five letters by which other widgets of a dashboard could refer to this one."""
        return "".join(chr(ord("A") + int(digit, 16)) for digit in self.uuid("widget", title)[:5])

    def export(self):
        return {"version": "7.0", "template_groups": [GROUP]}
