# SPDX-License-Identifier: GPL-2.0-or-later
# The distribution's own package, and the rooms in which the program is tried elsewhere than here.

.PHONY: deb check-deb check-portable check-vm
deb: ## the Debian package, in build/deb
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(DEB_PACKAGES)
	$(Q)rm -rf build/deb && mkdir -p build/deb/source
	$(Q)git ls-files -z | xargs -0 cp --parents -t build/deb/source
	$(Q)tests/rooms/debian-folder build/deb/source
	$(Q)cd build/deb/source && dpkg-buildpackage -us -uc -b >../build.log 2>&1 || { tail -40 ../build.log >&2; exit 1; }
	$(Q)rm -rf build/deb/source
	$(Q)cd build/deb && lintian --fail-on error --tag-display-limit 0 *.changes && ls *.deb

check-deb: deb ## ... on a bare Debian, from the first installation to purging
	$(Q)$(ENSURE) $(ROOM_PACKAGES)
	$(Q)tests/rooms/package build/deb/conntrack-agentx_*.deb

check-portable: ## 32 bits; the headers of Linux 5.10 with glibc 2.31
	$(Q)$(ENSURE) $(ROOM_PACKAGES)
	$(Q)tests/rooms/portable bookworm i386 $(BUILD_PACKAGES)
	$(Q)tests/rooms/portable bullseye "$$(dpkg --print-architecture)" $(BUILD_PACKAGES)

VM ?= bookworm trixie bullseye
check-vm: ## the README's lines on stock Debians with their own kernels and systemd (VM=bookworm: one)
	$(Q)$(ENSURE) $(VM_PACKAGES)
	$(Q)IMAGE_PACKAGES='$(IMAGE_PACKAGES)' tests/vm/run $(VM)
