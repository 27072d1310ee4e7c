# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A Debian of another architecture in a directory, for a cross compiler and an emulator of this machine, to be sourced.
# Its packages are unpacked and not configured: nothing of it has to run here.

# shellcheck source=tests/rooms/room.sh
. "$(dirname "$0")/../rooms/room.sh"

# sysroot_make SUITE ARCH PACKAGE...: makes it; its directory is then $ROOM, and $EMULATOR runs its programs.
sysroot_make() {
	room_directory
	suite=$1 arch=$2
	shift 2
	case $arch in
	i386) TRIPLET=i686-linux-gnu EMULATOR=qemu-i386 libraries=i386-linux-gnu ;;
	arm64) TRIPLET=aarch64-linux-gnu EMULATOR=qemu-aarch64 libraries=$TRIPLET ;;
	s390x) TRIPLET=s390x-linux-gnu EMULATOR=qemu-s390x libraries=$TRIPLET ;;
	*) echo "sysroot: no cross compiler is known for $arch" >&2; exit 1 ;;
	esac
	EMULATOR="$EMULATOR -L $ROOM"
	mirror=$(room_mirror "$suite")
	for _ in 1 2 3; do
		echo "  SYSROOT $suite $arch"
		if mmdebstrap --variant=extract --architectures="$arch" --include="$*" "$suite" "$ROOM" ${mirror:+"$mirror"} \
			>"$ROOM.log" 2>&1; then
			sysroot_mend_links
			return
		fi
		find "$ROOM" -xdev -mindepth 1 -delete
		sleep 10
	done
	tail -n 5 "$ROOM.log" >&2
	exit 1
}

# /usr/lib/libm.so is a link to /lib/libm.so.6: of this directory, not of this machine.
sysroot_mend_links() {
	find "$ROOM" -xdev -lname '/*' | while read -r link; do
		ln -sfn "$(realpath -m -s --relative-to="$(dirname "$link")" "$ROOM$(readlink "$link")")" "$link"
	done
}

# sysroot_build TARGET...: with the cross compiler and these libraries, in /source of the directory.
sysroot_build() {
	PKG_CONFIG_SYSROOT_DIR=$ROOM PKG_CONFIG_LIBDIR=$ROOM/usr/lib/$libraries/pkgconfig:$ROOM/usr/share/pkgconfig \
		make --no-print-directory -s -C "$ROOM/source" "-j$(nproc)" CC="$TRIPLET-gcc --sysroot=$ROOM" "$@" \
		>"$ROOM.log" 2>&1 || { cat "$ROOM.log"; exit 1; }
}
