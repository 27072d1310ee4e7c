<?php

// SPDX-License-Identifier: GPL-2.0-or-later

namespace LibreNMS\Tests\Feature\SnmpTraps;

use LibreNMS\Enum\Severity;

/**
 * Each notification of NF-CONNTRACK-MIB is logged by its text, with its severity.
 */
class NfctNotificationTest extends SnmpTrapTestCase
{
    public function testUtilizationRising(): void
    {
        $this->assertTrapLogsMessage(<<<'TRAP'
{{ hostname }}
UDP: [{{ ip }}]:49152->[198.51.100.1]:162
SNMPv2-MIB::sysUpTime.0 0:0:02:03.45
SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfctUtilizationRising
NF-CONNTRACK-MIB::nfctNotifyText.0 conntrack table default is 80% full (210937 of 262144 entries), above the threshold warning (80%): 88% unreplied; 87% to tcp/80; 41% from 192.0.2.66
NF-CONNTRACK-MIB::nfctInstanceName.1 default
NF-CONNTRACK-MIB::nfctInstanceEntries.1 210937 entries
NF-CONNTRACK-MIB::nfctInstanceMaxEntries.1 262144 entries
NF-CONNTRACK-MIB::nfctInstanceUtilization.1 80 percent
NF-CONNTRACK-MIB::nfctThresholdName.1.1 warning
NF-CONNTRACK-MIB::nfctThresholdRising.1.1 80 percent
NF-CONNTRACK-MIB::nfctSnapshotUnreplied.1 185624 entries
NF-CONNTRACK-MIB::nfctTopText.1.source.1 192.0.2.66
NF-CONNTRACK-MIB::nfctTopEntries.1.source.1 86484 entries
NF-CONNTRACK-MIB::nfctTopText.1.service.1 tcp/80
NF-CONNTRACK-MIB::nfctTopEntries.1.service.1 183515 entries
TRAP,
            'conntrack table default is 80% full (210937 of 262144 entries), above the threshold warning (80%): 88% unreplied; 87% to tcp/80; 41% from 192.0.2.66',
            'Could not handle nfctUtilizationRising',
            [Severity::Warning],
        );
    }

    public function testUtilizationFalling(): void
    {
        $this->assertTrapLogsMessage(<<<'TRAP'
{{ hostname }}
UDP: [{{ ip }}]:49152->[198.51.100.1]:162
SNMPv2-MIB::sysUpTime.0 0:0:02:03.45
SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfctUtilizationFalling
NF-CONNTRACK-MIB::nfctNotifyText.0 conntrack table default is 69% full (183240 of 262144 entries), no longer above the threshold warning (80%)
NF-CONNTRACK-MIB::nfctInstanceName.1 default
NF-CONNTRACK-MIB::nfctInstanceEntries.1 183240 entries
NF-CONNTRACK-MIB::nfctInstanceMaxEntries.1 262144 entries
NF-CONNTRACK-MIB::nfctInstanceUtilization.1 69 percent
NF-CONNTRACK-MIB::nfctThresholdName.1.1 warning
NF-CONNTRACK-MIB::nfctThresholdRising.1.1 80 percent
NF-CONNTRACK-MIB::nfctThresholdFalling.1.1 70 percent
TRAP,
            'conntrack table default is 69% full (183240 of 262144 entries), no longer above the threshold warning (80%)',
            'Could not handle nfctUtilizationFalling',
            [Severity::Ok],
        );
    }

