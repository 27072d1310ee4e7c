# SPDX-License-Identifier: GPL-2.0-or-later
"""What the Zabbix template holds: which objects are polled, what is judged by them, what is drawn. A new column is
a line here; zabbix_template.py knows how a template is written."""

NAME = "conntrack-agentx by SNMP"
TRAP_KEY = r'snmptrap["[.]8072[.]9999[.]9999[.]6696[.]0[.]"]'
MACROS = {
    "{$CT.INTERVAL}": ("1m", "How often values are polled."),
    "{$CT.DISCOVERY}": ("10m", "How often to look for tables, protocols, states, thresholds, watches, rates, top rows and "
                               "NAT rows."),
    "{$CT.UTIL.WARN}": ("80", "Percent of the limit from which the fill is a warning. Takes the table's "
                              "name as context."),
    "{$CT.UTIL.WARN.RECOVERY}": ("70", "Percent of the limit below which the warning ends."),
    "{$CT.UTIL.CRIT}": ("95", "Percent of the limit from which the fill is critical."),
    "{$CT.UTIL.CRIT.RECOVERY}": ("90", "Percent of the limit below which this ends."),
    "{$CT.FIRM.WARN}": ("70", "Percent of the limit held by entries that the kernel will not evict: a warning."),
    "{$CT.FIRM.WARN.RECOVERY}": ("60", "Percent below which this warning ends."),
    "{$CT.SOURCE.WARN}": ("50", "Percent of the limit that one source may hold."),
    "{$CT.SOURCE.WARN.RECOVERY}": ("40", "Percent below which this warning ends."),
    "{$CT.NAT.WARN}": ("80", "Percent of the 64512 ports of a translated address that may be used towards one "
                             "destination."),
    "{$CT.NAT.WARN.RECOVERY}": ("70", "Percent below which this warning ends."),
    "{$CT.CHAIN.WARN}": ("0", "Packets a second refused for a hash chain that was too long."),
    "{$CT.SILENCE}": ("5m", "How long SNMP may stay without an answer."),
    "{$CT.NODATA}": ("10m", "How long snmpd may answer without values of the agent."),
}

# Of the agent itself: object, name.
ITEMS = [
    ("nfctAgentVersion", "Agent: version"),
    ("nfctAgentSampleInterval", "Agent: sample interval"),
    ("nfctAgentRefreshInterval", "Agent: refresh interval"),
    ("nfctAgentCpuBudget", "Agent: CPU budget of scans"),
    ("nfctAgentNotificationsSent", "Agent: notifications sent"),
    ("nfctAgentNotificationsSuppressed", "Agent: notifications held back"),
    ("nfctAgentNotificationsLost", "Agent: changes that nobody was told of"),
    ("nfctAgentMasterConnects", "Agent: connections to snmpd"),
    ("nfctAgentStartTime", "Agent: started"),
    ("nfctAgentNamespacesLeftOut", "Agent: namespaces left out"),
]

# Who is first in the agent's own table: index of nfctTopTable, what it is.
FIRST = [("1.1.1", "source"), ("1.2.1", "destination"), ("1.3.1", "service"), ("1.4.1", "unreplied_source"),
         ("1.5.1", "unreplied_destination")]  # in the order of KINDS

