# SPDX-License-Identifier: GPL-2.0-or-later
"""What the files for the NMS need of mibs/NF-CONNTRACK-MIB.txt: OIDs, units, descriptions."""
import re
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
MIB = TOP / "mibs/NF-CONNTRACK-MIB.txt"
PLAYPEN = "1.3.6.1.4.1.8072.9999.9999"

OBJECT = re.compile(r"^(?P<name>nf\w+)\s+(?:OBJECT-TYPE|NOTIFICATION-TYPE|MODULE-IDENTITY|OBJECT IDENTIFIER)"
                    r"(?P<body>.*?)::=\s*{\s*(?P<parent>\w+)\s+(?P<number>\d+)\s*}", re.M | re.S)
ENUM = re.compile(r"(\w+)\((\d+)\)")


class Object:
    """One object or notification: oid, type (of SMI), units, text, enums {number: name}."""

    def __init__(self, name, oid, body):
        self.name, self.oid = name, oid
        syntax = re.search(r"SYNTAX\s+(.+?)\s*(?:UNITS|MAX-ACCESS)", body, re.S)
        self.type = syntax[1].split("{")[0].strip() if syntax else ""
        self.enums = {int(number): word for word, number in ENUM.findall(syntax[1])} if syntax else {}
        units = re.search(r'UNITS\s+"(.*?)"', body)
        self.units = units[1] if units else ""
        text = re.search(r'DESCRIPTION\s+"(.*?)"', body, re.S)
        self.text = re.sub(r"\s+", " ", text[1]) if text else ""


def read():
    """{name: Object}"""
    source = re.sub(r"^--.*$", "", MIB.read_text(), flags=re.M)
    oids, found = {"netSnmpPlaypen": PLAYPEN}, {}
    for match in OBJECT.finditer(source):
        name = match["name"]
        oids[name] = f'{oids[match["parent"]]}.{match["number"]}'
        found[name] = Object(name, oids[name], match["body"])
    return found
