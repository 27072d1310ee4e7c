# SPDX-License-Identifier: GPL-2.0-or-later
"""What a receiver knows of the alarms, and what the agent says of them. In the end both must be the same."""
import functools

import mib
from lab import TRAP_OID

# A line for snmpd. Over TCP, so that nothing is lost or overtaken on the way: what is missing was not sent.
TCP_TRAPS = "trap2sink tcp:127.0.0.1:162 public\n"

# name of a notification: (the object that has the alarm's state, the object that has its index, raised)
ALARMS = {"nfctUtilizationRising": ("nfctThresholdState", "nfctThresholdName", True),
          "nfctUtilizationFalling": ("nfctThresholdState", "nfctThresholdName", False),
          "nfctDroppingStarted": ("nfctInstanceDropping", "nfctInstanceName", True),
          "nfctDroppingStopped": ("nfctInstanceDropping", "nfctInstanceName", False),
          "nfctWatchEntriesRising": ("nfctWatchState", "nfctWatchName", True),
          "nfctWatchEntriesFalling": ("nfctWatchState", "nfctWatchName", False),
          "nfctRateValueRising": ("nfctRateState", "nfctRateName", True),
          "nfctRateValueFalling": ("nfctRateState", "nfctRateName", False),
          "nfctInstanceDegraded": ("nfctInstanceStatus", "nfctInstanceName", True),
          "nfctInstanceRecovered": ("nfctInstanceStatus", "nfctInstanceName", False)}
RAISED = {"nfctThresholdState": {2}, "nfctInstanceDropping": {1}, "nfctWatchState": {2}, "nfctRateState": {2},
          "nfctInstanceStatus": {2, 3}}


instance = functools.lru_cache(maxsize=None)(mib.instance)


def notification(line):
    """(the alarm, raised, the text) of a line of snmptrapd; None of others."""
    values = {instance(oid): value for oid, _, value in (part.partition(" = ") for part in line.split("\t")[1:])}
    name = instance(values.get(TRAP_OID, "OID: none").removeprefix("OID: ").strip())
    if name not in ALARMS:
        return None
    state, index, raised = ALARMS[name]
    row = next(key.partition(".")[2] for key in values if key.startswith(index + "."))
    return f"{state}.{row}", raised, values["nfctNotifyText.0"].removeprefix("STRING: ").strip('"')


def notifications(lab, port=162):
    """notification() of all that arrived, in the order of their arrival."""
    found = map(notification, (lab.dir / f"traps-{port}").read_text().splitlines())
    return [one for one in found if one]


def heard(lab, port=162):
    """The alarms that are raised as the receiver knows it: the last notification of each counts."""
    last = {alarm: raised for alarm, raised, _ in notifications(lab, port)}
    return {alarm for alarm, raised in last.items() if raised}


def stands(lab, watches="nfctWatchState"):
    """The alarms that are raised as the agent says. `watches` may name one table's, where all have too many rows."""
    return {alarm for state, raised in RAISED.items()
            for alarm, value in lab.walk(watches if state == "nfctWatchState" else state, tool="snmpbulkwalk").items()
            if value in raised}


def differences(lab, watches="nfctWatchState"):
    """What the receiver takes for raised and is not, and what is and it has not heard of."""
    agent, receiver = stands(lab, watches), heard(lab)
    return sorted(receiver - agent), sorted(agent - receiver)