INSTANCE = [
    ("nfctInstanceStatus", "status"), ("nfctInstanceStatusText", "status in words"),
    ("nfctInstanceEntries", "entries"), ("nfctInstanceMaxEntries", "limit"),
    ("nfctInstanceUtilization", "utilization"), ("nfctInstancePeakEntries", "peak"),
    ("nfctInstancePeakTime", "time of the peak"), ("nfctInstanceRecentPeakEntries", "recent peak"),
    ("nfctInstanceBuckets", "hash buckets"), ("nfctInstanceDropping", "dropping"),
    ("nfctInstanceLossCause", "cause of loss"), ("nfctInstanceLossRate", "loss"),
    ("nfctInstanceDrops", "drops"), ("nfctInstanceEarlyDrops", "early drops"),
    ("nfctInstanceInsertFailed", "failed inserts"), ("nfctInstanceInvalid", "invalid packets"),
    ("nfctInstanceFound", "found"), ("nfctInstanceInserts", "inserts by ctnetlink"),
    ("nfctInstanceErrors", "errors"), ("nfctInstanceSearchRestarts", "search restarts"),
    ("nfctInstanceClashResolves", "clashes resolved"), ("nfctInstanceExpectMax", "limit of expectations"),
    ("nfctInstanceExpectNew", "expectations met"), ("nfctInstanceExpectCreates", "expectations created"),
    ("nfctInstanceExpectDeletes", "expectations deleted"), ("nfctInstanceExpectEntries", "expectations"),
    ("nfctInstanceSampleAge", "age of the sample"),
    ("nfctSnapshotTime", "scan: ended"), ("nfctSnapshotAge", "scan: age"), ("nfctSnapshotDuration", "scan: duration"),
    ("nfctSnapshotCpuTime", "scan: CPU time"), ("nfctSnapshotScanned", "scan: entries read"),
    ("nfctSnapshotCoverage", "scan: coverage"), ("nfctSnapshotMargin", "scan: margin of shares"),
    ("nfctSnapshotScans", "scans"), ("nfctSnapshotFailures", "failed scans"),
    ("nfctSnapshotUnlisted", "scan: entries that are not listed"),
    ("nfctSnapshotAssured", "assured entries"), ("nfctSnapshotClosing", "assured entries that are closing"),
    ("nfctSnapshotUnreplied", "unreplied entries"),
    ("nfctSnapshotEvictable", "evictable entries"), ("nfctSnapshotSourceNat", "entries with source NAT"),
    ("nfctSnapshotDestinationNat", "entries with destination NAT"), ("nfctSnapshotOffloaded", "offloaded entries"),
    ("nfctSnapshotIpv4", "IPv4 entries"), ("nfctSnapshotIpv6", "IPv6 entries"),
    ("nfctSnapshotHelped", "entries with a helper"), ("nfctSnapshotFirmUtilization", "firm utilization"),
]

KINDS = ["source", "destination", "service", "unreplied_source", "unreplied_destination"]  # of nfctTopTable


def spoken(kind):
    return kind.replace("_", " ")


TOP = [("nfctTopText", "who"), ("nfctTopEntries", "entries"), ("nfctTopUnreplied", "unreplied"),
       ("nfctTopShare", "share"), ("nfctTopError", "error")]

CPU = [("nfctCpu" + what[len("nfctInstance"):], name) for what, name in INSTANCE
       if what in ("nfctInstanceDrops", "nfctInstanceEarlyDrops", "nfctInstanceInsertFailed", "nfctInstanceInvalid",
                   "nfctInstanceFound", "nfctInstanceInserts", "nfctInstanceErrors", "nfctInstanceSearchRestarts",
                   "nfctInstanceClashResolves")]

