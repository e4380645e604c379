# SPDX-License-Identifier: Apache-2.0
"""What Samba wrote of the binds and searches it did, as operations that a test can count.

A bind is a line of its audit log, in JSON; a search is told at level 5. Samba writes either before it
sends the answer, and each into the file at once: whoever has the answer finds the operation counted.
"""
import collections
import json
import re

LEVEL = "5 auth_json_audit:5"

# kind: "bind" or "search". `name` is what a bind named, or the base of a search; `account` the
# sAMAccountName that Samba took the name of a bind for, or None; `scope` is "BASE", "ONE" or "SUB". `result` is an NT status
# or the text of an LDAP result. `port` is that of the server. `connection` differs for all connections of
# all runs, and says "unix:" for those of the fixture.
Operation = collections.namedtuple("Operation", "connection kind name account scope filter result port")

_BIND = re.compile(r'^\s*(\{"timestamp": .*"type": "Authentication", .*\})$')
_SEARCH = re.compile(r"SearchRequest: LDAP Query: Duration was [0-9.]+s, SearchRequest by \S+ from (\S+) "
                     r"filter: \[(.*)\] basedn: \[(.*)\] scope: \[(\w+)\] result: (.*)$")
_RUN = "# run "


def run_line(number):
    """What separates the runs in the file: a port may be used in each of them."""
    return f"{_RUN}{number}\n"


def _bind(run, line):
    told = json.loads(line)["Authentication"]
    if told["serviceDescription"] != "LDAP":
        return None
    return Operation(f"{run} {told['remoteAddress']}", "bind", told["clientAccount"], told["mappedAccount"], None, None,
                     told["status"], int(told["localAddress"].rsplit(":", 1)[1]) if "ipv4" in told["localAddress"] else None)


def parse(text):
    """The operations in the order they were done. An unfinished line at the end is left out."""
    operations = []
    run = 0
    for line in text[:text.rfind("\n") + 1].splitlines():
        if line.startswith(_RUN):
            run = int(line[len(_RUN):])
            continue
        bind = _BIND.match(line)
        if bind:
            done = _bind(run, bind.group(1))
            if done:
                operations.append(done)
            continue
        search = _SEARCH.search(line)
        if search:
            remote, filter_text, base, scope, result = search.groups()
            operations.append(Operation(f"{run} {remote}", "search", base, None, scope, filter_text, result, None))
    return operations
