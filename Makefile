# SPDX-License-Identifier: GPL-2.0-or-later
# make          build/conntrack-agentx        make demo    see it at work
# make check    the tests (check-quick: a minute of them)
# make install DESTDIR= PREFIX=
VERSION ?= 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
MIBDIR ?= $(PREFIX)/share/snmp/mibs
DOCDIR ?= $(PREFIX)/share/doc/conntrack-agentx
DATADIR ?= $(PREFIX)/share/conntrack-agentx
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSCONFDIR ?= /etc

CC ?= cc
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
PYTHON ?= /usr/bin/python3
WARNINGS = -Wall -Wextra -Wshadow -Wconversion
ifdef WERROR
WARNINGS += -Werror
endif
ifeq ($(V),1)
Q =
else
Q = @
endif

# SANITIZE=1 builds apart, so that both builds stay usable.
ifeq ($(SANITIZE),1)
BUILD = build/san
SANFLAGS = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
else
BUILD = build
SANFLAGS =
endif
BIN = $(BUILD)/conntrack-agentx

PACKAGES = libmnl libnetfilter_conntrack libconfuse libcap-ng libseccomp netsnmp-agent
HAVE_SYSTEMD := $(shell $(PKG_CONFIG) --exists libsystemd 2>/dev/null && echo 1)
DEPS_CFLAGS = $(shell $(PKG_CONFIG) --cflags libmnl libconfuse libcap-ng libseccomp netsnmp-agent) \
	$(if $(HAVE_SYSTEMD),-DHAVE_SYSTEMD)
# only what is called is loaded: libnetsnmpmibs would bring a whole agent along
DEPS_LIBS = -Wl,--as-needed $(shell $(PKG_CONFIG) --libs libmnl libconfuse libcap-ng libseccomp netsnmp-agent) \
	$(if $(HAVE_SYSTEMD),-lsystemd)

# Debian 12's valgrind does not read the DWARF 5 that clang writes.
DEBUG_FORMAT = $(if $(findstring clang,$(CC)),-gdwarf-4)
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -MMD -MP $(WARNINGS) $(SANFLAGS) \
	-fstack-protector-strong -fPIE -Iagent $(CPPFLAGS) $(CFLAGS) $(DEBUG_FORMAT)
ALL_LDFLAGS = $(SANFLAGS) -pie -Wl,-z,relro,-z,now $(LDFLAGS)