# (key, name, {macro: column}, parts of the index, prefix of the items' names, items, more)
# `exists`: a macro that a row must have, where a value may be absent; `kind`: what {#CT.KIND} must be;
# `disabled`: left out by default.
RULES = [
    ("instance", "Tables", {"NAME": "nfctInstanceName"}, [], "[{#CT.NAME}]", INSTANCE, {}),
    ("setup", "Tables whose connections are followed",
     {"NAME": "nfctInstanceName", "CREATED": "nfctSnapshotCreated"}, [], "[{#CT.NAME}]",
     [("nfctSnapshotCreated", "connections created"), ("nfctSnapshotDestroyed", "connections destroyed"),
      ("nfctSnapshotCreateRate", "setup rate"), ("nfctSnapshotIdentityShare", "share of the entries followed")],
     {"exists": "CREATED"}),
    ("chain", "Tables whose kernel counts long chains",
     {"NAME": "nfctInstanceName", "CHAIN": "nfctInstanceChainTooLong"}, [], "[{#CT.NAME}]",
     [("nfctInstanceChainTooLong", "refused for a long chain")], {"exists": "CHAIN"}),
    ("protocol", "Protocols", {"PROTOCOL": "nfctProtocolText"}, ["TABLE"], "[table {#CT.TABLE}] {#CT.PROTOCOL}:",
     [("nfctProtocolEntries", "entries"), ("nfctProtocolAssured", "assured"), ("nfctProtocolUnreplied", "unreplied"),
      ("nfctProtocolPeakEntries", "peak")], {}),
    ("volume", "Protocols whose packets are counted",
     {"PROTOCOL": "nfctProtocolText", "OCTETS": "nfctProtocolOctets"}, ["TABLE"],
     "[table {#CT.TABLE}] {#CT.PROTOCOL}:",
     [("nfctProtocolPackets", "packets of the living"), ("nfctProtocolOctets", "octets of the living")],
     {"exists": "OCTETS"}),
    ("state", "States", {"STATE": "nfctStateName"}, ["TABLE", "NUMBER"],
     "[table {#CT.TABLE}] state {#CT.STATE} of protocol {#CT.NUMBER}:", [("nfctStateEntries", "entries")], {}),
    ("zone", "Zones", {"ZONE.ENTRIES": "nfctZoneEntries"}, ["TABLE", "ZONE"], "[table {#CT.TABLE}] zone {#CT.ZONE}:",
     [("nfctZoneEntries", "entries")], {}),
    *((kind, f"{spoken(kind).capitalize()}s with the most entries", {"TEXT": "nfctTopText"}, ["TABLE", "KIND", "RANK"],
       f"[table {{#CT.TABLE}}] {spoken(kind)} {{#CT.RANK}}:", TOP, {"kind": kind}) for kind in KINDS),
    ("nat", "Translated addresses with the most ports in use", {"TEXT": "nfctNatText"}, ["TABLE", "RANK"],
     "[table {#CT.TABLE}] source NAT {#CT.RANK}:",
     [("nfctNatText", "who"), ("nfctNatEntries", "entries"), ("nfctNatUtilization", "ports in use"),
      ("nfctNatError", "error")], {"ranked": True}),
    ("threshold", "Thresholds", {"THRESHOLD": "nfctThresholdName"}, ["TABLE"],
     "[table {#CT.TABLE}] threshold {#CT.THRESHOLD}:",
     [("nfctThresholdState", "state"), ("nfctThresholdRising", "rising"), ("nfctThresholdFalling", "falling"),
      ("nfctThresholdTransitions", "transitions"), ("nfctThresholdSince", "since")], {}),
    ("watch", "Watches", {"WATCH": "nfctWatchName"}, ["TABLE"], "[table {#CT.TABLE}] watch {#CT.WATCH}:",
     [("nfctWatchEntries", "entries"), ("nfctWatchState", "state"), ("nfctWatchCreated", "connections created"),
      ("nfctWatchFilter", "filter"), ("nfctWatchRising", "rising"), ("nfctWatchFalling", "falling")], {}),
    ("rate", "Rates", {"RATE": "nfctRateName"}, ["TABLE"], "[table {#CT.TABLE}] rate {#CT.RATE}:",
     [("nfctRateValue", "per second"), ("nfctRateState", "state"), ("nfctRateCounter", "counter"),
      ("nfctRateRising", "rising"), ("nfctRateFalling", "falling")], {}),
    ("cpu", "CPUs", {"CPU.DROPS": "nfctCpuDrops"}, ["TABLE", "CPU"], "[table {#CT.TABLE}] CPU index {#CT.CPU}:", CPU,
     {"disabled": True}),
]

# What the template does without: nfctTopText, nfctNatText and nfctProtocolText say it in words, a TimeStamp means nothing to Zabbix, and
# few care on which CPU a chain was too long.
LEFT_OUT = ["nfctTopAddrType", "nfctTopAddr", "nfctTopPrefixLength", "nfctTopProtocol", "nfctTopPort", "nfctProtocolName",
            "nfctNatAddrType", "nfctNatAddr", "nfctNatProtocol", "nfctNatDestinationType", "nfctNatDestination", "nfctNatPort",
            "nfctInstanceDiscontinuityTime", "nfctSnapshotDiscontinuityTime", "nfctWatchDiscontinuityTime",
            "nfctCpuChainTooLong"]

