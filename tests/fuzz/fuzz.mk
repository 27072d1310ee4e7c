# SPDX-License-Identifier: GPL-2.0-or-later
# libFuzzer, FUZZ_TIME seconds for each target, as many at once as there are cores. What they find new stays in
# build/fuzz/corpus; `make fuzz-merge` takes into tests/fuzz/corpus what reaches further.

FUZZ_TIME ?= 60
FUZZ_TARGETS = $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_BINS = $(FUZZ_TARGETS:%=build/fuzz/%)
FUZZ_OBJECTS = $(patsubst agent/%.c,build/fuzz/agent/%.o,$(filter-out agent/main.c,$(SOURCES)))
FUZZ_FLAGS = $(filter-out -MMD -MP $(SANFLAGS),$(ALL_CFLAGS)) -O1 -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined

.PHONY: fuzz fuzz-merge
fuzz: ## libFuzzer on what the kernel, the operator and managers send (FUZZ_TIME=60)
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