    public function testDroppingStarted(): void
    {
        $this->assertTrapLogsMessage(<<<'TRAP'
{{ hostname }}
UDP: [{{ ip }}]:49152->[198.51.100.1]:162
SNMPv2-MIB::sysUpTime.0 0:0:02:03.45
SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfctDroppingStarted
NF-CONNTRACK-MIB::nfctNotifyText.0 conntrack table default is dropping: the table is full, and new connections are refused (12 lost in the last minute; 262144 of 262144 entries): 93% unreplied; 92% to tcp/80; from many sources
NF-CONNTRACK-MIB::nfctInstanceName.1 default
NF-CONNTRACK-MIB::nfctInstanceEntries.1 262144 entries
NF-CONNTRACK-MIB::nfctInstanceMaxEntries.1 262144 entries
NF-CONNTRACK-MIB::nfctInstanceLossCause.1 tableFull
NF-CONNTRACK-MIB::nfctInstanceLossRate.1 1 packets and entries per second
NF-CONNTRACK-MIB::nfctSnapshotUnreplied.1 243793 entries
NF-CONNTRACK-MIB::nfctTopText.1.source.1 198.51.100.9
NF-CONNTRACK-MIB::nfctTopEntries.1.source.1 112 entries
NF-CONNTRACK-MIB::nfctTopText.1.service.1 tcp/80
NF-CONNTRACK-MIB::nfctTopEntries.1.service.1 241172 entries
TRAP,
            'conntrack table default is dropping: the table is full, and new connections are refused (12 lost in the last minute; 262144 of 262144 entries): 93% unreplied; 92% to tcp/80; from many sources',
            'Could not handle nfctDroppingStarted',
            [Severity::Error],
        );
    }

    public function testDroppingStopped(): void
    {
        $this->assertTrapLogsMessage(<<<'TRAP'
{{ hostname }}
UDP: [{{ ip }}]:49152->[198.51.100.1]:162
SNMPv2-MIB::sysUpTime.0 0:0:02:03.45
SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfctDroppingStopped
NF-CONNTRACK-MIB::nfctNotifyText.0 conntrack table default has dropped nothing for a minute (91022 of 262144 entries)
NF-CONNTRACK-MIB::nfctInstanceName.1 default
NF-CONNTRACK-MIB::nfctInstanceEntries.1 91022 entries
NF-CONNTRACK-MIB::nfctInstanceMaxEntries.1 262144 entries
TRAP,
            'conntrack table default has dropped nothing for a minute (91022 of 262144 entries)',
            'Could not handle nfctDroppingStopped',
            [Severity::Ok],
        );
    }

    public function testSourceRising(): void
    {
        $this->assertTrapLogsMessage(<<<'TRAP'
{{ hostname }}
UDP: [{{ ip }}]:49152->[198.51.100.1]:162
SNMPv2-MIB::sysUpTime.0 0:0:02:03.45
SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfctSourceRising
NF-CONNTRACK-MIB::nfctNotifyText.0 conntrack table default is filled by one source: 192.0.2.66 holds 53% of the limit
NF-CONNTRACK-MIB::nfctInstanceName.1 default
NF-CONNTRACK-MIB::nfctTopText.1.source.1 192.0.2.66
NF-CONNTRACK-MIB::nfctTopEntries.1.source.1 140000 entries
NF-CONNTRACK-MIB::nfctTopShare.1.source.1 61 percent
NF-CONNTRACK-MIB::nfctInstanceMaxEntries.1 262144 entries
TRAP,
            'conntrack table default is filled by one source: 192.0.2.66 holds 53% of the limit',
            'Could not handle nfctSourceRising',
            [Severity::Warning],
        );
    }

    public function testSourceFalling(): void
    {
        $this->assertTrapLogsMessage(<<<'TRAP'
{{ hostname }}
UDP: [{{ ip }}]:49152->[198.51.100.1]:162
SNMPv2-MIB::sysUpTime.0 0:0:02:03.45
SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfctSourceFalling
NF-CONNTRACK-MIB::nfctNotifyText.0 conntrack table default is no longer filled by one source: 192.0.2.66 holds 12% of the limit
NF-CONNTRACK-MIB::nfctInstanceName.1 default
NF-CONNTRACK-MIB::nfctTopText.1.source.1 192.0.2.66
NF-CONNTRACK-MIB::nfctTopEntries.1.source.1 31457 entries
NF-CONNTRACK-MIB::nfctTopShare.1.source.1 30 percent
NF-CONNTRACK-MIB::nfctInstanceMaxEntries.1 262144 entries
TRAP,
            'conntrack table default is no longer filled by one source: 192.0.2.66 holds 12% of the limit',
            'Could not handle nfctSourceFalling',
            [Severity::Ok],
        );
    }