# Rules' triggers: (rule, name, problem, recovery, severity, what to do, the one that hides it).
# <object> means the item of that object.
TRIGGERS = [
    ("instance", "Table {#CT.NAME} is nearly full", "last(<nfctInstanceUtilization>)>={$CT.UTIL.CRIT:\"{#CT.NAME}\"}",
     "last(<nfctInstanceUtilization>)<{$CT.UTIL.CRIT.RECOVERY:\"{#CT.NAME}\"}", "HIGH",
     "New connections will be refused. See firm utilization: if it is low, a flood fills the table; if it is high, "
     "nf_conntrack_max is too small.", None),
    ("instance", "Table {#CT.NAME} is filling up", "last(<nfctInstanceUtilization>)>={$CT.UTIL.WARN:\"{#CT.NAME}\"}",
     "last(<nfctInstanceUtilization>)<{$CT.UTIL.WARN.RECOVERY:\"{#CT.NAME}\"}", "WARNING",
     "See who fills the table, and its firm utilization.", "Table {#CT.NAME} is nearly full"),
    ("instance", "Table {#CT.NAME} is full of entries that cannot be evicted",
     "last(<nfctSnapshotFirmUtilization>)>={$CT.FIRM.WARN:\"{#CT.NAME}\"}",
     "last(<nfctSnapshotFirmUtilization>)<{$CT.FIRM.WARN.RECOVERY:\"{#CT.NAME}\"}", "AVERAGE",
     "The kernel evicts only entries that are not ASSURED, and those that are closing: nf_conntrack_max is too small, or "
     "timeouts are too long.",
     None),
    ("instance", "Table {#CT.NAME} is dropping", "last(<nfctInstanceDropping>)=1", "last(<nfctInstanceDropping>)=2",
     "HIGH", "In the last minute packets were refused, or entries evicted to make room. See the item \"cause of loss\".",
     None),
    ("instance", "Table {#CT.NAME} cannot be read", "last(<nfctInstanceStatus>)=3", "last(<nfctInstanceStatus>)<>3",
     "AVERAGE", "See the item \"status in words\". A namespace that matched a pattern and was deleted is no trouble.",
     None),
    ("instance", "Table {#CT.NAME} has old values", "min(<nfctInstanceStatus>,#2)=2", "last(<nfctInstanceStatus>)<>2",
     "WARNING", "See the item \"status in words\".", "Table {#CT.NAME} cannot be read"),
    ("chain", "Table {#CT.NAME} has hash chains that are too long",
     "last(<nfctInstanceChainTooLong>)>{$CT.CHAIN.WARN:\"{#CT.NAME}\"}",
     "last(<nfctInstanceChainTooLong>)<={$CT.CHAIN.WARN:\"{#CT.NAME}\"}", "WARNING",
     "New entries are refused. There are too few buckets for the entries (nf_conntrack_buckets), or somebody guesses "
     "the hash.", None),
    ("watch", "Watch {#CT.WATCH} of table {#CT.TABLE} is raised", "last(<nfctWatchState>)=2",
     "last(<nfctWatchState>)=1", "WARNING", "More entries match this filter than its configuration allows.", None),
    ("rate", "Rate {#CT.RATE} of table {#CT.TABLE} is raised", "last(<nfctRateState>)=2",
     "last(<nfctRateState>)=1", "WARNING", "A counter grows faster than its configuration allows. See the item "
     "\"counter\".", None),
]

# Pairs of notifications: rising, falling, severity, name.
TRAP_TRIGGERS = [
    ("nfctUtilizationRising", "nfctUtilizationFalling", "WARNING", "Trap: the table is filling up"),
    ("nfctDroppingStarted", "nfctDroppingStopped", "HIGH", "Trap: the table is dropping"),
    ("nfctSourceRising", "nfctSourceFalling", "WARNING", "Trap: one source fills the table"),
    ("nfctWatchEntriesRising", "nfctWatchEntriesFalling", "WARNING", "Trap: a watch is raised"),
    ("nfctInstanceDegraded", "nfctInstanceRecovered", "AVERAGE", "Trap: a table cannot be read"),
    ("nfctNatPortsRising", "nfctNatPortsFalling", "WARNING", "Trap: an address runs out of ports"),
    ("nfctRateValueRising", "nfctRateValueFalling", "WARNING", "Trap: a rate is raised"),
]

