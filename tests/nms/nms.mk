# SPDX-License-Identifier: GPL-2.0-or-later
# What network management systems take, and the test of it on the real ones.

.PHONY: check-nms nms-files librenms-data
check-nms: ## Zabbix, Prometheus, check_snmp and others on the agent
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(NMS_PACKAGES)
	$(Q)$(MAKE) --no-print-directory all smi build/ctfill
	$(Q)tests/rooms/keep trixie $(TRIXIE_PACKAGES)
	$(Q)CONNTRACK_AGENTX=$(abspath $(BIN)) $(PYTHON) -m pytest -q -n 2 --dist loadfile $(PYTEST_ARGS) tests/nms

nms-files: ## makes the template, the exporter's modules and the dashboard from the MIB
	$(Q)$(ENSURE) $(FILES_PACKAGES)
	$(Q)$(MAKE) --no-print-directory smi
	$(Q)conf/generate/run

librenms-data: ## records a walk, and makes LibreNMS's test data from it
	$(Q)$(ENSURE) $(BUILD_PACKAGES) $(NMS_PACKAGES)
	$(Q)$(MAKE) --no-print-directory all smi build/ctfill
	$(Q)PYTHONPATH=$(TESTS_PATH) $(PYTHON) tests/nms/librenms.py
