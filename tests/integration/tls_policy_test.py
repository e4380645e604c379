# SPDX-License-Identifier: Apache-2.0
"""The policy of TLS: what is refused, which certificate a client gets, stapling, and whose tickets are taken."""
import re
import ssl
import subprocess
import unittest

from support import contoso
from support.certificates import authority
from support.phone import Wire, connect, context, eas
from support.server import PATIENCE, make_certificate, start, wait_until

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def only(version):
    return context(minimum_version=version, maximum_version=version)


def pair(name):
    return {"certificate": f"{name}.crt", "key": f"{name}.key"}


def listener(*names):
    first, *others = [pair(name) for name in names]
    return {"bind": "127.0.0.1:0", "tls": {**first, "others": others}}


def s_client(server, *arguments, stdin="", folder=None):
    """What `openssl s_client` says; it ends with its input."""
    ended = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.https}", *map(str, arguments)], input=stdin,
                           capture_output=True, text=True, errors="replace", check=False, timeout=PATIENCE,
                           cwd=folder or server.site.folder)
    return ended.stdout + ended.stderr


def call(server, tls, name="mail.contoso.com", session=None, port=None):
    """One request over a connection of its own: (the certificate, whether it was resumed, its session)."""
    plain = connect(port or server.https)
    try:
        wire = Wire(tls.wrap_socket(plain, server_hostname=name, session=session))
    except OSError:
        plain.close()
        raise
    with wire:
        answer = wire.ask(eas())
        if answer.status != 451:
            raise AssertionError(answer.raw)
        secure = wire.socket
        return secure.getpeercert(binary_form=True), secure.session_reused, secure.session


def der(server, name):
    return ssl.PEM_cert_to_DER_cert((server.site.folder / f"{name}.crt").read_text(encoding="ascii"))


ALERT, HANDSHAKE, SERVER_HELLO = 21, 22, 2


def client_hello_with(tls, compression):
    """A ClientHello (RFC 5246, 7.4.1.2) that offers these methods of compression."""
    outgoing = ssl.MemoryBIO()
    try:
        tls.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="mail.contoso.com").do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outgoing.read()[5 + 4:]  # behind the headers of the record and of the message
    at = 2 + 32
    at += 1 + hello[at]  # the session
    at += 2 + int.from_bytes(hello[at:at + 2])  # suites
    body = hello[:at] + bytes([len(compression)]) + compression + hello[at + 1 + hello[at]:]
    message = b"\x01" + len(body).to_bytes(3) + body
    return bytes([HANDSHAKE]) + b"\x03\x01" + len(message).to_bytes(2) + message


