# SPDX-License-Identifier: GPL-2.0-or-later
# The distribution's own package, and the rooms in which the program is tried elsewhere than here.

.PHONY: deb check-deb dist check-dist check-portable check-vm
deb: ## the Debian package, in build/deb
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(DEB_PACKAGES)
	$(Q)tests/rooms/deb build/deb
	$(Q)cd build/deb && lintian --fail-on error --tag-display-limit 0 *.changes && ls *.deb

check-deb: deb ## ... the same bytes when built again; on a bare Debian, from the first installation to purging
	$(Q)$(ENSURE) $(ROOM_PACKAGES)
	$(Q)tests/rooms/reproducible build/deb/conntrack-agentx_*.deb
	$(Q)tests/rooms/package build/deb/conntrack-agentx_*.deb

dist: ## the source as a tarball, of what is committed, in build/dist
	$(Q)git diff --quiet HEAD || { echo "make dist: there are changes that are not committed" >&2; exit 1; }
	$(Q)mkdir -p build/dist
	$(Q)git -c tar.umask=0022 archive --prefix=conntrack-agentx-$(VERSION)/ HEAD | gzip -9 -n \
		>build/dist/conntrack-agentx-$(VERSION).tar.gz
	@ls build/dist/conntrack-agentx-$(VERSION).tar.gz

# DIST_TARGETS=check: the whole of it
check-dist: dist ## ... builds there, is linted and tested without git
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(TEST_PACKAGES) $(DEB_PACKAGES) $(LINT_PACKAGES)
	$(Q)tests/rooms/dist build/dist/conntrack-agentx-$(VERSION).tar.gz $(DIST_TARGETS)

# release-architecture, or release-musl, which builds its libraries first; several at once, each tells what it did when it
# has ended
PORTABLE = bookworm-i386 bookworm-s390x bookworm-arm64 bullseye-$(shell dpkg --print-architecture 2>/dev/null) bookworm-musl
ROOMS_PORTABLE = $(filter-out $(WITHOUT),$(PORTABLE))
check-portable: ## 32 bits, big-endian, arm64; musl; the headers of Linux 5.10 with glibc 2.31 (PORTABLE=bookworm-musl: one; WITHOUT=bookworm-musl)
	$(Q)$(ENSURE) $(ROOM_PACKAGES) $(CROSS_PACKAGES) $(if $(findstring musl,$(ROOMS_PORTABLE)),$(MUSL_PACKAGES))
	$(Q)$(MAKE) --no-print-directory $(ALL_CORES) -O $(ROOMS_PORTABLE:%=portable-%)
portable-%:
	$(Q)tests/rooms/portable $(subst -, ,$*) $(BUILD_PACKAGES)
portable-%-musl:
	$(Q)tests/rooms/musl $*

VM ?= bookworm trixie bullseye s390x
check-vm: ## the README's lines on stock Debians with their own kernels and systemd; a big-endian machine (VM=bookworm: one)
ifneq ($(filter-out s390x,$(VM)),)
	$(Q)$(ENSURE) $(VM_PACKAGES)
	$(Q)IMAGE_PACKAGES='$(IMAGE_PACKAGES)' tests/vm/run $(filter-out s390x,$(VM))
endif
ifneq ($(filter s390x,$(VM)),)
	$(Q)$(ENSURE) $(CROSS_PACKAGES) qemu-system-misc cpio zstd
	$(Q)tests/vm/s390x $(S390X_PACKAGES)
endif
