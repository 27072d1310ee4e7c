# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes conf/zabbix/conntrack-agentx.yaml, a template of export version 6.0, of what zabbix_content.py holds. OIDs,
units and descriptions are the MIB's."""
import hashlib

import yaml

import mib
from zabbix_content import (COLORS, DASHBOARDS, FIRST, GRAPHS, ITEMS, KINDS, MACROS, NAME, RULES, TRAP_KEY,
                            TRAP_TRIGGERS, TRAPS, TRIGGERS, spoken)

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


def uuid(*path):
    """The same one at every run; of the form of a version 4."""
    digest = list(hashlib.sha256("/".join((NAME, *path)).encode()).hexdigest()[:32])
    digest[12], digest[16] = "4", "89ab"[int(digest[16], 16) % 4]
    return "".join(digest)


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


def value_of(thing, lenient):
    """What the kind of value asks for: type, units, map, preprocessing. What is absent for a while, as a top
    row is in an empty table, is no error."""
    units, factor = UNITS.get(thing.units, ("!", 1))  # a mere number, not in thousands
    fields, steps = {}, []
    text = thing.type == "SnmpAdminString"
    if lenient == "discard":
        steps.append(step("CHECK_NOT_SUPPORTED", "", error_handler="DISCARD_VALUE"))
    elif lenient:
        steps.append(step("CHECK_NOT_SUPPORTED", "", error_handler="CUSTOM_VALUE",
                          error_handler_params="none" if text else "0"))
    if text:
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
    if steps:
        fields["preprocessing"] = steps
    return fields


def component(thing):
    return [{"tag": "component", "value": {"nfctAgent": "agent", "nfctInst": "table", "nfctSnaps": "scan"}.get(
        next((p for p in ("nfctAgent", "nfctInst", "nfctSnaps") if thing.name.startswith(p)), ""), "entries")}]


def item(mib_objects, what, name, index, key_index=None, lenient="discard"):
    thing = mib_objects[what]
    key = snake(what) + (f"[{key_index}]" if key_index else "")
    return {"uuid": uuid("item", key), "name": name, "type": "SNMP_AGENT", "snmp_oid": f"{thing.oid}.{index}",
            "key": key, "delay": "{$CT.INTERVAL}", "description": thing.text, **value_of(thing, lenient),
            "tags": component(thing)}


def reference(what, key_index):
    return f"/{NAME}/{snake(what)}[{key_index}]"


def with_items(expression):
    """<nfctSomething> -> /template/key[{#SNMPINDEX}]"""
    parts = expression.split("<nfct")
    out = parts[0]
    for part in parts[1:]:
        name, _, rest = part.partition(">")
        out += reference("nfct" + name, "{#SNMPINDEX}") + rest
    return out


def trigger_of(name, problem, recovery, severity, text, hidden_by):
    trigger = {"uuid": uuid("trigger", name), "expression": with_items(problem), "recovery_mode": "RECOVERY_EXPRESSION",
               "recovery_expression": with_items(recovery), "name": name, "priority": severity, "description": text,
               "tags": [{"tag": "scope", "value": "availability" if "read" in name or "old" in name else "capacity"}]}
    if hidden_by:
        problem, recovery = next((p, r) for _, other, p, r, *_ in TRIGGERS if other == hidden_by)
        trigger["dependencies"] = [{"name": hidden_by, "expression": with_items(problem),
                                    "recovery_expression": with_items(recovery)}]
    return trigger


def source_trigger():
    """By the first row of all: what it holds for certain, against the limit."""
    entries, error = (reference(what, "{#SNMPINDEX}.first") for what in ("nfctTopEntries", "nfctTopError"))
    limit = reference("nfctInstanceMaxEntries", "{#SNMPINDEX}")

    def compare(sign, macro):
        return f'last({limit})>0 and (last({entries})-last({error}))*100{sign}last({limit})*{macro}'

    name = "One source fills table {#CT.NAME}"
    return {"uuid": uuid("trigger", name), "name": name,
            "expression": compare(">=", '{$CT.SOURCE.WARN:"{#CT.NAME}"}'), "recovery_mode": "RECOVERY_EXPRESSION",
            "recovery_expression": compare("<", '{$CT.SOURCE.WARN.RECOVERY:"{#CT.NAME}"}'), "priority": "WARNING",
            "opdata": "{ITEM.LASTVALUE2} entries", "description": "See the item \"largest source\".",
            "tags": [{"tag": "scope", "value": "capacity"}]}


