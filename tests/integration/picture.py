# SPDX-License-Identifier: GPL-2.0-or-later
"""What a receiver knows of the alarms, and what the agent says of them. In the end both must be the same."""
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
          "nfctInstanceDegraded": ("nfctInstanceStatus", "nfctInstanceName", True),
          "nfctInstanceRecovered": ("nfctInstanceStatus", "nfctInstanceName", False)}
RAISED = {"nfctThresholdState": {2}, "nfctInstanceDropping": {1}, "nfctWatchState": {2}, "nfctInstanceStatus": {2, 3}}


def notifications(lab, port=162):
    """[(the alarm, raised, the text)] of all that arrived, in the order of their arrival."""
    found = []
    for line in (lab.dir / f"traps-{port}").read_text().splitlines():
        pairs = [part.partition(" = ")[::2] for part in line.split("\t")[1:]]
        values = dict(pairs)
        name = mib.instance(values.get("." + TRAP_OID, "OID: ").partition(": ")[2].strip() or ".1")
        if name not in ALARMS:
            continue
        state, index, raised = ALARMS[name]
        names = {instance.partition(".")[0]: instance.partition(".")[2]
                 for instance in (mib.instance(oid) for oid, _ in pairs)}
        text = next(value for oid, value in pairs if mib.instance(oid) == "nfctNotifyText.0")
        found.append((f"{state}.{names[index]}", raised, text.removeprefix("STRING: ").strip('"')))
    return found


def heard(lab, port=162):
    """The alarms that are raised as the receiver knows it: the last notification of each counts."""
    last = {alarm: raised for alarm, raised, _ in notifications(lab, port)}
    return {alarm for alarm, raised in last.items() if raised}


def stands(lab):
    """The alarms that are raised as the agent says."""
    return {f"{state}.{index}" for state, raised in RAISED.items()
            for index, value in lab.column(state).items() if value in raised}


def differences(lab):
    """What the receiver takes for raised and is not, and what is and it has not heard of."""
    agent, receiver = stands(lab), heard(lab)
    return sorted(receiver - agent), sorted(agent - receiver)