    public function testNatPortsRising(): void
    {
        $this->assertTrapLogsMessage(<<<'TRAP'
{{ hostname }}
UDP: [{{ ip }}]:49152->[198.51.100.1]:162
SNMPv2-MIB::sysUpTime.0 0:0:02:03.45
SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfctNatPortsRising
NF-CONNTRACK-MIB::nfctNotifyText.0 conntrack table default: 192.0.2.1 has used 81% of its ports towards 198.51.100.7 tcp/443 (52255 of 64512)
NF-CONNTRACK-MIB::nfctInstanceName.1 default
NF-CONNTRACK-MIB::nfctNatText.1.1 192.0.2.1 to 198.51.100.7 tcp/443
NF-CONNTRACK-MIB::nfctNatEntries.1.1 52255 entries
NF-CONNTRACK-MIB::nfctNatUtilization.1.1 81 percent
TRAP,
            'conntrack table default: 192.0.2.1 has used 81% of its ports towards 198.51.100.7 tcp/443 (52255 of 64512)',
            'Could not handle nfctNatPortsRising',
            [Severity::Warning],
        );
    }

    public function testNatPortsFalling(): void
    {
        $this->assertTrapLogsMessage(<<<'TRAP'
{{ hostname }}
UDP: [{{ ip }}]:49152->[198.51.100.1]:162
SNMPv2-MIB::sysUpTime.0 0:0:02:03.45
SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfctNatPortsFalling
NF-CONNTRACK-MIB::nfctNotifyText.0 conntrack table default: 192.0.2.1 has used 69% of its ports towards 198.51.100.7 tcp/443 (45158 of 64512; cleared at nat-falling, 70%)
NF-CONNTRACK-MIB::nfctInstanceName.1 default
NF-CONNTRACK-MIB::nfctNatText.1.1 192.0.2.1 to 198.51.100.7 tcp/443
NF-CONNTRACK-MIB::nfctNatEntries.1.1 45158 entries
NF-CONNTRACK-MIB::nfctNatUtilization.1.1 69 percent
TRAP,
            'conntrack table default: 192.0.2.1 has used 69% of its ports towards 198.51.100.7 tcp/443 (45158 of 64512; cleared at nat-falling, 70%)',
            'Could not handle nfctNatPortsFalling',
            [Severity::Ok],
        );
    }

    public function testWatchEntriesRising(): void
    {
        $this->assertTrapLogsMessage(<<<'TRAP'
{{ hostname }}
UDP: [{{ ip }}]:49152->[198.51.100.1]:162
SNMPv2-MIB::sysUpTime.0 0:0:02:03.45
SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfctWatchEntriesRising
NF-CONNTRACK-MIB::nfctNotifyText.0 conntrack table default: 1024 entries meet the watch ssh, more than 1000
NF-CONNTRACK-MIB::nfctInstanceName.1 default
NF-CONNTRACK-MIB::nfctWatchName.1.1 ssh
NF-CONNTRACK-MIB::nfctWatchEntries.1.1 1024 entries
NF-CONNTRACK-MIB::nfctWatchRising.1.1 1000 entries
TRAP,
            'conntrack table default: 1024 entries meet the watch ssh, more than 1000',
            'Could not handle nfctWatchEntriesRising',
            [Severity::Warning],
        );
    }

    public function testWatchEntriesFalling(): void
    {
        $this->assertTrapLogsMessage(<<<'TRAP'
{{ hostname }}
UDP: [{{ ip }}]:49152->[198.51.100.1]:162
SNMPv2-MIB::sysUpTime.0 0:0:02:03.45
SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfctWatchEntriesFalling
NF-CONNTRACK-MIB::nfctNotifyText.0 conntrack table default: 799 entries meet the watch ssh, less than 800
NF-CONNTRACK-MIB::nfctInstanceName.1 default
NF-CONNTRACK-MIB::nfctWatchName.1.1 ssh
NF-CONNTRACK-MIB::nfctWatchEntries.1.1 799 entries
NF-CONNTRACK-MIB::nfctWatchRising.1.1 1000 entries
NF-CONNTRACK-MIB::nfctWatchFalling.1.1 800 entries
TRAP,
            'conntrack table default: 799 entries meet the watch ssh, less than 800',
            'Could not handle nfctWatchEntriesFalling',
            [Severity::Ok],
        );
    }

