# SPDX-License-Identifier: GPL-2.0-or-later
"""A walk as snmpsim and LibreNMS store it: a line an object, OID|tag|value."""
import re

TAGS = {"INTEGER": "2", "OID": "6", "IpAddress": "64", "Counter32": "65", "Gauge32": "66", "Timeticks": "67",
        "Counter64": "70"}


def record(lab, *roots):
    """The text of all objects below the roots, in order."""
    lines = []
    for root in roots:
        for line in lab.snmp("snmpbulkwalk", "-Ox", "-Ot", root).stdout.replace("\n\n", "\n").splitlines():
            if line.startswith("."):
                lines.append(line)
            else:
                lines[-1] += " " + line  # a long string in hexadecimal
    return "\n".join(map(line_of, lines)) + "\n"


def line_of(line):
    oid, _, value = line.partition(" = ")
    kind, _, text = value.partition(": ")
    oid = oid.lstrip(".")
    if value == '""':
        return f"{oid}|4|"
    if kind == "Hex-STRING":
        octets = bytes.fromhex(text.replace(" ", ""))
        if all(32 <= octet < 127 and octet != ord("|") for octet in octets):
            return f"{oid}|4|{octets.decode()}"
        return f"{oid}|4x|{octets.hex()}"
    if value.isdigit():  # -Ot: TimeTicks as a bare number
        return f"{oid}|67|{value}"
    number = re.match(r"\(?(-?\d+)", text)
    return f"{oid}|{TAGS[kind]}|{text.lstrip('.') if kind == 'OID' else number[1]}"
