# SPDX-License-Identifier: Apache-2.0
"""The few LDAP messages (RFC 4511, BER) that the fixtures themselves send and read."""
import collections

BIND_REQUEST, BIND_RESPONSE, UNBIND_REQUEST = 0x60, 0x61, 0x42
SEARCH_REQUEST, SEARCH_ENTRY, SEARCH_DONE, SEARCH_REFERENCE, ABANDON_REQUEST = 0x63, 0x64, 0x65, 0x73, 0x50
EXTENDED_REQUEST, EXTENDED_RESPONSE = 0x77, 0x78
SUCCESS, UNAVAILABLE = 0, 52
BASE, ONE_LEVEL, SUBTREE = 0, 1, 2
START_TLS = b"1.3.6.1.4.1.1466.20037"
NOTICE_OF_DISCONNECTION = b"1.3.6.1.4.1.1466.20036"

# `operation` is the tag of the operation and `content` what is inside it; `controls` are whole elements.
Message = collections.namedtuple("Message", "id operation content controls", defaults=((),))


def element(tag, content):
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def integer(value, tag=0x02):
    return element(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def text(value, tag=0x04):
    return element(tag, value if isinstance(value, bytes) else value.encode())


def message(number, operation, content, controls=()):
    """`controls` are OIDs of critical controls without a value, or elements as a Message has them."""
    listed = b"".join(one if isinstance(one, bytes) else element(0x30, text(one) + element(0x01, b"\xff"))
                      for one in controls)
    return element(0x30, integer(number) + element(operation, content) + (element(0xA0, listed) if listed else b""))


def bind_request(number, dn, password):
    return message(number, BIND_REQUEST, integer(3) + text(dn) + text(password, 0x80))


def search_request(number, base, scope, present="objectClass", attributes=(), controls=()):
    """A search for what has the attribute `present`."""
    limits = integer(scope, 0x0A) + integer(0, 0x0A) + integer(0) + integer(0) + element(0x01, b"\x00")
    return message(number, SEARCH_REQUEST, text(base) + limits + text(present, 0x87) +
                   element(0x30, b"".join(text(name) for name in attributes)), controls)


def start_tls_request(number):
    return message(number, EXTENDED_REQUEST, text(START_TLS, 0x80))


def result(number, operation, code=SUCCESS, diagnostic="", name=None, referrals=()):
    """A response that ends an operation; `name` is that of an extended one."""
    content = integer(code, 0x0A) + text("") + text(diagnostic)
    content += element(0xA3, b"".join(map(text, referrals))) if referrals else b""
    return message(number, operation, content + (text(name, 0x8A) if name is not None else b""))


def search_entry(number, dn, attributes):
    """`attributes` are (name, values)."""
    listed = b"".join(element(0x30, text(name) + element(0x31, b"".join(map(text, values)))) for name, values in attributes)
    return message(number, SEARCH_ENTRY, text(dn) + element(0x30, listed))


def search_reference(number, *urls):
    return message(number, SEARCH_REFERENCE, b"".join(map(text, urls)))


def split_element(data):
    """(tag, content, rest) of the first element, or None while it is not whole."""
    if len(data) < 2:
        return None
    size, start = data[1], 2
    if size & 0x80:
        start += size & 0x7F
        if len(data) < start:
            return None
        size = int.from_bytes(data[2:start], "big")
    if len(data) < start + size:
        return None
    return data[0], data[start:start + size], data[start + size:]


def split_message(data):
    """(Message, rest) of the first message, or None while it is not whole."""
    outer = split_element(data)
    if outer is None:
        return None
    _, number, inner = split_element(outer[1])
    operation, content, behind = split_element(inner)
    listed = split_element(behind)[1] if behind else b""
    controls = []
    while listed:
        rest = split_element(listed)[2]
        controls.append(listed[:len(listed) - len(rest)])
        listed = rest
    return Message(int.from_bytes(number, "big"), operation, content, tuple(controls)), outer[2]


def control_of(element_of_it):
    """(OID, whether it is critical)."""
    _, oid, rest = split_element(split_element(element_of_it)[1])
    return oid.decode(), rest[:3] == b"\x01\x01\xff"


def result_code(answer):
    return int.from_bytes(split_element(answer.content)[1], "big")


def diagnostic(answer):
    """What the server says beside the code."""
    _, _, rest = split_element(answer.content)
    _, _, rest = split_element(rest)
    return split_element(rest)[1].decode(errors="replace")
