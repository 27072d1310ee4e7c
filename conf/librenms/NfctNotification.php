<?php

// SPDX-License-Identifier: GPL-2.0-or-later

namespace LibreNMS\Snmptrap\Handlers;

use App\Models\Device;
use LibreNMS\Enum\Severity;
use LibreNMS\Interfaces\SnmptrapHandler;
use LibreNMS\Snmptrap\Trap;

/**
 * All ten notifications of NF-CONNTRACK-MIB: the first object of each is the whole message in words.
 */
class NfctNotification implements SnmptrapHandler
{
    private const SEVERITIES = [
        'nfctUtilizationRising' => Severity::Warning,
        'nfctDroppingStarted' => Severity::Error,
        'nfctSourceRising' => Severity::Warning,
        'nfctWatchEntriesRising' => Severity::Warning,
        'nfctInstanceDegraded' => Severity::Error,
    ];

    public function handle(Device $device, Trap $trap): void
    {
        $name = substr(strrchr((string) $trap->getTrapOid(), ':') ?: '', 1);
        $text = (string) $trap->getOidData($trap->findOid('NF-CONNTRACK-MIB::nfctNotifyText'));
        // snmptrapd escapes the quotes around the table's name
        $trap->log(str_replace('\\"', '"', $text), self::SEVERITIES[$name] ?? Severity::Ok);
    }
}
