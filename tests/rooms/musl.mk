# SPDX-License-Identifier: GPL-2.0-or-later
# The libraries, and the project with them, against musl. tests/rooms/musl says where their sources are (BUILDS), and to
# what folder they go (MUSL).

# musl-gcc looks into musl's own folder alone; the kernel's headers come by links.
export CC = musl-gcc -isystem $(MUSL)/include -L$(MUSL)/lib -Wl,-rpath,$(MUSL)/lib
export PKG_CONFIG_LIBDIR = $(MUSL)/lib/pkgconfig
# A borrowed library calls what only glibc has; libfortify has it.
export LDFLAGS = -lfortify -Wl,--allow-shlib-undefined

.PHONY: libraries project headers $(FROM_SOURCE)
libraries: $(FROM_SOURCE)

headers: $(MUSL)/lib/libfortify.so
	ln -sfn /usr/include/linux /usr/include/asm-generic /usr/include/$(shell gcc -print-multiarch)/asm $(MUSL)/include

$(MUSL)/lib/libfortify.so: tests/rooms/fortify.c
	musl-gcc -shared -fPIC -Wall -Wextra -o $@ $<

# All files get the same age: what the distribution has changed must not be made anew for that.
$(filter-out cmocka,$(FROM_SOURCE)): headers
	cd $(BUILDS)/$@-*/ && find . -type f -exec touch -d @0 {} + && \
		CONFIG_SHELL=/bin/sh /bin/sh ./configure --quiet --build=$(shell gcc -dumpmachine) --prefix=$(MUSL) \
			--disable-static CFLAGS=-O1 $($@_OPTIONS) && \
		$(MAKE) -s && $(MAKE) -s install

libcap-ng_OPTIONS = --without-python --without-python3
# what an AgentX subagent links, and no more
net-snmp_OPTIONS = --with-defaults --enable-mini-agent --with-mib-modules=agentx --with-openssl=internal \
	--without-perl-modules --disable-embedded-perl --disable-applications --disable-manuals --disable-scripts \
	--disable-mibs --disable-debugging
libnetfilter-conntrack: $(filter libmnl libnfnetlink,$(FROM_SOURCE))

# cmocka is one file, and would need cmake.
cmocka: headers
	cd $(BUILDS)/cmocka-*/ && cp include/cmocka*.h $(MUSL)/include && \
		sed -n '/_IO_H\|HAVE__\|MSVC/d; s/^#cmakedefine \(HAVE_[A-Z_]*\) 1/#define \1 1/p' config.h.cmake >config.h && \
		$(CC) -O2 -std=gnu99 -DHAVE_CONFIG_H -I. -Iinclude -shared -fPIC -o $(MUSL)/lib/libcmocka.so src/cmocka.c

project:
	$(MAKE) --no-print-directory -f Makefile all unit
