# SPDX-License-Identifier: Apache-2.0
"""Numbers of connections: each limit at its value and one past it."""
import contextlib
import unittest

from support import contoso
from support.admin import metric
from support.phone import Phone, Wire, connect, context, eas, get
from support.server import start, wait_until

REFUSED = 'eas451_connections_refused_total{reason="%s"}'
CLIENT_HELLO_START = b"\x16\x03\x01"  # a TLS record that never ends


def is_closed(plain):
    """The server ended the connection without a byte."""
    try:
        return plain.recv(1) == b""
    except ConnectionResetError:
        return True


class Limits(unittest.TestCase):
    def start(self, **limits):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.server = start(self, contoso.config(workers=1, limits=limits), contoso.directory())

    def refused(self, reason):
        return metric(self.server, REFUSED % reason)

    def connections(self):
        return metric(self.server, "eas451_connections")

    def silent(self, count, source=None):
        """Connections that say nothing, each of them there before the next."""
        made = []
        for _ in range(count):
            before = self.connections()
            made.append(self.stack.enter_context(connect(self.server.https, source=source)))
            wait_until(lambda: self.connections() == before + 1, "one connection more")
        return made

    def phone(self, request=None, source=None):
        phone = self.stack.enter_context(Phone(self.server, source=source))
        if request is not None:
            phone.ask(request)
        return phone

    def assert_served(self, source=None):
        with Phone(self.server, source=source) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
            phone.finish()


class Connections(Limits):
    def test_as_many_as_the_limit_and_one_more(self):
        self.start(connections=3)
        phones = [self.phone() for _ in range(3)]
        self.assertEqual([451] * 3, [phone.ask(eas()).status for phone in phones])
        self.assertTrue(is_closed(self.stack.enter_context(connect(self.server.https))))
        self.assertEqual([451] * 3, [phone.ask(eas()).status for phone in phones])
        self.assertEqual((1, 0), (self.refused("connections"), self.refused("descriptors")))
        phones[0].finish()

        def is_served():
            try:
                self.assert_served()
                return True
            except OSError:
                return False
        wait_until(is_served, "room for one")


class AdminConnections(Limits):
    SERVED = 64  # docs/limits.md, "Fixed limits"

    def test_as_many_as_the_limit_and_one_more(self):
        self.start()
        held = [self.stack.enter_context(connect(self.server.admin)) for _ in range(self.SERVED)]
        self.assertTrue(is_closed(self.stack.enter_context(connect(self.server.admin))))
        self.server.err.wait_for("a connection from 127.0.0.1 was refused: the admin listener has as many as it serves at once; "
                                 "so far 1$")
        for wire in (held[0], held[-1]):
            self.assertEqual(200, Wire(wire).ask(get("/healthz", "127.0.0.1")).status)
        for plain in held:
            plain.close()

        def counted():
            try:
                return self.refused("admin") >= 1
            except (OSError, AssertionError):  # the server has not seen yet that they are closed
                return False
        wait_until(counted, "the admin listener serves again, and has counted")


