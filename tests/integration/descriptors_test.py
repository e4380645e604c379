# SPDX-License-Identifier: Apache-2.0
"""Descriptors run out: the server lives, costs next to nothing, says so, and serves again once there are some."""
import resource
import select
import time
import unittest

from support import contoso
from support.admin import metric
from support.phone import Phone, Wire, connect, eas, get
from support.server import PATIENCE, start, wait_until
from support.usage import cpu_share, descriptors

CPU_BAR = 0.05
RECOVERY_BAR = 1.0
WINDOW = 3.0
REFUSED = 'eas451_connections_refused_total{reason="%s"}'


def sources(count):
    """Enough addresses that none of them has more connections than one may have."""
    return [f"127.0.1.{1 + number % 50}" for number in range(count)]


def closed_among(sockets):
    """Those that the server has closed by now. Nothing is ever sent on them."""
    poll = select.poll()
    by_number = {each.fileno(): each for each in sockets}
    for number in by_number:
        poll.register(number, select.POLLIN)
    return {by_number[number] for number, _ in poll.poll(0)}


class Descriptors(unittest.TestCase):
    def setUp(self):
        # The test's own side needs some, too.
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.held = []
        self.addCleanup(self.release)

    def start(self, wrapper=()):
        limits = {"handshake": "2m", "idle": "2m"}
        return start(self, contoso.config(workers=2, limits=limits), contoso.directory(), wrapper=wrapper)

    def hold(self, server, count):
        self.held += [connect(server.https, source=source) for source in sources(count)]

    def release(self):
        for held in self.held:
            held.close()
        self.held = []

    def assert_served_again(self, server):
        """The time from the release to an answer."""
        began = time.monotonic()
        self.release()

        def answered():
            try:
                with Phone(server) as phone:
                    return phone.ask(eas()).status
            except OSError:
                return None
        self.assertEqual(451, wait_until(answered, "an answer after the release"))
        took = time.monotonic() - began
        self.assertLess(took, RECOVERY_BAR)
        return took

    def report(self, title, share, took):
        print(f"figure: {title}: {share:.1%} of one processor over {WINDOW:.0f} s, served {took * 1000:.0f} ms after release")

    def test_400_connects_with_200_descriptors(self):
        server = self.start(wrapper=("/bin/sh", "-c", 'ulimit -n 200 && exec "$@"', "sh"))
        self.hold(server, 400)
        wait_until(lambda: metric(server, REFUSED % "descriptors") + metric(server, "eas451_connections") == 400,
                   "every connection is either held or refused")
        refused = metric(server, REFUSED % "descriptors")
        wait_until(lambda: len(closed_among(self.held)) == refused, "every refused connection is closed")
        self.assertEqual(0, metric(server, REFUSED % "connections"))
        self.assertGreaterEqual(400 - refused, 90)  # most of what 200 descriptors hold are for devices
        self.assertLess(descriptors(server.process.pid), 200)
        with Wire(connect(server.admin)) as admin:
            slowest = 0.0

            def ask():
                nonlocal slowest
                began = time.monotonic()
                self.assertEqual(200, admin.ask(get("/healthz", "127.0.0.1")).status)
                slowest = max(slowest, time.monotonic() - began)
            share = cpu_share(server.process.pid, WINDOW, ask)
        self.assertLess(slowest, 1.0)
        self.assertLess(share, CPU_BAR)
        self.assertEqual(1, len([line for line in server.err.all() if "limit of descriptors" in line]))
        self.report(f"nofile 200, 400 connects, {refused:.0f} refused", share, self.assert_served_again(server))

    def test_the_last_descriptor_is_gone(self):
        """A lower limit than the server began with: what it keeps back for itself is not there either."""
        server = self.start()
        pid = server.process.pid
        with Wire(connect(server.admin)) as admin:
            self.assertEqual(200, admin.ask(get("/healthz", "127.0.0.1")).status)
            soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (descriptors(pid) + 20, hard))
            self.hold(server, 100)

            def value(series):
                text = admin.ask(get("/metrics", "127.0.0.1")).body.decode()
                return float(text.split(f"\n{series} ")[1].split()[0])
            # The reserve turns away whoever waits, so that nobody is left waiting for nothing.
            wait_until(lambda: value(REFUSED % "descriptors") + value("eas451_connections") == 100,
                       "every connection is either held or turned away")
            refused = value(REFUSED % "descriptors")
            self.assertGreaterEqual(refused, 75)
            wait_until(lambda: len(closed_among(self.held)) == refused, "those who are turned away learn it")
            share = cpu_share(pid, WINDOW, lambda: self.assertEqual(
                200, admin.ask(get("/healthz", "127.0.0.1")).status))
            self.assertLess(share, CPU_BAR)
            self.assertTrue(any("a connection could not be accepted: " in line for line in server.err.all()))
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        self.report(f"EMFILE, 100 connects, {refused:.0f} turned away", share, self.assert_served_again(server))
        self.assertGreater(metric(server, 'eas451_accept_failures_total{error="descriptors"}'), 0)

    def test_whoever_comes_again_and_again_is_turned_away_each_time(self):
        server = self.start()
        pid = server.process.pid
        resource.prlimit(pid, resource.RLIMIT_NOFILE,
                         (descriptors(pid), resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]))
        for _ in range(200):
            with connect(server.https) as turned_away:
                turned_away.settimeout(PATIENCE)
                try:
                    self.assertEqual(b"", turned_away.recv(1))
                except ConnectionResetError:
                    pass
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (1000, resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]))
        self.assertEqual(200, metric(server, REFUSED % "descriptors"))
        # One line in ten seconds, and this takes less.
        self.assertEqual(1, len([line for line in server.err.all() if "could not be accepted" in line]))


if __name__ == "__main__":
    unittest.main()
