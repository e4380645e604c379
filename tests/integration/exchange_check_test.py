# SPDX-License-Identifier: Apache-2.0
"""check --online with Exchange servers: what is said of a good one, of one without modern authentication, and of faults."""
import http.server
import json
import socket
import ssl
import threading
import unittest

from support import certificates, contoso
from support.server import site

HEALTH = "/Microsoft-Server-ActiveSync/healthcheck.htm"


class Exchange:
    """HTTPS on loopback. `challenges` are those of its 401."""

    def __init__(self, test, certificate, health=200, challenges=("Bearer realm=x", "Negotiate")):
        self.asked = asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                asked.append((self.command, self.path, self.headers["Host"]))
                self.reply(health if self.path == HEALTH else 404)

            def do_OPTIONS(self):
                asked.append((self.command, self.path, self.headers["Authorization"]))
                self.reply(401, challenges)

            def reply(self, status, values=()):
                self.send_response(status)
                for value in values:
                    self.send_header("WWW-Authenticate", value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # a client that does not accept the certificate

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        test.addCleanup(self._server.server_close)
        test.addCleanup(thread.join)
        test.addCleanup(self._server.shutdown)


class CheckExchange(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = certificates.authority(cls)

    def check(self, *servers, ca_file=None, **limits):
        """The facts and the errors that speak of Exchange servers."""
        exchange = {"servers": list(servers), "ca_file": str(ca_file or self.authority.ca_file)}
        made = site(self, contoso.config(exchange=exchange, limits=limits), contoso.directory())
        ended = made.command("check", "--online", "--json")
        self.assertEqual("", ended.stderr)
        told = json.loads(ended.stdout)
        self.assertEqual(0 if told["ok"] else 1, ended.returncode)
        return tuple([line for line in told[kind] if "exchange: https" in line or "exchange.ca_file" in line]
                     for kind in ("facts", "errors"))

    def test_good_servers_are_facts(self):
        modern = Exchange(self, self.authority.issue())
        basic = Exchange(self, self.authority.issue(), challenges=('Basic realm="x"', "Negotiate"))
        facts, errors = self.check(modern.url, basic.url)
        self.assertEqual([], errors)
        self.assertEqual([f"exchange: {modern.url} is up at {modern.url[8:]}",
                          f"exchange: {modern.url}: modern authentication offered (Bearer)",
                          f"exchange: {basic.url} is up at {basic.url[8:]}",
                          f"exchange: {basic.url}: no modern authentication offered (its 401 has no Bearer challenge)"], facts)
        self.assertEqual([("GET", HEALTH, modern.url[8:]), ("OPTIONS", "/Microsoft-Server-ActiveSync", "Bearer")],
                         modern.asked)

    def test_each_fault_is_a_finding_with_its_reason(self):
        def fake(trouble=None, **options):
            return Exchange(self, certificates.server_certificate(self.authority, trouble), **options).url
        with socket.socket() as refusing, socket.socket() as mute:
            refusing.bind(("127.0.0.1", 0))
            mute.bind(("127.0.0.1", 0))
            mute.listen()
            refused, silent = (f"https://127.0.0.1:{at.getsockname()[1]}" for at in (refusing, mute))
            expected = {refused: "Connection refused",
                        silent: "its TLS handshake did not end in time",
                        fake(health=503): "its health check answers 503",
                        fake("other-name"): "its certificate is not accepted: IP address mismatch",
                        fake("expired"): "its certificate is not accepted: certificate has expired",
                        fake("unknown-ca"): "its certificate is not accepted: unable to get local issuer certificate"}
            facts, errors = self.check(*expected, exchange_connect="1s")
        self.assertEqual([], facts)
        self.assertEqual([f"exchange: {url}: {why}" for url, why in expected.items()], errors)

    def test_authorities_that_cannot_be_read_are_an_error(self):
        _, errors = self.check("https://127.0.0.1", ca_file="/missing/ca.pem")
        (error,) = errors
        self.assertRegex(error, r"^\S+:\d+:\d+: exchange\.ca_file: cannot read the authorities /missing/ca\.pem: there is no such file$")


class CheckDirectory(unittest.TestCase):
    def said(self, **sections):
        config = contoso.config(**{"exchange": {"servers": ["https://ex1.contoso.com"]}, "user": "nobody", **sections})
        told = json.loads(site(self, config, contoso.directory()).command("check", "--json").stdout)
        return [line for line in told["warnings"] if line.startswith("directory.type: file, in front of Exchange: ")]

    def test_a_file_is_warned_of(self):
        ldap = {"type": "ldap", "ldap": {"servers": ["ldaps://dc1.contoso.com"]}}
        self.assertEqual(1, len(self.said(lab=False)))
        self.assertEqual([], self.said(lab=True))
        self.assertEqual([], self.said(lab=False, exchange=None))
        self.assertEqual([], self.said(lab=False, directory=ldap))


if __name__ == "__main__":
    unittest.main()
