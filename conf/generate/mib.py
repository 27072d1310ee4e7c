# SPDX-License-Identifier: GPL-2.0-or-later
"""The one reader of mibs/NF-CONNTRACK-MIB.txt: objects by name, what each is, and its OID. conf/generate makes files
from it; the tests ask the agent by its names and hold the agent against it."""
import functools
import re
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
MIB = TOP / "mibs/NF-CONNTRACK-MIB.txt"
SMI = TOP / "build/smi"  # the module and what it imports: `make smi`
PLAYPEN = "1.3.6.1.4.1.8072.9999.9999"

OBJECT = re.compile(r"^(?P<name>nf\w+)\s+(?P<macro>OBJECT-TYPE|NOTIFICATION-TYPE|MODULE-IDENTITY|OBJECT IDENTIFIER)"
                    r"(?P<body>.*?)::=\s*{\s*(?P<parent>\w+)\s+(?P<number>\d+)\s*}", re.M | re.S)
CONVENTION = re.compile(r"^[ \t]*(\w+)\s*::=\s*TEXTUAL-CONVENTION\b.*?^[ \t]*SYNTAX\s+"
                        r"(\w+(?: STRING)?(?:\s*{.*?}|\s*\((?:[^()]|\([^()]*\))*\))?)", re.M | re.S)
ENUM = re.compile(r"(\w+)\s*\(\s*(\d+)\s*\)")
LIMITS = re.compile(r"\(\s*(?:SIZE\s*\()?([\d.\s|]+)\)")
BASE_TYPES = {"INTEGER", "Integer32", "Unsigned32", "Gauge32", "Counter32", "Counter64", "TimeTicks", "OCTET STRING"}


class Object:
    """One object or notification.

    oid       without a leading dot
    type      of SMI, as written: "Gauge32", "SnmpAdminString", "INTEGER"
    access    "read-only", "not-accessible", ..., "" for what has none
    enums     {number: name}
    limits    [(lowest, highest)] of the number, or of the length of a string; empty where the syntax gives none
    index     names of the objects that index a row; of a scalar, or what is no column, none
    objects   names of what a notification carries, in order
    units, text
    """

    def __init__(self, name, macro, oid, parent, body):
        self.name, self.macro, self.oid, self.parent = name, macro, oid, parent
        syntax = _find(r"SYNTAX\s+(.+?)\s*(?:UNITS|MAX-ACCESS)", body)
        self.type = re.split(r"[{(]", syntax)[0].strip()
        self.enums = enums_of(syntax)
        self.limits = limits_of(syntax)
        self.access = _find(r"MAX-ACCESS\s+([\w-]+)", body)
        self.units = _find(r'UNITS\s+"(.*?)"', body)
        self.text = re.sub(r"\s+", " ", _find(r'DESCRIPTION\s+"(.*?)"', body))
        self.objects = _names(_find(r"\bOBJECTS\s*{(.*?)}", body)) if macro == "NOTIFICATION-TYPE" else []
        self.augments = _find(r"\bAUGMENTS\s*{\s*(\w+)\s*}", body)
        self.index = _names(_find(r"\bINDEX\s*{(.*?)}", body))


def _find(pattern, body):
    match = re.search(pattern, body, re.S)
    return match[1] if match else ""


def _names(text):
    return re.findall(r"\w+", text)


def enums_of(syntax):
    return {int(number): word for word, number in ENUM.findall(syntax)} if "{" in syntax else {}


def limits_of(syntax):
    """"(1..65535)" as [(1, 65535)], "(SIZE (0|4|16))" as [(0, 0), (4, 4), (16, 16)]"""
    match = None if "{" in syntax else LIMITS.search(syntax)
    parts = (part.split("..") for part in match[1].split("|")) if match else ()
    return [(int(part[0]), int(part[-1])) for part in parts]


@functools.lru_cache(maxsize=None)
def _read(path):
    source = re.sub(r"^--.*$", "", path.read_text(), flags=re.M)
    oids, found = {"netSnmpPlaypen": PLAYPEN}, {}
    for match in OBJECT.finditer(source):
        name, parent = match["name"], match["parent"]
        oids[name] = f'{oids[parent]}.{match["number"]}'
        found[name] = Object(name, match["macro"], oids[name], parent, match["body"])
    for thing in found.values():  # a column is indexed as its row is, and a row that augments as the other
        row = found.get(thing.parent)
        if row and thing.macro == "OBJECT-TYPE" and (row.index or row.augments):
            thing.index = found[row.augments].index if row.augments else row.index
    return found


def read():
    """{name: Object}, in the order of the module"""
    return _read(MIB)


@functools.lru_cache(maxsize=None)
def _conventions():
    """{textual convention: its SYNTAX}, of the module and of those that it imports"""
    if not (SMI / "SNMPv2-TC").exists():
        raise FileNotFoundError(f"{SMI}/SNMPv2-TC does not exist: run `make smi`")
    return {name: syntax for path in [*sorted(SMI.iterdir()), MIB]
            for name, syntax in CONVENTION.findall(re.sub(r"--.*$", "", path.read_text(), flags=re.M))}


def base(type_, enums=None, limits=None):
    """(base type, enums, limits) of a type of SMI: what a textual convention means. What the object itself says
    goes before what the convention says."""
    while type_ not in BASE_TYPES:
        if type_ not in _conventions():
            raise KeyError(f"{MIB.name}: no base type is known for SYNTAX {type_}")
        syntax = _conventions()[type_]
        type_ = re.split(r"[{(]", syntax)[0].strip()
        enums, limits = enums or enums_of(syntax), limits or limits_of(syntax)
    return type_, enums or {}, limits or []


def oid(instance):
    """ "nfctInstanceEntries.1" as "1.3.6.1...": the OID of an object by its name, with an index or without."""
    name, dot, index = instance.partition(".")
    if name not in read():
        if re.fullmatch(r"\.?[\d.]+", instance):
            raise LookupError(f'"{instance}" is a number: name the object, as in "nfctInstanceEntries.1" '
                              f"({_guess(instance)})")
        raise LookupError(f'"{instance}": {MIB.name} has no object "{name}"')
    return read()[name].oid + dot + index


def numbers(instance):
    """The same as a tuple of numbers."""
    return tuple(map(int, oid(instance).split(".")))


def _guess(number):
    """What somebody who wrote a number below the root has meant."""
    root = read()["nfConntrackMIB"].oid
    number = number.lstrip(".")
    return f'this one may be "{instance(number if number.startswith(root) else f"{root}.{number}")}"'


def instance(number):
    """ "1.3.6.1..." as "nfctInstanceEntries.1": the nearest object above and what follows it. What is not of the module
    stays as it is."""
    number = number.lstrip(".")
    by_oid, parts = _by_oid(), number.split(".")
    for length in range(len(parts), 0, -1):
        name = by_oid.get(".".join(parts[:length]))
        if name:
            return ".".join([name, *parts[length:]])
    return number


@functools.lru_cache(maxsize=None)
def _by_oid():
    return {thing.oid: thing.name for thing in read().values()}