class UnauthenticatedPerAddress(Limits):
    def test_as_many_as_the_limit_and_one_more(self):
        self.start(unauthenticated_per_address=5)
        silent = self.silent(5)
        self.assertTrue(is_closed(self.stack.enter_context(connect(self.server.https))))
        self.assertEqual(1, self.refused("address"))
        self.assert_served(source="127.0.0.2")  # another address
        silent[0].close()
        wait_until(lambda: self.connections() == 4, "a place is given back")
        self.assert_served()
        self.assertEqual(1, self.refused("address"))
        self.assertTrue(any("from 127.0.0.1 was refused: limits.unauthenticated_per_address" in line
                            for line in self.server.err.all()))

    def test_an_office_behind_one_address_lives(self):
        """500 that have authenticated, and still room for as many new ones as the limit."""
        self.start(unauthenticated_per_address=5)
        tls = context()
        for _ in range(500):
            phone = self.stack.enter_context(Phone(self.server, tls))
            self.assertEqual(451, phone.ask(eas()).status)
        self.assertEqual((500, 0), (self.connections(), self.refused("address")))
        self.silent(5)
        self.assertTrue(is_closed(self.stack.enter_context(connect(self.server.https))))
        self.assertEqual((505, 1), (self.connections(), self.refused("address")))

    def test_what_is_answered_without_a_right_password_still_counts(self):
        for request in (eas(None), eas(password="wrong"), eas("nobody@contoso.com"), get("/"),
                        eas(authorization="Bearer token"),
                        get("/Microsoft-Server-ActiveSync/healthcheck.htm")):
            with self.subTest(request=request):
                self.start(unauthenticated_per_address=1)
                phone = self.phone(request)
                self.assertTrue(is_closed(self.stack.enter_context(connect(self.server.https))))
                self.assertEqual(1, self.refused("address"))
                # The first request that is a user's makes room; a later one that is none takes nothing away.
                self.assertEqual(451, phone.ask(eas()).status)
                self.assertEqual(401, phone.ask(eas(None)).status)
                self.assert_served()

    def test_none_is_no_limit(self):
        self.start(unauthenticated_per_address=0)
        self.silent(150)
        self.assert_served()

    def test_a_reload_changes_it_for_new_connections(self):
        self.start(unauthenticated_per_address=2)
        self.silent(2)
        self.server.site.write_config(contoso.config(workers=1, limits={"unauthenticated_per_address": 3}))
        self.server.reload()
        self.silent(1)
        self.assertTrue(is_closed(self.stack.enter_context(connect(self.server.https))))
        self.assertEqual(1, self.refused("address"))

    def test_a_trusted_proxy_carries_many_clients(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        listeners = contoso.config()["listeners"]
        listeners[0]["trusted_proxies"] = ["127.0.0.8/29"]
        self.server = start(self, contoso.config(listeners=listeners, limits={"unauthenticated_per_address": 2}),
                            contoso.directory())
        self.silent(10, source="127.0.0.9")
        self.assert_served(source="127.0.0.9")
        self.silent(2, source="127.0.0.16")
        self.assertTrue(is_closed(self.stack.enter_context(connect(self.server.https, source="127.0.0.16"))))


class Handshakes(Limits):
    def test_as_many_as_the_limit_and_one_more(self):
        self.start(handshakes=3)
        silent = self.silent(3)
        for plain in silent:
            plain.sendall(CLIENT_HELLO_START)
        fourth = self.stack.enter_context(connect(self.server.https))
        self.assertTrue(is_closed(silent[0]))  # the oldest
        wait_until(lambda: self.connections() == 3, "the oldest is gone")
        self.assertEqual(1, self.refused("handshakes"))
        # The others still may.
        for plain in (silent[2], fourth):
            plain.settimeout(0.05)
            with self.assertRaises(TimeoutError):
                plain.recv(1)
        self.assert_served()
        self.assertTrue(is_closed(silent[1]))

    def test_a_handshake_that_ended_counts_no_longer(self):
        self.start(handshakes=1)
        phones = []
        for _ in range(20):
            phones.append(self.phone())
            # A client believes that its handshake is over before the server has seen its end.
            self.assertEqual(451, phones[-1].ask(eas()).status)
        self.assertEqual([451] * 20, [phone.ask(eas()).status for phone in phones])
        self.assertEqual(0, self.refused("handshakes"))

    def test_a_flood_of_half_handshakes_takes_no_phone_its_place(self):
        self.start(handshakes=50, unauthenticated_per_address=0)
        for _ in range(20):
            for _ in range(50):
                half = self.stack.enter_context(connect(self.server.https))
                half.sendall(CLIENT_HELLO_START)
            self.assert_served()
        self.assertGreaterEqual(self.refused("handshakes"), 1000 - 50)
        self.assertLessEqual(self.connections(), 51)


if __name__ == "__main__":
    unittest.main()
