# SPDX-License-Identifier: GPL-2.0-or-later
"""What is made from the MIB is what stands in conf/."""
import re
import subprocess
import sys

import mib
import zabbix_content
from lab import TOP


def test_the_files_are_as_they_are_made_from_the_mib():
    check = subprocess.run([sys.executable, TOP / "conf/generate/run", "--check"], capture_output=True, text=True)
    assert check.returncode == 0, check.stderr


# What the agent says of a table, by the number of the notification.
FOUND = ": 88% unreplied; 87% to tcp/80; 41% from 192.0.2.66"
TEXTS = {1: f"is 91% full (238551 of 262144 entries), above the threshold warning (80%){FOUND}",
         2: "is 70% full (183500 of 262144 entries), no longer above the threshold warning (cleared at 70%)",
         3: "is dropping: the table is full, and new connections are refused (12 lost in the last minute; 5 of 5 entries)"
            f"{FOUND}",
         4: "has dropped nothing for a minute (5 of 262144 entries)",
         5: "is filled by one source: 192.0.2.7 holds 52% of the limit (520 of 1000 entries), above source-rising (50%): 3% unreplied",
         6: "is no longer filled by one source: 192.0.2.7 holds 40% of the limit (400 of 1000 entries; cleared at 40%)",
         7: "has 1000 entries that match the watch ssh, at or above rising (1000)",
         8: "has 800 entries that match the watch ssh, no longer above rising (1000; cleared at 800)",
         9: "shows stale values: the last scan failed: why", 10: "can be read again",
         11: ": 192.0.2.1 has used 81% of its ports towards 198.51.100.7 tcp/443 (52255 of 64512)",
         12: ": 192.0.2.1 has used 69% of its ports towards 198.51.100.7 tcp/443 (45158 of 64512; cleared at 70%)",
         13: ": setup is 7350 per second (created, over 60 s), at or above rising (5000)",
         14: ": setup is 2950 per second (created, over 60 s), no longer above rising (5000; cleared at 3000)"}


def text_of(number, table):
    words = TEXTS[number]
    return f"conntrack table {table}{words}" if words.startswith(":") else f"conntrack table {table} {words}"


def test_a_zabbix_trap_ends_with_its_own_table_and_no_other():
    """The tag that joins a notification and its end: the table, and the threshold, watch or rate."""
    for rising, falling, _, name, pattern in zabbix_content.TRAP_TRIGGERS:
        def tag(number, table):
            match = re.search(pattern, text_of(number, table))
            assert match, f"{name}: {pattern} does not match notification {number}"
            return match.groups()
        assert tag(rising, "blue") == tag(falling, "blue"), name
        assert tag(rising, "blue") != tag(rising, "glue"), name
    by_rising = {rising: pattern for rising, _, _, _, pattern in zabbix_content.TRAP_TRIGGERS}
    assert re.search(by_rising[9], "conntrack table blue cannot be read: why")
    # one address runs out of ports towards two destinations; IPv6; an end without a value; told late
    towards = [re.search(by_rising[11], f"conntrack table blue: {rest}").groups()
               for rest in ("192.0.2.1 has used 81% of its ports towards 198.51.100.7 tcp/443 (52255 of 64512)",
                            "192.0.2.1 has used 81% of its ports towards 198.51.100.8 tcp/443 (52255 of 64512)",
                            "2001:db8::1 has used 81% of its ports towards 2001:db8::2 tcp/443 (52255 of 64512)",
                            "192.0.2.1 is no longer checked for its ports towards 198.51.100.7 tcp/443: why",
                            "192.0.2.1 had used 90% of its ports towards 198.51.100.7 tcp/443 (58061 of 64512) (at T)")]
    assert len(set(towards)) == 3 and towards[0] == towards[3] == towards[4]


def test_the_trap_of_a_rate_ends_however_that_is_told():
    pattern = next(pattern for rising, *_, pattern in zabbix_content.TRAP_TRIGGERS if rising == 13)
    late = text_of(13, "blue").replace(" is ", " was ") + " (at 2026-10-25 00:00:00 UTC)"
    over = "conntrack table blue: setup is no longer checked: the rate was removed from the configuration"
    for text in (late, over):
        match = re.search(pattern, text)
        assert match and match.groups() == ("blue", "setup"), text


def test_the_zabbix_template_has_every_object_or_says_that_it_is_left_out():
    template = (TOP / "conf/zabbix/conntrack-agentx.yaml").read_text()
    missing = {name for name, what in mib.read().items()
               if what.access == "read-only" and not re.search(rf"\b{re.escape(what.oid)}\b", template)}
    assert missing == set(zabbix_content.LEFT_OUT), "a line in conf/generate/zabbix_content.py"
