# SPDX-License-Identifier: GPL-2.0-or-later
"""What is made from the MIB is what stands in conf/."""
import re
import subprocess
import sys

import pytest
import yaml

import mib
import zabbix_content
from lab import TOP
from zabbix_polled import Polled
from zabbix_walked import Walked


def test_the_files_are_as_they_are_made_from_the_mib():
    check = subprocess.run([sys.executable, TOP / "conf/generate/run", "--check"], capture_output=True, text=True)
    assert check.returncode == 0, check.stderr


@pytest.mark.parametrize("template", [Polled, Walked])
def test_a_zabbix_template_has_every_object_or_says_that_it_is_left_out(template):
    text = (TOP / "conf/zabbix" / template.file).read_text()
    missing = {name for name, what in mib.read().items()
               if what.access == "read-only" and not re.search(rf"\b{re.escape(what.oid)}\b", text)}
    assert missing == set(zabbix_content.LEFT_OUT), "a line in conf/generate/zabbix_content.py"


def uuids(data):
    if isinstance(data, dict):
        return [data[key] for key in ("uuid",) if key in data] + [one for what in data.values() for one in uuids(what)]
    return [one for what in data for one in uuids(what)] if isinstance(data, list) else []


def test_the_two_zabbix_templates_can_be_in_one_server():
    """No uuid is used twice, but that of the group, which is Zabbix's own."""
    old, new = (uuids(yaml.safe_load((TOP / "conf/zabbix" / template.file).read_text())) for template in (Polled, Walked))
    assert len(old) > 200 and len(set(old)) == len(old) and len(set(new)) == len(new)
    assert len(set(old) & set(new)) == 1
    assert Polled.name != Walked.name


def test_the_page_lists_every_macro_with_its_default():
    """A line for each, or for one and its recovery."""
    page = (TOP / "conf/zabbix/README.md").read_text()
    listed = {}
    for names, defaults in re.findall(r"^\| (`{\$CT[^|]*) \| ([^|]*) \|", page, re.MULTILINE):
        listed |= zip(re.findall(r"`([^`]+)`", names), defaults.split(", "))
    assert listed == {name: value for name, (value, _) in zabbix_content.MACROS.items()}


def holds(expression, values, deleted=0):
    """What a trigger's expression says of these values, by the last part of each item's key."""
    text = re.sub(r'find\(/[^/]*/nfct.instance.status_text\[[^]]*\],,"like","was deleted"\)', str(deleted), expression)
    text = re.sub(r"(?:last|min)\(/[^/]*/nfct\.([a-z_.]+)\[[^]]*\](?:,#\d)?\)", lambda match: str(values[match[1]]), text)
    text = re.sub(r'{\$CT[^"]*"[^"]*"}', "50", text).replace("<>", "!=")
    return eval(re.sub(r"(?<![<>!])=", "==", text))


@pytest.mark.parametrize("template", [Polled, Walked])
def test_a_source_that_fills_the_table_is_none_once_there_is_no_limit(template):
    trigger = template().source_trigger()
    full = {"instance.max_entries": 100, "top.entries": 90, "top.error": 0}
    assert holds(trigger["expression"], full) and not holds(trigger["recovery_expression"], full)
    unlimited = full | {"instance.max_entries": 0}
    assert not holds(trigger["expression"], unlimited) and holds(trigger["recovery_expression"], unlimited)


@pytest.mark.parametrize("template", [Polled, Walked])
def test_what_is_said_of_a_table_ends_when_its_namespace_is_deleted(template):
    """Its values stay as they were last."""
    export = yaml.safe_load((TOP / "conf/zabbix" / template.file).read_text())
    [rule] = [rule for rule in export["zabbix_export"]["templates"][0]["discovery_rules"]
              if rule["key"] == "nfct.discovery.instance"]
    values = {"instance.utilization": 97, "snapshot.firm_utilization": 97, "instance.dropping": 1, "instance.status": 2,
              "instance.max_entries": 100, "top.entries": 90, "top.error": 0, "nat.entries": 60000, "nat.error": 0}
    assert len(rule["trigger_prototypes"]) == 8
    for trigger in rule["trigger_prototypes"]:
        of = values | ({"instance.status": 3} if "cannot be read" in trigger["name"] else {})
        assert holds(trigger["expression"], of), trigger["name"]
        assert not holds(trigger["expression"], of, 1) and holds(trigger["recovery_expression"], of, 1), trigger["name"]