SOURCES = $(wildcard agent/*.c)
OBJECTS = $(SOURCES:agent/%.c=$(BUILD)/agent/%.o)

.PHONY: all clean
all: $(BIN)

$(BIN): $(OBJECTS)
	@echo "  LD      $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(DEPS_LIBS)

$(BUILD)/agent/%.o: agent/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(ALL_CFLAGS) $(DEPS_CFLAGS) -c -o $@ $<

clean:
	rm -rf build

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

# ---- what the project needs from the distribution -------------------------------------------

BUILD_PACKAGES = gcc make pkg-config libc6-dev libmnl-dev libnetfilter-conntrack-dev libconfuse-dev \
	libcap-ng-dev libseccomp-dev libsnmp-dev libsystemd-dev
RUN_PACKAGES = snmp snmpd snmptrapd conntrack nftables iproute2 iputils-ping procps libcap2-bin \
	erlang-snmp python3
# make check-nms runs the real programs; make nms-files needs the exporter's generator alone.
FILES_PACKAGES = python3 python3-yaml prometheus-snmp-exporter libsnmp-base erlang-snmp
NMS_PACKAGES = $(TEST_PACKAGES) $(FILES_PACKAGES) postgresql zabbix-server-pgsql zabbix-frontend-php php-cli \
	php-pgsql prometheus snmpsim chromium chromium-driver python3-selenium monitoring-plugins-standard \
	icinga2-bin locales fonts-dejavu-core
TEST_PACKAGES = $(RUN_PACKAGES) libcmocka-dev python3-pytest python3-pytest-xdist python3-seccomp systemd
LINT_PACKAGES = clang-format cppcheck shellcheck smitools mandoc

# Installs what is missing of its arguments; asks for nothing where all is there.
ENSURE = tests/ensure-packages

# Where the programs of tests/ find the lab and the reader of the MIB (pytest: tests/pytest.ini).
TESTS_PATH = $(CURDIR)/tests/integration:$(CURDIR)/conf/generate
# ... unless the caller has said how many.
ALL_CORES = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

.PHONY: deps demo check check-quick run lint format bench install uninstall
deps:
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(TEST_PACKAGES)

# ---- see it, test it --------------------------------------------------------------------------

demo:
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(RUN_PACKAGES)
	$(Q)$(MAKE) --no-print-directory all smi
	$(Q)tests/demo

run: all
	$(Q)tests/run-over-host

# All of them, on all cores; and one of each kind, in a minute. tests/README.md says what each proves.
CHECK_TOOLS = $(addprefix build/,ctfill capswitch.so unfiltered.so probe.so netlinkfault.so clockshift.so)
check check-quick:
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(TEST_PACKAGES) $(if $(filter 1,$(SANITIZE)),,valgrind)
	$(Q)$(MAKE) --no-print-directory $(ALL_CORES) all unit smi $(CHECK_TOOLS)
	$(Q)CONNTRACK_AGENTX=$(abspath $(BIN)) PYTHON=$(PYTHON) \
		tests/check $(if $(filter check,$@),all,quick) $(UNIT_TESTS) -- $(PYTEST_ARGS)

# What people poll with, from the distribution, against the agent.
.PHONY: check-nms nms-files
check-nms:
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(NMS_PACKAGES)
	$(Q)$(MAKE) --no-print-directory all smi build/ctfill
	$(Q)CONNTRACK_AGENTX=$(abspath $(BIN)) $(PYTHON) -m pytest -q $(PYTEST_ARGS) tests/nms

# The template, the exporter's modules and the dashboard, from the MIB.
nms-files:
	$(Q)$(ENSURE) $(FILES_PACKAGES)
	$(Q)$(MAKE) --no-print-directory smi
	$(Q)conf/generate/run

# The SMI's base modules, without which no tool can load ours: Debian's erlang-snmp carries them.
SMI_MODULES = SNMPv2-SMI SNMPv2-TC SNMPv2-CONF SNMPv2-MIB INET-ADDRESS-MIB SNMP-FRAMEWORK-MIB
.PHONY: smi
smi:
	@mkdir -p build/smi
	$(Q)for module in $(SMI_MODULES); do \
		cp /usr/lib/erlang/lib/snmp-*/mibs/$$module.mib build/smi/$$module; done
	$(Q)cp /usr/share/snmp/mibs/NET-SNMP-MIB.txt build/smi/NET-SNMP-MIB
	$(Q)cp mibs/NF-CONNTRACK-MIB.txt build/smi/NF-CONNTRACK-MIB

# A unit test includes the .c that it tests, and links the other objects that it needs.
UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
UNIT_OBJECTS = $(filter-out $(BUILD)/agent/main.o,$(OBJECTS))
.PHONY: unit
unit: $(UNIT_TESTS)

$(BUILD)/unit/test_%: tests/unit/test_%.c $(UNIT_OBJECTS) Makefile
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(ALL_CFLAGS) $(DEPS_CFLAGS) $(ALL_LDFLAGS) -o $@ $< \
		$(filter-out $(BUILD)/agent/$*.o,$(UNIT_OBJECTS)) $(DEPS_LIBS) -lnetfilter_conntrack -lcmocka -lm

build/%: tests/tools/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -Iagent $(CFLAGS) -o $@ $< -Wl,--as-needed -lmnl -lnetfilter_conntrack

build/%.so: tests/tools/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) $(CFLAGS) -fPIC -shared -o $@ $<

bench:
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(RUN_PACKAGES) gnuplot-nox
	$(Q)$(MAKE) --no-print-directory all build/ctfill build/ctfloor build/ctnfct build/udpping
	$(Q)PYTHONPATH=$(TESTS_PATH) tests/bench/run

