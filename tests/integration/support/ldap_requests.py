# SPDX-License-Identifier: Apache-2.0
"""What a client asked (RFC 4511): binds, and searches with their filters, which are matched here as well."""
import collections
import unicodedata

from support import ldap_bytes

Bind = collections.namedtuple("Bind", "dn password")
# `filter` is the tree below; str_filter() writes it. `attributes` are lower-case.
Search = collections.namedtuple("Search", "base scope size_limit filter attributes")
# kind: "&", "|", "!", "=", ">=", "<=", "present", "substrings" or "other". The value of the first three is a list of
# filters, that of substrings a list of parts, of which the first and the last may be empty.
Filter = collections.namedtuple("Filter", "kind attribute value")

_KINDS = {0xA0: "&", 0xA1: "|", 0xA2: "!", 0xA3: "=", 0xA4: "substrings", 0xA5: ">=", 0xA6: "<=", 0x87: "present"}
_SIMPLE = 0x80


def elements(data):
    """(tag, content) of each element, to the end."""
    found = []
    while data:
        whole = ldap_bytes.split_element(data)
        if whole is None:
            raise ValueError("an element that is not whole")
        found.append(whole[:2])
        data = whole[2]
    return found


def _number(content):
    return int.from_bytes(content, "big", signed=True)


def bind_of(content):
    """None for another kind than a simple one."""
    _, (_, dn), (kind, password) = elements(content)[:3]
    return Bind(dn.decode(), password) if kind == _SIMPLE else None


def search_of(content):
    base, scope, _, size, _, _, condition, names = elements(content)[:8]
    return Search(base[1].decode(), _number(scope[1]), _number(size[1]), filter_of(*condition),
                  [name.decode().lower() for _, name in elements(names[1])])


def filter_of(tag, content):
    kind = _KINDS.get(tag, "other")
    if kind in "&|!":
        return Filter(kind, None, [filter_of(*one) for one in elements(content)])
    if kind == "present":
        return Filter(kind, content.decode(), None)
    if kind == "other":
        return Filter(kind, None, content)
    (_, attribute), (_, value) = elements(content)
    if kind == "substrings":
        parts = elements(value)
        value = ([b""] if parts[0][0] != 0x80 else []) + [part for _, part in parts] + ([b""] if parts[-1][0] != 0x82 else [])
    return Filter(kind, attribute.decode(), value)


def _escaped(value):
    plain = {byte: f"\\{byte:02x}" for byte in b"\\*()\0"}
    return "".join(plain.get(byte) or chr(byte) for byte in value).encode("latin-1").decode(errors="backslashreplace")


def str_filter(condition):
    """As RFC 4515 writes it."""
    kind, attribute, value = condition
    if kind in ("&", "|", "!"):
        return f"({kind}{''.join(map(str_filter, value))})"
    if kind == "other":
        return f"(?={value.hex()})"
    if kind in ("present", "substrings"):
        return f"({attribute}={'*' if value is None else '*'.join(map(_escaped, value))})"
    return f"({attribute}{kind}{_escaped(value)})"


def folded(value):
    """For comparing as Active Directory does: not by case, width or diacritics. Bytes that are no text stay."""
    try:
        text = unicodedata.normalize("NFKD", value.decode())
    except UnicodeDecodeError:
        return value
    return "".join(c for c in text if not unicodedata.combining(c)).casefold().encode()


def _has_parts(value, parts):
    first, *between, last = parts
    if not value.startswith(first) or not value.endswith(last) or len(value) < len(first) + len(last):
        return False
    at, end = len(first), len(value) - len(last)
    for part in between:
        found = value.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def matches(condition, values_of):
    """`values_of` gives the values of an attribute by its name in lower case, as bytes."""
    kind, attribute, value = condition
    if kind in ("&", "|"):
        return (all if kind == "&" else any)(matches(one, values_of) for one in value)
    if kind == "!":
        return not matches(value[0], values_of)
    if kind == "other":
        raise ValueError("a filter that is not understood")
    values = values_of(attribute.lower())
    if kind == "present":
        return bool(values)
    if kind == "=":
        return folded(value) in map(folded, values)
    if kind == "substrings":
        return any(_has_parts(folded(one), [folded(part) for part in value]) for one in values)
    return any(int(one) >= int(value) if kind == ">=" else int(one) <= int(value) for one in values)
