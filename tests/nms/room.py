# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian 13 that `make check-nms` keeps: its programs run in the router's namespace, with the router's files."""
import os
from pathlib import Path

from lab import TOP

ROOM = Path(os.environ.get("ROOMS", TOP / "build/rooms")) / "trixie"


class Here:
    """This machine's own programs, to be used as a Room is."""

    def command(self, *words):
        return words

    def path(self, inside):
        return Path(inside)

    def close(self):
        pass


class Room:
    """room.command("prometheus", "--version") is a command for lab.run() and lab.spawn(). The lab's directory and the
    source have the same names in the room."""

    def __init__(self, lab):
        assert ROOM.is_dir(), f"{ROOM} does not exist: make check-nms makes it"
        self.lab = lab

    def command(self, *words):
        return (TOP / "tests/rooms/inside", ROOM, self.lab.dir, TOP, "--", *words)

    def path(self, inside):
        """Where a file of the room is found from outside."""
        return ROOM / str(inside).lstrip("/")

    def close(self):
        """The place where the lab's directory was mounted."""
        place = self.path(self.lab.dir)
        if place.is_dir():
            place.rmdir()
