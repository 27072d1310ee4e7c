# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The master comes and goes as it does on a real system: the agent is there again by itself.

step_snmpd() {
	say "snmpd restarted"
	systemctl restart snmpd
	wait_for 20 answers || fail "no answer after a restart of snmpd"

	say "snmpd stopped for 20 s"
	systemctl stop snmpd
	sleep 20
	systemctl start snmpd
	wait_for 20 answers || fail "no answer after snmpd was stopped for 20 s"

	say "snmpd as an upgrade leaves it"
	DEBIAN_FRONTEND=noninteractive dpkg-reconfigure snmpd >/tmp/reconfigure.log 2>&1 || fail "$(cat /tmp/reconfigure.log)"
	wait_for 20 answers || fail "no answer after dpkg-reconfigure snmpd"

	say "snmpd started after the agent"
	systemctl stop snmpd conntrack-agentx
	rm -rf /var/agentx
	systemd-tmpfiles --create
	systemctl start conntrack-agentx
	wait_for 20 systemctl --quiet is-active conntrack-agentx || fail "the agent does not start without snmpd"
	systemctl restart snmpd
	wait_for 20 answers || fail "no answer when snmpd starts after the agent"

	say "the agent restarted"
	systemctl restart conntrack-agentx
	wait_for 20 answers || fail "no answer after a restart of the agent"
}
