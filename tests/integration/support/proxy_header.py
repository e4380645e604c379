# SPDX-License-Identifier: Apache-2.0
"""Headers of the PROXY protocol, as a proxy sends them or never would."""
import ipaddress
import struct

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PROXY, LOCAL = 0x21, 0x20
TCP4, TCP6, UNSPECIFIED = 0x11, 0x21, 0x00


def v1(client, server="10.0.0.1"):
    family = 6 if ":" in client else 4
    return f"PROXY TCP{family} {client} {'::1' if family == 6 else server} 50000 443\r\n".encode()


def block(client, server="10.0.0.1"):
    server = "::1" if ":" in client else server
    return ipaddress.ip_address(client).packed + ipaddress.ip_address(server).packed + struct.pack(">HH", 50000, 443)


def raw(command, family, content):
    return SIGNATURE + bytes([command, family]) + struct.pack(">H", len(content)) + content


def v2(client, extensions=b""):
    return raw(PROXY, TCP6 if ":" in client else TCP4, block(client) + extensions)


def local():
    return raw(LOCAL, UNSPECIFIED, b"")


def extension(kind, value):
    return bytes([kind]) + struct.pack(">H", len(value)) + value


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def v2_with_checksum(client, wrong=0):
    without = v2(client, extension(3, bytes(4)))
    return without[:-4] + struct.pack(">I", crc32c(without) ^ wrong)
