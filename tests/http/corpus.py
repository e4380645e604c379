# SPDX-License-Identifier: Apache-2.0
"""The cases of tests/http/corpus, as its README describes them."""
import collections
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parent / "corpus"

# `answers` are the statuses in order; `closes`: the connection ends behind the last.
Case = collections.namedtuple("Case", "name kind verdict answers closes why data")

# What the statuses are where a case does not say.
USUAL = {"reject": ["400", "close"], "policy": ["400", "close"], "not-ours": ["404", "404"],
         "accept": ["451", "404"], "drop-trailers": ["451", "404"], "either": None}

_ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}
_PART = re.compile(r"\\(?:([rnt\\])|x([0-9a-f]{2}))|<([0-9]+)\*([^>]*)>|<([a-z]+)>|([^\\<]+)|(.)", re.DOTALL)


def decode(text, snippets):
    """The bytes that an escaped text stands for."""
    out = b""
    for part in _PART.finditer(text):
        escape, digits, count, repeated, name, plain, wrong = part.groups()
        if wrong or (name and name not in snippets):
            raise ValueError(f"cannot read {part.group()!r} in {text!r}")
        if escape:
            out += _ESCAPES[escape]
        elif digits:
            out += bytes.fromhex(digits)
        elif count:
            out += int(count) * decode(repeated, snippets)
        elif name:
            out += snippets[name]
        else:
            out += plain.encode("ascii")
    return out


def _lines(path):
    for line in path.read_text(encoding="ascii").split("\n"):
        if line and not line.startswith("#"):
            yield line


def read_snippets(folder=FOLDER):
    pairs = (line.split(" = ", 1) for line in _lines(folder / "snippets"))
    return {name: decode(text, {}) for name, text in pairs}


def _case(line, kind):
    _, name, verdict, *answers = line.split(" ")
    answers = answers or USUAL[verdict]
    closes = answers[-1] == "close"
    return Case(name, kind, verdict, [int(status) for status in answers[:-1 if closes else None]], closes, "", b"")


def read_cases(folder=FOLDER):
    """Every case of every file; a line that is none is a ValueError."""
    snippets = read_snippets(folder)
    cases, kind = [], None
    for path in sorted(folder.glob("*.cases")):
        for line in _lines(path):
            if line.startswith("class "):
                kind = line[6:]
            elif line.startswith("case "):
                cases.append(_case(line, kind))
            elif line.startswith("why ") and not cases[-1].why:
                cases[-1] = cases[-1]._replace(why=line[4:])
            elif line.startswith("| "):
                cases[-1] = cases[-1]._replace(data=cases[-1].data + decode(line[2:], snippets))
            else:
                raise ValueError(f"{path.name}: {line!r}")
    for case in cases:
        if not (case.kind and case.why and case.data):
            raise ValueError(f"{case.name} lacks its class, why or bytes")
    if len({case.name for case in cases}) != len(cases):
        raise ValueError("two cases of one name")
    return cases