def nat_trigger():
    """By the first row: the ports that it has used for certain."""
    entries, error = (reference(what, "{#SNMPINDEX}.first") for what in ("nfctNatEntries", "nfctNatError"))

    def compare(sign, macro):
        return f"(last({entries})-last({error}))*100{sign}64512*{macro}"

    name = "An address of table {#CT.NAME} runs out of ports"
    return {"uuid": uuid("trigger", name), "name": name,
            "expression": compare(">=", '{$CT.NAT.WARN:"{#CT.NAME}"}'), "recovery_mode": "RECOVERY_EXPRESSION",
            "recovery_expression": compare("<", '{$CT.NAT.WARN.RECOVERY:"{#CT.NAME}"}'), "priority": "WARNING",
            "opdata": "{ITEM.LASTVALUE1} of 64512 ports", "description": "New connections of this address to this "
            "destination will be refused. See the item \"most used source NAT\". Give source NAT more addresses.",
            "tags": [{"tag": "scope", "value": "capacity"}]}


def discovery_key(mib_objects, macros):
    pairs = ",".join(f"{{#CT.{macro}}},{mib_objects[what].oid}" for macro, what in macros.items())
    return f"discovery[{pairs}]"


def graph_item(number, what, key):
    return {"sortorder": str(number), "color": COLORS[number % len(COLORS)],
            "item": {"host": NAME, "key": f"{snake(what)}[{key}]"}}


def rule(mib_objects, key, name, macros, parts, prefix, items, more):
    kind = more.get("kind")
    key_index = f"{kind},{{#SNMPINDEX}}" if kind else "{#SNMPINDEX}"
    prototypes = [item(mib_objects, what, f"{prefix} {text}", "{#SNMPINDEX}", key_index,
                       "zero" if kind or more.get("ranked") else "discard") for what, text in items]
    triggers = [trigger_of(*rest) for of, *rest in TRIGGERS if of == key]
    if key == "instance":
        prototypes += [item(mib_objects, what, f"{prefix} largest source{text}", "{#SNMPINDEX}.1.1",
                            "{#SNMPINDEX}.first", "zero")
                       for what, text in (("nfctTopText", ""), ("nfctTopEntries", ": entries"),
                                          ("nfctTopError", ": error"))]
        prototypes += [item(mib_objects, what, f"{prefix} most used source NAT{text}", "{#SNMPINDEX}.1",
                            "{#SNMPINDEX}.first", "zero")
                       for what, text in (("nfctNatText", ""), ("nfctNatEntries", ": entries"),
                                          ("nfctNatError", ": error"))]
        triggers += [source_trigger(), nat_trigger()]
    made = {"uuid": uuid("rule", key), "name": name, "type": "SNMP_AGENT",
            "snmp_oid": discovery_key(mib_objects, macros), "key": f"nfct.discovery.{key}",
            "delay": "{$CT.DISCOVERY}", "lifetime": "1d", "item_prototypes": prototypes}
    if more.get("disabled"):
        made["status"] = "DISABLED"
    if more.get("exists"):
        made["filter"] = {"conditions": [{"macro": f"{{#CT.{more['exists']}}}", "operator": "EXISTS",
                                          "formulaid": "A"}]}
    if kind:
        made["filter"] = {"conditions": [{"macro": "{#CT.KIND}", "value": f"^{kind}$", "formulaid": "A"}]}
    if parts:
        made["preprocessing"] = [step("JAVASCRIPT", SPLIT_SCRIPT.format(names=str(parts).replace("'", '"'),
                                                                         kinds=str(["", *KINDS]).replace("'", '"')))]
    if triggers:
        made["trigger_prototypes"] = triggers
    graphs = [{"uuid": uuid("graph", name), "name": name,
               "graph_items": [graph_item(at, what, key_index) for at, what in enumerate(objects)]}
              for of, name, objects in GRAPHS if of == key]
    if graphs:
        made["graph_prototypes"] = graphs
    return made