class Refused(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = start(cls, contoso.config(), contoso.directory())

    def test_tls_1_0_and_1_1(self):
        for version in ("-tls1", "-tls1_1"):
            said = s_client(self.server, version, "-cipher", "ALL:@SECLEVEL=0")
            self.assertIn("alert protocol version", said)
            self.assertIn("no peer certificate available", said)

    def test_renegotiation(self):
        said = s_client(self.server, "-tls1_2", stdin="R\n")
        self.assertIn("RENEGOTIATING", said)
        self.assertIn("no renegotiation", said)

    def test_compression(self):
        """No client of today offers any, so that its ClientHello is changed here: 1 is DEFLATE, 0 is none."""
        hello = client_hello_with(only(TLS_1_2), b"\x01\x00")
        self.assertEqual(0, self.compression_chosen(hello))
        self.assertEqual(0, self.compression_chosen(client_hello_with(only(TLS_1_2), b"\x00")))
        for refused in (client_hello_with(only(TLS_1_2), b"\x01"), client_hello_with(only(TLS_1_3), b"\x01\x00")):
            self.assertIsNone(self.compression_chosen(refused))

    def compression_chosen(self, hello):
        """What is in the server's hello; None where there is an alert instead."""
        with connect(self.server.https) as plain:
            plain.sendall(hello)
            with plain.makefile("rb") as records:
                kind, length = (header := records.read(5))[0], int.from_bytes(header[3:])
                record = records.read(length)
        if kind == ALERT:
            return None
        self.assertEqual((HANDSHAKE, SERVER_HELLO), (kind, record[0]))
        behind_session = 4 + 2 + 32 + 1 + record[4 + 2 + 32]
        return record[behind_session + 2]

    def test_early_data(self):
        site = self.server.site
        site.write("request", eas().decode())
        said = s_client(self.server, "-tls1_3", "-sess_out", "early.session", "-ign_eof",
                        stdin=eas(fields=("Connection: close",)).decode())
        self.assertIn("HTTP/1.1 451", said)
        self.assertIn("Max Early Data: 0", said)
        text = (site.folder / "early.session").read_text(encoding="ascii")
        self.assertIn("BEGIN SSL SESSION", text)
        said = s_client(self.server, "-tls1_3", "-sess_in", "early.session", "-early_data", "request")
        self.assertIn("Reused, TLSv1.3", said)
        self.assertIn("Early data was not sent", said)

    def test_the_order_of_suites_is_the_servers(self):
        aes256, aes128, chacha = ("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256",
                                  "ECDHE-ECDSA-CHACHA20-POLY1305")
        # A client that puts ChaCha20 first has no AES in hardware, and is served what is fast for it.
        for offered, chosen in (((aes256, chacha, aes128), aes128), ((aes256, chacha), aes256), ((chacha, aes128), chacha)):
            tls = only(TLS_1_2)
            tls.set_ciphers(":".join(offered))
            with Wire(tls.wrap_socket(connect(self.server.https))) as wire:
                self.assertEqual(chosen, wire.socket.cipher()[0])

    def test_finite_fields(self):
        said = s_client(self.server, "-tls1_3", "-groups", "ffdhe8192")
        self.assertIn("handshake failure", said)


class Names(unittest.TestCase):
    """The first is for mail.contoso.com; another kind of key for the same, a pattern, and an exact name in it."""

    @classmethod
    def setUpClass(cls):
        cls.files = {**make_certificate("mail.contoso.com", name="mail"),
                     **make_certificate("mail.contoso.com", key="rsa", name="rsa"),
                     **make_certificate("*.fabrikam.com", "fabrikam.com", name="wild"),
                     **make_certificate("eas.fabrikam.com", name="exact")}
        cls.server = start(cls, contoso.config(listeners=[listener("mail", "rsa", "wild", "exact")], public_names=None),
                           contoso.directory(), cls.files)

    def test_the_certificate_for_the_name(self):
        for asked, given in (("mail.contoso.com", "mail"), ("MAIL.contoso.com", "mail"), ("owa.fabrikam.com", "wild"),
                             ("fabrikam.com", "wild"), ("eas.fabrikam.com", "exact"), ("a.b.fabrikam.com", "mail"),
                             ("xfabrikam.com", "mail"), ("contoso.com", "mail"), ("127.0.0.1", "mail"), (None, "mail")):
            for version in (TLS_1_2, TLS_1_3):
                with self.subTest((asked, version)):
                    self.assertEqual(der(self.server, given), call(self.server, only(version), asked)[0])

    def test_the_kind_of_key_that_the_client_understands(self):
        for asked in ("mail.contoso.com", "unknown.example", None):
            for suite, given in (("ECDHE-RSA-AES128-GCM-SHA256", "rsa"), ("ECDHE-ECDSA-AES128-GCM-SHA256", "mail")):
                tls = only(TLS_1_2)
                tls.set_ciphers(suite)
                with self.subTest((asked, suite)):
                    self.assertEqual(der(self.server, given), call(self.server, tls, asked)[0])

    def test_a_ticket_counts_for_its_certificate_alone(self):
        for version in (TLS_1_2, TLS_1_3):
            tls = only(version)
            session = call(self.server, tls, "mail.contoso.com")[2]
            for asked, reused in (("owa.fabrikam.com", False), ("mail.contoso.com", True), (None, True)):
                with self.subTest((version, asked)):
                    self.assertEqual(reused, call(self.server, tls, asked, session)[1])

    def test_the_names_of_all_are_ours(self):
        directory = contoso.directory(contoso.moved("loop", "loop.contoso.com"))
        directory["organization_relationships"].append(
            {"name": "loop", "domain_names": ["loop.contoso.com"], "target_owa_url": "https://eas.fabrikam.com/owa"})
        server = start(self, contoso.config(listeners=[listener("mail", "rsa", "wild", "exact")], public_names=None),
                       directory, self.files)
        with Wire(context().wrap_socket(connect(server.https))) as wire:
            self.assertEqual(200, wire.ask(eas("loop@contoso.com")).status)
        self.assertIn("Rsn:self-redirect", server.access_lines(1)[0])

    def test_a_bad_pair_among_others_changes_nothing(self):
        server = start(self, contoso.config(listeners=[listener("mail", "wild")]), contoso.directory(), self.files)
        held = Wire(context().wrap_socket(connect(server.https), server_hostname="fabrikam.com"))
        self.addCleanup(held.close)
        self.assertEqual(451, held.ask(eas()).status)
        before = der(server, "wild")
        server.site.write("wild.key", self.files["exact.key"])
        server.reload("nothing was changed")
        server.err.wait_for("reload: the key .*wild.key does not belong to the certificate .*wild.crt")
        self.assertEqual(before, call(server, context(), "fabrikam.com")[0])
        for file, text in make_certificate("*.fabrikam.com", "fabrikam.com", name="wild").items():
            server.site.write(file, text)
        server.reload()
        after = der(server, "wild")
        self.assertNotEqual(before, after)
        self.assertEqual(after, call(server, context(), "fabrikam.com")[0])
        self.assertEqual(der(server, "mail"), call(server, context(), "mail.contoso.com")[0])
        # Who was there before is served on, with the certificate that he had.
        self.assertEqual((451, before), (held.ask(eas()).status, held.socket.getpeercert(binary_form=True)))


class Stapling(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = authority(cls)
        cls.certificate, cls.key = cls.authority.issue(("DNS:mail.contoso.com",))
        cls.other, cls.other_key = cls.authority.issue(("DNS:eas.contoso.com",))
        cls.response = cls.authority.ocsp_response(cls.certificate)

    def start(self, response):
        tls = {"certificate": str(self.certificate), "key": str(self.key), "ocsp_response": str(response),
               "others": [{"certificate": str(self.other), "key": str(self.other_key)}]}
        return start(self, contoso.config(listeners=[{"bind": "127.0.0.1:0", "tls": tls}]), contoso.directory())

    def test_for_its_certificate_and_who_asks(self):
        server = self.start(self.response)
        for version in ("-tls1_2", "-tls1_3"):
            said = s_client(server, version, "-status", "-servername", "mail.contoso.com", "-CAfile", self.authority.ca_file)
            self.assertIn("OCSP Response Status: successful", said)
            self.assertIn("Cert Status: good", said)
            self.assertIn("Verify return code: 0", said)
            said = s_client(server, version, "-status", "-servername", "eas.contoso.com")
            self.assertIn("OCSP response: no response sent", said)
            self.assertNotIn("OCSP Response Data", s_client(server, version, "-servername", "mail.contoso.com"))

    def test_a_response_that_cannot_be_given(self):
        server = self.start(self.response)
        for response, why in ((self.authority.ocsp_response(self.other), "it is for another certificate"),
                              (self.certificate, "it is no OCSP response in DER"), ("/nowhere", "there is no such file")):
            text = server.site.config_file.read_text(encoding="utf-8")
            server.site.write_config(re.sub(r'"ocsp_response": "[^"]*"', f'"ocsp_response": "{response}"', text))
            server.reload("nothing was changed")
            server.err.wait_for(f"reload: cannot use the OCSP response {response}: {why}")
        said = s_client(server, "-status", "-servername", "mail.contoso.com")
        self.assertIn("OCSP Response Status: successful", said)


class Tickets(unittest.TestCase):
    def test_workers_and_listeners_share_them(self):
        server = start(self, contoso.config(listeners=[listener("tls"), listener("tls")]), contoso.directory(), make_certificate())
        for version in (TLS_1_2, TLS_1_3):
            tls = only(version)
            # Who stays keeps a worker busy, so that the next connection goes to the other one.
            with Wire(tls.wrap_socket(connect(server.https))) as stays:
                self.assertEqual(451, stays.ask(eas()).status)
                reused = [call(server, tls, session=stays.socket.session, port=port)[1] for port in server.ports * 4]
            self.assertEqual([True] * 8, reused)

    def test_a_reload_keeps_them_and_a_new_certificate_does_not(self):
        server = start(self, contoso.config(listeners=[listener("tls")]), contoso.directory(), make_certificate())
        tickets = []
        for version in (TLS_1_2, TLS_1_3):
            tls = only(version)
            tickets.append((tls, call(server, tls)[2]))
        server.reload()
        for tls, session in tickets:
            self.assertTrue(call(server, tls, session=session)[1])
        for name, text in make_certificate().items():
            server.site.write(name, text)
        server.reload()
        for tls, session in tickets:
            certificate, reused, _ = call(server, tls, session=session)
            self.assertEqual((der(server, "tls"), False), (certificate, reused))

    def test_another_certificate_on_another_listener(self):
        server = start(self, contoso.config(listeners=[listener("tls"), listener("other")]), contoso.directory(),
                       {**make_certificate(), **make_certificate(name="other")})
        for version in (TLS_1_2, TLS_1_3):
            tls = only(version)
            session = call(server, tls)[2]
            certificate, reused, _ = call(server, tls, session=session, port=server.ports[1])
            self.assertEqual((der(server, "other"), False), (certificate, reused))

    def test_an_old_one_gets_a_full_handshake(self):
        server = start(self, contoso.config(limits={"ticket_lifetime": "1s"}), contoso.directory())
        for version in (TLS_1_2, TLS_1_3):
            tls = only(version)
            session = call(server, tls)[2]
            wait_until(lambda: not call(server, tls, session=session)[1], "the ticket to be too old")

    def test_there_is_one_and_nothing_else_to_resume_by(self):
        server = start(self, contoso.config(), contoso.directory())
        said = s_client(server, "-tls1_3", "-ign_eof", stdin=eas(fields=("Connection: close",)).decode())
        self.assertEqual(1, said.count("Post-Handshake New Session Ticket arrived"))
        tls = only(TLS_1_2)
        tls.options |= ssl.OP_NO_TICKET
        session = call(server, tls)[2]
        self.assertFalse(call(server, tls, session=session)[1])


if __name__ == "__main__":
    unittest.main()
