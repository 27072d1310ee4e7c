# SPDX-License-Identifier: GPL-2.0-or-later
# What each part of the project needs of the distribution, by Debian's names.

BUILD_PACKAGES = gcc make pkg-config libc6-dev libmnl-dev libnetfilter-conntrack-dev libconfuse-dev \
	libcap-ng-dev libseccomp-dev libsnmp-dev libsystemd-dev
RUN_PACKAGES = snmp snmpd snmptrapd conntrack nftables iproute2 iputils-ping procps libcap2-bin \
	erlang-snmp python3
TEST_PACKAGES = $(RUN_PACKAGES) libcmocka-dev python3-pytest python3-pytest-xdist python3-seccomp systemd
LINT_PACKAGES = clang-format cppcheck shellcheck smitools mandoc libcmocka-dev erlang-snmp snmp
DEB_PACKAGES = build-essential debhelper lintian
ROOM_PACKAGES = debootstrap arch-test iproute2
# What builds for another architecture, and runs it.
CROSS_PACKAGES = mmdebstrap qemu-user gcc-i686-linux-gnu gcc-s390x-linux-gnu gcc-aarch64-linux-gnu
# What builds against musl: the libraries' sources too.
MUSL_PACKAGES = $(BUILD_PACKAGES) musl-tools linux-libc-dev dpkg-dev gperf
VM_PACKAGES = debootstrap e2fsprogs qemu-system-x86 util-linux
# What is in the virtual machines, whose program and package are built there too.
IMAGE_PACKAGES = linux-image-cloud-amd64 systemd-sysv dbus kmod udev procps iproute2 netbase iputils-ping libcap2-bin \
	initramfs-tools zstd conntrack nftables snmp snmpd snmptrapd erlang-snmp adduser $(BUILD_PACKAGES) \
	build-essential debhelper
# ... and in the big-endian one, whose program is built here.
S390X_PACKAGES = linux-image-s390x kmod mount dash coreutils grep sed iproute2 conntrack snmp snmpd snmptrapd \
	erlang-snmp libconfuse2 libcmocka-dev $(filter %-dev,$(BUILD_PACKAGES))
# make nms-files needs the exporter's generator; make check-nms runs the real programs.
FILES_PACKAGES = python3 python3-yaml prometheus-snmp-exporter libsnmp-base erlang-snmp
NMS_PACKAGES = $(TEST_PACKAGES) $(FILES_PACKAGES) postgresql zabbix-server-pgsql zabbix-frontend-php php-cli \
	php-pgsql prometheus snmpsim chromium chromium-driver python3-selenium monitoring-plugins-standard \
	icinga2-bin locales fonts-dejavu-core logrotate strace libsnmp-perl $(ROOM_PACKAGES)
# What check-nms runs in a Debian 13 beside them.
TRIXIE_PACKAGES = postgresql zabbix-server-pgsql zabbix-frontend-php php-cli php-pgsql locales fonts-dejavu-core \
	prometheus prometheus-snmp-exporter

# Installs what is missing of its arguments; asks for nothing where all is there.
ENSURE = tests/ensure-packages