# The distribution's own package, from what git knows of this folder; the result is in build/deb.
.PHONY: deb
deb:
	$(Q)$(ENSURE) $(BUILD_PACKAGES) build-essential debhelper lintian
	$(Q)rm -rf build/deb && mkdir -p build/deb/source
	$(Q)git ls-files -z | xargs -0 cp --parents -t build/deb/source
	$(Q)cp -r conf/debian build/deb/source/debian
	$(Q)cd build/deb/source && dpkg-buildpackage -us -uc -b >../build.log 2>&1 || { tail -40 ../build.log >&2; exit 1; }
	$(Q)rm -rf build/deb/source
	$(Q)cd build/deb && lintian --fail-on error --tag-display-limit 0 *.changes && ls *.deb

# ... and what becomes of it on a bare machine, from the first installation to purging.
.PHONY: check-deb check-portable
check-deb: deb
	$(Q)$(ENSURE) debootstrap iproute2
	$(Q)tests/rooms/package build/deb/conntrack-agentx_*.deb

# Another architecture, whose long has 32 bits; older headers (Linux 5.10) and libraries (glibc 2.31).
check-portable:
	$(Q)$(ENSURE) debootstrap
	$(Q)tests/rooms/portable bookworm i386 all $(BUILD_PACKAGES)
	$(Q)tests/rooms/portable bullseye "$$(dpkg --print-architecture)" program $(BUILD_PACKAGES)

# ---- fuzz -------------------------------------------------------------------------------------

# libFuzzer, FUZZ_TIME seconds for each target, as many at once as there are cores. What they find new stays in
# build/fuzz/corpus; `make fuzz-merge` takes into tests/fuzz/corpus what reaches further.
FUZZ_TIME ?= 60
FUZZ_TARGETS = $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_BINS = $(FUZZ_TARGETS:%=build/fuzz/%)
FUZZ_OBJECTS = $(patsubst agent/%.c,build/fuzz/agent/%.o,$(filter-out agent/main.c,$(SOURCES)))
FUZZ_FLAGS = $(filter-out -MMD -MP $(SANFLAGS),$(ALL_CFLAGS)) -O1 -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined

.PHONY: fuzz fuzz-merge
fuzz:
	$(Q)$(ENSURE) $(BUILD_PACKAGES) clang
	$(Q)$(MAKE) --no-print-directory $(FUZZ_BINS)
	$(Q)mkdir -p $(FUZZ_TARGETS:%=build/fuzz/corpus/%)
	$(Q)printf '%s\n' $(FUZZ_TARGETS) | xargs -P "$$(nproc)" -I @ sh -c \
		'build/fuzz/@ -max_total_time=$(FUZZ_TIME) -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
			-artifact_prefix=build/fuzz/@- build/fuzz/corpus/@ tests/fuzz/corpus/@ >build/fuzz/@.log 2>&1 || \
		{ tail -40 build/fuzz/@.log; exit 255; }'
	$(Q)for target in $(FUZZ_TARGETS); do \
		echo "fuzz: $$target: $$(tail -1 build/fuzz/$$target.log)"; done

fuzz-merge: $(FUZZ_BINS)
	$(Q)for target in $(FUZZ_TARGETS); do \
		build/fuzz/$$target -merge=1 tests/fuzz/corpus/$$target build/fuzz/corpus/$$target; done

build/fuzz/agent/%.o: agent/%.c Makefile
	@mkdir -p $(@D)
	$(Q)clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP $(DEPS_CFLAGS) -c -o $@ $<

build/fuzz/%: tests/fuzz/fuzz_%.c $(FUZZ_OBJECTS) Makefile
	@echo "  FUZZ    $<"
	$(Q)clang $(FUZZ_FLAGS) -fsanitize=fuzzer $(DEPS_CFLAGS) -o $@ $< $(FUZZ_OBJECTS) $(DEPS_LIBS)

# Hours of a router's life: SOAK_TIME seconds under load.
SOAK_TIME ?= 600
.PHONY: soak
soak:
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(RUN_PACKAGES)
	$(Q)$(MAKE) --no-print-directory all build/ctfill
	$(Q)CONNTRACK_AGENTX=$(abspath $(BIN)) SOAK_TIME=$(SOAK_TIME) PYTHONPATH=$(TESTS_PATH) tests/soak/run

# ---- lint -------------------------------------------------------------------------------------

