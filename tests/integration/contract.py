# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with an object as the agent gives it, in a walk or in a notification: by the module alone."""
import mib

# How the tools spell the tags of SMIv2's base types. Unsigned32 and Gauge32 have the same.
TAGS = {"INTEGER": ["INTEGER"], "Integer32": ["INTEGER"], "Unsigned32": ["Gauge32"], "Gauge32": ["Gauge32"],
        "Counter32": ["Counter32"], "Counter64": ["Counter64"], "TimeTicks": ["Timeticks"],
        "OCTET STRING": ["STRING", "Hex-STRING"]}


def out_of_range(thing, number):
    """What is wrong with a value, or with the length of a string; None if it is one that the module allows."""
    _, enums, limits = mib.base(thing.type, thing.enums, thing.limits)
    if enums and number not in enums:
        return f"{number} is none of {enums}"
    if limits and not any(low <= number <= high for low, high in limits):
        return f"{number} is not within {limits}"
    return None if number >= 0 else f"{number} is negative"


def fault_of_index(thing, index):
    parts = [int(part) for part in index.split(".")] if index else []
    if not thing.index:
        return None if parts == [0] else f"a scalar's instance is 0, not {index}"
    keys = [mib.read()[name] for name in thing.index]
    for key in keys:
        assert mib.base(key.type)[0] != "OCTET STRING", f"{key.name}: say here how a string stands in an index"
    if len(parts) != len(keys):
        return f"indexed by {thing.index}, but the index is {index}"
    return next((f"{key.name}: {why}" for key, part in zip(keys, parts) if (why := out_of_range(key, part))), None)


def fault(row, access="read-only"):
    """Of (name and index, type, value); None if it is as the module says."""
    instance, kind, value = row
    name, _, index = instance.partition(".")
    thing = mib.read().get(name)
    if not thing or thing.access not in ("read-only", access):
        return "the module has no such object"
    tags = TAGS[mib.base(thing.type)[0]]
    if kind not in tags:
        return f"expected {' or '.join(tags)} for SYNTAX {thing.type}, got {kind}"
    if kind == "STRING":
        value = len(value.encode())
    if kind == "Hex-STRING":
        value = len(bytes.fromhex(value))
    return fault_of_index(thing, index) or out_of_range(thing, value)
