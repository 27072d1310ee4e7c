# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# From a stock system to an answer and a notification, and back.

# What every Debian with snmpd looks like before the agent comes.
step_stock() {
	say "stock $(. /etc/os-release && echo "$PRETTY_NAME"), Linux $(uname -r)"
	# the test runs after multi-user.target has been reached, snmpd may still start
	wait_for 60 systemctl --quiet is-active snmpd || fail "snmpd does not start"
	wait_for 30 test -d /var/agentx || fail "snmpd has not made /var/agentx"
	mode=$(stat -c %a /var/agentx)
	[ "$mode" = 700 ] || fail "/var/agentx has mode $mode: this is not the system that the lines are for"
	# a router tracks connections: by the rules of its own
	nft -f - <<-'EOF'
		table inet router {
			chain input { type filter hook input priority filter; ct state established accept; }
			chain output { type filter hook output priority filter; ct state new accept; }
		}
	EOF
}

step_install_source() {
	say "the README's lines, from source"
	run_page "$SOURCE/README.md" "### From source"
	finish_install
}

step_install_package() {
	say "the README's lines, from the package"
	mkdir -p "$SOURCE/build/deb"
	cp conntrack-agentx.deb "$SOURCE/build/deb/conntrack-agentx_0_all.deb"
	run_page "$SOURCE/README.md" "### From the package"
	finish_install
}

# What both ways have in common.
finish_install() {
	run_page "$SOURCE/README.md" "### Let snmpd show it, and tell somebody"
	run_page "$SOURCE/README.md" "### Keep SNMP out of the table"
	run_page "$SOURCE/README.md" "### On the receiver"
	run_page "$SOURCE/README.md" "### Look"
}

# The values are those of conntrack(8).
step_answers() {
	say "the walk tells what conntrack(8) tells"
	wait_for 20 answers || fail "no answer to snmpget"
	since=@$(date +%s)
	"$SOURCE/build/ctfill" 300 >/dev/null
	"$SOURCE/build/ctfill" 200 --udp --from 1000000 >/dev/null
	wait_for 40 same_as_conntrack || fail "snmpget and conntrack differ: $(compared)"
	[ "$(value nfctInstanceMaxEntries.1)" = "$(cat /proc/sys/net/netfilter/nf_conntrack_max)" ] ||
		fail "the limit is not nf_conntrack_max"
	conntrack -F >/dev/null 2>&1
	complaint=$(journalctl -q --since "$since" -u conntrack-agentx -p warning --no-pager -o cat)
	[ -z "$complaint" ] || fail "the agent complains: $complaint"
}

compared() {
	for protocol in tcp udp; do
		number=$([ $protocol = tcp ] && echo 6 || echo 17)
		echo "$protocol $(value "nfctProtocolEntries.1.ipv4.$number") $(conntrack -L -p "$protocol" 2>/dev/null | wc -l)"
	done
	echo "all $(value nfctInstanceEntries.1) $(conntrack -C)"
}

same_as_conntrack() {
	compared | awk '$2 != $3 { different = 1 } END { exit different }' && [ "$(conntrack -C)" -ge 500 ]
}

step_names() {
	say "snmpwalk with names, as the README types it"
	page_lines "$SOURCE/README.md" "### Look" | grep nfctInstanceTable >/tmp/lines
	names=$(sh -eu /tmp/lines 2>/dev/null) || fail "the walk with names does not work"
	echo "$names" | grep -q 'NF-CONNTRACK-MIB::nfctInstanceName.1 = STRING: default' || fail "no names: $names"
}

# A threshold that rises and falls, in snmptrapd's own log.
step_notification() {
	say "a notification in snmptrapd's log"
	limit=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
	mark_traps
	"$SOURCE/build/ctfill" 900 >/dev/null
	echo 1000 >/proc/sys/net/netfilter/nf_conntrack_max
	wait_for 20 has_trap "above the threshold warning (80%)" || fail "no rising notification: $(traps)"
	echo "$limit" >/proc/sys/net/netfilter/nf_conntrack_max
	wait_for 60 has_trap "no longer above the threshold warning" || fail "no falling notification: $(traps)"
	conntrack -F >/dev/null 2>&1
}

# The package leaves another's agentXPerms alone, and the agent gets in by the other's group.
step_other_subagent() {
	say "another subagent's agentXPerms"
	snippet=/etc/snmp/snmpd.conf.d/conntrack-agentx.conf
	addgroup --quiet --system frr
	sed -i 's/^includeDir/agentXPerms 0660 0755 root frr\n&/' /etc/snmp/snmpd.conf
	dpkg -r conntrack-agentx >/dev/null
	mv $snippet /tmp/mine
	dpkg -P conntrack-agentx >/dev/null
	dpkg -i conntrack-agentx.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; fail "dpkg -i fails"; }
	grep -q "snmpd.conf:agentXPerms 0660 0755 root frr" /tmp/dpkg.log || fail "the package does not warn: $(cat /tmp/dpkg.log)"
	grep -q '^#agentXPerms' $snippet || fail "the package's agentXPerms overrides the operator's"
	wait_for 20 socket_is_frrs || fail "the socket is not frr's"
	run_page "$SOURCE/README.md" "### Let snmpd show it, and tell somebody"
	wait_for 15 told_of_group || fail "the agent does not say who may use the socket"
	run_page "$SOURCE/README.md" "### Where another subagent uses snmpd's socket"
	wait_for 15 answers || fail "no answer through the other's group"
	sed -i '/^agentXPerms/d' /etc/snmp/snmpd.conf
	gpasswd -d conntrack-agentx frr >/dev/null
	cp /tmp/mine $snippet
	systemctl restart snmpd conntrack-agentx
	wait_for 20 answers || fail "no answer after that"
}

socket_is_frrs() {
	[ "$(stat -c %G /var/agentx/master)" = frr ]
}

told_of_group() {
	journal | grep -q 'frr'
}

step_after_reboot() {
	say "after a reboot"
	wait_for 60 answers || fail "no answer after a reboot; /var/agentx has mode $(stat -c %a /var/agentx)"
	nft -f /usr/share/conntrack-agentx/snmp-notrack.nft
	# where a socket unit listens for it, its first notification starts it
	systemctl start snmptrapd
	wait_for 60 snmptrapd_listens || fail "snmptrapd does not listen after a reboot"
	step_notification
}

# What a removal leaves: nothing but what the operator wrote.
step_uninstall_source() {
	say "make uninstall"
	systemctl disable --now conntrack-agentx 2>/dev/null
	make -s -C "$SOURCE" uninstall PREFIX=/usr || fail "make uninstall fails"
	rm /etc/snmp/snmpd.conf.d/conntrack-agentx.conf
	systemctl daemon-reload
	left=$(find /etc /usr -xdev -name '*conntrack-agentx*')
	[ -z "$left" ] || fail "make uninstall leaves $left"
}

step_remove_package() {
	say "removal and purge"
	dpkg -r conntrack-agentx >/dev/null
	! systemctl --quiet is-active conntrack-agentx || fail "it runs after its removal"
	[ -f /etc/conntrack-agentx.conf ] || fail "removing has taken the configuration"
	dpkg -i conntrack-agentx.deb >/dev/null 2>&1
	wait_for 20 answers || fail "no answer after a second installation"
	dpkg -P conntrack-agentx >/dev/null
	left=$(find /etc /usr /var/lib -xdev -name '*conntrack-agentx*' ! -path '*/dpkg/*' ! -path '*/apt/*')
	[ -z "$left" ] || fail "purging leaves $left"
	! getent passwd conntrack-agentx >/dev/null || fail "purging leaves the user"
}