C_FILES = $(wildcard agent/*.[ch] tests/*/*.[ch])
SHELL_FILES = conf/zabbix/trap-to-zabbix tests/check tests/ensure-packages tests/demo tests/run-over-host tests/lint-includes tests/rooms/room.sh tests/rooms/package tests/rooms/portable .ci/run

lint:
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(LINT_PACKAGES) libcmocka-dev erlang-snmp snmp
	$(Q)$(MAKE) --no-print-directory smi
	clang-format --dry-run --Werror $(C_FILES)
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 \
		--inline-suppr -D_GNU_SOURCE -D'VERSION=""' -Iagent agent tests/tools
	shellcheck -x $(SHELL_FILES)
	tests/lint-includes
	@# smilint exits 0 whatever it finds: what it says of our module is what counts
	@SMIPATH=build/smi smilint -l 6 -s -m mibs/NF-CONNTRACK-MIB.txt 2>&1 | { ! grep -F mibs/NF-CONNTRACK-MIB.txt; }
	@# that our own pages are not installed where they are checked is no fault of theirs
	@mandoc -T lint -W style agent/*.8 agent/*.5 2>&1 | { ! grep -v -e 'referenced manual not found' -e 'mandoc.db'; }
	@echo "lint: clean"

format:
	clang-format -i $(C_FILES)

# ---- install ----------------------------------------------------------------------------------

# What an NMS takes, beside what it is made and tested with.
NMS_FILES = $(addprefix zabbix/,README.md conntrack-agentx.yaml trap-to-zabbix) \
	$(addprefix prometheus/,README.md generator.yml snmp.yml snmp-flat.yml conntrack-agentx.rules.yml \
		grafana-dashboard.json) \
	$(addprefix librenms/,README.md linux.yaml snmptraps.php NfctNotification.php) \
	$(addprefix icinga/,README.md conntrack-agentx.conf nagios.cfg)

install: all
	install -D -m 755 $(BIN) $(DESTDIR)$(SBINDIR)/conntrack-agentx
	install -D -m 644 agent/conntrack-agentx.8 $(DESTDIR)$(MANDIR)/man8/conntrack-agentx.8
	install -D -m 644 agent/conntrack-agentx.conf.5 $(DESTDIR)$(MANDIR)/man5/conntrack-agentx.conf.5
	install -D -m 644 mibs/NF-CONNTRACK-MIB.txt $(DESTDIR)$(MIBDIR)/NF-CONNTRACK-MIB.txt
	install -D -m 644 README.md $(DESTDIR)$(DOCDIR)/README.md
	install -D -m 644 conf/snmpd-conntrack-agentx.conf $(DESTDIR)$(DOCDIR)/snmpd-conntrack-agentx.conf
	for file in $(NMS_FILES); do \
		install -D -m "$$(test -x conf/$$file && echo 755 || echo 644)" conf/$$file $(DESTDIR)$(DATADIR)/$$file; done
	install -d $(DESTDIR)$(UNITDIR)
	sed 's|@SBINDIR@|$(SBINDIR)|' conf/conntrack-agentx.service.in > $(DESTDIR)$(UNITDIR)/conntrack-agentx.service
	chmod 644 $(DESTDIR)$(UNITDIR)/conntrack-agentx.service
	@# the operator's own file is never overwritten
	install -d $(DESTDIR)$(SYSCONFDIR)
	test -e $(DESTDIR)$(SYSCONFDIR)/conntrack-agentx.conf || \
		install -m 644 conf/conntrack-agentx.conf $(DESTDIR)$(SYSCONFDIR)/conntrack-agentx.conf

# Leaves the configuration, if it was changed.
uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/conntrack-agentx $(DESTDIR)$(MANDIR)/man8/conntrack-agentx.8 \
		$(DESTDIR)$(MANDIR)/man5/conntrack-agentx.conf.5 $(DESTDIR)$(MIBDIR)/NF-CONNTRACK-MIB.txt \
		$(DESTDIR)$(UNITDIR)/conntrack-agentx.service
	rm -rf $(DESTDIR)$(DOCDIR) $(DESTDIR)$(DATADIR)
	! cmp -s conf/conntrack-agentx.conf $(DESTDIR)$(SYSCONFDIR)/conntrack-agentx.conf || \
		rm -f $(DESTDIR)$(SYSCONFDIR)/conntrack-agentx.conf
