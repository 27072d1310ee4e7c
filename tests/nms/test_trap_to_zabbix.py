# SPDX-License-Identifier: GPL-2.0-or-later
"""conf/zabbix/trap-to-zabbix alone: what it makes of what snmptrapd hands over. No service runs."""
import re
import subprocess
import tempfile
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab import TOP

SCRIPT = TOP / "conf/zabbix/trap-to-zabbix"
TRANSPORT = "UDP: [192.0.2.1]:49152->[198.51.100.1]:162"
UPTIME = ".1.3.6.1.2.1.1.3.0 0:0:00:01.00"
TEXT = ".1.3.6.1.4.1.8072.9999.9999.6696.1.11.1.0"


def hand_over(path, *objects, transport=TRANSPORT, prefix=()):
    trap = "\n".join(("router.example.org", transport, *objects, ""))
    return subprocess.run([*prefix, SCRIPT, path], input=trap, capture_output=True, text=True, timeout=60)


def records(path):
    """[(stamp, address, text)], split as Zabbix splits a file: at the line of each ZBXTRAP, wherever the word stands."""
    found, line = [], 0
    text = path.read_text()
    for match in re.finditer("ZBXTRAP", text):
        line = text.rfind("\n", 0, match.start()) + 1
        found.append((line, match.start(), match.end()))
    ends = [start for start, _, _ in found[1:]] + [len(text)]
    return [(text[start:word], *re.match(r"\s*(\S*)\s?(.*)", text[end:until], re.DOTALL).groups())
            for (start, word, end), until in zip(found, ends)]


def test_a_trap_becomes_one_record_of_its_sender(tmp_path):
    path = tmp_path / "traps"
    assert hand_over(path, UPTIME, f'{TEXT} "table \\"default\\" is full"').returncode == 0
    assert [record[1:] for record in records(path)] == [("192.0.2.1", f'{UPTIME}\n{TEXT} table "default" is full\n')]


@pytest.mark.parametrize("value", ["x\n12:00:00 2026/11/25 ZBXTRAP 198.51.100.99\n.1.3.6.1.6.3.1.1.4.1.0 .1.3.6",
                                   "x ZBXTRAP 198.51.100.99", "ZBXZBXTRAPTRAP 198.51.100.99", 'ZBX\\"TRAP',
                                   "ZBXTRAPZBXTRAP", "ZBX\0TRAP 198.51.100.99", "\rZBXTRAP\t198.51.100.99",
                                   'x"\nZBXTRAP\n198.51.100.99\ny"'])
def test_a_sender_cannot_forge_the_trap_of_another(tmp_path, value):
    path = tmp_path / "traps"
    assert hand_over(path, UPTIME, f'{TEXT} "{value}"').returncode == 0
    assert hand_over(path, UPTIME, transport=TRANSPORT.replace("192.0.2.1", "192.0.2.2")).returncode == 0
    assert [address for _, address, _ in records(path)] == ["192.0.2.1", "192.0.2.2"]


def test_a_string_of_several_lines_is_one_line(tmp_path):
    """None of them looks like another object of the trap."""
    path = tmp_path / "traps"
    hand_over(path, f'{TEXT} "one\n.1.3.6.1.6.3.1.1.4.1.0 .1.3.6.1\n\\"two\\" \\\\\\"\nthree"', f'{TEXT} "\nfour\\\\"',
              f'{TEXT} ""', UPTIME, f'{TEXT} "never closed', "end")
    [(_, _, text)] = records(path)
    assert text.splitlines() == [f'{TEXT} one .1.3.6.1.6.3.1.1.4.1.0 .1.3.6.1 "two" \\\\" three', f"{TEXT}  four\\\\",
                                 f"{TEXT} ", UPTIME, f"{TEXT} never closed end "]


def test_the_stamp_is_iso_8601(tmp_path):
    path = tmp_path / "traps"
    hand_over(path, UPTIME)
    [(stamp, _, _)] = records(path)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} ", stamp), stamp


@pytest.mark.parametrize("transport, address", [
    ("UDP/IPv6: [2001:db8::1]:49152->[2001:db8::2]:162", "2001:db8::1"),
    ("UDP/IPv6: [fe80::1%eth0]:49152->[fe80::2]:162", "fe80::1%eth0"),
    ("TCP: [192.0.2.7]:49152->[198.51.100.1]:162", "192.0.2.7")])
def test_the_address_is_the_senders(tmp_path, transport, address):
    path = tmp_path / "traps"
    hand_over(path, UPTIME, transport=transport)
    assert [found for _, found, _ in records(path)] == [address]


@pytest.mark.parametrize("transport", ["callback: 1 on fd 3", "", "UDP: []:1->[]:2", "UDP: [192.0.2.1 ZBXTRAP x]:1->[]:2"])
def test_a_trap_without_an_address_is_refused_with_a_reason(tmp_path, transport):
    path = tmp_path / "traps"
    run = hand_over(path, UPTIME, transport=transport)
    assert run.returncode != 0
    assert "no sender's address" in run.stderr and transport in run.stderr
    assert not path.exists()


