# SPDX-License-Identifier: GPL-2.0-or-later
"""The traps in a Zabbix template. Receivers write them in different layouts: a script makes one of all, and names each
alarm by the objects of its notification, not by its text, which is worded differently when it is told late, or when a
reload ends it."""
import json

from zabbix_content import TRAP_KEY, TRAP_TRIGGERS, TRAPS

ALARM_KEY = "nfct.trap.alarm"

SCRIPT = """\
// A trap as trap-to-zabbix writes it ("OID VALUE", a line each), as Zabbix's own receivers do (perl: "OID type=4
// value=STRING: VALUE"; bash: "OID = VALUE", all in one line or a line each, or "OID VALUE = "), to
//     NAME of the notification, what it is about
//     its text
// or to nothing, if it is not one of conntrack-agentx.
var notifications = %(notifications)s;
var names = %(names)s, text = "%(text)s", trap = ".1.3.6.1.6.3.1.1.4.1.0";

function objects(record) {
    // of a snmptrapd without -On
    record = record.replace(/(^|\\s)iso(?=\\.3\\.6\\.1\\.)/g, "$1.1");
    var lines = /\\n\\s*\\.1\\.3\\.6\\.1\\.6\\.3\\.1\\.1\\.4\\.1\\.0\\s/.test(record);
    var start = new RegExp((lines ? "(?:^|\\\\n)[^\\\\S\\\\n]*" : "(?:^|\\\\s)") +
        "(\\\\.1\\\\.3\\\\.6\\\\.1(?:\\\\.\\\\d+)+)[^\\\\S\\\\n]+(?:=[^\\\\S\\\\n]+|type=\\\\d+[^\\\\S\\\\n]+value=(?:[\\\\w-]+: )?)?", "g");
    var found = {}, match = start.exec(record);
    while (match) {
        var from = start.lastIndex, oid = match[1];
        // a value may be an OID itself
        var value = /^\\.1\\.3\\.6\\.1[.\\d]*/.exec(record.substring(from));
        start.lastIndex = from + (value ? value[0].length : 0);
        match = start.exec(record);
        if (!(oid in found)) {
            found[oid] = plain(record.substring(from, match ? match.index : record.length));
        }
    }
    return found;
}

function plain(value) {
    value = value.replace(/ = *$/, "").replace(/^\\s+|[\\r\\n]+$/g, "");
    if (/^"(?:[^\\\\]|\\\\[^])*"\\s*$/.test(value)) {
        value = value.replace(/^"|"\\s*$/g, "").replace(/\\\\(["\\\\])/g, "$1");
    }
    if (/^(?:[0-9A-F]{2}[\\s=]+)+(?:[0-9A-F]{2}\\s*)?$/.test(value) && /(?:^|[\\s=])[89A-F]/.test(value)) {
        // not ASCII: the receiver has written octets, in lines of 16; bash puts a "=" into each
        try {
            value = decodeURIComponent(value.replace(/[\\s=]+/g, "").replace(/../g, "%%$&"));
        } catch (error) {
        }
    }
    return value.replace(/\\s*[\\r\\n]+\\s*/g, " ");
}

var found = objects(value), name = notifications[found[trap]], about = [];
if (!name) {
    return "";
}
Object.keys(found).forEach(function (oid) {
    Object.keys(names).forEach(function (prefix) {
        if (oid.indexOf(prefix + ".") === 0) {
            about.push(names[prefix] + " " + found[oid]);
        }
    });
});
return name + " " + about.sort().join(", ") + "\\n" + found[text];
"""

# What an alarm is about, besides its table.
SUBJECTS = {"nfctInstanceName": "table", "nfctThresholdName": "threshold", "nfctWatchName": "watch",
            "nfctRateName": "rate", "nfctNatText": "ports"}


def script(objects):
    return SCRIPT % {
        "notifications": json.dumps({"." + objects[name].oid: name for name in TRAPS}, indent=4),
        "names": json.dumps({"." + objects[name].oid: word for name, word in SUBJECTS.items()}, indent=4),
        "text": f".{objects['nfctNotifyText'].oid}.0"}


def items(template):
    """Every trap of the agent as it came, what it means, and the text of each kind."""
    tags = [{"tag": "component", "value": "traps"}]
    text = {"delay": "0", "value_type": "TEXT", "trends": "0"} if template.is_old else {"value_type": "TEXT"}
    trap = {"delay": "0"} if template.is_old else {}
    made = [{"uuid": template.uuid("item", "traps"), "name": "Traps", "type": "SNMP_TRAP", "key": TRAP_KEY, **trap,
             "value_type": "TEXT", "trends": "0", "history": "14d",
             "description": "Every notification of the agent, as the receiver wrote it.", "tags": tags},
            {"uuid": template.uuid("item", ALARM_KEY), "name": "Traps: alarms", "type": "DEPENDENT", "key": ALARM_KEY, **text,
             "description": "Every notification of the agent: its name, what it is about, its text.",
             "master_item": {"key": TRAP_KEY},
             # a script cannot say that its value is to be discarded
             "preprocessing": [{"type": "JAVASCRIPT", "parameters": [script(template.objects)]},
                               {"type": "MATCHES_REGEX", "parameters": ["^nfct"], "error_handler": "DISCARD_VALUE"}],
             "tags": tags, "triggers": [trigger(template, *pair) for pair in TRAP_TRIGGERS]}]
    for name in TRAPS:
        made.append({"uuid": template.uuid("item", name), "name": f"Trap: {name}", "type": "DEPENDENT",
                     "key": f"nfct.trap[{name}]", **text, "description": template.objects[name].text,
                     "master_item": {"key": ALARM_KEY},
                     "preprocessing": [{"type": "REGEX", "parameters": [f"^{name} .*\\s(conntrack table .*)$", "\\1"],
                                        "error_handler": "DISCARD_VALUE"}], "tags": tags})
    return made


def trigger(template, rising, falling, severity, name):
    def came(what):
        return f'find(/{template.name}/{ALARM_KEY},,"regexp","^{what} ")=1'

    return {"uuid": template.uuid("trigger", name), "expression": came(rising), "recovery_mode": "RECOVERY_EXPRESSION",
            "recovery_expression": came(falling), "correlation_mode": "TAG_VALUE", "correlation_tag": "alarm",
            "name": name, "event_name": '{{ITEM.VALUE}.regsub("^nfct.*[[:space:]](conntrack table .*)$", "\\1")}',
            "priority": severity, "type": "MULTIPLE", "manual_close": "YES",
            "description": "The agent reports this itself, at once. Ends with the matching notification, for each "
                           "table, threshold, watch and rate separately.",
            "tags": [{"tag": "alarm", "value": '{{ITEM.VALUE}.regsub("^nfct[A-Za-z]+ (.*)$", "\\1")}'},
                     {"tag": "scope", "value": "capacity"}]}