def trap_items(mib_objects):
    """Every trap of the agent as it came, and the text of each kind."""
    items = [{"uuid": uuid("item", "traps"), "name": "Traps", "type": "SNMP_TRAP", "key": TRAP_KEY, "delay": "0",
              "value_type": "TEXT", "trends": "0", "history": "14d", "description": "Every notification of the agent, "
              "as the receiver wrote it.", "tags": [{"tag": "component", "value": "traps"}],
              "triggers": [trap_trigger(*pair) for pair in TRAP_TRIGGERS]}]
    for name in TRAPS:
        number = mib_objects[name].oid.rpartition(".")[2]
        pattern = rf"[.]6696[.]0[.]{number}\s[\s\S]*?[.]6696[.]1[.]11[.]1[.]0 (.*)"
        items.append({"uuid": uuid("item", name), "name": f"Trap: {name}", "type": "DEPENDENT",
                      "key": f"nfct.trap[{name}]", "delay": "0", "value_type": "TEXT", "trends": "0",
                      "description": mib_objects[name].text, "master_item": {"key": TRAP_KEY},
                      "preprocessing": [step("REGEX", pattern, "\\1", error_handler="DISCARD_VALUE")],
                      "tags": [{"tag": "component", "value": "traps"}]})
    return items


def trap_trigger(rising, falling, severity, name, tag):
    def came(number):
        return f'find(/{NAME}/{TRAP_KEY},,"regexp","[.]6696[.]0[.]{number}[^0-9]")=1'

    return {"uuid": uuid("trigger", name), "expression": came(rising), "recovery_mode": "RECOVERY_EXPRESSION",
            "recovery_expression": came(falling), "correlation_mode": "TAG_VALUE", "correlation_tag": "alarm",
            "name": name, "event_name": '{{ITEM.VALUE}.regsub("[.]6696[.]1[.]11[.]1[.]0 (.*)", "\\1")}',
            "priority": severity, "type": "MULTIPLE", "manual_close": "YES",
            "description": "The agent reports this itself, at once. Ends with the matching notification, for each "
                           "table, threshold, watch and rate separately.",
            "tags": [{"tag": "alarm", "value": f'{{{{ITEM.VALUE}}.regsub("{tag}", "\\1 \\2")}}'},
                     {"tag": "scope", "value": "capacity"}]}


def agent_items(mib_objects):
    items = [item(mib_objects, what, name, "0") for what, name in ITEMS]
    for index, kind in FIRST:
        items.append(item(mib_objects, "nfctTopText", f"Largest {spoken(kind)} of the agent's own table", index, index, "zero"))
    by_name = {made["key"]: made for made in items}
    by_name["nfct.agent.version"]["triggers"] = [{
        "uuid": uuid("trigger", "nodata"), "name": "conntrack-agentx gives no values",
        "expression": f"nodata(/{NAME}/nfct.agent.version,{{$CT.NODATA}})=1", "priority": "AVERAGE",
        "description": "snmpd answers, but the agent does not run, or has no connection to snmpd.",
        "dependencies": [{"name": "No answer to SNMP", "expression": silence()}],
        "tags": [{"tag": "scope", "value": "availability"}]}]
    by_name["nfct.agent.notifications_lost"]["triggers"] = [{
        "uuid": uuid("trigger", "lost"), "name": "An alarm came and went without a notification",
        "expression": f"change(/{NAME}/nfct.agent.notifications_lost)>0", "priority": "WARNING",
        "description": "It had changed again before snmpd took its notification. The log of the agent has it.",
        "tags": [{"tag": "scope", "value": "availability"}]}]
    return items


