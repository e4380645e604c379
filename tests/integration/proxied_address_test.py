# SPDX-License-Identifier: Apache-2.0
"""Behind proxies: whom a request came from is what trusted ones say, and nobody else."""
import socket
import ssl
import time
import unittest

from support import contoso, ldap_site, proxy_header, slapd
from support.admin import metric
from support.ldap_site import LATER, NOBODY, call, short
from support.phone import Phone, Wire, connect, eas, get
from support.proxy_header import PROXY, TCP4, UNSPECIFIED, extension, raw, v1, v2, v2_with_checksum
from support.server import start, w3c

# Of loopback, so that a test may be each of them.
TRUSTED, ALSO_TRUSTED, STRANGER = "127.0.0.1", "127.7.0.2", "127.66.0.1"
CLIENT, OTHER = "198.51.100.7", "203.0.113.9"
LIMIT = 2.0


def listener(proxy_protocol, tls=True, trusted=(TRUSTED, ALSO_TRUSTED, "10.0.0.0/8")):
    made = {"bind": "127.0.0.1:0", "trusted_proxies": list(trusted), "proxy_protocol": proxy_protocol}
    if tls:
        made["tls"] = {"certificate": "tls.crt", "key": "tls.key"}
    return made


def start_behind(test, proxy_protocol, tls=True, **sections):
    return start(test, contoso.config(listeners=[listener(proxy_protocol, tls)], **sections), contoso.directory())


def clients(server, count):
    """Of so many lines. Those of several connections have no order."""
    return [w3c(line).c_ip for line in server.access_lines(count)]


