<?php

// SPDX-License-Identifier: GPL-2.0-or-later
// For 'trap_handlers' in config/snmptraps.php of LibreNMS: these lines, beside the others there.

return [
    'trap_handlers' => [
        'NF-CONNTRACK-MIB::nfctUtilizationRising' => \LibreNMS\Snmptrap\Handlers\NfctNotification::class,
        'NF-CONNTRACK-MIB::nfctUtilizationFalling' => \LibreNMS\Snmptrap\Handlers\NfctNotification::class,
        'NF-CONNTRACK-MIB::nfctDroppingStarted' => \LibreNMS\Snmptrap\Handlers\NfctNotification::class,
        'NF-CONNTRACK-MIB::nfctDroppingStopped' => \LibreNMS\Snmptrap\Handlers\NfctNotification::class,
        'NF-CONNTRACK-MIB::nfctSourceRising' => \LibreNMS\Snmptrap\Handlers\NfctNotification::class,
        'NF-CONNTRACK-MIB::nfctSourceFalling' => \LibreNMS\Snmptrap\Handlers\NfctNotification::class,
        'NF-CONNTRACK-MIB::nfctWatchEntriesRising' => \LibreNMS\Snmptrap\Handlers\NfctNotification::class,
        'NF-CONNTRACK-MIB::nfctWatchEntriesFalling' => \LibreNMS\Snmptrap\Handlers\NfctNotification::class,
        'NF-CONNTRACK-MIB::nfctInstanceDegraded' => \LibreNMS\Snmptrap\Handlers\NfctNotification::class,
        'NF-CONNTRACK-MIB::nfctInstanceRecovered' => \LibreNMS\Snmptrap\Handlers\NfctNotification::class,
        'NF-CONNTRACK-MIB::nfctNatPortsRising' => \LibreNMS\Snmptrap\Handlers\NfctNotification::class,
        'NF-CONNTRACK-MIB::nfctNatPortsFalling' => \LibreNMS\Snmptrap\Handlers\NfctNotification::class,
        'NF-CONNTRACK-MIB::nfctRateValueRising' => \LibreNMS\Snmptrap\Handlers\NfctNotification::class,
        'NF-CONNTRACK-MIB::nfctRateValueFalling' => \LibreNMS\Snmptrap\Handlers\NfctNotification::class,
    ],
];
