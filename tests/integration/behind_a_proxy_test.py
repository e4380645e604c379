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
        lines = [w3c(line) for line in server.access_lines(6)]
        self.assertEqual([FIRST] * 3 + [SECOND] * 3, [line.c_ip for line in lines])

    def test_haproxy_passes_bytes(self):
        server = self.start_server(True)
        proxy = front_proxy.haproxy(self, "tcp", server)
        self.expect_addresses(server, proxy)
        # Its health checks begin with no header, and do no harm.
        wait_until(lambda: metric(server, 'eas451_proxy_headers_total{outcome="incomplete"}') > 0, "a health check")
        self.assertEqual(0, metric(server, 'eas451_proxy_headers_total{outcome="malformed"}'))

    def test_haproxy_passes_requests(self):
        server = self.start_server(False)
        self.expect_addresses(server, front_proxy.haproxy(self, "http", server))

    def test_nginx_passes_bytes(self):
        server = self.start_server(True)
        self.expect_addresses(server, front_proxy.nginx(self, "stream", server))

    def test_nginx_passes_requests(self):
        server = self.start_server(False)
        self.expect_addresses(server, front_proxy.nginx(self, "http", server))


if __name__ == "__main__":
    unittest.main()