TRAPS = [name for pair in TRAP_TRIGGERS for name in pair[:2]]

COLORS = ["1A7C11", "F63100", "2774A4", "FC6EA3", "6C59DC", "AC8C14"]

# Graph prototypes: (rule, name, objects).
GRAPHS = [
    ("instance", "Table {#CT.NAME}: entries",
     ["nfctInstanceEntries", "nfctInstanceRecentPeakEntries", "nfctInstanceMaxEntries"]),
    ("instance", "Table {#CT.NAME}: utilization", ["nfctInstanceUtilization", "nfctSnapshotFirmUtilization"]),
    ("instance", "Table {#CT.NAME}: losses", ["nfctInstanceDrops", "nfctInstanceEarlyDrops", "nfctInstanceInsertFailed",
                                              "nfctInstanceInvalid"]),
    ("instance", "Table {#CT.NAME}: kinds of entries",
     ["nfctSnapshotAssured", "nfctSnapshotUnreplied", "nfctSnapshotEvictable", "nfctSnapshotClosing"]),
    ("instance", "Table {#CT.NAME}: scans", ["nfctSnapshotAge", "nfctSnapshotDuration", "nfctSnapshotCpuTime"]),
    ("setup", "Table {#CT.NAME}: connections", ["nfctSnapshotCreated", "nfctSnapshotDestroyed"]),
    ("protocol", "Table {#CT.TABLE}: {#CT.PROTOCOL}",
     ["nfctProtocolEntries", "nfctProtocolAssured", "nfctProtocolUnreplied"]),
    *((kind, f"Table {{#CT.TABLE}}: {spoken(kind)} {{#CT.RANK}}",
       ["nfctTopEntries", "nfctTopUnreplied", "nfctTopError"]) for kind in KINDS),
    ("nat", "Table {#CT.TABLE}: ports of source NAT {#CT.RANK}", ["nfctNatEntries", "nfctNatError"]),
    ("watch", "Table {#CT.TABLE}: watch {#CT.WATCH}", ["nfctWatchEntries", "nfctWatchRising"]),
    ("rate", "Table {#CT.TABLE}: rate {#CT.RATE}", ["nfctRateValue", "nfctRateRising"]),
]

# (name, rows of widgets): a widget is (title, graph or ("item", kind of the largest)).
DASHBOARDS = [
    ("Connection tracking: overview", [
        [("Entries and limit", "Table {#CT.NAME}: entries"), ("Utilization", "Table {#CT.NAME}: utilization")],
        [("Losses", "Table {#CT.NAME}: losses"), ("Connections", "Table {#CT.NAME}: connections")],
        [("Rates", "Table {#CT.TABLE}: rate {#CT.RATE}")],
        [("Kinds of entries", "Table {#CT.NAME}: kinds of entries"), ("Scans", "Table {#CT.NAME}: scans")],
    ]),
    ("Connection tracking: who fills the table", [
        [("Largest source", ("item", "source")), ("Largest destination", ("item", "destination")),
         ("Largest service", ("item", "service"))],
        [("First whom nobody answers", ("item", "unreplied_source")),
         ("First who answers nobody", ("item", "unreplied_destination"))],
        *([(f"{spoken(kind).capitalize()}s", f"Table {{#CT.TABLE}}: {spoken(kind)} {{#CT.RANK}}")] for kind in KINDS),
        [("Ports of source NAT", "Table {#CT.TABLE}: ports of source NAT {#CT.RANK}")],
        [("Protocols", "Table {#CT.TABLE}: {#CT.PROTOCOL}")],
        [("Watches", "Table {#CT.TABLE}: watch {#CT.WATCH}")],
    ]),
]
