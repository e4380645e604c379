# SPDX-License-Identifier: Apache-2.0
"""Reads exchange.schema, so that another kind of server can be given the same attributes and classes."""
import collections
import pathlib
import re

FILE = pathlib.Path(__file__).resolve().parent / "exchange.schema"

# `syntax` is the name that exchange.schema gives it: "unicode", "integer", "boolean", "distinguishedName", "octets".
Attribute = collections.namedtuple("Attribute", "name oid syntax single")
# `may` are names of attributes; `superior` is a class.
Class = collections.namedtuple("Class", "name oid superior may")

_OID_NAME = re.compile(r"^objectidentifier (\S+) (\S+)$", re.MULTILINE)
_DEFINITION = re.compile(r"^(attributetype|objectclass) \( (\S+) NAME '([^']+)'(.*(?:\n[ ].*)*)", re.MULTILINE)


def _numeric(oid, names):
    """1.2.3 of what may be written name:3."""
    first, colon, rest = oid.partition(":")
    if first not in names:
        return oid
    return _numeric(names[first], names) + (f".{rest}" if colon else "")


def read():
    """(attributes, classes) in the order of the file."""
    text = FILE.read_text(encoding="utf-8")
    names = dict(_OID_NAME.findall(text))
    attributes, classes = [], []
    for kind, oid, name, rest in _DEFINITION.findall(text):
        if kind == "attributetype":
            syntax = re.search(r"\bSYNTAX (\S+)", rest).group(1)
            attributes.append(Attribute(name, _numeric(oid, names), syntax, "SINGLE-VALUE" in rest))
        else:
            may = re.search(r"\bMAY \( ([^)]*)\)|\bMAY (\S+)", rest)
            listed = (may.group(1) or may.group(2)).replace("$", " ").split() if may else []
            classes.append(Class(name, _numeric(oid, names), re.search(r"\bSUP (\S+)", rest).group(1), listed))
    return attributes, classes
