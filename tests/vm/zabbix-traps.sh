# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Traps for Zabbix: the lines of conf/zabbix/README.md as they stand there, behind Debian's own snmptrapd. What Zabbix
# would read is one record a trap, of its sender, with the OIDs as numbers.

ZABBIX_TRAPS=/var/log/snmptrap/zabbix_traps

step_zabbix_traps() {
	say "traps for Zabbix, by its README"
	zabbix_receiver
	zabbix_record
	zabbix_forgery
	zabbix_rotation
	# the steps behind this one read names in the journal
	rm /etc/systemd/system/snmptrapd.service.d/zabbix.conf
	systemctl daemon-reload
	systemctl restart snmptrapd
	wait_for 20 snmptrapd_listens || fail "snmptrapd does not listen"
}

# What the package of the Zabbix server has made, and the README's lines.
zabbix_receiver() {
	getent group zabbix >/dev/null || groupadd --system zabbix
	getent passwd zabbix >/dev/null || useradd --system -g zabbix --no-create-home --shell /usr/sbin/nologin zabbix
	run_page "$SOURCE/conf/zabbix/README.md" "### The receiver"
	systemctl --quiet is-active snmptrapd || fail "snmptrapd does not run"
	# a unit of Type=simple is active before it listens
	wait_for 20 snmptrapd_listens || fail "snmptrapd does not listen"
}

# A notification of the agent's own kind, from another address than the receiver's.
zabbix_send() { # $1: the text
	snmptrap -v2c -c public --clientaddr=127.0.0.66 127.0.0.1 '' .1.3.6.1.4.1.8072.9999.9999.6696.0.1 \
		.1.3.6.1.4.1.8072.9999.9999.6696.1.11.1.0 s "$1" .1.3.6.1.4.1.8072.9999.9999.6696.1.2.1.2.1 s default
}

zabbix_records() {
	# as the user that Zabbix runs as: it reads the file, and writes nothing
	setpriv --reuid zabbix --regid zabbix --clear-groups cat "$ZABBIX_TRAPS"
}

zabbix_count() { # $1: how many records are wanted
	[ "$(zabbix_records | grep -c ZBXTRAP)" = "$1" ]
}

zabbix_record() {
	zabbix_send "a text of ours"
	wait_for 20 zabbix_count 1 || fail "not one record: $(zabbix_records 2>&1; systemctl status snmptrapd)"
	zabbix_records | grep -q '^[0-9T:+-]* ZBXTRAP 127\.0\.0\.66$' || fail "not the sender's record: $(zabbix_records)"
	zabbix_records | grep -qx '\.1\.3\.6\.1\.6\.3\.1\.1\.4\.1\.0 \.1\.3\.6\.1\.4\.1\.8072\.9999\.9999\.6696\.0\.1' ||
		fail "no notification as a number: $(zabbix_records)"
	zabbix_records | grep -qx '\.1\.3\.6\.1\.4\.1\.8072\.9999\.9999\.6696\.1\.11\.1\.0 a text of ours' ||
		fail "no text: $(zabbix_records)"
	! setpriv --reuid nobody --regid nogroup --clear-groups cat "$ZABBIX_TRAPS" >/dev/null 2>&1 ||
		fail "everybody can read $ZABBIX_TRAPS"
}

zabbix_forgery() {
	zabbix_send "$(printf 'x\n12:00:00 2026/11/25 ZBXTRAP 198.51.100.99\ny')"
	wait_for 20 zabbix_count 2 || fail "not two records: $(zabbix_records)"
	! zabbix_records | grep -q 'ZBXTRAP 198' || fail "a sender has forged another host's trap: $(zabbix_records)"
}

# Where logrotate is installed: the file is emptied in place, and the next trap comes into it.
zabbix_rotation() {
	command -v logrotate >/dev/null || return 0
	inode=$(stat -c %i "$ZABBIX_TRAPS")
	logrotate -f /etc/logrotate.d/zabbix_traps >/tmp/logrotate.log 2>&1 || fail "logrotate: $(cat /tmp/logrotate.log)"
	[ "$(stat -c %i-%s "$ZABBIX_TRAPS")" = "$inode-0" ] || fail "logrotate has not emptied $ZABBIX_TRAPS"
	zabbix_send "after the rotation"
	wait_for 20 zabbix_count 1 || fail "no record after the rotation"
}
