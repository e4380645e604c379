# SPDX-License-Identifier: Apache-2.0
"""load_client from Python: started on its core, told when to go, its report as a dictionary."""
import json
import subprocess

from .servers import CLIENT_CORE
from .site import LOCATION


class VoidRun(Exception):
    """An answer was not the one that is wanted, or the client could not go on."""


def _report_in(line):
    return json.loads(line) if line.startswith("{") else {"errors": 1, "first_error": "the client ended"}


class Client:
    binary = None

    def __init__(self, server, mode, **options):
        """`options` are the client's, with _ for -; they win over what is usual."""
        named = {"port": server.port, "requests_from": server.site.requests, "location": LOCATION,
                 "plain": "no" if server.variant.tls else "yes", "go": "stdin", **options}
        words = [word for name, value in named.items() for word in ("--" + name.replace("_", "-"), str(value))]
        self.server = server
        self.process = subprocess.Popen(["taskset", "-c", CLIENT_CORE, self.binary, mode, *words],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def expect(self, word):
        """What the client says when it is prepared."""
        line = self.process.stdout.readline().strip()
        if line != word:
            self._give_up(_report_in(line))

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def report(self, least=1):
        """`least`: so many answers have to be in it."""
        report = _report_in(self.process.stdout.readline())
        if report["errors"] or report["answers"] < least:
            self._give_up(report)
        return report

    def _give_up(self, report):
        self.process.kill()
        self.process.wait()
        raise VoidRun(f"{self.server.name}: {report['errors']} errors, the first: {report['first_error']}")

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
