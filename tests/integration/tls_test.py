# SPDX-License-Identifier: Apache-2.0
"""TLS as phones meet it: versions, ALPN, plain HTTP on a TLS port, and `tls: off` on loopback."""
import ssl
import unittest
import warnings

from support import contoso
from support.admin import metric
from support.phone import Phone, Wire, connect, context, eas
from support.server import start, wait_until

HANDSHAKES = 'eas451_tls_handshakes_total{{outcome="{}",version="{}"}}'


def only(version):
    """A client that speaks one version of TLS, as old as it may be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made = context(minimum_version=version, maximum_version=version)
    made.set_ciphers("ALL:@SECLEVEL=0")
    return made


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = start(cls, contoso.config(), contoso.directory())

    def counted(self, outcome, version):
        return metric(self.server, HANDSHAKES.format(outcome, version))

    def test_tls_1_2_and_1_3(self):
        for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
            before = self.counted("ok", name)
            with Phone(self.server, only(version)) as phone:
                self.assertEqual(name, phone.socket.version())
                self.assertEqual(451, phone.ask(eas()).status)
                phone.finish()
            self.assertEqual(before + 1, self.counted("ok", name))

    def test_tls_1_2_has_forward_secrecy_and_authenticated_encryption_only(self):
        for ciphers in ("AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256"):
            weak = only(ssl.TLSVersion.TLSv1_2)
            weak.set_ciphers(f"{ciphers}:@SECLEVEL=0")
            with self.subTest(ciphers), self.assertRaises(ssl.SSLError):
                Phone(self.server, weak)

    def test_tls_1_1_is_refused(self):
        before = self.counted("failed", "none")
        with self.assertRaises(ssl.SSLError) as refused:
            Phone(self.server, only(ssl.TLSVersion.TLSv1_1))
        self.assertIn("PROTOCOL_VERSION", str(refused.exception))
        wait_until(lambda: self.counted("failed", "none") > before, "the failed handshake to be counted")

    def test_alpn(self):
        for offered, chosen in ((["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"), (None, None)):
            tls = context()
            if offered:
                tls.set_alpn_protocols(offered)
            with Phone(self.server, tls) as phone:
                self.assertEqual(chosen, phone.socket.selected_alpn_protocol())
                self.assertEqual(451, phone.ask(eas()).status)
        for unknown in (["h2"], ["http/1.0"]):
            tls = context()
            tls.set_alpn_protocols(unknown)
            with self.subTest(unknown), self.assertRaises(ssl.SSLError):
                Phone(self.server, tls)

    def test_a_session_is_resumed(self):
        tls = only(ssl.TLSVersion.TLSv1_2)
        with Phone(self.server, tls) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
            session = phone.socket.session
            phone.finish()
        with tls.wrap_socket(connect(self.server.https), session=session) as again:
            self.assertTrue(again.session_reused)
            self.assertEqual(451, Wire(again).ask(eas()).status)

    def test_plain_http_on_the_tls_port_gets_no_http(self):
        before = self.counted("failed", "none")
        with Wire(connect(self.server.https)) as wire:
            wire.send(eas())
            received = b""
            try:
                while data := wire.socket.recv(65536):
                    received += data
            except ConnectionResetError:
                pass
        self.assertNotIn(b"HTTP/", received)
        wait_until(lambda: self.counted("failed", "none") > before, "the failed handshake to be counted")


class TlsOff(unittest.TestCase):
    def test_a_plain_listener_beside_a_tls_one(self):
        listeners = contoso.config()["listeners"] + [{"bind": "127.0.0.1:0", "tls": "off"}]
        server = start(self, contoso.config(listeners=listeners), contoso.directory())
        server.err.wait_for(rf"listening on http://127\.0\.0\.1:{server.ports[1]}$")
        with Wire(connect(server.ports[1])) as wire, Phone(server) as phone:
            plain, secure = wire.ask(eas()), phone.ask(eas())
            self.assertEqual([451, 451], [plain.status, secure.status])
            # A promise to speak TLS for ever is made over TLS alone.
            self.assertEqual([], plain.all("Strict-Transport-Security"))
            self.assertEqual(1, len(secure.all("Strict-Transport-Security")))


if __name__ == "__main__":
    unittest.main()
