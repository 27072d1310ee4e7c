# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Another network namespace, by the drop-in that stands in the unit.

step_namespaces() {
	say "a namespace, with the unit's own drop-in"
	ip netns add blue
	echo 'namespace "blue" { index = 2 }' >>/etc/conntrack-agentx.conf
	mkdir -p /etc/systemd/system/conntrack-agentx.service.d
	{ echo '[Service]'; sed -n 's/^#     //p' "$(systemctl show -p FragmentPath --value conntrack-agentx)"; } \
		>/etc/systemd/system/conntrack-agentx.service.d/namespaces.conf
	systemctl daemon-reload
	systemctl restart conntrack-agentx
	wait_for 20 is_value nfctInstanceStatus.2 1 || fail "the namespace is not read: $(value nfctInstanceStatusText.2)"
	nsenter --net=/run/netns/blue "$SOURCE/build/ctfill" 70 >/dev/null
	wait_for 20 is_value nfctInstanceEntries.2 70 || fail "70 entries, told as $(value nfctInstanceEntries.2)"
	ip netns delete blue
	wait_for 20 is_value nfctInstanceStatus.2 3 || fail "it is deleted, and status is $(value nfctInstanceStatus.2)"
	rm -r /etc/systemd/system/conntrack-agentx.service.d
	sed -i '/^namespace/d' /etc/conntrack-agentx.conf
	systemctl daemon-reload
	systemctl restart conntrack-agentx
	wait_for 20 answers || fail "no answer without the namespace"
}
