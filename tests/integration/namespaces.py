# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces beside a lab's own, as other conntrack tables."""
import subprocess

from lab import TOP


def fnv1a(octets):
    value = 0x811c9dc5
    for octet in octets:
        value = (value ^ octet) * 0x01000193 & 0xffffffff
    return value


class Namespaces:
    """They end with the `with` block. A short name is the lab's own: "blue" is nfct123-blue on the machine."""

    def __init__(self, lab):
        self.lab, self.made = lab, set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for short in list(self.made):
            self.delete(short)

    def name(self, short):
        return f"{self.lab.netns}-{short}"

    def add(self, *shorts):
        for short in shorts:
            subprocess.run(["ip", "netns", "add", self.name(short)], check=True)
            self.made.add(short)

    def delete(self, short):
        subprocess.run(["ip", "netns", "del", self.name(short)], check=True)
        self.made.discard(short)

    def run(self, short, *command):
        return subprocess.run(["nsenter", f"--net=/run/netns/{self.name(short)}", *map(str, command)],
                              check=True, capture_output=True, text=True, timeout=60).stdout

    def fill(self, short, count, *options):
        return int(self.run(short, TOP / "build/ctfill", count, *options))

    def block(self, short, index):
        """For the agent's configuration."""
        return f'namespace "{self.name(short)}" {{ index = {index} }}\n'

    def pattern(self, short, index, count):
        """Likewise: "*" is all of this lab."""
        return f'namespace "{self.name(short)}" {{ index = {index} count = {count} }}\n'

    def index(self, short, first, count):
        """The index that a name has by a pattern, if no other name clashes with it: FNV-1a, as the manual says."""
        return first + fnv1a(self.name(short).encode()) % count
