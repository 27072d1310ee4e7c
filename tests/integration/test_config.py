# SPDX-License-Identifier: GPL-2.0-or-later
"""Wrong input: one line that says what, where and what would be right; exit 2; nothing started."""
import subprocess

import pytest

from lab import AGENT


def run(*arguments):
    return subprocess.run([AGENT, *map(str, arguments)], capture_output=True, text=True, timeout=20)


BAD_FILES = [
    ("nonsense = 1", 1, "known here: agentx-address"),
    ("\n\nsample-interval = soon", 3, "whole number from 1 to 60"),
    ("sample-interval = 0", 1, "from 1 to 60"),
    ("sample-interval = 61", 1, "from 1 to 60"),
    ("refresh-interval = 0", 1, "from 1 to 3600"),
    ("refresh-interval = 3601", 1, "from 1 to 3600"),
    ("cpu-budget = 0", 1, "from 1 to 100"),
    ("cpu-budget = 101", 1, "from 1 to 100"),
    ("peak-window = 9", 1, "from 10 to 3600"),
    ("notification-interval = -1", 1, "from 0 to 3600"),
    ("notification-interval = 3601", 1, "from 0 to 3600"),
    ('threshold "a" { rising = 0 falling = 0 }', 1, "from 1 to 100"),
    ('threshold "a" { rising = 50 falling = 50 }', 1, "below rising = 50"),
    ('threshold "a" { rising = 50 falling = 60 }', 1, "below rising = 50"),
    ('threshold "a" { rising = 50 falling = 40 }\nthreshold "a" { rising = 60 falling = 40 }', 2, "duplicate block name"),
    ("threshold { rising = 50 falling = 40 }", 1, 'threshold "name"'),
    ('threshold "a" { rising = 50 }', 1, "falling is missing"),
    ("sample-interval 1", 1, "key = value"),
    ("scan-mode = 1", 1, "unknown key"),
    ("identities = 10", 1, "at least 1024"),
    ("top = 101", 1, "from 0 to 100"),
    ("top-prefix-ipv4 = 0", 1, "from 1 to 32"),
    ("top-prefix-ipv6 = 129", 1, "from 1 to 128"),
    ("zones = perhaps", 1, "true or false"),
    ("source-rising = 30", 1, "below source-rising = 30"),
    ('watch "ssh" { protocol = "tcp" }', 1, "index is missing"),
    ('watch "ssh" { index = 1 protocol = "tpc" }', 1, "must be a protocol"),
    ('watch "ssh" { index = 1\n  destination-port = "ssh" }', 2, "from 0 to 65535"),
    ('watch "ssh" { index = 1 source = "192.0.2.7/24" }', 1, "without bits set after"),
    ('watch "ssh" { index = 1 state = "SYN_SENT" }', 1, 'needs protocol = "tcp"'),
    ('watch "a" { index = 1 }\nwatch "b" { index = 1 }', 2, 'taken by "a"'),
    ('watch "ssh" { index = 1 rising = 5 falling = 6 }', 1, "below rising = 5"),
    ('watch "ssh" { index = 1 port = 22 }', 1, "destination-port"),
    ('namespace "blue" { }', 1, "index is missing"),
    ('namespace "blue" { index = 1 }', 1, "from 2 to 65535"),
    ('namespace "default" { index = 2 }', 1, "/run/netns/default"),
    ('namespace "q*" { index = 2 }', 1, "count is missing"),
    ('namespace "blue" { index = 2\n count = 9 }', 2, "is for a pattern"),
    ('namespace "q*" { index = 2 count = 9 }\nnamespace "blue" {\n index = 10 }', 3, 'taken by "q*"'),
    ("\x01\x02\x03", 1, "control characters"),
    ('threshold "a" { rising = 50 falling = 4', 1, '"a" is not closed'),
    ('threshold "a" { rising = 50\n/* falling = 40 }', 2, "close it with */"),
    ('\nuser = "nobody', 2, "no closing quotation mark"),
    ("# one\n## two\n// three\n/* four\n*/ # five\ntop = ten", 6, "from 0 to 100"),
    ("# one\r\nzones = true\r\n\r\ntop = ten\r", 4, "from 0 to 100"),
    ("top = 1\n# again\ntop = 2", 3, "set twice (first on line 1)"),
    ('threshold "a" { rising = 50 rising = 60 falling = 4 }', 1, "rising is set twice (first on line 1)"),
    ('# x\nwatch "a\\e[2J" { index = 1 }', 2, "U+001B"),
    ('namespace "caf\udce9" { index = 2 }', 1, "0xE9, which is not UTF-8"),
    ('threshold "a" { rising = 50 falling = 40 }\nthreshold|rising = 5', 2, "unknown key"),
]