class ProxyProtocol(unittest.TestCase):
    def setUp(self):
        self.server = start_behind(self, True, limits={"proxy_header": f"{LIMIT:.0f}s"})
        self.served = 0

    def expect_client(self, header, expected):
        with Phone(self.server, prologue=header) as phone:
            self.assertEqual([451, 451], [phone.ask(eas()).status for _ in range(2)])
            phone.finish()
        self.served += 2
        self.assertEqual([expected] * 2, clients(self.server, self.served)[-2:], header)

    def expect_closed(self, header, source=None):
        """Without an answer of any kind, though there is a good handshake behind it."""
        with self.assertRaises((ssl.SSLError, OSError), msg=header):
            with Phone(self.server, source=source, prologue=header) as phone:
                # Of a socket that was reset already, Python makes no TLS connection, and does not say so.
                phone.ask(eas())

    def test_the_client_is_whom_the_header_names(self):
        for header, expected in (
                (v1(CLIENT), CLIENT), (v1("2001:db8::7"), "2001:db8::7"), (v1("::ffff:198.51.100.7"), CLIENT),
                (v2(CLIENT), CLIENT), (v2("2001:db8::7"), "2001:db8::7"), (v2("::ffff:198.51.100.7"), CLIENT),
                (v2(CLIENT, extension(1, b"h2") + extension(2, b"mail.contoso.com")), CLIENT),
                (v2(CLIENT, extension(4, bytes(500))), CLIENT), (v2_with_checksum(CLIENT), CLIENT)):
            self.expect_client(header, expected)
        self.assertEqual(9, metric(self.server, 'eas451_proxy_headers_total{outcome="ok"}'))

    def test_a_connection_of_the_proxy_itself_has_its_address(self):
        for header in (proxy_header.local(), raw(0x20, TCP4, proxy_header.block(CLIENT)), raw(PROXY, UNSPECIFIED, b""),
                       b"PROXY UNKNOWN\r\n", b"PROXY UNKNOWN 198.51.100.7 10.0.0.1 50000 443\r\n"):
            self.expect_client(header, TRUSTED)

    def test_nothing_but_one_good_header_is_taken(self):
        for header in (b"", v1(CLIENT)[:-1], v1(CLIENT)[:-2] + b"\n", b" " + v1(CLIENT), v1(CLIENT).lower(), v1("198.51.100.007"),
                       b"PROXY TCP4 198.51.100.7 10.0.0.1 50000 65536\r\n", b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n",
                       v1(CLIENT) * 2, v1(CLIENT) + v2(CLIENT), v2(CLIENT) + v2(CLIENT), v2(CLIENT)[:-1], v2(CLIENT) + b"\0",
                       v2(CLIENT, b"\0"), v2(CLIENT, extension(4, bytes(506))), raw(0x31, TCP4, proxy_header.block(CLIENT)),
                       raw(PROXY, 0x12, proxy_header.block(CLIENT)), raw(PROXY, TCP4, b""), v2_with_checksum(CLIENT, wrong=1),
                       eas(), get("/")):
            self.expect_closed(header)
        self.expect_client(v2(CLIENT), CLIENT)
        self.assertGreater(metric(self.server, 'eas451_proxy_headers_total{outcome="malformed"}'), 10)
        self.assertEqual([CLIENT] * 2, clients(self.server, 2))

    def test_nobody_else_is_believed_or_served(self):
        for header in (v1(CLIENT), v2(CLIENT), proxy_header.local(), b""):
            self.expect_closed(header, source=STRANGER)
        self.server.err.wait_for("a connection from 127.66.0.1 was refused: it is none of the listener's trusted_proxies")
        with Phone(self.server, source=ALSO_TRUSTED, prologue=v2(CLIENT)) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
        self.assertEqual([CLIENT], clients(self.server, 1))

    def test_a_header_that_comes_byte_by_byte(self):
        for header in (v1(CLIENT), v2(CLIENT)):
            with connect(self.server.https) as plain:
                for byte in header:
                    plain.sendall(bytes([byte]))
                self.converse(plain)
        self.assertEqual([CLIENT] * 2, clients(self.server, 2))

    def test_header_and_handshake_in_one_segment(self):
        for header in (v1(CLIENT), v2(CLIENT), proxy_header.local()):
            with connect(self.server.https) as plain:
                # Held back until there is a full segment or more than one write.
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
                plain.sendall(header)
                self.converse(plain)
        self.assertEqual([TRUSTED, CLIENT, CLIENT], sorted(clients(self.server, 3)))

    def converse(self, plain):
        """TLS over a memory buffer, so that what is sent is ours to cut."""
        come, go = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        tls = context.wrap_bio(come, go, server_hostname="mail.contoso.com")

        def until_done(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    plain.sendall(go.read())
                    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
                    data = plain.recv(65536)
                    self.assertTrue(data, "the connection ended")
                    come.write(data)
        until_done(tls.do_handshake)
        tls.write(eas())
        plain.sendall(go.read())
        self.assertTrue(until_done(lambda: tls.read(100)).startswith(b"HTTP/1.1 451 "))

    def test_a_header_that_is_too_slow(self):
        begun = time.monotonic()
        waiting = [connect(self.server.https) for _ in range(4)]
        for plain, sent in zip(waiting, (b"", b"PROXY TCP4 198", proxy_header.SIGNATURE + b"\x21", v2(CLIENT)[:-1]), strict=True):
            self.addCleanup(plain.close)
            plain.sendall(sent)
        self.expect_client(v2(CLIENT), CLIENT)
        for plain in waiting:
            self.assertEqual(b"", plain.recv(1))
        self.assertGreaterEqual(time.monotonic() - begun, LIMIT)
        self.assertEqual(4, metric(self.server, 'eas451_connections_timed_out_total{limit="proxy_header"}'))

    def test_forwarded_for_counts_for_nothing_here(self):
        with Phone(self.server, prologue=v2(CLIENT)) as phone:
            self.assertEqual(451, phone.ask(eas(fields=(f"X-Forwarded-For: {OTHER}",))).status)
        with Phone(self.server, prologue=proxy_header.local()) as phone:
            self.assertEqual(451, phone.ask(eas(fields=(f"X-Forwarded-For: {OTHER}",))).status)
        self.assertEqual([TRUSTED, CLIENT], sorted(clients(self.server, 2)))


class WithoutTls(unittest.TestCase):
    def test_a_header_before_a_plain_request(self):
        server = start_behind(self, True, tls=False)
        for header in (v1(CLIENT), v2("2001:db8::7")):
            with Wire(connect(server.https)) as wire:
                self.assertEqual(451, wire.ask(header + eas()).status)
                self.assertEqual(451, wire.ask(eas()).status)
        with Wire(connect(server.https)) as wire:
            wire.send(eas()).read_end()
        self.assertEqual([CLIENT] * 2 + ["2001:db8::7"] * 2, sorted(clients(server, 4)))

    def test_forwarded_for_of_a_plain_request(self):
        server = start_behind(self, False, tls=False)
        with Wire(connect(server.https)) as wire:
            answer = wire.ask(eas(fields=(f"X-Forwarded-For: {CLIENT}",)))
        self.assertEqual((451, []), (answer.status, answer.all("Strict-Transport-Security")))
        self.assertEqual([CLIENT], clients(server, 1))


class HeaderWhereItIsOff(unittest.TestCase):
    def test_is_no_handshake_and_no_request(self):
        server = start(self, contoso.config(listeners=[listener(False), listener(False, tls=False)]), contoso.directory())
        for header in (v1(CLIENT), v2(CLIENT)):
            with self.assertRaises((ssl.SSLError, OSError)):
                Phone(server, prologue=header).close()
            with Wire(connect(server.ports[1])) as wire:
                self.assertEqual((400, True), (lambda answer: (answer.status, answer.closes()))(wire.ask(header + eas())))
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
        self.assertEqual([TRUSTED] * 3, clients(server, 3))


class ForwardedFor(unittest.TestCase):
    def test_the_right_most_untrusted_hop_of_each_request(self):
        server = start_behind(self, False)
        expected = []
        # What the proxy sends, and who that is. All over one connection, as a proxy does.
        with Phone(server) as phone:
            for values, client in (
                    ([], TRUSTED), ([CLIENT], CLIENT), ([f"{OTHER}, {CLIENT}"], CLIENT), ([OTHER, CLIENT], CLIENT),
                    ([f"{OTHER},{CLIENT}, 10.1.1.1:443"], CLIENT), ([f"{OTHER}, {CLIENT}", "10.1.1.1,10.1.1.2"], CLIENT),
                    ([f"10.1.1.1, {CLIENT}"], CLIENT), (["2001:db8::7"], "2001:db8::7"), (["[2001:DB8::7]:50000"], "2001:db8::7"),
                    (["::ffff:198.51.100.7"], CLIENT), ([f"{CLIENT}:50000"], CLIENT), (["10.1.1.1"], "10.1.1.1"),
                    ([f"{CLIENT}, unknown"], TRUSTED), ([f"{CLIENT}, unknown, 10.1.1.1"], "10.1.1.1"), ([""], TRUSTED),
                    ([f"{CLIENT},"], TRUSTED), ([f'"{CLIENT}"'], TRUSTED), (["<script>"], TRUSTED), ([f"for={CLIENT}"], TRUSTED)):
                answer = phone.ask(eas(fields=[f"X-Forwarded-For: {value}" for value in values]))
                self.assertEqual(451, answer.status, values)
                expected.append(client)
            phone.finish()
        self.assertEqual(expected, clients(server, len(expected)))

    def test_everywhere_in_the_log(self):
        server = start_behind(self, False, access_log={"format": "json"})
        with Phone(server) as phone:
            for request in (get("/nowhere", fields=(f"X-Forwarded-For: {CLIENT}",)), eas(None, fields=(f"X-Forwarded-For: {CLIENT}",))):
                phone.ask(request)
            phone.finish()
        for line in ldap_site.access(server, 2):
            self.assertEqual(CLIENT, line["client"])

    def test_a_stranger_is_not_believed(self):
        server = start_behind(self, False)
        with Phone(server, source=STRANGER) as phone:
            self.assertEqual(451, phone.ask(eas(fields=(f"X-Forwarded-For: {CLIENT}",))).status)
        with Phone(server, source=ALSO_TRUSTED) as phone:
            self.assertEqual(451, phone.ask(eas(fields=(f"X-Forwarded-For: {CLIENT}",))).status)
        self.assertEqual([STRANGER, CLIENT], sorted(clients(server, 2)))

    def test_a_head_that_is_refused_is_the_connections(self):
        server = start_behind(self, False)
        with Phone(server) as phone:
            self.assertEqual(400, phone.ask(eas(fields=(f"X-Forwarded-For: {OTHER}", "bad field", f"X-Forwarded-For: {CLIENT}"))).status)
        self.assertEqual([TRUSTED], clients(server, 1))

    def test_a_reload_changes_who_is_trusted(self):
        server = start_behind(self, False)
        server.site.write_config(contoso.config(listeners=[listener(False, trusted=())]))
        server.reload()
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas(fields=(f"X-Forwarded-For: {CLIENT}",))).status)
        server.site.write_config(contoso.config(listeners=[listener(True)]))
        server.reload()
        with Phone(server, prologue=v1(CLIENT)) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
        self.assertEqual([TRUSTED, CLIENT], sorted(clients(server, 2)))


