# SPDX-License-Identifier: Apache-2.0
"""Starts a slapd with the tests' directory and runs ldap_search_bench against it.
    ldap_search_bench.py BINARY [SCHEME [SEARCHES ROUNDS BAR]]
Its output and its status are those of the binary."""
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
from support import slapd  # noqa: E402


def main(binary, scheme="ldaps", *numbers):
    fixture = unittest.TestCase()
    try:
        # What slapd writes of every operation would be measured too.
        server = slapd.start(fixture, log="none")
        return subprocess.run([binary, server.url(scheme), str(server.ca_file), slapd.SERVICE_ACCOUNT,
                               slapd.SERVICE_PASSWORD, slapd.BASE, *numbers], check=False).returncode
    finally:
        fixture.doCleanups()


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3, 6):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
