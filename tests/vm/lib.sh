# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034 # some are used by the steps
# What the steps of the scenario share, to be sourced in the machine. A step says what it does, and ends the scenario
# when something is not as it should be.

SOURCE=/room/source
MIBDIRS=+$(echo /usr/lib/erlang/lib/snmp-*/mibs)
MIBS=NF-CONNTRACK-MIB
export MIBDIRS MIBS
[ -e /usr/share/snmp/mibs/NF-CONNTRACK-MIB.txt ] || MIBDIRS=$MIBDIRS:$SOURCE/mibs

say() {
	printf '  STEP    %4s s  %s\n' "$(cut -d. -f1 /proc/uptime)" "$*"
}

# fail TEXT: with what the two daemons have said.
fail() {
	echo "scenario: $*"
	echo "--- journal of conntrack-agentx"
	journalctl -q -b -o short-monotonic -u conntrack-agentx --no-pager | tail -n 25
	echo "--- journal of snmpd"
	journalctl -q -b -o short-monotonic -u snmpd --no-pager | tail -n 10
	echo "--- journal of snmptrapd"
	journalctl -q -b -o short-monotonic -u snmptrapd --no-pager | tail -n 10
	exit 1
}

# wait_for SECONDS COMMAND...: until it succeeds; 1 when it never does.
wait_for() {
	wait_end=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$wait_end" ] || return 1
		sleep 1
	done
}

# value OBJECT: "value nfctInstanceEntries.1"; nothing if it is absent. A polite reader asks once.
value() {
	snmpget -v2c -c public -t 5 -r 0 -OqvUe 127.0.0.1 "$1" 2>/dev/null | grep -v '^No Such' | tr -d '"'
}

is_value() { # OBJECT VALUE
	[ "$(value "$1")" = "$2" ]
}

answers() {
	[ -n "$(value nfctInstanceEntries.1)" ]
}

journal() {
	journalctl -q -b -o cat --no-pager -u conntrack-agentx
}

# A unit of Type=simple is active before its daemon listens.
snmptrapd_listens() {
	ss -H -l -u -n -p 'sport = 162' | grep -q '"snmptrapd"'
}

# What snmptrapd has logged since mark_traps.
mark_traps() {
	trap_mark=$(journalctl -q -b -u snmptrapd --no-pager -o cat | wc -l)
}

traps() {
	journalctl -q -b -u snmptrapd --no-pager -o cat | tail -n "+$((trap_mark + 1))"
}

has_trap() { # TEXT
	traps | grep -q -e "$1"
}

# The indented lines of one section of a page, as a reader would type them: page_lines FILE HEADING.
page_lines() {
	awk -v heading="$2" '/^#+ / { inside = ($0 == heading) } inside && /^    / { print substr($0, 5) }' "$1"
}

# run_page FILE HEADING: types them, in the folder of the page. 192.0.2.10 stands for the reader's own receiver: here
# it is this machine.
run_page() {
	page_lines "$1" "$2" | sed 's/192\.0\.2\.10/127.0.0.1/g' >/tmp/lines
	[ -s /tmp/lines ] || fail "$1 has no lines under '$2'"
	(cd "$(dirname "$1")" && sh -eux /tmp/lines) >/tmp/lines.log 2>&1 || { cat /tmp/lines.log; fail "'$2' of $1 does not work"; }
}
