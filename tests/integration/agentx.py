# SPDX-License-Identifier: GPL-2.0-or-later
"""AgentX (RFC 2741) as bytes: a master that asks what snmpd cannot be made to ask, and a subagent that does what it may
not. Objects go by their names."""
import socket
import struct

import mib

OPEN, REGISTER, UNREGISTER, GET, GETNEXT, NOTIFY, RESPONSE = 1, 3, 4, 5, 6, 12, 18
INTEGER, OCTETS, OBJECT_ID, COUNTER64 = 2, 4, 6, 70
NETWORK_ORDER = 0x10
NOT_OPEN, UNKNOWN_REGISTRATION = 257, 264
DEFAULT_PRIORITY = 127


def encode_oid(parts, include=0):
    return struct.pack(f"!BBBB{len(parts)}I", len(parts), 0, include, 0, *parts)


def octets(text):
    return struct.pack("!I", len(text)) + text + b"\0" * (-len(text) % 4)


class Reader:
    """Of a payload, in the byte order of its sender."""

    def __init__(self, data, order, session):
        self.data, self.at, self.order, self.session = data, 0, order, session

    def take(self, layout):
        values = struct.unpack_from(self.order + layout, self.data, self.at)
        self.at += struct.calcsize(self.order + layout)
        return values

    def oid(self):
        count, prefix, _, _ = self.take("BBBB")
        return ((1, 3, 6, 1, prefix) if prefix else ()) + self.take(f"{count}I")

    def variable(self):
        """(OID, type, value)"""
        kind, _ = self.take("HH")
        name = self.oid()
        if kind == COUNTER64:
            return name, kind, self.take("Q")[0]
        if kind in (INTEGER, 65, 66, 67):
            return name, kind, self.take("I")[0]
        if kind in (OCTETS, 64, 68):
            length, = self.take("I")
            text = self.data[self.at:self.at + length]
            self.at += length + -length % 4
            return name, kind, text
        return name, kind, None


class Peer:
    """One connection. `session` is the subagent's."""

    def __init__(self, connection, session=0):
        self.connection, self.session, self.packet = connection, session, 1000
        connection.settimeout(10)

    def send(self, kind, payload=b"", transaction=0, packet=None):
        if packet is None:
            self.packet = packet = self.packet + 1
        header = struct.pack("!BBBBIIII", 1, kind, NETWORK_ORDER, 0, self.session, transaction, packet, len(payload))
        self.connection.sendall(header + payload)
        return packet

    def receive(self):
        """(type, packet, Reader of its payload)"""
        header = self.exactly(20)
        order = "!" if header[2] & NETWORK_ORDER else "<"
        session, _, packet, length = struct.unpack_from(order + "IIII", header, 4)
        return header[1], packet, Reader(self.exactly(length), order, session)

    def exactly(self, length):
        data = b""
        while len(data) < length:
            more = self.connection.recv(length - len(data))
            if not more:
                raise EOFError("the peer has closed")
            data += more
        return data


class Master(Peer):
    """Waits for a subagent. It accepts whatever that says, and asks it."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen(5)
        self.listener.settimeout(20)

    def accept(self):
        super().__init__(self.listener.accept()[0], 5)
        while self.serve() != REGISTER:
            pass

    def serve(self, awaited=None):
        """Takes one PDU: the Reader of the awaited response, or the type of a request, which it accepts."""
        kind, packet, payload = self.receive()
        if kind == RESPONSE:
            return payload if packet == awaited else None
        self.answer(packet)
        return kind

    def answer(self, packet, error=0):
        self.send(RESPONSE, struct.pack("!IHH", 100, error, 0), packet=packet)

    def notified(self):
        """(packet, text) of the next notification, which is not answered."""
        while True:
            kind, packet, payload = self.receive()
            if kind == NOTIFY:
                while (variable := payload.variable())[1] != OCTETS:
                    if variable[1] == OBJECT_ID:
                        payload.oid()
                return packet, variable[2].decode()
            self.answer(packet)

    def ask(self, kind, transaction, name):
        """(OID, type, value)"""
        packet = self.send(kind, encode_oid(mib.numbers(name)) + encode_oid(()), transaction)
        while not isinstance(answer := self.serve(packet), Reader):
            pass
        assert answer.take("IHH")[1] == 0, "the subagent has answered with an error"
        return answer.variable()

    def get(self, transaction, name):
        """The value, or None if it is absent."""
        return self.ask(GET, transaction, name)[2]

    def close(self):
        self.connection.close()
        self.listener.close()


class Subagent(Peer):
    """Connects to a master."""

    def __init__(self, path):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(str(path))
        super().__init__(connection)
        self.session, error = self.ask(OPEN, bytes(4) + encode_oid(()) + octets(b"another program"))
        assert error == 0

    def ask(self, kind, payload):
        """(session, error) of the master's answer."""
        asked = self.send(kind, payload)
        while True:
            kind, packet, reader = self.receive()
            if kind == RESPONSE and packet == asked:
                return reader.session, reader.take("IHH")[1]

    def unregister(self, name, priority=DEFAULT_PRIORITY):
        """The error of the master's answer."""
        return self.ask(UNREGISTER, struct.pack("!BBBB", 0, priority, 0, 0) + encode_oid(mib.numbers(name)))[1]
