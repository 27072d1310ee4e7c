# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The hash gets another number of buckets while the agent reads the table.

RESIZE_ENTRIES=12000 # an emulated machine reads them for some seconds

created_at_rest() {
	at_rest=$(value nfctSnapshotCreated.1)
	sleep 12
	[ "$(value nfctSnapshotCreated.1)" = "$at_rest" ] && [ "$(value nfctSnapshotScanned.1)" -ge $RESIZE_ENTRIES ]
}

resize_was_met() {
	journal | grep -q "nf_conntrack_buckets was changed during the scan"
}

# Scans that have ended since.
scans_since() { # BEFORE HOW_MANY
	[ "$(value nfctSnapshotScans.1)" -ge $(($1 + $2)) ]
}

step_resize() {
	say "nf_conntrack_buckets is changed under $RESIZE_ENTRIES entries at rest"
	buckets=$(cat /proc/sys/net/netfilter/nf_conntrack_buckets)
	conntrack -F >/dev/null 2>&1
	"$SOURCE/build/ctfill" $RESIZE_ENTRIES --spread >/dev/null
	wait_for 300 created_at_rest || fail "the table does not come to rest: $(value nfctSnapshotScanned.1) were read"
	before=$(value nfctSnapshotCreated.1) gone=$(value nfctSnapshotDestroyed.1)
	failures=$(value nfctSnapshotFailures.1)
	number=9000
	until resize_was_met || [ $number -gt 60000 ]; do
		echo $number >/proc/sys/net/netfilter/nf_conntrack_buckets
		number=$((number + 1000))
		sleep 2
		read_now=$(value nfctSnapshotScanned.1)
		[ "$read_now" -le $((RESIZE_ENTRIES + 300)) ] || fail "$read_now entries were read of $RESIZE_ENTRIES"
	done
	resize_was_met || fail "no scan has met a change of nf_conntrack_buckets"
	scans=$(value nfctSnapshotScans.1)
	wait_for 300 scans_since "$scans" 2 || fail "no scan comes to its end any more"
	new=$(($(value nfctSnapshotCreated.1) - before)) lost=$(($(value nfctSnapshotDestroyed.1) - gone))
	# what the machine itself sends meanwhile
	[ $new -le 100 ] || fail "$new entries were created in a table at rest"
	[ $lost -le 100 ] || fail "$lost entries were destroyed in a table at rest"
	[ "$(value nfctSnapshotFailures.1)" = "$failures" ] || fail "a scan has failed"
	[ "$(value nfctInstanceStatus.1)" = 1 ] || fail "the status is $(value nfctInstanceStatusText.1)"
	echo "$buckets" >/proc/sys/net/netfilter/nf_conntrack_buckets
	conntrack -F >/dev/null 2>&1
}
