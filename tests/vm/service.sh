# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The unit as systemd runs it: reload, wrong configuration, alarms in the journal, processes that die or hang.

service_conf=/etc/conntrack-agentx.conf
service_drop_in=/run/systemd/system/conntrack-agentx.service.d

step_service() {
	say "the journal names the agent once"
	if journal | grep -q -e '^conntrack-agentx: ' -e '^<[0-7]>'; then
		fail "a line of the journal begins with the name or with a priority"
	fi
	rm -f /tmp/service.conf
	[ ! -e $service_conf ] || cp $service_conf /tmp/service.conf
	service_reload
	service_bad_start
	service_alarm
	service_killed
	service_slow_samples
	service_hung
}

main_pid() {
	systemctl show -p MainPID --value conntrack-agentx
}

is_running() {
	systemctl --quiet is-active conntrack-agentx
}

# The agent's configuration is the operator's with these lines behind it.
configure() {
	{
		[ ! -e /tmp/service.conf ] || cat /tmp/service.conf
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >$service_conf
}

logged() { # PRIORITY (or worse) TEXT
	journalctl -q -b --no-pager -o cat -u conntrack-agentx -p "$1" | grep -q -F -e "$2"
}

service_reload() {
	say "a reload, good and bad"
	before=$(main_pid)
	configure 'threshold "half" { rising = 50  falling = 40 }'
	systemctl reload conntrack-agentx || fail "systemctl reload fails with a good file"
	wait_for 20 is_value nfctThresholdName.1.1 half || fail "a good reload has no effect"
	configure 'sample-interval = 99'
	! systemctl reload conntrack-agentx 2>/dev/null || fail "systemctl reload succeeds with a bad file"
	wait_for 10 logged err "sample-interval = 99: must be a whole number from 1 to 60" ||
		fail "the journal does not say what is wrong with the file"
	is_running || fail "a bad reload has ended the agent"
	[ "$(main_pid)" = "$before" ] || fail "a reload has restarted the agent"
	is_value nfctThresholdName.1.1 half || fail "a bad reload has changed something"
}

service_bad_start() {
	say "a start with a bad file, once"
	configure 'sample-interval = 99'
	! systemctl restart conntrack-agentx 2>/dev/null || fail "systemctl restart succeeds with a bad file"
	sleep 6
	systemctl --quiet is-failed conntrack-agentx || fail "a start with a bad file is repeated"
	[ "$(systemctl show -p NRestarts --value conntrack-agentx)" = 0 ] || fail "a start with a bad file was repeated"
	configure
	systemctl start conntrack-agentx || fail "the agent does not start with a good file again"
	wait_for 20 answers || fail "no answer after a start"
}

service_alarm() {
	say "an alarm in the journal and in the status"
	limit=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
	"$SOURCE/build/ctfill" 900 >/dev/null
	echo 1000 >/proc/sys/net/netfilter/nf_conntrack_max
	wait_for 20 logged warning "above the threshold warning (80%)" || fail "journalctl -p warning does not show the alarm"
	wait_for 20 has_status "of 1000 entries (9" || fail "the status is: $(systemctl show -p StatusText conntrack-agentx)"
	echo "$limit" >/proc/sys/net/netfilter/nf_conntrack_max
	conntrack -F >/dev/null 2>&1
	wait_for 60 logged info "no longer above the threshold warning" || fail "the journal does not show that it is over"
	! logged warning "no longer above" || fail "what is over is logged as a warning"
	wait_for 20 has_status "of $limit entries (0%)" || fail "the status does not follow: $(systemctl show -p StatusText conntrack-agentx)"
}

has_status() { # TEXT
	systemctl status --no-pager conntrack-agentx | grep -F "Status: \"default: " | grep -q -F -e "$1"
}

service_killed() {
	say "kill -9 of either process"
	collector=$(main_pid)
	subagent=$(pgrep -P "$collector")
	kill -9 "$subagent"
	wait_for 10 is_gone "$subagent" || fail "the subagent cannot be killed"
	wait_for 20 answers || fail "no answer after kill -9 of the subagent"
	[ "$(main_pid)" = "$collector" ] || fail "kill -9 of the subagent has ended the collector"
	subagent=$(pgrep -P "$collector")
	kill -9 "$collector"
	wait_for 20 is_new "$collector" || fail "systemd does not restart the agent after kill -9 of the collector"
	is_gone "$subagent" || fail "the subagent outlives its collector"
	wait_for 20 answers || fail "no answer after kill -9 of the collector"
	has_two_processes || fail "the unit has more or less than two processes"
}

is_gone() { # PID
	[ ! -e "/proc/$1" ]
}

is_new() { # PID of the one before
	is_running && [ "$(main_pid)" != "$1" ]
}

has_two_processes() {
	[ "$(pgrep -c -u conntrack-agentx)" = 2 ]
}

# The sign of life does not come with the samples: with a sixth of their interval as the manager's patience, nothing
# happens for three times that long.
service_slow_samples() {
	say "sample-interval = 60"
	mkdir -p $service_drop_in
	printf '[Service]\nWatchdogSec=10\n' >$service_drop_in/patience.conf
	configure 'sample-interval = 60'
	systemctl daemon-reload
	systemctl restart conntrack-agentx || fail "the agent does not start with sample-interval = 60"
	before=$(main_pid)
	sleep 30
	is_running || fail "the watchdog has ended an agent that samples every 60 s"
	[ "$(main_pid)" = "$before" ] || fail "the watchdog has restarted an agent that samples every 60 s"
	rm -r $service_drop_in
	systemctl daemon-reload
}

# With the unit's own patience.
service_hung() {
	say "a collector that hangs"
	if [ -e /tmp/service.conf ]; then configure; else rm $service_conf; fi
	systemctl restart conntrack-agentx
	wait_for 20 answers || fail "no answer before it hangs"
	before=$(main_pid)
	kill -STOP "$before"
	stopped_at=$(cut -d. -f1 /proc/uptime)
	wait_for 90 is_new "$before" || fail "a collector that hangs is not replaced within 90 s"
	say "replaced after $(($(cut -d. -f1 /proc/uptime) - stopped_at)) s"
	is_gone "$before" || fail "the collector that hung is still there"
	wait_for 20 answers || fail "no answer from the new one"
	has_two_processes || fail "a process of the old agent is left"
	! journal | grep -q 'dumped core' || fail "the watchdog leaves a core dump"
}
