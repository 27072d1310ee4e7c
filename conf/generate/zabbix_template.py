# SPDX-License-Identifier: GPL-2.0-or-later
"""A Zabbix template of what zabbix_content.py holds: all but how a version of Zabbix polls it, which zabbix_polled.py (6.0)
and zabbix_walked.py (7.0) say. OIDs, units and descriptions are the MIB's."""
import hashlib

import yaml

import mib
import zabbix_traps
from zabbix_content import COLORS, DASHBOARDS, FIRST, GRAPHS, ITEMS, MACROS, RULES, TRIGGERS, spoken

UNITS = {"percent": ("%", 1), "milliseconds": ("s", 0.001), "microseconds": ("s", 0.000001), "seconds": ("s", 1),
         "hundredths of a percentage point": ("%", 0.01), "octets": ("B", 1), "": ("", 1)}

DATE_SCRIPT = """\
// DateAndTime (SNMPv2-TC), as hexadecimal octets, to seconds since 1970
var o = value.trim().split(/\\s+/).map(function (h) { return parseInt(h, 16); });
if (o.length < 8) {
    throw "not a DateAndTime: " + value;
}
var seconds = Date.UTC(o[0] * 256 + o[1], o[2] - 1, o[3], o[4], o[5], o[6]) / 1000;
if (o.length >= 11) {
    seconds -= (o[8] === 45 ? -1 : 1) * (o[9] * 60 + o[10]) * 60;
}
return seconds;
"""

HEAD = ("# SPDX-License-Identifier: GPL-2.0-or-later\n"
        "# Made by conf/generate from the MIB: change it there, and run `make nms-files`.\n")
# Of Zabbix's own templates.
GROUP = {"uuid": "36bff6c29af64692839d077febfc7079", "name": "Templates/Network devices"}


class Dumper(yaml.Dumper):
    def ignore_aliases(self, data):
        return True  # Zabbix does not follow them

    def text(self, text):
        """A script stands there as it is, to be read."""
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Dumper.add_representer(str, Dumper.text)


def snake(name):
    """nfctInstanceMaxEntries -> nfct.instance.max_entries"""
    words, word = [], ""
    for letter in name[len("nfct"):]:
        if letter.isupper() and word:
            words.append(word)
            word = ""
        word += letter.lower()
    words.append(word)
    return f"nfct.{words[0]}.{'_'.join(words[1:])}"


def step(kind, *parameters, **more):
    return {"type": kind, "parameters": list(parameters), **more}


def when_absent(thing, lenient):
    """What a step does with a value that is not there. What is absent for a while, as a top row is in an empty table,
    is no error."""
    if lenient == "discard":
        return {"error_handler": "DISCARD_VALUE"}
    return {"error_handler": "CUSTOM_VALUE", "error_handler_params": "none" if thing.type == "SnmpAdminString" else "0"}


def value_of(thing):
    """(fields, steps): what the kind of value asks for: type, units, map, preprocessing."""
    units, factor = UNITS.get(thing.units, ("!", 1))  # a mere number, not in thousands
    fields, steps = {}, []
    if thing.type == "SnmpAdminString":
        fields.update(value_type="CHAR", trends="0")
    elif thing.type == "DateAndTime":
        fields["units"] = "unixtime"
        steps.append(step("JAVASCRIPT", DATE_SCRIPT))
    elif thing.type == "Counter64":
        fields.update(value_type="FLOAT", units="!/s")
        steps.append(step("CHANGE_PER_SECOND", ""))
    elif thing.type == "TimeTicks":
        fields.update(value_type="FLOAT", units="s")
        steps.append(step("MULTIPLIER", "0.01"))
    elif thing.type == "TruthValue":
        fields["valuemap"] = {"name": "TruthValue"}
    elif thing.enums:
        fields["valuemap"] = {"name": thing.name}
    elif units:
        fields["units"] = units
        if factor != 1:
            fields["value_type"] = "FLOAT"
            steps.append(step("MULTIPLIER", f"{factor:f}".rstrip("0")))
    return fields, steps


