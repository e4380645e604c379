#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""1,000 clients with slow heads and 1,000 with slow bodies (slowhttptest), together, against the real binary over TLS.

Twice: with every limit at its default, where one address gets no further than limits.unauthenticated_per_address;
and without that one, where the deadlines are all there is. Meanwhile a phone at another address calls once a second
and has to be answered every time. Fails when a bar is missed.
"""
import csv
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from support import contoso  # noqa: E402
from support.admin import metric  # noqa: E402
from support.phone import Phone, eas  # noqa: E402
from support.server import Server, Site, wait_until  # noqa: E402
from support.usage import cpu_seconds, resident_kib  # noqa: E402

CONNECTIONS = 1000  # of each kind
PER_SECOND = 250
OPEN_AFTER = CONNECTIONS / PER_SECOND
DRIP = 3  # seconds between two pieces of a few bytes
SECONDS = 60
HEAD = 15  # limits.head
BODY = 15  # limits.body_rate cannot be missed for longer
GRACE = 3  # for a busy machine
PROBE_PATIENCE = 5.0
ROW = "{:<26} {:>14} {:>14} {:>16} {:>16} {:>9} {:>8} {:>8}"


class Probe(threading.Thread):
    """A phone that calls once a second, each time by a connection of its own."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.asked, self.slowest, self.failures = 0, 0.0, []
        self._over = threading.Event()

    def run(self):
        while not self._over.wait(1.0):
            began = time.monotonic()
            self.asked += 1
            try:
                with Phone(self.server, source="127.0.0.2") as phone:
                    phone.socket.settimeout(PROBE_PATIENCE)
                    status = phone.ask(eas()).status
            except (OSError, AssertionError) as failure:
                status = repr(failure)
            self.slowest = max(self.slowest, time.monotonic() - began)
            if status != 451:
                self.failures.append(f"probe {self.asked}: {status}")

    def end(self):
        self._over.set()
        self.join()


def slow_clients(mode, url, folder):
    report = folder / mode.strip("-")
    return report, subprocess.Popen(
        ["slowhttptest", mode, "-c", str(CONNECTIONS), "-r", str(PER_SECOND), "-i", str(DRIP), "-x", "10", "-s", "8192",
         "-l", str(SECONDS), "-p", str(DRIP), "-u", url, "-g", "-o", str(report), "-v", "1"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)


def last_open(report):
    """The last second in which a connection was open, and the most that were at once."""
    with open(f"{report}.csv", encoding="ascii", newline="") as file:
        rows = [(int(row["Seconds"]), int(row["Pending"]) + int(row["Connected"])) for row in csv.DictReader(file)]
    return max((second for second, count in rows if count), default=0), max(count for _, count in rows)


def attack(title, limits):
    """One run; what it missed."""
    site = Site(contoso.config(limits=limits), contoso.directory())
    server = Server(site).wait_until_listening()
    try:
        probe = Probe(server)
        probe.start()
        url = f"https://127.0.0.1:{server.https}/Microsoft-Server-ActiveSync?Cmd=Ping&User=a&DeviceId=b&DeviceType=c"
        cpu = cpu_seconds(server.process.pid)
        with tempfile.TemporaryDirectory(prefix="eas451-soak-") as folder:
            running = [slow_clients(mode, url, pathlib.Path(folder)) for mode in ("-H", "-B")]
            most = 0
            while any(process.poll() is None for _, process in running):
                most = max(most, int(metric(server, "eas451_connections")))
                time.sleep(0.5)
            (heads, heads_open), (bodies, bodies_open) = [last_open(report) for report, _ in running]
        probe.end()
        cpu = cpu_seconds(server.process.pid) - cpu
        wait_until(lambda: metric(server, "eas451_connections") == 0, "no connection is left")
        refused = int(metric(server, 'eas451_connections_refused_total{reason="address"}'))
        print(ROW.format(title, f"{probe.asked - len(probe.failures)} of {probe.asked}",
                         f"{probe.slowest * 1000:.0f} ms", f"{heads} s ({heads_open})", f"{bodies} s ({bodies_open})",
                         refused, f"{cpu:.1f} s", f"{resident_kib(server.process.pid) // 1024} MiB"), flush=True)
        server.stop()
    finally:
        if not server.is_stopped:
            server.process.kill()
        site.remove()
    missed = list(probe.failures)
    for what, closed, limit in (("heads", heads, HEAD), ("bodies", bodies, BODY)):
        if closed > OPEN_AFTER + limit + GRACE:
            missed.append(f"slow {what} were open for {closed} s, {OPEN_AFTER + limit + GRACE:.0f} s are allowed")
    if limits and most < CONNECTIONS:
        missed.append(f"no more than {most} connections were open at once: this run tests nothing")
    return [f"{title}: {what}" for what in missed]


def main() -> int:
    print(ROW.format("limits", "probes", "slowest", "heads until", "bodies until", "refused", "CPU", "RSS"))
    missed = attack("default", {}) + attack("unauthenticated: any", {"unauthenticated_per_address": 0})
    print(*missed, sep="\n")
    print(f"bars: every probe answered; heads closed within {HEAD} + {GRACE} s of the last connect "
          f"({OPEN_AFTER:.0f} s), bodies within {BODY} + {GRACE} s: {'missed' if missed else 'kept'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
