# SPDX-License-Identifier: Apache-2.0
"""Real proxies in front, set up as docs/behind-a-proxy.md says: phones get their answers, and the log has their
addresses."""
import unittest

from support import contoso, front_proxy
from support.admin import metric
from support.phone import Phone, eas
from support.server import start, w3c, wait_until

# Addresses of phones; the proxy's is 127.0.0.1.
FIRST, SECOND = "127.61.0.1", "127.61.0.2"
SPOOFED = "198.51.100.99"


class BehindAProxy(unittest.TestCase):
    def start_server(self, proxy_protocol):
        pair = front_proxy.make_certificate()
        listener = {**contoso.config()["listeners"][0], "trusted_proxies": ["127.0.0.1"], "proxy_protocol": proxy_protocol}
        return start(self, contoso.config(listeners=[listener]), contoso.directory(), pair)

    def expect_addresses(self, server, proxy):
        for source in (FIRST, SECOND):
            with Phone(server, port=proxy.port, source=source) as phone:
                for fields in ((), (f"X-Forwarded-For: {SPOOFED}",), (f"X-Forwarded-For: {SPOOFED}, 127.0.0.1",)):
                    answer = phone.ask(eas(fields=fields))
                    self.assertEqual((451, contoso.OFFICE_365), (answer.status, answer.one("X-MS-Location")))
        wait_until(lambda: len(self.of_phones(server)) >= 6, "six requests in the log")
        # Those of several connections have no order.
        self.assertEqual([FIRST] * 3 + [SECOND] * 3, sorted(line.c_ip for line in self.of_phones(server)))

    @staticmethod
    def lines(server):
        return [w3c(line) for line in server.access_lines(1)]

    def of_phones(self, server):
        return [line for line in self.lines(server) if line.method == "POST"]

    def expect_health_check(self, server):
        """The proxy's own: nobody's address but its."""
        checks = wait_until(lambda: [line for line in self.lines(server) if line.method == "GET"], "a health check")
        self.assertEqual({("127.0.0.1", "200")}, {(line.c_ip, line.status) for line in checks})

    def test_haproxy_passes_bytes(self):
        server = self.start_server(True)
        self.expect_addresses(server, front_proxy.haproxy(self, "tcp", server))
        self.expect_health_check(server)
        self.assertEqual(0, metric(server, 'eas451_proxy_headers_total{outcome="malformed"}'))

    def test_haproxy_has_nothing_to_say_of_the_snippets(self):
        """By themselves, with no section `defaults` but their own."""
        server = self.start_server(False)
        for mode in ("tcp", "http"):
            proxy = front_proxy.haproxy(self, mode, server)
            self.assertEqual((0, []), front_proxy.haproxy_says(proxy.folder / "proxy.conf"))

    def test_each_header_that_haproxy_can_send(self):
        for send in ("send-proxy", "send-proxy-v2 proxy-v2-options crc32c", "send-proxy-v2 proxy-v2-options crc32c,authority,unique-id"):
            with self.subTest(send):
                server = self.start_server(True)
                self.expect_addresses(server, front_proxy.haproxy(self, "tcp", server, send))
                self.assertEqual(0, metric(server, 'eas451_proxy_headers_total{outcome="malformed"}'))

    def test_haproxy_passes_requests(self):
        server = self.start_server(False)
        self.expect_addresses(server, front_proxy.haproxy(self, "http", server))
        self.expect_health_check(server)

    def test_nginx_passes_bytes(self):
        server = self.start_server(True)
        self.expect_addresses(server, front_proxy.nginx(self, "stream", server))

    def test_nginx_passes_requests(self):
        server = self.start_server(False)
        self.expect_addresses(server, front_proxy.nginx(self, "http", server))


if __name__ == "__main__":
    unittest.main()
