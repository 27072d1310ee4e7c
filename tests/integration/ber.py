# SPDX-License-Identifier: GPL-2.0-or-later
"""SNMPv1 and v2c messages as bytes (RFC 3416, BER), for what the tools cannot send or would be too slow at."""
GET, GETNEXT, SET, GETBULK = 0, 1, 3, 5


def tlv(tag, body):
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(length)]) + length + body


def integer(number, tag=2):
    return tlv(tag, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def encode_oid(oid):
    out = bytearray([oid[0] * 40 + oid[1]])
    for number in oid[2:]:
        part = [number & 127]
        while number := number >> 7:
            part.append(number & 127 | 128)
        out += bytes(reversed(part))
    return bytes(out)


def message(kind, oids, request=1, second=0, third=0, version=1, community=b"public", value=b"\x05\0"):
    """`oids` are encoded. second and third: error-status and error-index, or non-repeaters and max-repetitions.
    version 0 is SNMPv1."""
    binds = b"".join(tlv(0x30, tlv(6, oid) + value) for oid in oids)
    pdu = tlv(0xa0 + kind, integer(request) + integer(second) + integer(third) + tlv(0x30, binds))
    return tlv(0x30, integer(version) + tlv(4, community) + pdu)


def split(data, at=0):
    """(where the body begins, where it ends)"""
    size, begin = data[at + 1], at + 2
    if size & 128:
        count = size & 127
        size, begin = int.from_bytes(data[begin:begin + count], "big"), begin + count
    return begin, begin + size


def answer(data):
    """(request, error-status, [encoded OIDs])"""
    at = split(data)[0]
    for _ in range(2):  # version, community
        at = split(data, at)[1]
    at = split(data, at)[0]
    numbers = []
    for _ in range(3):  # request, error-status, error-index
        begin, at = split(data, at)
        numbers.append(int.from_bytes(data[begin:at], "big", signed=True))
    at, end = split(data, at)
    oids = []
    while at < end:
        begin, at = split(data, at)
        first, last = split(data, begin)
        oids.append(data[first:last])
    return numbers[0], numbers[1], oids
