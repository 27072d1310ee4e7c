# SPDX-License-Identifier: GPL-2.0-or-later
# make help lists the targets. The version stands at the head of agent/NEWS.
VERSION := $(shell sed -n '1s/^conntrack-agentx \([^ ]*\).*/\1/p' agent/NEWS)
PREFIX ?= /usr/local
DESTDIR ?=
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
MIBDIR ?= $(PREFIX)/share/snmp/mibs
DOCDIR ?= $(PREFIX)/share/doc/conntrack-agentx
DATADIR ?= $(PREFIX)/share/conntrack-agentx
UNITDIR ?= $(PREFIX)/lib/systemd/system
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
SYSCONFDIR ?= /etc

CC ?= cc
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
PYTHON ?= /usr/bin/python3
WARNINGS = -Wall -Wextra -Wshadow -Wconversion
ifdef WERROR
WARNINGS += -Werror
endif
ifneq ($(V),1)
Q = @
endif

# SANITIZE=1 builds apart, so that both builds stay usable.
ifeq ($(SANITIZE),1)
BUILD = build/san
SANFLAGS = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
else
BUILD = build
endif
BIN = $(BUILD)/conntrack-agentx
LIBRARIES = libmnl libconfuse libcap-ng libseccomp netsnmp-agent
HAVE_SYSTEMD := $(shell $(PKG_CONFIG) --exists libsystemd 2>/dev/null && echo 1)
DEPS_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(LIBRARIES)) $(if $(HAVE_SYSTEMD),-DHAVE_SYSTEMD)
# only what is called is loaded: libnetsnmpmibs would bring a whole agent along
DEPS_LIBS = -Wl,--as-needed $(shell $(PKG_CONFIG) --libs $(LIBRARIES)) $(if $(HAVE_SYSTEMD),-lsystemd) -lm

# Debian 12's valgrind does not read the DWARF 5 that clang writes.
DEBUG_FORMAT = $(if $(findstring clang,$(CC)),-gdwarf-4)
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -MMD -MP $(WARNINGS) $(SANFLAGS) \
	-fstack-protector-strong -fPIE -Iagent $(CPPFLAGS) $(CFLAGS) $(DEBUG_FORMAT)
ALL_LDFLAGS = $(SANFLAGS) -pie -Wl,-z,relro,-z,now $(LDFLAGS)

SOURCES = $(wildcard agent/*.c agent/*/*.c)
OBJECTS = $(SOURCES:agent/%.c=$(BUILD)/agent/%.o)

.PHONY: all clean help deps demo run check check-quick smi unit bench soak lint format install uninstall
all: $(BIN) ## the program, build/conntrack-agentx (CC=clang, WERROR=1, SANITIZE=1, V=1)

include tests/packages.mk tests/fuzz/fuzz.mk tests/rooms/rooms.mk tests/nms/nms.mk

$(BIN): $(OBJECTS)
	@echo "  LD      $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(DEPS_LIBS)

$(BUILD)/agent/%.o: agent/%.c Makefile agent/NEWS
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(ALL_CFLAGS) $(DEPS_CFLAGS) -c -o $@ $<

clean: ## removes build/, but for the images of virtual machines and the rooms that are kept
	find build -mindepth 1 -maxdepth 1 ! -name vm ! -name rooms -exec rm -rf {} + 2>/dev/null || :

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(wildcard $(MAKEFILE_LIST)) | grep -v '\.d:' | \
		sort -u | expand -t 20

deps: ## installs what a build needs
	$(Q)$(ENSURE) $(BUILD_PACKAGES)

demo: ## a small router, real traffic, a walk, an attack and its notification
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(RUN_PACKAGES)
	$(Q)$(MAKE) --no-print-directory all smi
	$(Q)tests/demo

run: all ## this machine's own table, by a private snmpd, until Ctrl-C
	$(Q)tests/run-over-host

# ---- tests: tests/README.md says what each proves ---------------------------------------------