class Lockout(unittest.TestCase):
    """The budget of an address is that of the client, not of the proxy."""

    def expect_budgets(self, server, ask):
        for client, first in ((CLIENT, 1), (OTHER, 4)):
            answers = [short(ask(client, call(f"moved{number:03}@contoso.com", "wrong"))) for number in range(first, first + 3)]
            self.assertEqual([NOBODY, NOBODY, LATER], answers, client)
        self.assertEqual({CLIENT: 3, OTHER: 3}, {client: sum(line["client"] == client for line in ldap_site.access(server, 6))
                                                 for client in (CLIENT, OTHER)})

    def start(self, proxy_protocol):
        directory = slapd.start(self)
        return ldap_site.start(self, directory, lockout={"users_per_address": 2, "address_recovers": "1h"},
                               listeners=[listener(proxy_protocol)])

    def test_by_forwarded_for(self):
        server = self.start(False)
        with Phone(server) as phone:
            def ask(client, request):
                return phone.ask(request.replace(b"\r\n\r\n", f"\r\nX-Forwarded-For: {client}\r\n\r\n".encode(), 1))
            self.expect_budgets(server, ask)

    def test_by_proxy_header(self):
        server = self.start(True)

        def ask(client, request):
            with Phone(server, prologue=v2(client)) as phone:
                return phone.ask(request)
        self.expect_budgets(server, ask)


if __name__ == "__main__":
    unittest.main()
