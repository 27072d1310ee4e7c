# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2016 # some dollars are the inner shell's
# A bare Debian in a directory of its own, to be sourced. Nothing of the machine is mounted in it but /proc, in a
# mount namespace that ends with the command.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

# The mirror among this machine's own sources that carries a code name; nothing if there is none.
room_mirror() {
	apt-get indextargets --format '$(REPO_URI)' "Codename: $1" "Created-By: Packages" | head -n 1
}

# room_directory: an empty one, gone with this script: $ROOM.
room_directory() {
	ROOM=$(mktemp -d "${TMPDIR:-/tmp}/nfct-room-XXXXXX")
	trap 'room_remove' EXIT
	trap 'exit 1' INT TERM
}

# room_make SUITE ARCH: makes it; its directory is then $ROOM.
room_make() {
	room_directory
	room_fill "$1" "$2"
}

# room_fill SUITE ARCH: a bare Debian into the empty directory $ROOM.
room_fill() {
	chmod 755 "$ROOM" # apt gives its own root away
	mirror=$(room_mirror bookworm)
	# a mirror may be in the middle of its synchronization
	for _ in 1 2 3; do
		echo "  ROOM    $1 $2"
		if debootstrap --variant=minbase --arch="$2" "$1" "$ROOM" ${mirror:+"$mirror"} >"$ROOM.log" 2>&1; then
			printf '#!/bin/sh\nexit 101\n' >"$ROOM/usr/sbin/policy-rc.d" # nothing starts by itself
			chmod 755 "$ROOM/usr/sbin/policy-rc.d"
			return
		fi
		find "$ROOM" -xdev -mindepth 1 -delete
		sleep 10
	done
	tail -n 5 "$ROOM.log" >&2
	exit 1
}

room_remove() {
	rm -rf "$ROOM.log" "$ROOM.files"
	rm -rf --one-file-system "$ROOM"
}

# room_run COMMAND...: in it, as its root.
room_run() {
	unshare --mount --propagation private sh -c 'mount -t proc proc "$1/proc" && exec chroot "$@"' sh "$ROOM" "$@"
}

# room_install PACKAGE...: from the distribution; a file is one in the room.
room_install() {
	for _ in 1 2 3; do
		if room_run sh -c 'apt-get -qq update && apt-get -qq -y --no-install-recommends install "$@"' sh "$@" \
			>"$ROOM.log" 2>&1; then
			return
		fi
		sleep 10
	done
	tail -n 20 "$ROOM.log" >&2
	exit 1
}

# room_copy: what git knows of this folder, to /source.
room_copy() {
	mkdir "$ROOM/source"
	(cd "$TOP" && tests/source-files | xargs -0 cp --parents -t "$ROOM/source")
}