# Where the programs of tests/ find the lab and the reader of the MIB (pytest: tests/pytest.ini).
TESTS_PATH = $(CURDIR)/tests/integration:$(CURDIR)/conf/generate
# ... unless the caller has said how many.
ALL_CORES = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
PRELOADS = $(patsubst tests/preload/%.c,build/%.so,$(wildcard tests/preload/*.c))

check: ## the tests, on all cores (PYTEST_ARGS='-k totals', SANITIZE=1)
check-quick: ## the unit tests and one integration test of each kind, in a minute
check check-quick:
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(TEST_PACKAGES) $(if $(filter 1,$(SANITIZE)),,valgrind)
	$(Q)$(MAKE) --no-print-directory $(ALL_CORES) all unit smi build/ctfill $(PRELOADS)
	$(Q)CONNTRACK_AGENTX=$(abspath $(BIN)) PYTHON=$(PYTHON) \
		tests/check $(if $(filter check,$@),all,quick) $(UNIT_TESTS) -- $(PYTEST_ARGS)

# The SMI's base modules, without which no tool can load ours: Debian's erlang-snmp carries them.
SMI_MODULES = SNMPv2-SMI SNMPv2-TC SNMPv2-CONF SNMPv2-MIB INET-ADDRESS-MIB SNMP-FRAMEWORK-MIB
smi:
	@mkdir -p build/smi
	$(Q)for module in $(SMI_MODULES); do \
		cp /usr/lib/erlang/lib/snmp-*/mibs/$$module.mib build/smi/$$module; done
	$(Q)cp /usr/share/snmp/mibs/NET-SNMP-MIB.txt build/smi/NET-SNMP-MIB
	$(Q)cp mibs/NF-CONNTRACK-MIB.txt build/smi/NF-CONNTRACK-MIB

# A unit test includes the .c that it tests, and links the other objects that it needs.
UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
UNIT_OBJECTS = $(filter-out $(BUILD)/agent/main.o,$(OBJECTS))
unit: $(UNIT_TESTS) ## builds the unit tests, build/unit/test_*

$(BUILD)/unit/test_%: tests/unit/test_%.c $(UNIT_OBJECTS) Makefile
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(ALL_CFLAGS) $(DEPS_CFLAGS) $(ALL_LDFLAGS) -o $@ $< \
		$(filter-out %/$*.o,$(UNIT_OBJECTS)) $(DEPS_LIBS) -lnetfilter_conntrack -lcmocka

build/%.so: tests/preload/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) $(CFLAGS) -fPIC -shared -o $@ $<

build/%: tests/tools/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -Iagent $(CFLAGS) -o $@ $< -Wl,--as-needed -lmnl -lnetfilter_conntrack

bench: ## what it costs, in build/bench: an hour; raises nf_conntrack_max and _buckets for its time
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(RUN_PACKAGES) gnuplot-nox
	$(Q)$(MAKE) --no-print-directory all smi $(patsubst tests/tools/%.c,build/%,$(wildcard tests/tools/*.c))
	$(Q)PYTHONPATH=$(TESTS_PATH) tests/bench/run

SOAK_TIME ?= 600
soak: ## hours of a router's life under load (SOAK_TIME=600)
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(RUN_PACKAGES)
	$(Q)$(MAKE) --no-print-directory all build/ctfill
	$(Q)CONNTRACK_AGENTX=$(abspath $(BIN)) SOAK_TIME=$(SOAK_TIME) PYTHONPATH=$(TESTS_PATH) tests/soak/run

C_FILES = $(wildcard agent/*.[ch] agent/*/*.[ch] tests/*/*.[ch])
# whatever says that a shell runs it
SHELL_FILES = $(shell grep -lE '^\#!/bin/(ba|da)?sh|shellcheck shell=' .ci/run $(wildcard conf/*/* tests/* tests/*/*) 2>/dev/null)

lint: ## clang-format, cppcheck, shellcheck, smilint, mandoc, includes, log messages
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(LINT_PACKAGES)
	$(Q)$(MAKE) --no-print-directory smi
	clang-format --dry-run --Werror $(C_FILES)
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 \
		--inline-suppr -D_GNU_SOURCE -D'VERSION=""' -Iagent agent tests/tools tests/preload
	shellcheck -x $(SHELL_FILES)
	tests/lint-includes
	$(PYTHON) tests/lint-messages
	@# smilint exits 0 whatever it finds: what it says of our module is what counts
	@SMIPATH=build/smi smilint -l 6 -s -m mibs/NF-CONNTRACK-MIB.txt 2>&1 | { ! grep -F mibs/NF-CONNTRACK-MIB.txt; }
	@# that our own pages are not installed where they are checked is no fault of theirs
	@mandoc -T lint -W style agent/*.8 agent/*.5 2>&1 | { ! grep -v -e 'referenced manual not found' -e 'mandoc.db'; }
	@echo "lint: clean"

format: ## clang-format on all C files
	clang-format -i $(C_FILES)

# ---- install ----------------------------------------------------------------------------------

# What an NMS takes, but not what it is made and tested with; and what snmpd and nftables take.
DATA_FILES = $(filter-out %.test.yml,$(wildcard $(addprefix conf/,zabbix/* prometheus/* librenms/*.* icinga/*))) \
	conf/snmpd-conntrack-agentx.conf conf/snmp-notrack.nft

install: all ## DESTDIR=, PREFIX=/usr/local and others
	install -D -m 755 $(BIN) $(DESTDIR)$(SBINDIR)/conntrack-agentx
	install -D -m 644 agent/conntrack-agentx.8 $(DESTDIR)$(MANDIR)/man8/conntrack-agentx.8
	install -D -m 644 agent/conntrack-agentx.conf.5 $(DESTDIR)$(MANDIR)/man5/conntrack-agentx.conf.5
	install -D -m 644 mibs/NF-CONNTRACK-MIB.txt $(DESTDIR)$(MIBDIR)/NF-CONNTRACK-MIB.txt
	install -D -m 644 -t $(DESTDIR)$(DOCDIR) README.md agent/NEWS
	for file in $(DATA_FILES); do install -D -m "$$(test -x $$file && echo 755 || echo 644)" $$file \
		$(DESTDIR)$(DATADIR)/$${file#conf/}; done
	install -D -m 644 conf/tmpfiles.conf $(DESTDIR)$(TMPFILESDIR)/conntrack-agentx.conf
	install -d $(DESTDIR)$(UNITDIR) $(DESTDIR)$(SYSCONFDIR)
	sed 's|@SBINDIR@|$(SBINDIR)|g' conf/conntrack-agentx.service.in > $(DESTDIR)$(UNITDIR)/conntrack-agentx.service
	chmod 644 $(DESTDIR)$(UNITDIR)/conntrack-agentx.service
	@# the operator's own file is never overwritten
	test -e $(DESTDIR)$(SYSCONFDIR)/conntrack-agentx.conf || \
		install -m 644 conf/conntrack-agentx.conf $(DESTDIR)$(SYSCONFDIR)/conntrack-agentx.conf

uninstall: ## leaves the configuration, if it was changed
	rm -f $(DESTDIR)$(SBINDIR)/conntrack-agentx $(DESTDIR)$(MANDIR)/man8/conntrack-agentx.8 \
		$(DESTDIR)$(MANDIR)/man5/conntrack-agentx.conf.5 $(DESTDIR)$(MIBDIR)/NF-CONNTRACK-MIB.txt \
		$(DESTDIR)$(UNITDIR)/conntrack-agentx.service $(DESTDIR)$(TMPFILESDIR)/conntrack-agentx.conf
	rm -rf $(DESTDIR)$(DOCDIR) $(DESTDIR)$(DATADIR)
	! cmp -s conf/conntrack-agentx.conf $(DESTDIR)$(SYSCONFDIR)/conntrack-agentx.conf || \
		rm -f $(DESTDIR)$(SYSCONFDIR)/conntrack-agentx.conf
