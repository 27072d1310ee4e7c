# SPDX-License-Identifier: GPL-2.0-or-later
# make          build/conntrack-agentx        make demo    see it at work
# make check    the tests                     make install DESTDIR= PREFIX=
VERSION ?= 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
MIBDIR ?= $(PREFIX)/share/snmp/mibs
DOCDIR ?= $(PREFIX)/share/doc/conntrack-agentx
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

PACKAGES = libmnl libnetfilter_conntrack libconfuse libcap-ng netsnmp-agent
HAVE_SYSTEMD := $(shell $(PKG_CONFIG) --exists libsystemd 2>/dev/null && echo 1)
DEPS_CFLAGS = $(shell $(PKG_CONFIG) --cflags libmnl libconfuse libcap-ng netsnmp-agent) \
	$(if $(HAVE_SYSTEMD),-DHAVE_SYSTEMD)
# only what is called is loaded: libnetsnmpmibs would bring a whole agent along
DEPS_LIBS = -Wl,--as-needed $(shell $(PKG_CONFIG) --libs libmnl libconfuse libcap-ng netsnmp-agent) \
	$(if $(HAVE_SYSTEMD),-lsystemd)

ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -MMD -MP $(WARNINGS) $(SANFLAGS) \
	-fstack-protector-strong -fPIE -Iagent $(CPPFLAGS) $(CFLAGS)
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
