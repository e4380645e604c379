# SPDX-License-Identifier: Apache-2.0
"""A reload to other Exchange servers: nobody is told that Exchange is down while one and then another is up."""
import signal
import threading
import unittest

from support import contoso, fake_exchange
from support.admin import metric, metrics
from support.load import Load
from support.phone import Phone, eas
from support.server import Server, Site, start, wait_until
from support.systemd import NotifySocket

ANNA = "anna@contoso.com"
LOOKS = "reload: a first look at the Exchange servers$"


class SlowToCheck(fake_exchange.FakeExchange):
    """Health checks are answered when the test says so."""

    def __init__(self, *arguments):
        self.goes_on = threading.Event()
        super().__init__(*arguments)

    def _serve_check(self, peer, request):
        self.goes_on.wait(60)
        super()._serve_check(peer, request)


class Reload(unittest.TestCase):
    def setUp(self):
        self.authority = fake_exchange.authority(self)
        self.first = fake_exchange.start(self, self.authority)
        self.second = SlowToCheck(self.authority)
        self.addCleanup(self.second.stop)
        self.addCleanup(self.second.goes_on.set)

    def start(self, **limits):
        self.limits = limits
        return start(self, self.first.config(limits=limits), contoso.directory())

    def begin_reload(self, server, exchange=None):
        """To the second, or another one."""
        server.site.write_config((exchange or self.second).config(limits=self.limits))
        server.signal(signal.SIGHUP)

    def answer(self, server):
        with Phone(server) as phone:
            return phone.ask(eas(ANNA, body=b"who")).body

    def test_nobody_notices(self):
        server = self.start(exchange_connect="60s")
        with Load(server, request=eas(ANNA, body=b"b" * 100)) as load:
            wait_until(lambda: load.total >= 50, "load")
            self.begin_reload(server)
            server.err.wait_for(LOOKS)
            before = load.total
            wait_until(lambda: load.total >= before + 50, "load meanwhile")
            self.assertEqual([], self.second.requests)
            self.second.goes_on.set()
            server.err.wait_for("reload: done$")
            self.second.wait_for_requests(50)
        self.assertEqual({200}, set(load.answered))
        self.assertEqual({}, load.lost)
        self.assertEqual(1, metric(server, f'eas451_exchange_up{{server="{self.second.url}"}}'))
        lines = server.all_access_lines()
        self.assertEqual([], [line for line in lines if "Rsn:proxied" not in line])

    def test_it_does_not_wait_for_ever(self):
        server = self.start(exchange_connect="1s")
        self.begin_reload(server)
        server.err.wait_for("reload: done$")
        self.assertIn(b"\x03111\x00", self.answer(server))
        self.second.goes_on.set()
        wait_until(lambda: metric(server, f'eas451_exchange_up{{server="{self.second.url}"}}') == 1, "the second is up")
        self.assertEqual(b"who", self.answer(server))

    def test_a_second_signal_to_reload(self):
        third = fake_exchange.start(self, self.authority)
        server = self.start(exchange_connect="60s")
        self.begin_reload(server)
        server.err.wait_for(LOOKS)
        self.begin_reload(server, third)
        self.assertEqual(b"who", self.answer(server))
        self.second.goes_on.set()
        server.err.wait_for("reload: done$", 2)
        self.assertEqual(b"who", self.answer(server))
        self.assertEqual((1, 0, 1), (len(self.first.requests), len(self.second.requests), len(third.requests)))
        self.assertNotIn(self.second.url, metrics(server))

    def test_a_signal_to_end(self):
        server = self.start(exchange_connect="60s")
        self.begin_reload(server)
        server.err.wait_for(LOOKS)
        server.signal(signal.SIGTERM)
        server.wait_for_exit()
        self.assertNotIn("reload: done", server.err.text())

    def test_systemd_is_told_when_it_is_over(self):
        self.limits = {"exchange_connect": "60s"}
        notices = NotifySocket(self)
        site = Site(self.first.config(limits=self.limits), contoso.directory())
        self.addCleanup(site.remove)
        server = Server(site, environment={"NOTIFY_SOCKET": notices.name})
        self.addCleanup(server.stop)
        notices.wait_for("READY")
        server.wait_until_listening()
        self.begin_reload(server)
        self.assertIn("RELOADING", notices.next())
        server.err.wait_for(LOOKS)
        self.assertEqual(b"who", self.answer(server))
        self.second.goes_on.set()
        self.assertIn("READY", notices.next())

    def test_a_server_that_stays_is_not_waited_for(self):
        server = self.start(exchange_connect="60s")
        server.site.write_config(self.first.config(self.second, limits=self.limits))
        server.reload()
        self.assertEqual(b"who", self.answer(server))
        self.assertEqual(1, len(self.first.requests))


if __name__ == "__main__":
    unittest.main()
