# SPDX-License-Identifier: Apache-2.0
"""The broken directories are broken in the way they say."""
import os
import socket
import ssl
import time
import unittest

from support import certificates, fake_directory, ldap_bytes
from support.ldap_client import Connection
from support.phone import context
from support.server import PATIENCE

# How long a test listens before it believes that nothing comes.
SILENCE = 0.2
DN, PASSWORD = "cn=x", "y"


class Fakes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = certificates.authority(cls)

    def start(self, behaviour, trouble=None):
        return fake_directory.start(self, behaviour, self.authority, trouble)

    def connect(self, fake, **options):
        made = Connection(fake.port, self.authority.ca_file, **options)
        self.addCleanup(made.socket.close)
        return made

    def expect_silence(self, connection):
        connection.socket.settimeout(SILENCE)
        with self.assertRaises(TimeoutError):
            connection.read()

    def test_silent(self):
        fake = self.start(fake_directory.silent)
        with self.assertRaises(TimeoutError):
            self.connect(fake, timeout=SILENCE)
        self.assertEqual(1, fake.accepted)

    def test_silent_after_tls(self):
        connection = self.connect(self.start(fake_directory.silent_after_tls))
        self.expect_silence(connection.send(ldap_bytes.bind_request(1, DN, PASSWORD)))

    def test_silent_after_bind(self):
        fake = self.start(fake_directory.silent_after_bind)
        connection = self.connect(fake)
        self.assertEqual(0, connection.bind(DN, PASSWORD))
        self.expect_silence(connection.send(ldap_bytes.bind_request(3, DN, PASSWORD)))
        self.assertEqual([ldap_bytes.BIND_REQUEST], [message.operation for message in fake.messages()])

    def expect_dripping(self, receive):
        """A byte, and then another one PACE later."""
        first, started = receive(), time.monotonic()
        second, waited = receive(), time.monotonic() - started
        self.assertEqual((1, 1), (len(first), len(second)))
        self.assertGreater(waited, fake_directory.PACE * 0.8)

    def test_dripping_handshake(self):
        fake = self.start(fake_directory.dripping_handshake)
        with socket.create_connection(("127.0.0.1", fake.port), timeout=10) as plain:
            hello = ssl.MemoryBIO()
            with self.assertRaises(ssl.SSLWantReadError):
                context().wrap_bio(ssl.MemoryBIO(), hello).do_handshake()
            plain.sendall(hello.read())
            self.expect_dripping(lambda: plain.recv(65536))

    def test_dripping_answer(self):
        connection = self.connect(self.start(fake_directory.dripping_answer))
        connection.send(ldap_bytes.bind_request(1, DN, PASSWORD))
        self.expect_dripping(lambda: connection.socket.recv(65536))

    def test_starttls_then_silent(self):
        fake = self.start(fake_directory.starttls_then_silent)
        with self.assertRaises(TimeoutError):
            self.connect(fake, start_tls=True, timeout=SILENCE)
        self.assertEqual([ldap_bytes.EXTENDED_REQUEST], [message.operation for message in fake.messages()])

    def test_starttls_refused(self):
        with self.assertRaises(ConnectionRefusedError):
            self.connect(self.start(fake_directory.starttls_refused), start_tls=True)

    def test_starttls_with_bytes_behind(self):
        fake = self.start(fake_directory.starttls_with_bytes_behind)
        connection = self.connect(fake, tls=False)
        granted = connection.send(ldap_bytes.start_tls_request(1)).read()
        self.assertEqual(ldap_bytes.EXTENDED_RESPONSE, granted.operation)
        forged = connection.read()
        self.assertEqual((2, ldap_bytes.BIND_RESPONSE, 0),
                         (forged.id, forged.operation, ldap_bytes.result_code(forged)))

    def test_garbage(self):
        for name, garbage in fake_directory.GARBAGE.items():
            with self.subTest(name):
                connection = self.connect(self.start(fake_directory.answering(garbage)))
                connection.send(ldap_bytes.bind_request(1, DN, PASSWORD))
                self.assertEqual(garbage, connection.socket.recv(65536))

    def test_ends_within_answer(self):
        connection = self.connect(self.start(fake_directory.ends_within_answer))
        with self.assertRaises(EOFError) as caught:
            connection.bind(DN, PASSWORD)
        self.assertEqual(7, len(caught.exception.args[0]))

    def test_resets_within_answer(self):
        connection = self.connect(self.start(fake_directory.resets_within_answer))
        connection.send(ldap_bytes.bind_request(1, DN, PASSWORD))
        # Below TLS, since Python's would tell a reset as an end.
        with socket.socket(fileno=os.dup(connection.socket.fileno())) as wire:
            wire.settimeout(PATIENCE)
            with self.assertRaises(ConnectionResetError):
                while wire.recv(65536):
                    pass
                self.fail("it ended in order")

    def test_disconnects(self):
        connection = self.connect(self.start(fake_directory.disconnects))
        self.assertEqual(0, connection.bind(DN, PASSWORD))
        notice = connection.send(ldap_bytes.message(3, ldap_bytes.SEARCH_REQUEST, b"")).read()
        self.assertEqual((0, ldap_bytes.UNAVAILABLE), (notice.id, ldap_bytes.result_code(notice)))

    def test_its_certificate_can_be_wrong_too(self):
        fake = self.start(fake_directory.silent_after_tls, "expired")
        with self.assertRaisesRegex(OSError, "certificate has expired"):
            self.connect(fake)

    def test_stop_tells_of_a_mistake_in_a_behaviour(self):
        def mistaken(peer):
            peer.read()
            raise KeyError("mistaken")
        fake = fake_directory.FakeDirectory(mistaken)
        with Connection(fake.port, tls=False) as connection:
            connection.send(ldap_bytes.bind_request(1, DN, PASSWORD))
            with self.assertRaises(EOFError):
                connection.read()
        with self.assertRaises(KeyError):
            fake.stop()


if __name__ == "__main__":
    unittest.main()