    public function testInstanceDegraded(): void
    {
        $this->assertTrapLogsMessage(<<<'TRAP'
{{ hostname }}
UDP: [{{ ip }}]:49152->[198.51.100.1]:162
SNMPv2-MIB::sysUpTime.0 0:0:02:03.45
SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfctInstanceDegraded
NF-CONNTRACK-MIB::nfctNotifyText.0 conntrack table blue cannot be read: /run/netns/blue: No such file or directory
NF-CONNTRACK-MIB::nfctInstanceName.2 blue
NF-CONNTRACK-MIB::nfctInstanceStatus.2 unavailable
NF-CONNTRACK-MIB::nfctInstanceStatusText.2 /run/netns/blue: No such file or directory
TRAP,
            'conntrack table blue cannot be read: /run/netns/blue: No such file or directory',
            'Could not handle nfctInstanceDegraded',
            [Severity::Error],
        );
    }

    public function testInstanceRecovered(): void
    {
        $this->assertTrapLogsMessage(<<<'TRAP'
{{ hostname }}
UDP: [{{ ip }}]:49152->[198.51.100.1]:162
SNMPv2-MIB::sysUpTime.0 0:0:02:03.45
SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfctInstanceRecovered
NF-CONNTRACK-MIB::nfctNotifyText.0 conntrack table blue can be read again
NF-CONNTRACK-MIB::nfctInstanceName.2 blue
NF-CONNTRACK-MIB::nfctInstanceStatus.2 ok
TRAP,
            'conntrack table blue can be read again',
            'Could not handle nfctInstanceRecovered',
            [Severity::Ok],
        );
    }

    public function testRateValueRising(): void
    {
        $this->assertTrapLogsMessage(<<<'TRAP'
{{ hostname }}
UDP: [{{ ip }}]:49152->[198.51.100.1]:162
SNMPv2-MIB::sysUpTime.0 0:0:02:03.45
SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfctRateValueRising
NF-CONNTRACK-MIB::nfctNotifyText.0 conntrack table default: setup is 7350 per second (created, over 60 s), at or above rising (5000)
NF-CONNTRACK-MIB::nfctInstanceName.1 default
NF-CONNTRACK-MIB::nfctRateName.1.1 setup
NF-CONNTRACK-MIB::nfctRateValue.1.1 7350 per second
NF-CONNTRACK-MIB::nfctRateRising.1.1 5000 per second
TRAP,
            'conntrack table default: setup is 7350 per second (created, over 60 s), at or above rising (5000)',
            'Could not handle nfctRateValueRising',
            [Severity::Warning],
        );
    }

    public function testRateValueFalling(): void
    {
        $this->assertTrapLogsMessage(<<<'TRAP'
{{ hostname }}
UDP: [{{ ip }}]:49152->[198.51.100.1]:162
SNMPv2-MIB::sysUpTime.0 0:0:02:03.45
SNMPv2-MIB::snmpTrapOID.0 NF-CONNTRACK-MIB::nfctRateValueFalling
NF-CONNTRACK-MIB::nfctNotifyText.0 conntrack table default: setup is 2950 per second (created, over 60 s), no longer above rising (5000; cleared at 3000)
NF-CONNTRACK-MIB::nfctInstanceName.1 default
NF-CONNTRACK-MIB::nfctRateName.1.1 setup
NF-CONNTRACK-MIB::nfctRateValue.1.1 2950 per second
NF-CONNTRACK-MIB::nfctRateRising.1.1 5000 per second
NF-CONNTRACK-MIB::nfctRateFalling.1.1 3000 per second
TRAP,
            'conntrack table default: setup is 2950 per second (created, over 60 s), no longer above rising (5000; cleared at 3000)',
            'Could not handle nfctRateValueFalling',
            [Severity::Ok],
        );
    }
}
