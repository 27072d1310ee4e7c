<?php

// SPDX-License-Identifier: GPL-2.0-or-later

namespace LibreNMS\Snmptrap\Handlers;

use App\Models\Device;
use LibreNMS\Enum\Severity;
use LibreNMS\Interfaces\SnmptrapHandler;
use LibreNMS\Snmptrap\Trap;

/**
 * All notifications of NF-CONNTRACK-MIB: the first object of each is the whole message in words.
 */
class NfctNotification implements SnmptrapHandler
{
    public function handle(Device $device, Trap $trap): void
    {
        $name = substr(strrchr((string) $trap->getTrapOid(), ':') ?: '', 1);
        $text = (string) $trap->getOidData($trap->findOid('NF-CONNTRACK-MIB::nfctNotifyText'));
        $trap->log($text, $this->severity($name));
    }

    private function severity(string $name): Severity
    {
        return match (true) {
            str_ends_with($name, 'Rising') => Severity::Warning,
            str_ends_with($name, 'Started'), str_ends_with($name, 'Degraded') => Severity::Error,
            default => Severity::Ok,
        };
    }
}
