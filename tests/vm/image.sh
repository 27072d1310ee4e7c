# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2016 # some dollars are the inner shell's
# A Debian with its own kernel and systemd as a disk image for QEMU, to be sourced. An image is made once and kept in
# VM_IMAGES (build/vm), beside the tree that it was made of: about 1 GB. It is made anew when this file changes.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

IMAGE_KERNEL=linux-image-cloud-amd64
IMAGE_PACKAGES="systemd-sysv dbus kmod udev procps iproute2 netbase iputils-ping libcap2-bin initramfs-tools zstd
	conntrack nftables snmp snmpd snmptrapd erlang-snmp adduser
	gcc make pkg-config libc6-dev libmnl-dev libnetfilter-conntrack-dev libconfuse-dev libcap-ng-dev libseccomp-dev
	libsnmp-dev libsystemd-dev build-essential debhelper"

# image_in_tree COMMAND...: in the image's tree, as its root. The mount ends with the command.
image_in_tree() {
	unshare --mount --propagation private sh -c 'mount -t proc proc "$1/proc" && exec chroot "$@"' sh "$ROOM/tree" "$@"
}

# The mirror among this machine's own sources that carries a code name; nothing if there is none.
image_mirror() {
	apt-get indextargets --format '$(REPO_URI)' "Codename: $1" "Created-By: Packages" | head -n 1
}

# What runs in the machine at boot: the test from its second disk, whose output goes to the second serial line. 99 is
# a request for a reboot.
image_write_units() {
	cat >"$ROOM/tree/etc/systemd/system/vm-test.service" <<-'EOF'
		[Unit]
		Description=The test that this machine was started for
		After=multi-user.target
		[Service]
		ExecStart=/usr/local/sbin/vm-test
		[Install]
		WantedBy=multi-user.target
	EOF
	cat >"$ROOM/tree/usr/local/sbin/vm-test" <<-'EOF'
		#!/bin/sh
		exec </dev/null >/dev/ttyS1 2>&1
		stty -F /dev/ttyS1 raw
		export HOME=/root LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
		BOOT=$(($(cat /var/lib/vm-test 2>/dev/null || echo 0) + 1))
		echo $BOOT >/var/lib/vm-test
		export BOOT
		[ $BOOT -gt 1 ] || { mkdir /room && tar -xf /dev/vdb -C /room; }
		cd /room && ./test
		status=$?
		[ $status -ne 99 ] || exec systemctl reboot
		echo "vm-exit: $status"
		systemctl poweroff
	EOF
	chmod 755 "$ROOM/tree/usr/local/sbin/vm-test"
}

image_build() {
	rm -rf --one-file-system "$ROOM/tree"
	mirror=$(image_mirror "$(. /etc/os-release && echo "$VERSION_CODENAME")")
	# shellcheck disable=SC2086 # no mirror, no word
	debootstrap --variant=minbase "$SUITE" "$ROOM/tree" $mirror
	security=$(image_mirror "$SUITE-security")
	[ -z "$security" ] || echo "deb $security $SUITE-security main" >>"$ROOM/tree/etc/apt/sources.list"
	# nothing starts by itself while the tree is made: snmpd's first start is the machine's
	printf '#!/bin/sh\nexit 101\n' >"$ROOM/tree/usr/sbin/policy-rc.d"
	chmod 755 "$ROOM/tree/usr/sbin/policy-rc.d"
	image_in_tree apt-get -q update
	# shellcheck disable=SC2086 # one word a package
	image_in_tree apt-get -q -y --no-install-recommends install $IMAGE_PACKAGES $IMAGE_KERNEL
	image_in_tree apt-get clean
	rm "$ROOM/tree/usr/sbin/policy-rc.d"
	echo "$SUITE" >"$ROOM/tree/etc/hostname"
	echo "/dev/vda / ext4 defaults 0 1" >"$ROOM/tree/etc/fstab"
	image_write_units
	image_in_tree systemctl enable vm-test.service
	cp "$ROOM"/tree/boot/vmlinuz-* "$ROOM/vmlinuz"
	cp "$ROOM"/tree/boot/initrd.img-* "$ROOM/initrd"
	mke2fs -q -F -t ext4 -E lazy_itable_init=0,lazy_journal_init=0 -d "$ROOM/tree" "$ROOM/new.img" 4G
	mv "$ROOM/new.img" "$ROOM/image"
	cp "$TOP/tests/vm/image.sh" "$ROOM/made-by"
}

# image_make SUITE: its directory is then $ROOM.
image_make() {
	SUITE=$1
	ROOM=${VM_IMAGES:-$TOP/build/vm}/$SUITE
	mkdir -p "$ROOM"
	exec 9>"$ROOM/lock" # two runs at once make one image
	flock 9
	for _ in 1 2 3; do
		[ ! -f "$ROOM/image" ] || ! cmp -s "$TOP/tests/vm/image.sh" "$ROOM/made-by" || break
		echo "  IMAGE   $SUITE"
		# a shell of its own, whose errors end it: a mirror may be in the middle of its synchronization
		rm -f "$ROOM/image"
		(set -e; image_build) >"$ROOM/log" 2>&1 & wait $! || sleep 10
	done
	exec 9>&-
	[ -f "$ROOM/image" ] || { tail -n 20 "$ROOM/log" >&2; exit 1; }
}