@pytest.mark.parametrize("text,line,remedy", BAD_FILES)
@pytest.mark.parametrize("option", ["-n", None], ids=["check", "run"])
def test_a_bad_line_is_named(tmp_path, text, line, remedy, option):
    path = tmp_path / "bad.conf"
    path.write_bytes(text.encode(errors="surrogateescape") + b"\n")
    result = run(*([option] if option else []), "-c", path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert result.stderr.startswith(f"conntrack-agentx: {path}:{line}: "), result.stderr
    assert remedy in result.stderr


@pytest.mark.quick
def test_an_unreadable_file_is_named(tmp_path):
    (tmp_path / "directory").mkdir()
    for path, why in ((tmp_path / "missing", "No such file"), (tmp_path / "directory", "Is a directory")):
        result = run("-n", "-c", path)
        assert result.returncode == 2
        assert len(result.stderr.splitlines()) == 1
        assert str(path) in result.stderr and why in result.stderr


@pytest.mark.parametrize("arguments,word", [
    (["-q"], "-q"), (["--frobnicate"], "--frobnicate"), (["stray"], "stray"), (["-c"], "-c"),
    (["--config"], "--config"), (["-l", "loud"], "error, warning, info or debug"), (["-x", ""], "empty"),
    (["-n", "extra"], "extra"), (["-1q"], "-q"),
])
def test_a_wrong_command_line_is_named(arguments, word):
    result = run(*arguments)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert word in result.stderr


@pytest.mark.quick
def test_what_is_right_is_taken(tmp_path):
    path = tmp_path / "good.conf"
    path.write_text('# all of them\nagentx-address = "/x"\nuser = "nobody"\nsample-interval = 60\n'
                    "refresh-interval = 3600\ncpu-budget = 100\npeak-window = 3600\n"
                    'notification-interval = 0\nthreshold "t" { rising = 100 falling = 0 }\n'
                    "identities = 0\ntop = 0\ntop-prefix-ipv4 = 24\ntop-prefix-ipv6 = 48\nzones = true\n"
                    "source-rising = 0\nsource-falling = 0\n"
                    'watch "ssh" { index = 1 protocol = "tcp" destination-port = 22 rising = 1000 falling = 800 }\n'
                    'watch "flood" { index = 2 status = { "unreplied" } state = "SYN_SENT" protocol = tcp }\n'
                    'namespace "blue" { index = 2 }\nnamespace "/run/netns/red" { index = 3 }\n'
                    'namespace "q*" { index = 4 count = 9 }\nnamespace "/run/x/[ab]?" { index = 13 count = 65523 }\n')
    for arguments in (["-n", "-c", path], ["--check", "--config", path], ["-V"], ["--version"], ["-h"], ["--help"]):
        result = run(*arguments)
        assert (result.returncode, result.stderr) == (0, "")
    assert run("-V").stdout.startswith("conntrack-agentx ")
    assert "--agentx ADDRESS" in run("-h").stdout


def test_a_user_that_does_not_exist_is_named(tmp_path):
    path = tmp_path / "user.conf"
    path.write_text('user = "no-such-user"\n')
    result = run("-c", path)
    assert result.returncode == 2
    assert result.stderr == ('conntrack-agentx: user "no-such-user" does not exist; create it, or set '
                             "user to an existing one\n")