def component(thing):
    return [{"tag": "component", "value": {"nfctAgent": "agent", "nfctInst": "table", "nfctSnaps": "scan"}.get(
        next((p for p in ("nfctAgent", "nfctInst", "nfctSnaps") if thing.name.startswith(p)), ""), "entries")}]


class Template:
    """What a version says: `name`, `file`, and the methods that are not here: source(), first_steps(), finder(), masters(),
    widget(), export()."""

    def __init__(self):
        self.objects = mib.read()

    def uuid(self, *path):
        """The same one at every run; of the form of a version 4."""
        digest = list(hashlib.sha256("/".join((self.name, *path)).encode()).hexdigest()[:32])
        digest[12], digest[16] = "4", "89ab"[int(digest[16], 16) % 4]
        return "".join(digest)

    # ---- items ----

    def item(self, what, name, index, key_index=None, lenient="discard"):
        thing = self.objects[what]
        key = snake(what) + (f"[{key_index}]" if key_index else "")
        fields, steps = value_of(thing)
        steps = self.first_steps(thing, index, lenient) + steps
        return {"uuid": self.uuid("item", key), "name": name, **self.source(thing, index, key), "description": thing.text,
                **fields, "preprocessing": steps, "tags": component(thing)}

    def agent_items(self):
        items = [self.item(what, name, "0") for what, name in ITEMS]
        for index, kind in FIRST:
            items.append(self.item("nfctTopText", f"Largest {spoken(kind)} of the agent's own table", index, index, "zero"))
        by_name = {made["key"]: made for made in items}
        by_name["nfct.agent.version"]["triggers"] = [{
            "uuid": self.uuid("trigger", "nodata"), "name": "conntrack-agentx gives no values",
            "expression": f"nodata(/{self.name}/nfct.agent.version,{{$CT.NODATA}})=1", "priority": "AVERAGE",
            "description": "snmpd answers, but not with the values of the agent. On the router: `systemctl status "
                           "conntrack-agentx` says whether it runs, `journalctl -u conntrack-agentx` whether it has a "
                           "connection to snmpd. If both are well, snmpd does not show the MIB to this community or user: see "
                           "the line \"view\" in snmpd-conntrack-agentx.conf.",
            "dependencies": [{"name": "No answer to SNMP", "expression": self.silence()}],
            "tags": [{"tag": "scope", "value": "availability"}]}]
        by_name["nfct.agent.notifications_lost"]["triggers"] = [{
            "uuid": self.uuid("trigger", "lost"), "name": "An alarm came and went without a notification",
            "expression": f"change(/{self.name}/nfct.agent.notifications_lost)>0", "priority": "WARNING",
            "description": "It had changed again before snmpd took its notification. The log of the agent has it.",
            "tags": [{"tag": "scope", "value": "availability"}]}]
        return items

    def silence(self):
        return f"max(/{self.name}/zabbix[host,snmp,available],{{$CT.SILENCE}})=0"

    def availability(self):
        return {"uuid": self.uuid("item", "available"), "name": "SNMP: answers", "type": "INTERNAL",
                "key": "zabbix[host,snmp,available]", "description": "Whether the host answers SNMP.",
                "valuemap": {"name": "availability"}, "delay": "1m",
                "tags": [{"tag": "component", "value": "agent"}],
                "triggers": [{"uuid": self.uuid("trigger", "silence"), "expression": self.silence(),
                              "name": "No answer to SNMP", "priority": "WARNING",
                              "description": "snmpd does not run, does not listen on this address, does not know this "
                                             "community or user, or a firewall is between.",
                              "tags": [{"tag": "scope", "value": "availability"}]}]}

    # ---- rules of discovery ----

    def reference(self, what, key_index):
        return f"/{self.name}/{snake(what)}[{key_index}]"

    def with_items(self, expression):
        """<nfctSomething> -> /template/key[{#SNMPINDEX}]"""
        parts = expression.split("<nfct")
        out = parts[0]
        for part in parts[1:]:
            name, _, rest = part.partition(">")
            out += self.reference("nfct" + name, "{#SNMPINDEX}") + rest
        return out

    def alarm(self, problem, recovery, of="instance"):
        """The expressions of a trigger. The values of a table whose namespace was deleted stay as they were: what they
        say is over, once the table says that. A rule's triggers know only the items of their own rule."""
        problem, recovery = self.with_items(problem), self.with_items(recovery)
        if of == "instance":
            gone = self.with_items('find(<nfctInstanceStatusText>,,"like","was deleted")')
            problem, recovery = f"({problem}) and {gone}=0", f"({recovery}) or {gone}=1"
        return {"expression": problem, "recovery_mode": "RECOVERY_EXPRESSION", "recovery_expression": recovery}

    def trigger(self, of, name, problem, recovery, severity, text, hidden_by):
        made = {"uuid": self.uuid("trigger", name), **self.alarm(problem, recovery, of), "name": name,
                "priority": severity, "description": text,
                "tags": [{"tag": "scope", "value": "availability" if "read" in name or "old" in name else "capacity"}]}
        if hidden_by:
            of, problem, recovery = next((of, p, r) for of, other, p, r, *_ in TRIGGERS if other == hidden_by)
            other = self.alarm(problem, recovery, of)
            made["dependencies"] = [{"name": hidden_by} | {key: other[key] for key in ("expression", "recovery_expression")}]
        return made

    def source_trigger(self):
        """By the first row of all: what it holds for certain, against the limit."""
        entries, error = (self.reference(what, "{#SNMPINDEX}.first") for what in ("nfctTopEntries", "nfctTopError"))
        limit = self.reference("nfctInstanceMaxEntries", "{#SNMPINDEX}")

        def compare(sign, macro):
            return f'(last({entries})-last({error}))*100{sign}last({limit})*{macro}'

        name = "One source fills table {#CT.NAME}"
        return {"uuid": self.uuid("trigger", name), "name": name,
                **self.alarm(f"last({limit})>0 and " + compare(">=", '{$CT.SOURCE.WARN:"{#CT.NAME}"}'),
                             f"last({limit})=0 or " + compare("<", '{$CT.SOURCE.WARN.RECOVERY:"{#CT.NAME}"}')),
                "priority": "WARNING",
                "opdata": "{ITEM.LASTVALUE2} entries", "description": "See the item \"largest source\".",
                "tags": [{"tag": "scope", "value": "capacity"}]}

    def nat_trigger(self):
        """By the first row: the ports that it has used for certain."""
        entries, error = (self.reference(what, "{#SNMPINDEX}.first") for what in ("nfctNatEntries", "nfctNatError"))

        def compare(sign, macro):
            return f"(last({entries})-last({error}))*100{sign}64512*{macro}"

        name = "An address of table {#CT.NAME} runs out of ports"
        return {"uuid": self.uuid("trigger", name), "name": name,
                **self.alarm(compare(">=", '{$CT.NAT.WARN:"{#CT.NAME}"}'), compare("<", '{$CT.NAT.WARN.RECOVERY:"{#CT.NAME}"}')),
                "priority": "WARNING",
                "opdata": "{ITEM.LASTVALUE1} of 64512 ports", "description": "New connections of this address to this "
                "destination will be refused. See the item \"most used source NAT\". Give source NAT more addresses.",
                "tags": [{"tag": "scope", "value": "capacity"}]}

    def first_rows(self, prefix):
        """Who is first in a table, among the values of the table itself."""
        rows = [(what, f"{prefix} largest source{text}", "{#SNMPINDEX}.1.1")
                for what, text in (("nfctTopText", ""), ("nfctTopEntries", ": entries"), ("nfctTopError", ": error"))]
        rows += [(what, f"{prefix} most used source NAT{text}", "{#SNMPINDEX}.1")
                 for what, text in (("nfctNatText", ""), ("nfctNatEntries", ": entries"), ("nfctNatError", ": error"))]
        return [self.item(*row, "{#SNMPINDEX}.first", "zero") for row in rows]

    def graph_item(self, number, what, key):
        return {"sortorder": str(number), "color": COLORS[number % len(COLORS)],
                "item": {"host": self.name, "key": f"{snake(what)}[{key}]"}}

    def rule(self, key, name, macros, parts, prefix, items, more):
        kind = more.get("kind")
        key_index = f"{kind},{{#SNMPINDEX}}" if kind else "{#SNMPINDEX}"
        prototypes = [self.item(what, f"{prefix} {text}", "{#SNMPINDEX}", key_index,
                                "zero" if kind or more.get("ranked") else "discard") for what, text in items]
        triggers = [self.trigger(*spec) for spec in TRIGGERS if spec[0] == key]
        if key == "instance":
            prototypes += self.first_rows(prefix)
            triggers += [self.source_trigger(), self.nat_trigger()]
        source, steps = self.finder(key, macros, parts, prefix, more)
        made = {"uuid": self.uuid("rule", key), "name": name, **source, "lifetime": "1d", "item_prototypes": prototypes}
        if more.get("disabled"):
            made["status"] = "DISABLED"
        made |= steps
        if triggers:
            made["trigger_prototypes"] = triggers
        graphs = [{"uuid": self.uuid("graph", name), "name": name,
                   "graph_items": [self.graph_item(at, what, key_index) for at, what in enumerate(objects)]}
                  for of, name, objects in GRAPHS if of == key]
        if graphs:
            made["graph_prototypes"] = graphs
        return made

    # ---- the rest ----

    def dashboard(self, name, rows):
        widgets, y = [], 0
        for row in rows:
            is_text = isinstance(row[0][1], tuple)
            height, width = (3, 24 // len(row)) if is_text else (6, 12) if len(row) > 1 else (5, 24)
            for at, (title, what) in enumerate(row):
                widgets.append(self.widget(title, what, at * width, y, width, height))
            y += height
        return {"uuid": self.uuid("dashboard", name), "name": name, "pages": [{"widgets": widgets}]}

    def value_maps(self):
        maps = {thing.name: thing.enums for thing in self.objects.values()
                if thing.enums and thing.name.endswith(("Status", "State", "Cause"))}
        maps["TruthValue"] = {1: "yes", 2: "no"}
        maps["availability"] = {0: "no", 1: "yes", 2: "unknown"}
        return [{"uuid": self.uuid("map", name), "name": name,
                 "mappings": [{"value": str(number), "newvalue": word} for number, word in enums.items()]}
                for name, enums in maps.items()]

    def make(self):
        """The template as text."""
        items = [*self.agent_items(), self.availability(), *zabbix_traps.items(self)]
        rules = [self.rule(*spec) for spec in RULES]
        template = {
            "uuid": self.uuid("template"), "template": self.name, "name": self.name,
            "description": "Linux connection tracking: how full the table is, who fills it, whether packets are lost. "
                           "Needs conntrack-agentx on the host, an SNMP interface, and for traps the receiver script "
                           "in this folder.",
            **self.vendor(),
            "groups": [{"name": GROUP["name"]}],
            "items": [*self.masters(), *items],
            "discovery_rules": rules,
            "tags": [{"tag": "class", "value": "network"}, {"tag": "target", "value": "conntrack"}],
            "macros": [{"macro": name, "value": value, "description": text} for name, (value, text) in MACROS.items()],
            "dashboards": [self.dashboard(*spec) for spec in DASHBOARDS],
            "valuemaps": self.value_maps(),
        }
        export = {"zabbix_export": {**self.export(), "templates": [template]}}
        return HEAD + yaml.dump(export, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1000)

