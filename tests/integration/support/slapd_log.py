# SPDX-License-Identifier: Apache-2.0
"""What `slapd -d stats` wrote, as operations that a test can count.

slapd writes the line of a request before it works on it, and into a file of its own: whoever has the
answer of an operation finds the operation counted. The line of its result may come later.
"""
import collections
import re

# kind: "bind", "search", "starttls", "extended" (its OID in `name`), "compare", "modify", "add", "delete", "abandon"
# or "unbind". `name` is the DN of a bind or the base of a search. `result` and `entries` are None until
# they are known. `connection` differs for all connections of all runs of one slapd.
Operation = collections.namedtuple("Operation", "connection number kind name scope filter result entries")

UNANSWERED = ("unbind", "abandon")

_OPERATION = re.compile(r"conn=(\d+) op=(\d+) (.*)")
_REQUESTS = (
    ("bind", re.compile(r'BIND dn="(?P<name>.*)" method=\d+$')),
    ("search", re.compile(r'SRCH base="(?P<name>.*)" scope=(?P<scope>\d) deref=\d filter="(?P<filter>.*)"$')),
    ("starttls", re.compile(r"STARTTLS$")),
    ("extended", re.compile(r"EXT oid=(?P<name>.*)$")),
    ("unbind", re.compile(r"UNBIND$")),
    ("abandon", re.compile(r"ABANDON msg=\d+$")),
    ("compare", re.compile(r'CMP dn="(?P<name>.*)" attr=')),
    ("modify", re.compile(r'MOD dn="(?P<name>.*)"$')),
    ("add", re.compile(r'ADD dn="(?P<name>.*)"$')),
    ("delete", re.compile(r'DEL dn="(?P<name>.*)"$')),
)
_RESULT = re.compile(r"(?:SEARCH )?RESULT (?:tag|oid)=\S* err=(\d+)")
_ENTRIES = re.compile(r"nentries=(\d+)")
_RUN = "# run "


def run_line(number):
    """What separates the runs in the file, since slapd counts its connections from 1000 in each."""
    return f"{_RUN}{number}\n"


def _request(connection, number, text):
    for kind, pattern in _REQUESTS:
        found = pattern.match(text)
        if found:
            got = found.groupdict()
            return Operation(connection, number, kind, got.get("name"), got.get("scope"), got.get("filter"), None, None)
    return None


def parse(text):
    """The operations in the order of their requests. An unfinished line at the end is left out."""
    operations = {}
    run = 0
    for line in text[:text.rfind("\n") + 1].splitlines():
        if line.startswith(_RUN):
            run = int(line[len(_RUN):])
            continue
        found = _OPERATION.search(line)
        if not found:
            continue
        key = (f"{run}:{found.group(1)}", int(found.group(2)))
        result = _RESULT.match(found.group(3))
        if result and key in operations:
            entries = _ENTRIES.search(found.group(3))
            operations[key] = operations[key]._replace(result=int(result.group(1)),
                                                       entries=int(entries.group(1)) if entries else None)
        elif key not in operations or operations[key].kind == "extended":
            # StartTLS has two lines: the second one says what it is.
            request = _request(*key, found.group(3))
            if request:
                operations[key] = request
    return list(operations.values())
