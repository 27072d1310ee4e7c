# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2016,SC2031 # some dollars are the inner shell's; it takes a sourced file for a subshell
# A Debian with its own kernel and systemd as a disk image for QEMU, to be sourced. An image is made once and kept in
# VM_IMAGES (build/vm), beside the tree that it was made of: about 1 GB. It is made anew when this file or
# IMAGE_PACKAGES (tests/packages.mk) changes.

# shellcheck source=tests/rooms/room.sh
. "$(dirname "$0")/../rooms/room.sh"

: "${IMAGE_PACKAGES:?is not set: make check-vm calls this}"

# What runs in the machine at boot: the test from its second disk, whose output goes to the second serial line. 99 is
# a request for a reboot.
image_write_units() {
	cat >"$ROOM/etc/systemd/system/vm-test.service" <<-'EOF'
		[Unit]
		Description=The test that this machine was started for
		After=multi-user.target
		[Service]
		ExecStart=/usr/local/sbin/vm-test
		[Install]
		WantedBy=multi-user.target
	EOF
	cat >"$ROOM/usr/local/sbin/vm-test" <<-'EOF'
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
	chmod 755 "$ROOM/usr/local/sbin/vm-test"
}

image_build() {
	rm -rf --one-file-system "$ROOM"
	mirror=$(room_mirror "$(. /etc/os-release && echo "$VERSION_CODENAME")")
	# shellcheck disable=SC2086 # no mirror, no word
	debootstrap --variant=minbase "$SUITE" "$ROOM" $mirror
	security=$(room_mirror "$SUITE-security")
	[ -z "$security" ] || echo "deb $security $SUITE-security main" >>"$ROOM/etc/apt/sources.list"
	# nothing starts by itself while the tree is made: snmpd's first start is the machine's
	printf '#!/bin/sh\nexit 101\n' >"$ROOM/usr/sbin/policy-rc.d"
	chmod 755 "$ROOM/usr/sbin/policy-rc.d"
	room_run apt-get -q update
	# shellcheck disable=SC2086 # one word a package
	room_run apt-get -q -y --no-install-recommends install $IMAGE_PACKAGES
	room_run apt-get clean
	rm "$ROOM/usr/sbin/policy-rc.d"
	echo "$SUITE" >"$ROOM/etc/hostname"
	echo "/dev/vda / ext4 defaults 0 1" >"$ROOM/etc/fstab"
	image_write_units
	room_run systemctl enable vm-test.service
	cp "$ROOM"/boot/vmlinuz-* "$IMAGE/vmlinuz"
	cp "$ROOM"/boot/initrd.img-* "$IMAGE/initrd"
	mke2fs -q -F -t ext4 -E lazy_itable_init=0,lazy_journal_init=0 -d "$ROOM" "$IMAGE/new.img" 4G
	mv "$IMAGE/new.img" "$IMAGE/image"
	image_recipe >"$IMAGE/made-by"
}

# What an image is made of.
image_recipe() {
	cat "$TOP/tests/vm/image.sh"
	echo "$IMAGE_PACKAGES"
}

# image_make SUITE: its directory is then $IMAGE, the tree that it was made of $ROOM.
image_make() {
	SUITE=$1
	IMAGE=${VM_IMAGES:-$TOP/build/vm}/$SUITE
	ROOM=$IMAGE/tree
	mkdir -p "$IMAGE"
	exec 9>"$IMAGE/lock" # two runs at once make one image
	flock 9
	for _ in 1 2 3; do
		[ ! -f "$IMAGE/image" ] || ! image_recipe | cmp -s - "$IMAGE/made-by" || break
		echo "  IMAGE   $SUITE"
		# a shell of its own, whose errors end it: a mirror may be in the middle of its synchronization
		rm -f "$IMAGE/image"
		(set -e; image_build) >"$IMAGE/log" 2>&1 & wait $! || sleep 10
	done
	exec 9>&-
	[ -f "$IMAGE/image" ] || { tail -n 20 "$IMAGE/log" >&2; exit 1; }
}