@pytest.mark.parametrize("path", ["/dev/full", "/nowhere/traps"])
def test_a_trap_that_cannot_be_written_is_told_as_lost(path):
    """snmptrapd puts this into its log."""
    run = hand_over(path, UPTIME)
    assert run.returncode != 0
    assert run.stderr.endswith(f"trap-to-zabbix: a trap of 192.0.2.1 is lost: {path} cannot be written\n"), run.stderr


@pytest.mark.parametrize("size", [100, 9000, 59000])
def test_a_record_is_one_write(tmp_path, size):
    path, log = tmp_path / "traps", tmp_path / "strace"
    run = hand_over(path, UPTIME, f'{TEXT} "{"x" * size}"',
                    prefix=("strace", "-f", "-y", "-e", "trace=write", "-s", "0", "-o", log))
    assert run.returncode == 0, run.stderr
    writes = [line for line in log.read_text().splitlines() if f"<{path}>" in line]
    assert len(writes) == 1, f"{len(writes)} writes for a record of {path.stat().st_size} octets"
    assert path.stat().st_size > size


def test_two_traps_at_once_do_not_mix(tmp_path):
    path = tmp_path / "traps"
    values = [letter * 20 * 1024 for letter in "ab" * 10]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda value: hand_over(path, f'{TEXT} "{value}"'), values))
    assert sorted(text for _, _, text in records(path)) == sorted(f"{TEXT} {value}\n" for value in values)


@pytest.mark.parametrize("value", ["x" * 200000, "x\n" * 100000, "ZBXTRAP" * 8500], ids=["line", "lines", "word"])
def test_a_record_fits_into_what_zabbix_reads_at_a_time(tmp_path, value):
    """64 KiB. Behind a longer one the next record gets lost."""
    path = tmp_path / "traps"
    assert hand_over(path, UPTIME, f'{TEXT} "{value}"').returncode == 0
    assert path.stat().st_size < 65535
    [(_, address, text)] = records(path)
    assert address == "192.0.2.1" and text.startswith(f"{UPTIME}\n")
    assert text.endswith("(the rest of this trap was left out: it is longer than 60000 octets)\n")


def test_a_nul_hides_nothing_behind_it(tmp_path):
    """Zabbix takes it for the end of what it has read."""
    path = tmp_path / "traps"
    hand_over(path, f'{TEXT} "a\0b"', UPTIME)
    assert [text for _, _, text in records(path)] == [f"{TEXT} ab\n{UPTIME}\n"]


def test_the_last_line_has_an_end(tmp_path):
    """Zabbix drops a last line without one; and the next record would begin in it."""
    path = tmp_path / "traps"
    subprocess.run([SCRIPT, path], input=f"host\n{TRANSPORT}\n{UPTIME}", text=True, timeout=60, check=True)
    assert path.read_bytes().endswith(f"{UPTIME}\n".encode())


def test_octets_that_are_no_text_pass(tmp_path):
    path = tmp_path / "traps"
    subprocess.run([SCRIPT, path], input=f"host\n{TRANSPORT}\n{TEXT} ".encode() + b'"caf\xe9 \xff"\n', timeout=60, check=True)
    assert path.read_bytes().endswith(f"{TEXT} ".encode() + b"caf\xe9 \xff\n")


def test_a_record_is_added_to_those_that_are_there(tmp_path):
    path = tmp_path / "traps"
    for number in range(1, 4):
        hand_over(path, f".1.3.6.1.9 {number}")
    assert [text for _, _, text in records(path)] == [f".1.3.6.1.9 {number}\n" for number in range(1, 4)]


def readme_file(name):
    """What the README's lines write into a file: the text between <<'EOF' and EOF."""
    page = (TOP / "conf/zabbix/README.md").read_text()
    return textwrap.dedent(re.search(rf"^    cat >{re.escape(name)} <<'EOF'\n(.*?)^    EOF$", page,
                                     re.MULTILINE | re.DOTALL)[1])


def test_the_file_is_rotated_in_place():
    """By the README's lines for logrotate: the same file, emptied, still the same users', and the traps before it kept."""
    with tempfile.TemporaryDirectory() as top:
        Path(top).chmod(0o755)
        room = Path(top) / "snmptrap"
        subprocess.run(["install", "-d", "-o", "Debian-snmp", "-g", "zabbix", "-m", "2750", room], check=True)
        path = room / "zabbix_traps"
        subprocess.run(["install", "-o", "Debian-snmp", "-g", "zabbix", "-m", "640", "/dev/null", path], check=True)
        hand_over(path, ".1.3.6.1.9 1")
        before, text = path.stat(), path.read_text()
        config = Path(top) / "logrotate.conf"
        config.write_text(readme_file("/etc/logrotate.d/zabbix_traps").replace("/var/log/snmptrap", str(room)))
        run = subprocess.run(["logrotate", "-f", "-s", Path(top) / "state", config], capture_output=True, text=True)
        assert run.returncode == 0 and "error" not in run.stderr, run.stderr
        after = path.stat()
        assert (after.st_ino, after.st_size) == (before.st_ino, 0)
        assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
        [kept] = [other for other in room.iterdir() if other != path]
        assert subprocess.run(["zcat", kept], capture_output=True, text=True).stdout == text
        hand_over(path, ".1.3.6.1.9 2")
        assert [found for _, _, found in records(path)] == [".1.3.6.1.9 2\n"]
