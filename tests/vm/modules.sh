# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Connection tracking that is not loaded, cannot be loaded, and comes back, under the agent. Afterwards modules can no
# longer be loaded: the next thing must be a reboot.

FORBID=/etc/modprobe.d/nfct-test.conf

is_unavailable() {
	[ "$(value nfctInstanceStatus.1)" = 3 ]
}

is_ok() {
	[ "$(value nfctInstanceStatus.1)" = 1 ]
}

is_quiet() {
	[ "$(value nfctInstanceDropping.1)" = 2 ]
}

has_dropped() {
	[ "$(value nfctInstanceDrops.1)" -gt 0 ]
}

status_says() { # TEXT
	case "$(value nfctInstanceStatusText.1)" in *"$1"*) ;; *) return 1 ;; esac
}

discontinuity() { # in hundredths of a second
	snmpget -v2c -c public -t 5 -r 0 -OqvUet 127.0.0.1 nfctInstanceDiscontinuityTime.1
}

# Those that use a module first. The agent asks once a second, and holds one for a moment.
unload() { # MODULE
	[ -d "/sys/module/$1" ] || return 0
	for user in "/sys/module/$1/holders/"*; do
		[ ! -e "$user" ] || unload "${user##*/}"
	done
	wait_for 20 rmmod "$1" || fail "$1 cannot be unloaded: $(lsmod | grep "^$1 ")"
}

forbid() { # MODULE
	echo "install $1 /bin/false" >>"$FORBID"
}

# Drops that the kernel counts, and the end of the alarm that they raise.
count_drops() {
	limit=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
	conntrack -F >/dev/null 2>&1
	echo 500 >/proc/sys/net/netfilter/nf_conntrack_max
	"$SOURCE/build/ctfill" 600 --until-full >/dev/null
	for _ in 1 2 3 4 5; do
		ping -c 1 -W 1 127.0.0.2 >/dev/null 2>&1 || :
	done
	echo "$limit" >/proc/sys/net/netfilter/nf_conntrack_max
	conntrack -F >/dev/null 2>&1
	wait_for 20 has_dropped || fail "no drop is counted: $(conntrack -S)"
	wait_for 120 is_quiet || fail "nfctInstanceDropping does not end: $(value nfctInstanceDropping.1)"
}

step_modules() {
	say "nf_conntrack_netlink is unloaded, and cannot be loaded"
	rules=$(nft list ruleset)
	count_drops
	drops=$(value nfctInstanceDrops.1) began=$(discontinuity)
	peak=$(value nfctInstancePeakEntries.1)
	[ "$peak" -ge 500 ] || fail "500 entries, and a peak of $peak"
	forbid nf_conntrack_netlink
	unload nf_conntrack_netlink
	wait_for 20 is_unavailable || fail "it is unloaded, and the status is $(value nfctInstanceStatus.1)"
	# in the moment of the unloading a dump fails as if nfnetlink were missing
	wait_for 20 status_says \
		"nf_conntrack_netlink is not loaded and cannot be loaded: modprobe nf_conntrack_netlink" ||
		fail "the status says $(value nfctInstanceStatusText.1)"
	# ... which is then the one that the journal has, for a log line is written once for each change of the status
	journal | grep -q "is not loaded and cannot be loaded: modprobe nf_conntrack_netlink" || fail "the journal does not say so"

	say "all of connection tracking is unloaded, and nfnetlink where nothing else holds it"
	forbid nfnetlink
	nft flush ruleset
	unload nf_conntrack
	for user in /sys/module/nfnetlink/holders/*; do
		[ ! -e "$user" ] || unload "${user##*/}"
	done
	if wait_for 10 rmmod nfnetlink; then
		wait_for 20 status_says "nfnetlink is not loaded" ||
			fail "the status says $(value nfctInstanceStatusText.1)"
	fi

	say "they may be loaded again: the agent does it, and its counters begin anew"
	mark_traps
	rm "$FORBID"
	wait_for 20 is_ok || fail "the status is $(value nfctInstanceStatus.1), $(value nfctInstanceStatusText.1)"
	[ "$(value nfctInstanceDrops.1)" = 0 ] ||
		fail "$drops drops were set back to 0, and are $(value nfctInstanceDrops.1)"
	[ "$(value nfctInstancePeakEntries.1)" -lt 500 ] || fail "the peak is that of before"
	later=$(discontinuity)
	{ [ "$began" ] && [ "$later" ] && [ "$later" != "$began" ]; } || fail "nfctInstanceDiscontinuityTime has not moved"
	journal | grep -q "has reset its counters" || fail "the journal does not tell of the counters"
	sleep 3
	! has_trap "is dropping" || fail "an alarm out of nothing: $(traps)"

	step_unused
	printf '%s\n' "$rules" | nft -f -
	! conntrack-agentx -1 | grep -q "no firewall rule" || fail "a rule uses it, and -1 does not see that"

	say "modules can no longer be loaded at all"
	forbid nf_conntrack_netlink
	unload nf_conntrack_netlink
	echo 1 >/proc/sys/kernel/modules_disabled
	wait_for 20 status_says "kernel.modules_disabled forbids loading it" ||
		fail "the status says $(value nfctInstanceStatusText.1)"
	rm "$FORBID"
}

# A kernel that can be asked (Linux 5.14, CONFIG_NETFILTER_NETLINK_HOOK) tells why the table is empty.
step_unused() {
	say "no rule uses connection tracking"
	if ! modprobe -n -q nfnetlink_hook; then
		! conntrack-agentx -1 | grep -q "no firewall rule" || fail "this kernel does not tell, and -1 does"
		return
	fi
	wait_for 40 unused_is_told || fail "the journal does not say that nothing uses the table"
	conntrack-agentx -1 | grep -q "no firewall rule uses connection tracking" || fail "-1 does not say so"
}

unused_is_told() {
	journal | grep -q "no firewall rule uses connection tracking"
}
