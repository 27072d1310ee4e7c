# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A table full of entries that the kernel does not evict.

# The three notifications get out although no packet finds an entry any more.
step_full() {
	say "a table full of assured entries: three notifications and an answer"
	limit=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
	systemctl restart conntrack-agentx # what was told in the last half a minute would wait
	wait_for 20 answers || fail "no answer before the table is filled"
	conntrack -F >/dev/null 2>&1
	mark_traps
	echo 5000 >/proc/sys/net/netfilter/nf_conntrack_max
	"$SOURCE/build/ctfill" 6000 --until-full >/dev/null
	# a connection that does not come about, so that the kernel counts a drop
	for _ in 1 2 3 4 5; do
		ping -c 1 -W 1 127.0.0.2 >/dev/null 2>&1 || :
	done
	wait_for 30 has_trap "above the threshold warning" || fail "no warning: $(traps)"
	wait_for 30 has_trap "above the threshold critical" || fail "no critical: $(traps)"
	wait_for 30 has_trap "is dropping" || fail "nothing of the drops: $(traps)"
	is_value nfctInstanceUtilization.1 100 || fail "a full table is not answered as 100 percent"
	echo "$limit" >/proc/sys/net/netfilter/nf_conntrack_max
	conntrack -F >/dev/null 2>&1
}