def silence():
    return f"max(/{NAME}/zabbix[host,snmp,available],{{$CT.SILENCE}})=0"


def availability():
    return {"uuid": uuid("item", "available"), "name": "SNMP: answers", "type": "INTERNAL",
            "key": "zabbix[host,snmp,available]", "description": "Whether the host answers SNMP.",
            "valuemap": {"name": "availability"}, "delay": "1m",
            "tags": [{"tag": "component", "value": "agent"}],
            "triggers": [{"uuid": uuid("trigger", "silence"), "expression": silence(), "name": "No answer to SNMP",
                          "priority": "WARNING", "description": "snmpd does not answer.",
                          "tags": [{"tag": "scope", "value": "availability"}]}]}


def widget_of(title, what, x, y, width, height):
    made = {"name": title, "x": str(x), "y": str(y), "width": str(width), "height": str(height)}
    if isinstance(what, tuple):
        index = next(index for index, kind in FIRST if kind == what[1])
        return {"type": "ITEM", **made,
                "fields": [{"type": "ITEM", "name": "itemid",
                            "value": {"host": NAME, "key": f"nfct.top.text[{index}]"}}]}
    columns = 1 if width < 24 else 3
    return {"type": "GRAPH_PROTOTYPE", **made,
            "fields": [{"type": "INTEGER", "name": "columns", "value": str(columns)},
                       {"type": "INTEGER", "name": "rows", "value": "1"},
                       {"type": "GRAPH_PROTOTYPE", "name": "graphid", "value": {"host": NAME, "name": what}}]}


def dashboard(name, rows):
    widgets, y = [], 0
    for row in rows:
        is_text = isinstance(row[0][1], tuple)
        height, width = (3, 24 // len(row)) if is_text else (6, 12) if len(row) > 1 else (5, 24)
        widgets += [widget_of(title, what, at * width, y, width, height) for at, (title, what) in enumerate(row)]
        y += height
    return {"uuid": uuid("dashboard", name), "name": name, "pages": [{"widgets": widgets}]}


def value_maps(mib_objects):
    maps = {thing.name: thing.enums for thing in mib_objects.values()
            if thing.enums and thing.name.endswith(("Status", "State", "Cause"))}
    maps["TruthValue"] = {1: "yes", 2: "no"}
    maps["availability"] = {0: "no", 1: "yes", 2: "unknown"}
    return [{"uuid": uuid("map", name), "name": name,
             "mappings": [{"value": str(number), "newvalue": word} for number, word in enums.items()]}
            for name, enums in maps.items()]


def make():
    """The template as text."""
    mib_objects = mib.read()
    template = {
        "uuid": uuid("template"), "template": NAME, "name": NAME,
        "description": "Linux connection tracking: how full the table is, who fills it, whether packets are lost. "
                       "Needs conntrack-agentx on the host, an SNMP interface, and for traps the receiver script "
                       "in this folder.",
        "groups": [{"name": "Templates/Network devices"}],
        "items": [*agent_items(mib_objects), availability(), *trap_items(mib_objects)],
        "discovery_rules": [rule(mib_objects, *spec) for spec in RULES],
        "tags": [{"tag": "class", "value": "network"}, {"tag": "target", "value": "conntrack"}],
        "macros": [{"macro": name, "value": value, "description": text} for name, (value, text) in MACROS.items()],
        "dashboards": [dashboard(*spec) for spec in DASHBOARDS],
        "valuemaps": value_maps(mib_objects),
    }
    export = {"zabbix_export": {
        "version": "6.0", "date": "2026-11-23T00:00:00Z",
        "groups": [{"uuid": "36bff6c29af64692839d077febfc7079", "name": "Templates/Network devices"}],
        "templates": [template]}}
    head = ("# SPDX-License-Identifier: GPL-2.0-or-later\n"
            "# Made by conf/generate from the MIB: change it there, and run `make nms-files`.\n")
    return head + yaml.dump(export, sort_keys=False, allow_unicode=True, width=1000)
